"""Ids that the directory gave to what a file only proposed: taken where one thing can be meant."""

import pytest

from rorcli.adoption import adopt_ids
from rorcli.model import decode
from rorcli.text.document import read
from tests.sample import SAMPLE

POLE = "    - type: pole\n      nom: Pôle femme-mère-enfant\n"
NAMED = f"{POLE}      id: 52/0000100\n"
LIEU_ID = "            - id: 52/0000105\n              nom: Bâtiment B\n"
NO_LIEU_ID = "            - nom: Bâtiment B\n"


def adopted(ours: str, theirs: str):
    document = read(ours, "f")
    return adopt_ids(document, decode(document.data), decode(read(theirs, "f").data))


def pole_id(found):
    return found.ours.etablissement.unites[0].id


def test_a_proposed_unit_takes_the_id_that_the_directory_gave():
    found = adopted(SAMPLE, SAMPLE.replace(POLE, NAMED))
    assert (pole_id(found), found.doubtful) == ("52/0000100", ())
    assert "id: 52/0000100" in found.document.text


def test_an_id_is_not_taken_twice():
    ours, theirs = SAMPLE.replace(POLE, NAMED + POLE), SAMPLE.replace(POLE, NAMED)
    found = adopted(ours, theirs)
    assert (found.document.text, found.doubtful) == (ours, ())


@pytest.mark.parametrize("doubled", ["ours", "theirs"])
def test_where_two_units_can_be_meant_none_is_taken(doubled):
    ours, theirs = SAMPLE, SAMPLE.replace(POLE, NAMED)
    if doubled == "ours":
        ours = ours.replace(POLE, POLE + POLE)
    else:
        theirs = theirs.replace(POLE, NAMED.replace("0100", "0101") + NAMED)
    found = adopted(ours, theirs)
    assert found.document.text == ours
    assert set(found.doubtful) == {"Pôle femme-mère-enfant"}


def test_another_name_is_another_unit():
    theirs = SAMPLE.replace(POLE, NAMED.replace("femme", "parent"))
    assert adopted(SAMPLE, theirs).document.text == SAMPLE


def test_keys_that_a_reader_is_not_shown_are_not_compared():
    shown = adopted(SAMPLE, SAMPLE).without(frozenset({"praticiens"})).ours
    assert all("praticiens" not in placed.unit.managed for placed in shown.units())


def test_a_lieu_takes_the_id_of_the_only_one_of_its_name():
    found = adopted(SAMPLE.replace(LIEU_ID, NO_LIEU_ID), SAMPLE)
    [(lieu,)] = [placed.unit.lieux for placed in found.ours.units() if placed.unit.lieux]
    assert lieu.id == "52/0000105"


def test_of_two_lieux_of_one_name_none_is_taken():
    ours = SAMPLE.replace(LIEU_ID, NO_LIEU_ID)
    twin = f"{LIEU_ID.replace('0105', '0106')}{LIEU_ID}"
    assert adopted(ours, SAMPLE.replace(LIEU_ID, twin)).document.text == ours
