"""Every splice changes the bytes it must and no other."""

import pytest

from rorcli.errors import UsageError
from rorcli.text import edits
from rorcli.text.document import Document, read

FILE = """\
# en tête
format: 1
etablissement:
  nom: Hôpital des Saules
  categorie: "355"  # Centre hospitalier (CH)
  adresse: {numero: "12", voie: rue des Saules}  # l'entrée
  contacts:
    - nature: "06"  # Standard
      telephone: '02 61 91 00 01'
    # un commentaire entre deux
    - {nature: "07", telephone: "02 61 91 00 02"}  # Secrétariat
  unites:
    - type: uo
      id: 52/1
      nom: Consultations  # le nom affiché
      activites:  # au moins une
        - "053"  # Gynécologie médicale
        - "022"  # Chirurgie gynécologique
      mssante: a@x.mssante.example
      horaires:
        - {jours: [lundi, mardi], debut: "09:00", fin: "17:00"}
      praticiens: []  # à compléter
      lieux:
# fin
"""
UO = "/etablissement/unites/0"


def document(text: str = FILE) -> Document:
    return read(text, "etab.yaml")


def changed(before: Document, after: Document) -> tuple[list[str], list[str]]:
    """The lines that left and the lines that came, in order."""
    old, new = before.text.splitlines(), after.text.splitlines()
    start = next(n for n in range(len(old) + 1) if old[:n] != new[:n]) - 1
    end = next(n for n in range(1, len(old) + 2) if old[len(old) - n :] != new[len(new) - n :]) - 1
    return old[start : len(old) - end], new[start : len(new) - end]


SETS = [
    ("/etablissement/nom", "Hôpital: site A", ['  nom: "Hôpital: site A"']),
    ("/etablissement/categorie", "365", ['  categorie: "365"  # Etablissement de soins pluridisciplinaire']),
    ("/etablissement/contacts/0/nature", "07", ['    - nature: "07"  # Secrétariat']),
    ("/etablissement/contacts/0/telephone", "l'été", ["      telephone: 'l''été'"]),
    ("/etablissement/contacts/1/nature", "01",
     ['    - {nature: "01", telephone: "02 61 91 00 02"}  # Accueil']),
    ("/etablissement/adresse/voie", "place, au fond",
     ['  adresse: {numero: "12", voie: "place, au fond"}  # l\'entrée']),
    (f"{UO}/nom", "Consultations du soir", ["      nom: Consultations du soir  # le nom affiché"]),
    (f"{UO}/activites/1", "053", ['        - "053"  # Gynécologie médicale']),
    (f"{UO}/mssante", None, ["      mssante: null"]),
    (f"{UO}/mssante", ["a@x.mssante.example", "b@x.mssante.example"],
     ["      mssante: [a@x.mssante.example, b@x.mssante.example]"]),
]  # fmt: skip


@pytest.mark.parametrize(("pointer", "value", "lines"), SETS)
def test_a_value_is_replaced_on_its_line(pointer, value, lines):
    before = document()
    after = edits.set_value(before, pointer, value)
    assert changed(before, after)[1] == lines
    assert edits.value_at(after.data, pointer) == value


INSERTIONS = [
    ("/etablissement/siret", "99900001100018", ['  siret: "99900001100018"']),
    ("/etablissement/verifie_le", "2026-11-25", ["  verifie_le: 2026-11-25"]),
    ("/etablissement/adresse/commune", "Nantes",
     ['  adresse: {numero: "12", voie: rue des Saules, commune: Nantes}  # l\'entrée']),
    ("/etablissement/contacts/0/mobile", "06 39 98 00 01", ['      mobile: "06 39 98 00 01"']),
    ("/etablissement/directeur/nom", "MARTIN", ["  directeur:", "    nom: MARTIN"]),
    (f"{UO}/patientele/age_min", "15 ans", ["      patientele: {age_min: 15 ans}"]),
    (f"{UO}/unite_sensible", False, ["      unite_sensible: false"]),
]  # fmt: skip


@pytest.mark.parametrize(("pointer", "value", "lines"), INSERTIONS)
def test_a_missing_key_comes_in_where_the_format_has_it(pointer, value, lines):
    before = document()
    after = edits.set_value(before, pointer, value)
    assert changed(before, after)[1] == lines


def test_an_item_is_appended_after_the_last_one_and_before_the_comments_that_follow():
    before = document()
    after = edits.append_item(before, f"{UO}/activites", "001")
    assert changed(before, after) == (
        [],
        ['        - "001"  # Addictologie comportementale (sans substance)'],
    )


def test_a_list_written_on_one_line_stays_so():
    after = edits.append_item(document(), f"{UO}/horaires/0/jours", "jeudi")
    assert '{jours: [lundi, mardi, jeudi], debut: "09:00"' in after.text


def test_an_empty_list_becomes_lines_and_keeps_its_comment():
    after = edits.append_item(document(), f"{UO}/praticiens", {"rpps": "10099999996", "nom": "X"})
    assert (
        "      praticiens:  # à compléter\n"
        '        - rpps: "10099999996"\n'
        "          nom: X\n"
        "      lieux:\n"
    ) in after.text


def test_a_key_without_value_takes_a_list_or_a_text():
    listed = edits.append_item(document(), f"{UO}/lieux", {"id": "52/9"})
    assert listed.text.endswith("      lieux:\n        - id: 52/9\n# fin\n")
    assert edits.set_value(document(), f"{UO}/lieux", None).text == FILE


@pytest.mark.parametrize(
    ("pointer", "gone"),
    [
        ("/etablissement/contacts/0",
         ['    - nature: "06"  # Standard', "      telephone: '02 61 91 00 01'"]),
        ("/etablissement/contacts/1",
         ['    - {nature: "07", telephone: "02 61 91 00 02"}  # Secrétariat']),
        (f"{UO}/activites/0", ['        - "053"  # Gynécologie médicale']),
    ],
)  # fmt: skip
def test_a_removed_item_takes_its_lines_and_leaves_the_comments_around(pointer, gone):
    before = document()
    assert changed(before, edits.remove_item(before, pointer)) == (gone, [])


def test_the_last_item_leaves_an_empty_list_and_the_comment_of_its_key():
    once = edits.remove_item(document(), f"{UO}/activites/1")
    assert (
        "      activites: []  # au moins une\n      mssante"
        in edits.remove_item(once, f"{UO}/activites/0").text
    )


@pytest.mark.parametrize(("index", "left"), [(0, "[mardi]"), (1, "[lundi]")])
def test_an_item_leaves_a_list_written_on_one_line(index, left):
    after = edits.remove_item(document(), f"{UO}/horaires/0/jours/{index}")
    assert f"{{jours: {left}, debut" in after.text


def test_what_is_already_so_is_the_same_document():
    before = document()
    assert edits.set_value(before, "/etablissement/nom", "Hôpital des Saules") is before


@pytest.mark.parametrize("dress", [
    lambda text: text.replace("\n", "\r\n"),
    lambda text: "\ufeff" + text,
    lambda text: text.removesuffix("\n# fin\n"),
], ids=["CRLF", "BOM", "no last break"])  # fmt: skip
def test_line_ends_marks_and_a_missing_last_break_stay(dress):
    plain, dressed = document(), document(dress(FILE))
    for step in (
        lambda d: edits.set_value(d, "/etablissement/nom", "X"),
        lambda d: edits.append_item(d, f"{UO}/activites", "001"),
        lambda d: edits.append_item(d, f"{UO}/lieux", {"id": "52/9"}),
        lambda d: edits.remove_item(d, "/etablissement/contacts/0"),
    ):
        plain, dressed = step(plain), step(dressed)
        assert dressed.text == dress(plain.text)


def test_a_block_text_is_replaced_whole():
    text = "format: 1\netablissement:\n  nom: |\n    deux\n    lignes\n  siret: null\n"
    after = edits.set_value(document(text), "/etablissement/nom", "une")
    assert after.text == "format: 1\netablissement:\n  nom: une\n  siret: null\n"


def test_a_layout_that_allows_no_safe_edit_is_refused():
    before = document("etablissement:\n  contacts:\n  - - 1\n    - 2\n")
    with pytest.raises(UsageError, match="etab.yaml:3"):
        edits.remove_item(before, "/etablissement/contacts/0/0")
