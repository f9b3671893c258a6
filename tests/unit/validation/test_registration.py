"""Who the register does not know: open units, numbers that may be right."""

import pytest

from rorcli.model import decode
from rorcli.text.document import read
from rorcli.validation.registration import registrations
from rorcli.validation.view import View
from tests.sample import SAMPLE, TODAY, edited

RPPS = "10099999996"


def found(text: str, known: set[str]):
    view = View(decode(read(text, "").data), TODAY)
    return list(registrations(view, known.__contains__))


def test_a_point_for_who_is_known_and_an_issue_for_who_is_not():
    [kept] = found(SAMPLE, {RPPS})
    assert (kept.points, kept.lost, kept.issue) == (1, 0, None)
    [lost] = found(SAMPLE, set())
    assert (lost.points, lost.lost) == (1, 1)
    assert lost.issue is not None
    assert lost.issue.pointer.endswith("/praticiens/0/rpps")
    assert "TARTAMPION (10099999996)" in lost.issue.message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('rpps: "10099999996"', 'rpps: "10099999997"'),
        ("verifie_le: 2026-05-10", "date_fermeture: 2026-01-01"),
        ('  categorie: "355"', '  date_fermeture: 2026-01-01\n  categorie: "355"'),
    ],
)
def test_wrong_numbers_and_closed_units_are_others_to_tell(old, new):
    assert found(edited(old, new)[0], set()) == []
