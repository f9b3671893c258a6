"""Many edits at once: what one by one would give, in one reading, or nothing."""

from itertools import count

import pytest

from rorcli.errors import UsageError
from rorcli.text import batches, edits
from rorcli.text.batches import Add, Drop, Put, Step
from rorcli.text.document import read
from tests.sample import SAMPLE

EG, UO = "/etablissement", "/etablissement/unites/0/unites/0"
PHONES = f"{EG}/contacts/0/telephone"
STEPS: list[Step] = [
    Put(f"{PHONES}/1", "02 61 91 00 42"),
    Put(f"{UO}/type_offre", "69"),
    Put(f"{UO}/praticiens/0/nom", "DURAND"),
    Put(f"{UO}/lieux/0/capacites/0/nombre", 25),
    Put(f"{UO}/niveau_maternite", "03"),
    Add(f"{UO}/activites", "054"),
    Add(f"{UO}/contacts/0/courriel", "ter@ch-saules.example"),
    Add(f"{UO}/contacts/0/telephone", "02 61 91 00 50"),
    Drop(f"{UO}/activites/0", "022"),
    Drop(f"{UO}/mssante/1", "bis@ch-saules.mssante.example"),
    Drop(f"{UO}/contacts/0/courriel", "uo@ch-saules.example"),
    Drop(f"{UO}/contacts/0/mobile", "06 39 98 00 23"),
]


def test_steps_are_done_together_and_nothing_else_changes():
    after = batches.apply(read(SAMPLE, "f"), STEPS)
    uo = edits.value_at(after.data, UO)
    assert edits.value_at(after.data, f"{EG}/contacts/0/telephone") == [
        "02 61 91 00 01",
        "02 61 91 00 42",
    ]
    assert (uo["type_offre"], uo["niveau_maternite"]) == ("69", "03")
    assert uo["activites"] == ["053", "054"]
    assert uo["mssante"] == ["uo@ch-saules.mssante.example"]
    assert uo["contacts"] == [
        {
            "nature": "05",
            "mobile": None,
            "courriel": ["ter@ch-saules.example"],
            "telephone": "02 61 91 00 50",
        }
    ]
    assert uo["praticiens"][0]["nom"] == "DURAND"
    assert uo["lieux"][0]["capacites"][0]["nombre"] == 25
    old, new = SAMPLE.splitlines(), after.text.splitlines()
    assert len([line for line in new if line not in old]) == 8
    assert 'type_offre: "69"  # Consultation externe en établissement de santé' in after.text


def test_a_first_item_makes_a_list_where_the_key_does_not_hold_a_text_alone():
    document = read(SAMPLE.replace('          modalites_accueil: ["03"]\n', ""), "f")
    added = Add(f"{UO}/modalites_accueil", "03")
    after = batches.apply(document, [added])
    assert edits.value_at(after.data, added.pointer) == ["03"]


def test_the_order_of_the_steps_does_not_matter():
    document = read(SAMPLE, "f")
    assert batches.apply(document, STEPS[::-1]).data == batches.apply(document, STEPS).data


def test_what_is_already_so_changes_nothing():
    document = read(SAMPLE, "f")
    assert batches.apply(document, []) is document
    assert batches.apply(document, [Put(f"{UO}/nom", "Gynécologie")]) is document


def test_plain_values_cost_one_reading_however_many(monkeypatch):
    many = SAMPLE + "".join(f"    - {{type: uo, nom: U{n}}}\n" for n in range(50))
    document, times = read(many, "f"), count()
    monkeypatch.setattr(edits, "read", lambda *a: read(*a) if next(times) >= 0 else None)
    after = batches.apply(document, [Put(f"{EG}/unites/{n}/nom", f"Unité {n}") for n in range(51)])
    assert [unit["nom"] for unit in after.data["etablissement"]["unites"]] == [
        f"Unité {n}" for n in range(51)
    ]
    assert next(times) == 1


def test_a_place_that_allows_no_safe_edit_refuses_the_whole():
    with pytest.raises(UsageError, match="rien n'a été écrit"):
        batches.apply(read(SAMPLE, "f"), [*STEPS, Add(f"{UO}/patientele", "x")])
