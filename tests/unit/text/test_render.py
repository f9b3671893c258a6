"""The house look: what is quoted, what is labelled, what stands on one line."""

import pytest
from ruamel.yaml import YAML

from rorcli.model import decode, spec_at, to_data
from rorcli.text import render
from rorcli.text.document import read


@pytest.mark.parametrize(
    ("value", "key", "written"),
    [
        ("Nantes", "", "Nantes"), ("52/0000104", "id", "52/0000104"), ("15 ans", "", "15 ans"),
        ("440099919", "finess", '"440099919"'), ("02 61 91 00 01", "", '"02 61 91 00 01"'),
        ("01", "", '"01"'), ("09:00", "", '"09:00"'), ("no", "", '"no"'), ("N", "", '"N"'),
        ("SM19", "", "SM19"), ("https://a.example", "", "https://a.example"),
        ("Soins : suite", "", '"Soins : suite"'), ("a: b", "", '"a: b"'), ("a #b", "", '"a #b"'),
        ("- x", "", '"- x"'), (" x", "", '" x"'), ("", "", '""'), ('dit "non"', "", 'dit "non"'),
        ("deux\nlignes", "", '"deux\\nlignes"'), ("l'été", "", "l'été"), ("M. X:", "", '"M. X:"'),
        ("2026-05-10", "verifie_le", "2026-05-10"), ("2026-05-10", "nom", '"2026-05-10"'),
        (None, "", "null"), (True, "", "true"), (False, "", "false"), (24, "", "24"),
    ],
)  # fmt: skip
def test_a_scalar_is_quoted_where_readers_would_disagree(value, key, written):
    assert render.scalar(value, key) == written
    assert read(f"nom: {written}\n", "x").data["nom"] == value


def test_commas_and_brackets_need_quotes_on_one_line_only():
    assert render.scalar("Bâtiment A, étage [2]") == "Bâtiment A, étage [2]"
    assert (
        render.one_line({"nom": "A, [2]", "jours": ["lundi"]}) == '{nom: "A, [2]", jours: [lundi]}'
    )


def test_a_code_bears_its_label_and_nothing_else_does():
    assert render.label(spec_at("/etablissement/categorie"), "355") == "Centre hospitalier (CH)"
    assert render.label(spec_at("/etablissement/categorie"), "inconnu") == ""
    assert render.label(spec_at("/etablissement/nom"), "355") == ""


def test_a_whole_file_reads_back_and_is_the_same_to_any_yaml_reader():
    data = to_data(decode({
        "entite_juridique": {
            "finess": "440099901", "siren": None, "raison_sociale": "2026-05-10", "contacts": []},
        "etablissement": {
            "finess": "440099919", "nom": "no", "categorie": "355", "verifie_le": "2026-05-10",
            "adresse": {"voie": "rue, au fond", "code_postal": "44000"},
            "directeur": {"civilite": "MME", "nom": "MARTIN"},
            "contacts": [{"nature": "06", "telephone": "02 61 91 00 01"}, {"nom": "A" * 90}],
            "unites": [{"type": "uo", "nom": "X", "unite_sensible": False, "activites": ["053"],
                        "mssante": ["a@x", "b@x"],
                        "horaires": [{"jours": ["lundi"], "debut": "09:00", "fin": "12:00"}]}],
        },
    }))  # fmt: skip
    text = render.document(data, "schema.json")
    assert read(text, "x").data == data
    assert read(text, "x").ambiguous == ()
    other = YAML(typ="safe").load(text)
    assert str(other["etablissement"].pop("verifie_le")) == "2026-05-10"
    del data["etablissement"]["verifie_le"]
    assert other == data
    assert text.startswith("# yaml-language-server: $schema=schema.json\nformat: 1\n")
    assert '    - {nature: "06", telephone: "02 61 91 00 01"}  # Standard\n' in text
    assert "  siren: null\n" in text
    assert "  contacts: []\n" in text
    assert "mssante: [a@x, b@x]\n" in text
    assert '        - {jours: [lundi], debut: "09:00", fin: "12:00"}\n' in text
    assert '        - "053"  # Gynécologie médicale\n' in text
    assert '  categorie: "355"  # Centre hospitalier (CH)\n' in text


@pytest.mark.parametrize("text", [
    "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "\x00", "\t", "é\nà", "\u202f", "\U0001f600",
    "\\", "'", '"', "a\\nb", "{", "]", "%", "@", "`", "!", "&a", "*a", "?", "|", ">", "# x", "x #y",
    "x: y", "x:", "~", "null", "True", "<<", "=", "---", "...", "1e3", "0o7", "1_0", "1:30", "٣", "1٣",
])  # fmt: skip
def test_any_text_is_written_so_that_every_reader_takes_it_for_that_text(text):
    lines = [f"nom: {render.scalar(text)}\n", f"nom: {render.quoted(text)}\n",
             f"{{nom: {render.scalar(text, flow=True)}}}\n",
             render.document(to_data(decode({"entite_juridique": {"raison_sociale": text}})), "s")]  # fmt: skip
    for line in lines:
        read_back = read(line, "x").data
        held = read_back.get("entite_juridique", {}).get("raison_sociale", read_back.get("nom"))
        assert held == text
        for version in ("1.1", "1.2"):
            other = YAML(typ="safe", pure=True)
            other.version = version
            assert other.load(line) == read_back


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01"])
def test_a_day_that_is_none_is_written_all_the_same(day):
    data = to_data(decode({"etablissement": {"verifie_le": day}}))
    assert read(render.document(data, "s"), "x").data == data
