"""Code tables: what they hold, how they are searched, and how they are rebuilt."""

from datetime import date
from pathlib import Path

import pytest

from rorcli import codes
from rorcli.codes import Code, Table, fold, table
from tools import build_codes

# Sizes of the published value sets; J229 has 31 entries, of which code 86 in two code systems.
SIZES = {
    "activites": 550,
    "modes": 37,
    "champs": 6,
    "categories": 181,
    "types-offre": 307,
    "specialites": 105,
    "professions": 30,
    "savoir-faire": 12,
    "civilites": 3,
    "titres": 6,
    "natures-contact": 17,
    "fonctions-contact": 26,
    "confidentialite": 3,
    "modalites": 26,
    "temporalites": 2,
    "canaux": 10,
    "temporalites-capacite": 5,
    "affectations-capacite": 3,
    "genres-capacite": 3,
    "sources-capacite": 4,
    "fermetures-capacite": 3,
    "lits-supplementaires": 3,
    "crises-capacite": 2,
    "modes-exercice": 4,
    "niveaux-maternite": 4,
    "types-fermeture": 7,
}
FOLDER = Path(codes.__file__).parent / "data" / "codes"


def codes_of(found):
    return [each.code for each in found]


@pytest.mark.parametrize("name", SIZES)
def test_table_has_every_code_of_its_value_set(name):
    members = [code for code in table(name).codes.values() if code.in_value_set]
    assert len(members) == SIZES[name]


def test_public_tables_come_first_and_every_file_is_a_table():
    assert list(codes.TABLES) == list(SIZES)[:15]
    assert {path.stem for path in FOLDER.iterdir()} == set(SIZES)


@pytest.mark.parametrize("name", SIZES)
def test_header_tells_title_version_day_and_source(name):
    found = table(name)
    assert found.name == name
    assert found.title
    assert found.version
    assert found.dated_on.year >= 2020
    assert found.source.startswith("ansforge/IG-")
    text = (FOLDER / f"{name}.tsv").read_text(encoding="utf-8")
    keys = [line[2:].partition(":")[0] for line in text.splitlines() if line.startswith("# ")]
    assert keys[:6] == ["title", "value_set", "version", "dated_on", "source", "system"]
    assert set(keys[6:]) <= {"system"}


@pytest.mark.parametrize("name", SIZES)
def test_codes_and_labels_are_trimmed_and_the_value_set_comes_first(name):
    found = list(table(name).codes.values())
    assert all(each.code and each.code == each.code.strip() for each in found)
    assert all(each.label and each.label == each.label.strip() for each in found)
    assert [each.in_value_set for each in found] == sorted(
        (each.in_value_set for each in found), reverse=True
    )
    assert all(each.system.startswith("TRE_") for each in found)


def test_table_is_read_once():
    assert table("activites") is table("activites")


@pytest.mark.parametrize("name", ["inconnue", "Activités", "", "../codes/modes.tsv"])
def test_unknown_table_is_a_key_error(name):
    with pytest.raises(KeyError):
        table(name)


def test_closed_code_has_its_end_date_and_is_closed_from_that_day():
    kangourou = table("modes").codes["14"]
    assert kangourou.ends_on == date(2025, 12, 22)
    assert not kangourou.is_closed(date(2025, 12, 21))
    assert kangourou.is_closed(date(2025, 12, 22))
    assert not kangourou.is_open(date(2025, 12, 21)), "it has left the value set"


def test_member_of_the_value_set_can_be_closed():
    mademoiselle = table("civilites").codes["MLLE"]
    assert mademoiselle.in_value_set
    assert mademoiselle.is_open(date(2016, 8, 31))
    assert not mademoiselle.is_open(date(2016, 9, 1))


def test_code_outside_the_value_set_is_known_but_never_open():
    grades = table("categories").codes["607"]
    assert grades.ends_on is None
    assert not grades.is_closed(date(2026, 6, 1))
    assert not grades.is_open(date(2026, 6, 1))


def test_code_that_the_older_code_system_lacks_is_a_member():
    assert table("types-offre").codes["321"].in_value_set
    assert table("types-offre").label("321") == "Point d'accès de téléconsultation"


def test_systems_of_a_mixed_table_are_told_apart():
    assert table("canaux").codes["3"].system == "TRE_R200-CanalCommunication"
    assert table("canaux").codes["MSSANTE"].system == "TRE_R256-TypeMessagerie"
    assert table("professions").codes["132"].system == "TRE_R356-ProfessionRessource"


def test_code_of_two_systems_is_the_first_systems():
    found = table("professions").codes["86"]
    assert (found.label, found.system) == (
        "Technicien de laboratoire médical",
        "TRE_G15-ProfessionSante",
    )


@pytest.mark.parametrize(
    ("name", "code", "label"),
    [
        ("champs", "01", "Médecine, Chirurgie, Obstétrique (MCO)"),
        ("categories", "355", "Centre hospitalier (CH)"),
        ("natures-contact", "07", "Secrétariat"),
        ("modes", "28", "Hospitalisation complète (HC)"),
        ("modalites", "05", "Visite et soins à domicile"),  # reworded after the value set's edition
        ("modes-exercice", "L", "Libéral"),
        ("activites", "inconnu", None),
    ],
)
def test_label_is_the_wording_of_the_ror(name, code, label):
    assert table(name).label(code) == label


@pytest.mark.parametrize(
    "words", [["lien", "social"], ["lien social"], ["SOCIAL", "Lién"], ["312"]]
)
def test_search_finds_all_words_in_any_order_case_and_accent(words):
    assert codes_of(table("activites").search(words)) == ["312"]


def test_search_matches_beginnings_of_words_only():
    assert codes_of(table("champs").search(["chirur"])) == ["01"]
    assert table("champs").search(["irurgie"]) == []
    assert codes_of(table("champs").search(["(mco"])) == ["01"]


def test_search_tries_every_place_where_a_word_occurs():
    labels = ("Neurologie et urologie", "Neurologie", "Chirurgie-urologie")
    numbered = {str(i): [str(i), label] for i, label in enumerate(labels)}
    made_up = Table("essai", "Essai", "1", date(2026, 1, 1), "ici", "TRE", numbered)
    assert codes_of(made_up.search(["urologie"])) == ["0", "2"]


def test_search_ignores_the_kind_of_apostrophe():
    straight, curly = (table("activites").search([f"l{mark}autorégulation"]) for mark in "'’")
    assert straight == curly
    assert codes_of(straight) == ["581"]


def test_search_puts_the_exact_label_or_code_first_then_keeps_the_order_of_the_table():
    found = codes_of(table("activites").search(["gynecologie", "medicale"]))
    assert found[0] == "053"
    assert codes_of(table("confidentialite").search([])) == ["1", "2", "3"]
    assert codes_of(table("types-offre").search(["20"]))[:2] == ["20", "200"]


def test_search_returns_closed_and_foreign_codes_after_the_others():
    found = table("genres-capacite").search(["ind"])
    assert codes_of(found) == ["04", "03"]


def test_by_label_needs_the_whole_label_of_a_member():
    activites, categories = table("activites"), table("categories")
    assert activites.by_label("GYNÉCOLOGIE  medicale") == activites.codes["053"]
    assert activites.by_label("Gynécologie") is None
    assert table("genres-capacite").by_label("Indifférencié") is None
    assert categories.by_label("Centre de santé") == categories.codes["124"], "not SA05"


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("activites", "Gynecologie medical", "053"),
        ("activites", "53", "053"),
        ("champs", "1", "01"),
        ("specialites", "sm19", "SM19"),
        ("specialites", "SM-19", "SM19"),
        ("categories", "Centre de sante", "124"),
        ("genres-capacite", "3", None),
        ("activites", "xyzzy", None),
        ("activites", "", None),
    ],
)
def test_closest_guesses_a_member_by_code_or_label(name, text, code):
    found = table(name).closest(text)
    assert (found and found.code) == code


@pytest.mark.parametrize(
    ("text", "folded"),
    [("  L’Été\u00a0à\tNOËL ", "l'ete a noel"), ("Cœur", "coeur"), ("E\u0301t\u00e9", "ete")],
)
def test_fold(text, folded):
    assert fold(text) == folded
    assert fold(folded) == folded


def write_extracts(folder):
    """A value set over two code systems, the first of them newer than the value set."""
    url = "https://mos.esante.gouv.fr/NOS/{0}/FHIR/{0}"
    first, second = "TRE_R338-ModaliteAccueil", "TRE_R999-Autre"
    value_set = "JDV_J226-ModaliteAccueil-ROR"
    extracts = {
        "INDEX": [
            "fichier\tversion\tdate\tdepot_source\tcommit_source",
            f"{value_set}.tsv\t2\t2024-01-01\tun/depot\tabc",
            f"{first}.tsv\t3\t2025-01-01\tun/depot\tdef",
        ],
        value_set: [
            "system\tcode\tlibelle",
            f"{url.format(first)}\t02\tPrésent en entier",
            f"{url.format(first)}\t01\tAncien libellé",
            f"{url.format(first)}\t09\tTrop récent",
            f"{url.format(second)}\tX\t Autre système ",
            f"{url.format(second)}\t01\tDeux fois",
        ],
        first: [
            "code\tlibelle\tdate_debut\tdate_fin\tautres_libelles",
            '01\tLibellé "nouveau"\t2020-01-01\t2024-05-06\t',
            "02\tPrés. entier\t2020-01-01\t\tPrésent en entier",
            "03\tHors du ROR\t2020-01-01\t\t",
        ],
    }
    for name, lines in extracts.items():
        (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_builder_writes_members_then_the_rest_of_the_systems(tmp_path):
    write_extracts(tmp_path)
    missing = build_codes.build(tmp_path, tmp_path / "out")
    assert "modalites" not in missing
    assert len(missing) == len(build_codes.VALUE_SETS) - 1
    assert (tmp_path / "out" / "modalites.tsv").read_text(encoding="utf-8").splitlines() == [
        "# title: Modalités d'accueil",
        "# value_set: JDV_J226-ModaliteAccueil-ROR",
        "# version: 2",
        "# dated_on: 2024-01-01",
        "# source: un/depot, commit abc",
        "# system: TRE_R338-ModaliteAccueil, 3, 2025-01-01, commit def",
        "# system: TRE_R999-Autre",
        "02\tPrésent en entier",
        '01\tLibellé "nouveau"\t2024-05-06',
        "09\tTrop récent",
        "X\tAutre système\t\t\tTRE_R999-Autre",
        "03\tHors du ROR\t\thors-ror",
    ]


def test_builder_gives_the_same_bytes_twice(tmp_path):
    write_extracts(tmp_path)
    target = tmp_path / "out"

    def built():
        build_codes.build(tmp_path, target)
        return {path.name: path.read_bytes() for path in target.iterdir()}

    assert built() == built()


def test_builder_command_tells_which_value_sets_the_folder_lacks(tmp_path, capsys):
    write_extracts(tmp_path)
    assert build_codes.main([str(tmp_path), "--to", str(tmp_path / "out")]) == 1
    assert "activites" in capsys.readouterr().err


def test_what_the_builder_writes_is_what_the_package_reads(tmp_path, monkeypatch):
    write_extracts(tmp_path)
    build_codes.build(tmp_path, tmp_path / "out")
    monkeypatch.setattr(codes, "_FOLDER", tmp_path / "out")
    found = table.__wrapped__("modalites")
    first = "TRE_R338-ModaliteAccueil"
    assert found.codes["01"] == Code("01", 'Libellé "nouveau"', date(2024, 5, 6), True, first)  # noqa: FBT003
    assert found.codes["03"] == Code("03", "Hors du ROR", None, False, first)  # noqa: FBT003
    assert (found.version, found.dated_on) == ("2", date(2024, 1, 1))


@pytest.mark.parametrize("name", build_codes.SMALL_TABLES)
def test_small_tables_are_as_the_builder_writes_them(name):
    expected = build_codes.render_table(build_codes.SMALL_TABLES[name])
    assert (FOLDER / f"{name}.tsv").read_text(encoding="utf-8") == expected
