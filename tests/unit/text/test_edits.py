"""Every splice changes the bytes it must and no other."""

from collections.abc import Callable
from typing import Any

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


def edits_of(text: str, *steps: Callable[[Document], Document]) -> str:
    """The text after these edits of the EG's mapping; each line of `text` stands in it."""
    now = document("etablissement:\n" + text)
    for step in steps:
        now = step(now)
    return now.text.removeprefix("etablissement:\n")


def put(key: str, value: Any) -> Callable[[Document], Document]:
    return lambda now: edits.set_value(now, f"/etablissement/{key}", value)


def add(key: str, item: Any) -> Callable[[Document], Document]:
    return lambda now: edits.append_item(now, f"/etablissement/{key}", item)


def drop(key: str) -> Callable[[Document], Document]:
    return lambda now: edits.remove_item(now, f"/etablissement/{key}")


LAYOUTS = [
    # A value: what follows it on its line stays, but for the label of the old code.
    ("  nom: A\t\n", put("nom", "B"), "  nom: B\t\n"),
    ("  siret: '1' \t# c\n", put("siret", "2"), "  siret: '2' \t# c\n"),
    ('  categorie: "365"\t# etablissement de soins pluridisciplinaire\n', put("categorie", "355"),
     '  categorie: "355"  # Centre hospitalier (CH)\n'),
    ('  categorie: "365"  # à revoir\n', put("categorie", "355"), '  categorie: "355"  # à revoir\n'),
    ('  categorie: "365"\n', put("categorie", "355"), '  categorie: "355"  # Centre hospitalier (CH)\n'),
    ('  categorie: "355"  # Centre hospitalier (CH)\n', put("categorie", None), "  categorie: null\n"),
    ("  categorie:\n  nom: A\n", put("categorie", "355"),
     '  categorie: "355"  # Centre hospitalier (CH)\n  nom: A\n'),
    ("  categorie:   # à faire\n  nom: A\n", put("categorie", "355"),
     '  categorie: "355"   # à faire\n  nom: A\n'),
    ("  categorie:", put("categorie", "355"), '  categorie: "355"  # Centre hospitalier (CH)'),
    ("  nom: Hop\n    des\n    Saules  # c\n  siret: '1'\n", put("nom", "X"),
     "  nom: X  # c\n  siret: '1'\n"),
    ("  nom:  # c\n    Hop\n", put("nom", "X"), "  nom:  # c\n    X\n"),
    ("  nom: |\n    a\n\n  # c\n  siret: '1'\n", put("nom", "X"), "  nom: X\n\n  # c\n  siret: '1'\n"),
    ("  nom: >-\n    a\n    b\n", put("nom", "X"), "  nom: X\n"),
    ('  "nom" : A\n', put("nom", "B"), '  "nom" : B\n'),
    # Quotes stay as they were where they can.
    ("  nom: 'a'\n", put("nom", "l'été"), "  nom: 'l''été'\n"),
    ("  nom: 'a'\n", put("nom", "b\nc"), '  nom: "b\\nc"\n'),
    ("  nom: 'a'\n", put("nom", None), "  nom: null\n"),
    ('  nom: "a"\n', put("nom", 'dit "b"'), '  nom: "dit \\"b\\""\n'),
    ('  nom: "a"\n', put("nom", "b\\n"), '  nom: "b\\\\n"\n'),
    ('  nom: "a"\n', put("nom", "\x7f\u2028"), '  nom: "\\u007f\\u2028"\n'),
    # What readers dispute gets its quotes, what has another type its own.
    ("  siret: 0123\n", put("siret", "0123"), '  siret: "0123"\n'),
    ("  siret: 123\n", put("siret", "123"), '  siret: "123"\n'),
    ("  unites: [{lieux: [{capacites: [{nombre: true}]}]}]\n", put("unites/0/lieux/0/capacites/0/nombre", 1),
     "  unites: [{lieux: [{capacites: [{nombre: 1}]}]}]\n"),
    # One line stays one line.
    ("  adresse: {voie: , commune: X}\n", put("adresse/voie", "Y"), '  adresse: {voie: "Y", commune: X}\n'),
    ("  adresse: {}  # c\n", put("adresse/voie", "rue"), "  adresse: {voie: rue}  # c\n"),
    ("  adresse: {voie: a}  # c\n", put("adresse", None), "  adresse: null  # c\n"),
    ("  adresse: {\n    voie: a,  # v\n    commune: b  # c\n  }\n", put("adresse/code_postal", "44000"),
     '  adresse: {\n    voie: a, code_postal: "44000",  # v\n    commune: b  # c\n  }\n'),
    ('  unites: [{activites: ["053"]}]\n', add("unites/0/activites", "022"),
     '  unites: [{activites: ["053", "022"]}]\n'),
    ("  contacts: [{nom: a}, {nom: b}, {nom: c}]\n", drop("contacts/1"), "  contacts: [{nom: a}, {nom: c}]\n"),
    ("  contacts: [\n    {nom: a},  # A\n    {nom: b},  # B\n    {nom: c}  # C\n  ]\n", drop("contacts/1"),
     "  contacts: [\n    {nom: a},  # A\n    {nom: c}  # C\n  ]\n"),
    ("  contacts: [\n    {nom: a},  # A\n    {nom: b}\n  ]\n", drop("contacts/1"),
     "  contacts: [\n    {nom: a},  # A\n  ]\n"),
    ("  contacts: [\n    {nom: a}, {nom: b}, {nom: c}\n  ]\n", drop("contacts/1"),
     "  contacts: [\n    {nom: a}, {nom: c}\n  ]\n"),
    # Lines below a key: they come, they go, the comment of the key stays.
    ("  contacts: null  # aucun\n", add("contacts", {"nature": "07"}),
     '  contacts:  # aucun\n    - {nature: "07"}  # Secrétariat\n'),
    ("  directeur: null  # c\n", put("directeur", {"nom": "A"}), "  directeur:  # c\n    nom: A\n"),
    ("  contacts: [{nom: a}]\n", put("contacts", [{"nom": "b"}]), "  contacts: [{nom: b}]\n"),
    ("  contacts : []\n", add("contacts", {"nom": "Z"}), "  contacts :\n    - nom: Z\n"),
    ("  adresse:  # c\n    voie: a  # d\n    commune: b\n  nom: x\n", put("adresse", None),
     "  adresse: null  # c\n  nom: x\n"),
    ("  contacts:\n    - nature: '07'  # S\n      # interne\n      nom: a\n    # après\n  nom: x\n",
     drop("contacts/0"), "  contacts: []\n    # après\n  nom: x\n"),
    ("  unites:\n  - mssante: >-\n      a\n    nom: A\n", put("unites/0/mssante", ["a", "b"]),
     "  unites:\n  - mssante: [a, b]\n    nom: A\n"),
    # The dash of an item: at its key's column, on a line of its own, with a comment.
    ("  unites:\n  - nom: A\n    activites:\n    - '053'\n", add("unites/0/activites", "xyz"),
     "  unites:\n  - nom: A\n    activites:\n    - '053'\n    - xyz\n"),
    ("  unites:\n    -\n      nom: A\n    -  # n-o\n      nom: B\n", put("unites/0/id", "1/2"),
     "  unites:\n    -\n      nom: A\n      id: 1/2\n    -  # n-o\n      nom: B\n"),
    ("  unites:\n    -  # n-o\n      nom: A\n    # - ici\n    -\n      # u-n\n      nom: B\n", drop("unites/1"),
     "  unites:\n    -  # n-o\n      nom: A\n    # - ici\n"),
    ("  unites:\n    -  # n-o\n      nom: A\n", add("unites", {"nom": "B"}),
     "  unites:\n    -  # n-o\n      nom: A\n    - nom: B\n"),
    ("  unites:\n    - activites:\n        -\n        - '053'\n", put("unites/0/activites/0", "022"),
     "  unites:\n    - activites:\n        - \"022\"  # Chirurgie gynécologique\n        - '053'\n"),
    ("  unites:\n  - mssante: a\n", add("unites/0/mssante", "b"), "  unites:\n  - mssante: [a, b]\n"),
    ("  unites:\n  - mssante: [a]\n", drop("unites/0/mssante/0"), "  unites:\n  - mssante: []\n"),
    # No last line break: none comes.
    ("  unites:\n  - nom: A\n  - nom: B  # b", drop("unites/1"), "  unites:\n  - nom: A"),
    ("  unites:\n  - nom: A\n  - nom: B  # b", drop("unites/0"), "  unites:\n  - nom: B  # b"),
    ("  nom: A", put("siret", "1"), '  nom: A\n  siret: "1"'),
    ("  nom:", put("nom", "A"), "  nom: A"),
    # A key comes in after the one before it in the format, ahead of comments and blank lines.
    ("  nom: A\n\n  # s\n  siret: '1'\n", put("categorie", "355"),
     '  nom: A\n  categorie: "355"  # Centre hospitalier (CH)\n\n  # s\n  siret: \'1\'\n'),
    ("  nom: |\n    a\n\n  # c\n", put("categorie", "x"), "  nom: |\n    a\n  categorie: x\n\n  # c\n"),
    ("  inconnue: 1\n  nom: A\n", put("autre", "x"), "  inconnue: 1\n  nom: A\n  autre: x\n"),
    ("  unites:\n    - nom: A\n", put("unites/0/patientele", {"age_min": "1 an", "age_max": "2 ans"}),
     "  unites:\n    - nom: A\n      patientele: {age_min: 1 an, age_max: 2 ans}\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "step", "after"), LAYOUTS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_each_layout_has_its_edit(text, step, after, newline):
    assert edits_of(text, step) == after
    before = document("etablissement:\n" + text)
    windows = document(("\ufeffetablissement:\n" + text).replace("\n", newline))
    assert step(windows).text == ("\ufeff" + step(before).text).replace("\n", newline)


def test_the_entity_comes_in_before_the_establishment():
    after = edits.set_value(document(FILE), "/entite_juridique/finess", "440099901")
    assert '\nformat: 1\nentite_juridique:\n  finess: "440099901"\netablissement:\n' in after.text


def test_errors_that_were_there_before_do_not_forbid_an_edit():
    before = document("etablissement:\n  nom: A\n  siret: '1'\n  siret: '2'\n")
    after = edits.set_value(before, "/etablissement/nom", "Autre")
    assert after.text == before.text.replace("A", "Autre")
    assert [fault.rule for fault in after.faults] == ["ROR102"]


REFUSED = [
    ("  adresse: 12 rue\n", put("adresse/voie", "rue"), "2:12 : « adresse »"),
    ("  contacts:\n    - {nom: a}\n", put("contacts/5/nom", "x"), "3:5 : « contacts »"),
    ("  contacts: {nom: a}\n", add("contacts", {"nom": "b"}), "2:13 : « contacts »"),
    ("  unites: [{mssante: 3}]\n", add("unites/0/mssante", "b"), "« mssante »"),
    ("  unites: [{mssante: a}]\n", drop("unites/0/mssante/0"), "« mssante »"),
    ("  contacts: []\n", drop("contacts/0"), "« contacts »"),
    ("  nom: |+\n    a\n\n  siret: '1'\n", put("categorie", "355"), "mise en page"),
    ("  ? nom\n  : A\n", put("siret", "1"), "mise en page"),
    ("  contacts:\n    - nature: '07'\n      nom: a\n", put("contacts/0", {"description": "b"}), "mise en page"),
    ("  inconnue:\n    - a\n", add("inconnue", "b"), "« inconnue »"),
    ("  nom: A\n", put("nom", "\ud800"), "mise en page"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "step", "said"), REFUSED)
def test_what_cannot_be_done_safely_is_refused_with_its_place_and_a_remedy(text, step, said):
    with pytest.raises(UsageError, match=said) as refused:
        edits_of(text, step)
    assert refused.value.remedy or "format" in refused.value.message


def test_an_unreadable_file_cannot_be_edited():
    with pytest.raises(UsageError):
        edits.set_value(document("a: *b\n"), "/etablissement/nom", "x")


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("", {"a": [1, {"b": 2}]}), ("/a/1/b", 2), ("/a/2", None), ("/a/b", None), ("/c/d", None)],
)
def test_what_stands_at_a_pointer_is_found_or_is_none(pointer, value):
    assert edits.value_at({"a": [1, {"b": 2}]}, pointer) == value
