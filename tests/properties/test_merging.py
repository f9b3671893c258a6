"""Taking the directory's changes into a file: afterwards they agree, and our lines are untouched."""

from pathlib import Path

import pytest

from rorcli.exchange import text_of, tidy
from rorcli.files import read_file
from rorcli.merging import splice
from rorcli.model import Establishment, decode
from rorcli.planning.changes import merge
from rorcli.planning.facts import assemble, doubles, facts
from rorcli.planning.plan import Sides
from rorcli.text.document import read
from tests.mutations import mutated

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))


def held(establishment: Establishment) -> Establishment:
    """What a store holds of a file."""
    return assemble(facts(establishment, doubles(establishment)).values)


def layouts(text: str, seed: int) -> str:
    """The same file as Windows writes it, without its last line break, with a mark in front."""
    return [text, text.replace("\n", "\r\n"), text.rstrip("\n"), f"\ufeff{text}"][seed % 4]


@pytest.mark.parametrize("structure", [False, True], ids=["fields", "structure"])
@pytest.mark.parametrize("seed", range(30))
def test_after_a_merge_nothing_of_theirs_is_left(seed: int, *, structure: bool) -> None:
    before = held(decode(read_file(EXAMPLES[seed % len(EXAMPLES)]).data))
    after = held(mutated(before, seed, structure=structure))
    document = read(layouts(text_of(tidy(before)), seed), "etab.yaml")
    ours = decode(document.data)
    compared = Sides.of(ours, after, facts(ours, doubles(ours)))
    found = merge(compared.ours, compared.theirs, compared.base)
    assert not found.ours
    merged = splice(document, found.theirs, tidy(after), compared.doubled)
    again = Sides.of(decode(merged.data), after, None)
    assert merge(again.ours, again.theirs, again.base).ours == ()
    assert merged.text.startswith("\ufeff") == document.text.startswith("\ufeff")
    assert merged.newline == document.newline
    assert "\n" not in merged.text.replace("\r\n", "") or merged.newline == "\n"


TREE = """\
format: 1
entite_juridique: {finess: "440099901", raison_sociale: R}
etablissement:
  finess: "440099919"
  unites:
    - type: pole  # le pôle A
      id: A
      nom: Pôle A
      unites:
        # l'UO
        - type: uo
          id: U
          # son nom
          nom: UO
          lieux:
            - {id: L, nom: Bâtiment}  # décrit ici
        - {type: uo, id: V, nom: V, lieux: [{id: L}]}
    - unites: []
      type: pole
      id: B
      nom: Pôle B
"""


def merged(ours: str, theirs: str) -> str:
    """Our text with what changed between TREE and theirs."""
    document, there = read(ours, "etab.yaml"), held(decode(read(theirs, "x").data))
    base = decode(read(TREE, "x").data)
    compared = Sides.of(decode(document.data), there, facts(base))
    found = merge(compared.ours, compared.theirs, compared.base)
    assert found.conflicts == ()
    return splice(document, found.theirs, tidy(there), compared.doubled).text


UO = """\
        # l'UO
        - type: uo
          id: U
          # son nom
          nom: UO
          lieux:
            - {id: L, nom: Bâtiment}  # décrit ici
"""
LINE = "        - {type: uo, id: V, nom: V, lieux: [{id: L}]}\n"


def test_a_unit_that_moves_keeps_our_changes_and_its_comments():
    ours = TREE.replace("nom: UO", "nom: À nous")
    theirs = TREE.replace(UO, "").replace("- unites: []\n", f"- unites:\n{UO}")
    after = merged(ours, theirs.replace("lieux: [{id: L}]", "lieux: [{id: L}]"))
    moved = UO.replace("nom: UO", "nom: À nous").replace("        # l'UO\n", "")
    assert after == ours.replace(moved, "").replace("- unites: []\n", f"- unites:\n{moved}")


def test_a_unit_moves_below_one_that_is_new():
    new = "    - {type: pole, id: N, nom: Neuf, unites: [{type: uo, id: V, nom: V, lieux: [{id: L}]}]}\n"
    after = merged(TREE.replace("nom: V,", "nom: À nous,"), TREE.replace(LINE, "") + new)
    data = read(after, "x").data["etablissement"]["unites"]
    assert [unit["id"] for unit in data] == ["A", "B", "N"]
    assert data[2]["unites"] == [{"type": "uo", "id": "V", "nom": "À nous", "lieux": [{"id": "L"}]}]


def test_a_unit_takes_the_place_of_the_one_above():
    theirs = """\
etablissement:
  finess: "440099919"
  unites:
    - type: pole
      id: B
      nom: Pôle B
      unites:
        - {type: uo, id: U, nom: UO, lieux: [{id: L, nom: Bâtiment}], unites: [
            {type: pole, id: A, nom: Pôle A, unites: [{type: uo, id: V, nom: V, lieux: [{id: L}]}]}]}
"""
    after = merged(
        TREE, f'format: 1\nentite_juridique: {{finess: "440099901", raison_sociale: R}}\n{theirs}'
    )
    [pole] = read(after, "x").data["etablissement"]["unites"]
    assert pole["unites"][0]["unites"][0]["unites"][0]["id"] == "V"
    for comment in ("# le pôle A", "# son nom", "# décrit ici"):
        assert after.count(comment) == 1


@pytest.mark.parametrize(
    "gone", [UO, "          lieux:\n            - {id: L, nom: Bâtiment}  # décrit ici\n"]
)
def test_a_lieu_whose_uo_leaves_it_stays_described_where_it_is_still_used(gone):
    ours = TREE.replace("nom: Bâtiment", "nom: À nous")
    with_list = "          lieux: []\n" if gone != UO else ""
    theirs = TREE.replace(gone, with_list).replace("[{id: L}]", "[{id: L, nom: Bâtiment}]")
    after = read(merged(ours, theirs), "x").data["etablissement"]["unites"][0]["unites"]
    assert after[-1]["lieux"] == [{"id": "L", "nom": "À nous"}]
    assert [unit["id"] for unit in after] == (["V"] if gone == UO else ["U", "V"])
