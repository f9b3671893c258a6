"""`export` and `import`: a spreadsheet's way out and back, what it changes, what stops it."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from openpyxl import Workbook, load_workbook

from rorcli.files import read_file
from rorcli.model import decode
from rorcli.tables.columns import TABLES
from tests.cli.harness import TODAY, run

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SCHEMA = json.loads((ROOT / "schemas" / "import.v1.schema.json").read_text("utf-8"))
CONSULTATIONS, BEDS, UF, POLE = "52/0000104", "52/0000103", "52/0000102", "52/0000101"
MARTIN = "10999407405"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(EXAMPLES / "ch-des-saules.yaml", tmp_path / "etab.yaml"))


def unit(file: Path, key: str = CONSULTATIONS):
    return next(p.unit for p in decode(read_file(file).data).units() if p.key == key)


def exported(file: Path, table: str, *options: str) -> list[dict[str, str]]:
    """The rows of a table as a person sees them."""
    to = file.with_name(f"{table}.csv")
    assert run(["export", file, "--table", table, "--to", to, "--force", *options]).code == 0
    return list(csv.DictReader(io.StringIO(to.read_bytes().decode("utf-8-sig")), delimiter=";"))


def sheet(file: Path, rows: list[dict[str, str]], name: str = "t.csv") -> Path:
    """A table that a person saved."""
    to = file.with_name(name)
    heads = list(dict.fromkeys(key for row in rows for key in row))
    with to.open("w", encoding="cp1252", newline="") as out:
        writer = csv.DictWriter(out, heads, delimiter=";", restval="")
        writer.writeheader()
        writer.writerows(rows)
    return to


def taken(file: Path, rows: list[dict[str, str]], *options: str):
    return run(["import", file, sheet(file, rows), *options])


def lines(out: str) -> tuple[list[str], list[str]]:
    """What left and what came, without the heads of the diff."""
    body = [line for line in out.splitlines() if not line.startswith(("---", "+++"))]
    return (
        [x[1:].strip() for x in body if x[:1] == "-"],
        [x[1:].strip() for x in body if x[:1] == "+"],
    )


# The way out


def test_a_csv_is_written_for_excel_in_french_and_never_over_another(file, tmp_path):
    to = tmp_path / "c.csv"
    assert run(["export", file, "--table", "coordonnees", "--to", to]) == (
        0,
        "",
        f"{to} : écrit.\n",
    )
    content = to.read_bytes()
    assert content.startswith("\ufeffFINESS;Établissement;Niveau;Unité;Identifiant;".encode())
    assert b"\r\n" in content
    result = run(["export", file, "--table", "praticiens", "--to", to])
    assert result.code == 7
    assert "--force" in result.err
    assert to.read_bytes() == content


def test_a_workbook_holds_every_table(file, tmp_path):
    to = tmp_path / "e.xlsx"
    assert run(["export", file, "--to", to]).code == 0
    book = load_workbook(to)
    assert book.sheetnames == [name for name in TABLES if name != "contacts"]
    phones = [
        row for row in book["coordonnees"].iter_rows(values_only=True) if row[10] == "Téléphone"
    ]
    assert "02 61 91 00 03" in {row[12] for row in phones}
    beds = [row for row in book["capacites"].iter_rows(values_only=True) if row[4] == BEDS]
    assert beds[0][7:10] == ("lit", "installe", 24)


def test_without_a_file_the_table_goes_to_standard_output(file):
    result = run(["export", file, "--table", "activites"])
    assert (result.code, result.err) == (0, "")
    assert "053;Gynécologie médicale" in result.out


def test_every_level_has_its_rows_and_what_is_due_has_one_to_fill(file):
    rows = exported(file, "coordonnees")
    assert {row["Niveau"] for row in rows} == {
        "Établissement", "Pôle", "Service", "Unité fonctionnelle (UF)", "Unité opérationnelle (UO)",
    }  # fmt: skip
    run(["edit", file, "--unit", CONSULTATIONS, "mssante="])
    added = [row for row in exported(file, "coordonnees") if row["Identifiant"] == CONSULTATIONS]
    assert [row["Canal"] for row in added if not row["Valeur"]] == ["MSSanté"]


def test_a_template_names_the_rows_and_leaves_the_values_to_fill(file):
    rows = exported(file, "coordonnees", "--template")
    assert "Valeur actuelle" not in rows[0]
    assert {row["Valeur"] for row in rows} == {""}
    assert run(["import", file, file.with_name("coordonnees.csv")]).err.endswith(
        "Rien à changer.\n"
    )
    practitioners = exported(file, "praticiens", "--template")
    units = decode(read_file(file).data).units()
    uos = {p.key for p in units if p.unit.is_uo and not p.unit.date_fermeture}
    assert uos <= {row["Identifiant"] for row in practitioners}
    assert {row["N° RPPS"] for row in practitioners} == {""}


WRONG = [
    (["--table", "lits", "--to", "x.csv"], "tableau inconnu"),
    (["--to", "x.csv"], "un seul tableau"),
    (["--table", "praticiens", "--table", "activites"], "un seul tableau"),
    (["--table", "praticiens", "--to", "x.ods"], "ni .csv ni .xlsx"),
]


@pytest.mark.parametrize(("words", "said"), WRONG, ids=[" ".join(w[0]) for w in WRONG])
def test_an_export_that_cannot_be_is_explained(file, words, said):
    result = run(["export", file, *words])
    assert result.code == 2
    assert said in result.err


# The way back: what changes


def test_a_corrected_value_takes_the_place_of_the_former_one(file):
    rows = exported(file, "coordonnees")
    for row in rows:
        if row["Identifiant"] == UF and row["Canal"] == "Téléphone":
            row["Valeur"] = "261910099"  # Excel took the zero
    result = taken(file, rows)
    assert result.code == 0
    assert lines(result.out)[1] == [
        '- {nature: "07", telephone: "02 61 91 00 99", courriel: gynecologie@ch-saules.example}  # Secrétariat'
    ]
    assert (
        "modifié\tPôle femme-mère-enfant > UF Gynécologie\tValeur : « 02 61 91 00 21 » → « 02 61 91 00 99 »"
        in result.err
    )
    assert f"{len(rows)} lignes : {len(rows) - 1} déjà ainsi, 1 modifié" in result.err


def test_a_table_that_is_not_the_last_word_is_told_the_order(file, tmp_path):
    told = run(["import", tmp_path / "corrections.csv", file])
    assert (told.code, told.out) == (2, "")
    assert "etab.yaml n'est pas un tableau" in told.err
    assert "le tableau en dernier : rorcli import etab.yaml tableau.csv" in told.err


def test_a_table_of_ones_own_needs_no_more_than_unit_channel_and_value(file):
    rows = [
        {"UNITE": "UF Gynécologie", "canal": "tél", "valeur": "02 61 91 00 88"},
        {
            "UNITE": "Consultations de gynécologie",
            "canal": "mail",
            "valeur": "rdv@ch-saules.example",
        },
        {
            "UNITE": "Consultations de gynécologie",
            "canal": "MSSanté",
            "valeur": "cs@ch-saules.mssante.example",
        },
    ]
    rows[0]["canal"] = "Téléphone"
    assert taken(file, rows).code == 0
    assert unit(file, UF).contacts[0].values("telephone") == ("02 61 91 00 88",)
    assert unit(file).contacts[0].values("courriel") == ("rdv@ch-saules.example",)
    assert unit(file).mssante == ("cs@ch-saules.mssante.example",)


def test_headers_may_be_named(file):
    rows = [{"Où": UF, "Quoi": "Téléphone", "N° de tel": "02 61 91 00 88", "Remarque": "x"}]
    result = taken(file, rows)
    assert result.code == 2
    assert "aucun en-tête" in result.err
    assert "--map" in result.err
    maps = [
        word for each in ("Où=id", "Quoi=canal", "n° de TEL=valeur") for word in ("--map", each)
    ]
    result = taken(file, rows, *maps)
    assert result.code == 0
    assert "colonne « Remarque » : laissée de côté" in result.err
    assert unit(file, UF).contacts[0].values("telephone") == ("02 61 91 00 88",)
    assert "n'est pas une colonne" in taken(file, rows, "--map", "Où=ailleurs").err


def test_a_header_that_is_named_and_is_not_there_stops_all(file):
    before = file.read_bytes()
    table = sheet(
        file, [{"Identifiant": CONSULTATIONS, "Canal": "Courriel", "Valeur": "a@b.example"}]
    )
    result = run(["import", file, table, "--map", "Vérification=verifie"])
    assert (result.code, file.read_bytes()) == (2, before)
    assert "absent : « verification »" in result.err


def test_the_name_of_a_column_goes_before_what_else_it_is_called(file):
    rows = [
        {
            "Identifiant": UF,
            "Unité": "",
            "Chemin": "x",
            "Canal": "Téléphone",
            "Nouvelle valeur": "?",
            "Valeur": "02 61 91 00 88",
        }
    ]
    result = taken(file, rows)
    assert result.code == 0
    assert "colonne « Nouvelle valeur » : laissée de côté" in result.err
    assert unit(file, UF).contacts[0].values("telephone") == ("02 61 91 00 88",)
    table = file.with_name("t.csv")
    table.write_text("Identifiant;Canal;Valeur;VALEUR\nx;y;z;t\n", "utf-8")
    result = run(["import", file, table])
    assert result.code == 2
    assert "plusieurs en-têtes désignent la même colonne" in result.err


def test_a_sheet_that_is_no_table_is_left_aside(file):
    to = file.with_name("e.xlsx")
    run(["export", file, "--table", "activites", "--to", to])
    book = load_workbook(to)
    book.create_sheet("Notes").append(["À faire", "Qui"])
    book.save(to)
    assert (
        "feuille « Notes » : sans en-tête connu, laissée de côté" in run(["import", file, to]).err
    )


def test_two_sheets_cannot_both_be_the_whole_list(file):
    to = file.with_name("e.xlsx")
    run(["export", file, "--table", "activites", "--to", to])
    book = load_workbook(to)
    book.copy_worksheet(book["activites"])
    book.save(to)
    assert run(["import", file, to]).code == 0
    result = run(["import", file, to, "--replace"])
    assert result.code == 2
    assert "plusieurs feuilles du tableau activites" in result.err


def test_a_second_value_is_added_and_a_new_contact_is_made_once(file):
    rows = [
        {
            "Identifiant": UF,
            "Nature": "Secrétariat",
            "Canal": "Téléphone",
            "Valeur actuelle": "",
            "Valeur": "02 61 91 00 77",
        },
        {
            "Identifiant": UF,
            "Nature": "02",
            "Nom du contact": "",
            "Canal": "Téléphone",
            "Valeur actuelle": "",
            "Valeur": "02 61 91 00 78",
        },
        {
            "Identifiant": UF,
            "Nature": "02",
            "Nom du contact": "",
            "Canal": "Courriel",
            "Valeur actuelle": "",
            "Valeur": "rdv@ch-saules.example",
        },
    ]
    assert taken(file, rows).code == 0
    first, second = unit(file, UF).contacts
    assert first.values("telephone") == ("02 61 91 00 21", "02 61 91 00 77")
    assert (second.nature, second.values("telephone"), second.values("courriel")) == (
        "02", ("02 61 91 00 78",), ("rdv@ch-saules.example",),
    )  # fmt: skip


def test_a_value_with_details_moves_to_the_long_form(file):
    rows = exported(file, "coordonnees")
    for row in rows:
        if row["Identifiant"] == UF and row["Canal"] == "Téléphone":
            row["Confidentialité"], row["Utilisation"] = "2", "La nuit"
    assert taken(file, rows).code == 0
    [phone] = [t for t in unit(file, UF).contacts[0].telecoms if t.canal == "2"]
    assert (phone.valeur, phone.confidentialite, phone.usage) == ("02 61 91 00 21", "2", "La nuit")


def test_one_of_several_own_boxes_is_corrected(file):
    run(["edit", file, "--unit", UF, "mssante="])
    text = file.read_text("utf-8")
    boxes = "[a@ch-saules.mssante.example, b@ch-saules.mssante.example]"
    at = text.index("mssante: null", text.index(UF))
    file.write_text(text[:at] + f"mssante: {boxes}" + text[at + 13 :], "utf-8", newline="")
    rows = exported(file, "coordonnees")
    for row in rows:
        row["Valeur"] = row["Valeur"].replace("b@ch-saules", "c@ch-saules")
    assert taken(file, rows).code == 0
    assert unit(file, UF).mssante == ("a@ch-saules.mssante.example", "c@ch-saules.mssante.example")


def person(**more: str) -> dict[str, str]:
    return {
        "Identifiant": CONSULTATIONS, "RPPS": MARTIN, "Nom d'exercice": "MARTIN", "Prénom d'exercice": "Luc",
        "Profession": "Médecin", "Type de savoir-faire": "S", "Mode d'exercice": "S", "Vérifié le": "", **more,
    }  # fmt: skip


def test_a_practitioner_is_added_and_another_is_changed(file):
    rows = [person(), {**exported(file, "praticiens")[0], "Secteur conventionnel": "secteur 1"}]
    rows[1] = {
        "Identifiant": CONSULTATIONS,
        "RPPS": rows[1]["N° RPPS"],
        "Secteur conventionnel": "secteur 1",
    }
    result = taken(file, rows)
    assert result.code == 0, result.err
    people = unit(file).praticiens
    assert people[0].secteur == "secteur_1"
    assert (people[-1].rpps, people[-1].nom, people[-1].profession) == (MARTIN, "MARTIN", "10")


def test_a_number_of_beds_is_counted_today_unless_said(file):
    rows = [
        {
            "Identifiant": BEDS,
            "Nature": "Lit",
            "Statut": "Installé",
            "Nombre": "26",
            "Comptée le": "",
        },
        {
            "Identifiant": BEDS,
            "Nature": "lit",
            "Statut": "ferme",
            "Nombre": "1",
            "Comptée le": "20/11/2026",
        },
    ]
    assert taken(file, rows).code == 0
    held = {c.statut: (c.nombre, c.comptee_le) for c in unit(file, BEDS).lieux[0].capacites}
    assert held["installe"] == (26, TODAY.isoformat())
    assert held["ferme"] == (1, "2026-11-20")


def test_a_uo_without_lieu_gets_one_for_all_its_measures(file):
    text = file.read_text("utf-8")
    start = text.index("              lieux:", text.index(CONSULTATIONS))
    end = text.index("            - type: uo", start)
    file.write_text(text[:start] + text[end:], "utf-8", newline="")
    rows = [
        {"Identifiant": CONSULTATIONS, "Nature": "salle", "Statut": s, "Nombre": n}
        for s, n in (("installe", "3"), ("ferme", "1"))
    ]
    assert taken(file, rows).code == 0
    [lieu] = unit(file).lieux
    assert (lieu.nom, [c.nombre for c in lieu.capacites]) == (
        "Consultations de gynécologie",
        [3, 1],
    )
    assert lieu.adresse is not None


def test_activities_are_known_by_code_or_label(file):
    rows = [
        {"Identifiant": CONSULTATIONS, "Activité": a} for a in ("53", "Chirurgie gynécologique")
    ]
    result = taken(file, rows)
    assert result.code == 0
    assert "1 déjà ainsi, 1 ajouté" in result.err
    assert unit(file).activites == ("053", "527", "022")


def test_the_list_becomes_exactly_the_table_for_the_units_that_it_names(file):
    others = unit(file, BEDS).activites
    result = taken(file, [{"Identifiant": CONSULTATIONS, "Activité": "022"}], "--replace")
    assert result.code == 0
    assert unit(file).activites == ("022",)
    assert unit(file, BEDS).activites == others
    assert "--replace\tretiré" in result.err
    rows = [
        row
        for row in exported(file, "coordonnees")
        if row["Identifiant"] == UF and row["Canal"] == "Téléphone"
    ]
    assert taken(file, rows, "--replace").code == 0
    [contact] = unit(file, UF).contacts
    assert [t.canal for t in contact.telecoms] == ["2"]
    assert unit(file, UF).mssante == ()
    empty = [{"Identifiant": CONSULTATIONS, "RPPS": ""}]
    assert "sans valeur" in taken(file, empty).err
    assert unit(file).praticiens
    assert taken(file, empty, "--replace").code == 0
    assert unit(file).praticiens == ()


def test_an_emptied_cell_erases_only_when_the_table_is_the_list(file):
    rows = [{**row, "Secteur conventionnel": ""} for row in exported(file, "praticiens")]
    result = taken(file, rows)
    assert result.err.endswith("Rien à changer.\n")
    assert "cellules vides : la valeur de la fiche reste ; --replace l'efface" in result.err
    assert taken(file, rows, "--replace").code == 0
    assert unit(file).praticiens[0].secteur is None


def test_units_are_confirmed_by_their_column(file):
    rows = exported(file, "praticiens")
    rows[0]["Vérifié le"] = "oui"
    result = taken(file, rows)
    assert result.code == 0
    assert "vérifié" in result.err
    assert unit(file).verifie_le == TODAY.isoformat()
    back = [{**row, "Vérifié le": "01/01/2020"} for row in rows[:3]]
    assert taken(file, back).err.endswith("Rien à changer.\n")  # a later verification holds


def test_a_dry_run_writes_nothing(file):
    before = file.read_bytes()
    result = taken(file, [person()], "--dry-run")
    assert result.code == 0
    assert MARTIN in result.out
    assert file.read_bytes() == before


def test_several_files_are_changed_by_one_table(tmp_path):
    for name in ("ch-des-saules", "clinique-du-parc"):
        shutil.copy(EXAMPLES / f"{name}.yaml", tmp_path)
    table = tmp_path / "t.csv"
    run(["export", tmp_path, "--table", "coordonnees", "--to", table])
    assert run(["import", tmp_path, table]).err.endswith("Rien à changer.\n")
    rows = list(csv.reader(io.StringIO(table.read_text("utf-8-sig")), delimiter=";"))
    for row in rows:
        row[12] = row[12].replace("accueil@", "bonjour@")
    with table.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter=",").writerows(rows)
    result = run(["import", tmp_path, table])
    assert result.code == 0
    assert len([line for line in result.out.splitlines() if line.startswith("--- ")]) == 2
    eg = [
        {
            "FINESS": "",
            "Niveau": "Établissement",
            "Unité": "",
            "Canal": "Téléphone",
            "Valeur": "02 61 91 00 01",
        }
    ]
    assert "plusieurs établissements" in run(["import", tmp_path, sheet(table, eg)]).err


# What stops it


PROBLEMS = [
    ({"Identifiant": "52/0009104"}, "colonne A « Identifiant » : « 52/0009104 » n'est l'identifiant d'aucune unité — vouliez-vous dire 52/0000104"),
    ({"Identifiant": ""}, "la ligne ne dit pas de quelle unité il s'agit — donnez « Identifiant »"),
    ({"Identifiant": UF}, "n'est pas une UO"),
    ({"RPPS": "1,01E+10"}, "colonne B « RPPS » : « 1,01E+10 » : le tableur a arrondi ce numéro — mettez la colonne au format Texte"),
    ({"RPPS": "=A1"}, "formule"),
    ({"RPPS": "10999404527"}, "LE GALL"),
    ({"Profession": "Médecine"}, "colonne E « Profession » : « Médecine » n'est ni un code"),
    ({"Profession": ""}, "« Profession » manque pour ajouter un praticien"),
    ({"Vérifié le": "2027-01-01"}, "n'est pas encore venu"),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "said"), PROBLEMS, ids=[p[1][-40:] for p in PROBLEMS])
def test_a_wrong_cell_is_told_with_its_place_and_what_to_write(file, cells, said):
    before = file.read_bytes()
    result = taken(file, [person(), person(**cells)])
    assert result.code == 1
    assert result.out == ""
    assert f"{file.with_name('t.csv')}, ligne 3" in result.err
    assert said in result.err
    assert file.read_bytes() == before


def test_all_problems_are_told_at_once_and_nothing_is_written(file):
    before = file.read_bytes()
    result = taken(
        file, [person(RPPS="1", Profession="?"), person(**{"Vérifié le": "jamais"}), person()]
    )
    assert result.code == 1
    assert [line.split(" : ")[0].rpartition(", ")[2] for line in result.err.splitlines()[:-1]] == [
        "colonne B « RPPS »", "colonne H « Vérifié le »",
    ]  # fmt: skip
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("canal", "text"),
    [
        ("Téléphone", "néant"),
        ("Téléphone", "02 61 91 00 21 / 22"),
        ("Courriel", "cs@ch"),
        ("MSSanté", "à demander"),
        ("Téléphone", "#VALEUR!"),
    ],
)
def test_what_is_no_number_and_no_address_takes_the_place_of_none(file, canal, text):
    before = file.read_bytes()
    row = {"Identifiant": CONSULTATIONS, "Canal": canal, "Valeur": text}
    result = run(["import", file, sheet(file, [row])])
    assert (result.code, file.read_bytes()) == (1, before)
    assert f"« {text} »" in result.err


def test_a_row_twice_is_said_and_a_contradiction_is_refused(file):
    result = taken(file, [person(), person()])
    assert result.code == 0
    assert (
        "doublon\tPôle femme-mère-enfant > UF Gynécologie > Consultations de gynécologie\tde la ligne 2"
        in result.err
    )
    assert len(unit(file).praticiens) == 4
    result = taken(file, [person(**{"Mode d'exercice": "L"}), person(**{"Mode d'exercice": "B"})])
    assert result.code == 1
    assert "ligne 3 : contredit la ligne 2" in result.err


def test_a_column_sorted_alone_is_found_out(file):
    rows = exported(file, "coordonnees")
    units = [row["Unité"] for row in rows]
    for row, name in zip(rows, units[::-1], strict=True):
        row["Unité"] = name
    result = taken(file, rows)
    assert result.code == 1
    assert "une colonne a été triée sans les autres ?" in result.err


def test_a_table_older_than_the_file_does_not_undo_it(file):
    rows = exported(file, "coordonnees")
    run(["edit", file, "--unit", UF, "telephone=02 61 91 00 55"])
    for row in rows:
        if row["Identifiant"] == UF and row["Canal"] == "Téléphone":
            row["Valeur"] = "02 61 91 00 66"
    result = taken(file, rows)
    assert result.code == 1
    assert "la fiche ne porte pas « 02 61 91 00 21 » ici, mais « 02 61 91 00 55 »" in result.err


def test_an_edit_that_would_add_an_error_is_refused_whole(file):
    before = file.read_bytes()
    rows = [
        {
            "Identifiant": BEDS,
            "Nature": "lit",
            "Statut": "installe",
            "Nombre": "3",
            "Comptée le": "2026-05-10T25:00",
        }
    ]
    assert taken(file, rows).code == 1
    assert file.read_bytes() == before


def test_a_title_above_the_headers_and_merged_units_are_met(file):
    book = Workbook()
    page = book.create_sheet("praticiens", 0)
    page.append(["Praticiens du pôle"])
    page.merge_cells("A1:H1")
    page.append(list(person()))
    page.append(list(person().values()))
    page.append(list(person(RPPS="10999404527").values()))
    page.merge_cells("A3:A4")
    path = file.with_name("p.xlsx")
    book.save(path)
    result = run(["import", file, path])
    assert result.code == 1
    assert f"{path}, feuille praticiens, ligne 4, colonne A « Identifiant » : " not in result.err
    assert (
        f"{path}, feuille praticiens, ligne 4 : la ligne ne dit pas de quelle unité" in result.err
    )
    assert "fusionnées" in result.err


USAGE = [
    (["etab.yaml"], "il manque l'argument"),
    (["*.yaml", "absent.csv"], "absent.csv : lecture impossible"),
    (["etab.yaml", "absent.csv"], "introuvable"),
    (["absent.yaml", "t.csv"], "n'existe pas"),
    (["etab.yaml", "t.csv", "--table", "lits"], "tableau inconnu"),
    (["etab.yaml", "t.csv", "--push", "-o", "json"], "ne vont pas ensemble"),
]


@pytest.mark.parametrize(("words", "said"), USAGE, ids=[u[1] for u in USAGE])
def test_an_import_that_cannot_be_is_explained(file, words, said, monkeypatch):
    monkeypatch.chdir(file.parent)
    sheet(file, [person()])
    result = run(["import", *words])
    assert result.code == 2
    assert said in result.err


# For programs


def answer(file: Path, rows: list[dict[str, str]], *options: str):
    result = taken(file, rows, "-o", "json", *options)
    said = json.loads(result.out)
    jsonschema.Draft202012Validator(SCHEMA).validate(said)
    return result.code, said


def test_every_row_is_accounted_for_as_data(file, golden, monkeypatch):
    monkeypatch.chdir(file.parent)
    rows = [*exported(file, "activites")[:2], {"Identifiant": CONSULTATIONS, "Activité": "22"}]
    result = run(["import", "etab.yaml", sheet(file, rows).name, "-o", "json"])
    assert (result.code, result.err) == (0, "")
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(result.out))
    golden("tables/import.json", result.out)
    assert unit(file).activites[-1] == "022"


def test_a_refusal_is_data_too(file):
    code, said = answer(file, [person(RPPS="1")])
    assert (code, said["ok"], said["written"]) == (1, False, [])
    assert said["problems"][0]["row"] == 2
    assert said["counts"]["refused"] == 1
    code, said = answer(
        file,
        [
            {
                "Identifiant": BEDS,
                "Nature": "lit",
                "Statut": "installe",
                "Nombre": "3",
                "Comptée le": "2026-05-10T25:00",
            }
        ],
    )
    assert (code, said["ok"]) == (1, False)


def test_an_account_as_data_of_a_dry_run_writes_nothing(file):
    before = file.read_bytes()
    code, said = answer(file, [person()], "--dry-run")
    assert (code, said["written"], said["counts"]["added"]) == (0, [], 1)
    assert file.read_bytes() == before


# On other desks


def started(*words: str | Path, encoding: str) -> subprocess.CompletedProcess[bytes]:
    """The program in a process of its own, whose streams speak that encoding."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "rorcli", *map(str, words)]
    return subprocess.run(command, env=environment, capture_output=True, check=False)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_console_of_windows_takes_every_account(file, encoding):
    rows = exported(file, "coordonnees")
    rows[0]["Valeur"] = "https://www.cœur.example/→"
    to = file.with_name("t.csv")
    with to.open("w", encoding="utf-16", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), delimiter="\t")
        writer.writeheader()
        writer.writerows(rows)
    done = started("import", file, to, encoding=encoding)
    assert done.returncode == 0, done.stderr
    assert b"1 modifi" in done.stderr
    assert "https://www.cœur.example/→" in file.read_text("utf-8")
    assert started("export", file, "--table", "coordonnees", encoding=encoding).returncode == 0


def test_a_csv_file_needs_no_package_for_workbooks(file):
    to = file.with_name("c.csv")
    words = ["export", str(file), "--table", "coordonnees", "--to", str(to)]
    code = (
        "import sys; from rorcli.cli.app import main; "
        f"main({words}); main(['import', {words[1]!r}, {words[5]!r}]); print(*sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert {"openpyxl", "defusedxml", "lxml"}.isdisjoint(done.stdout.split())
    assert "rorcli.tables.importing" in done.stdout.split()


def test_what_excel_saves_of_our_workbook_is_read(file):
    """Excel writes numbers, days and shared strings of its own; openpyxl saves much as it does."""
    to = file.with_name("e.xlsx")
    assert run(["export", file, "--to", to]).code == 0
    book = load_workbook(to)
    page = book["capacites"]
    heads = [cell.value for cell in page[1]]
    beds = next(row for row in page.iter_rows(min_row=2) if row[4].value == BEDS)
    beds[heads.index("Nombre")].value = 31.0
    beds[heads.index("Comptée le")].value = date(2026, 11, 20)
    phones = book["coordonnees"]
    phone = next(
        row
        for row in phones.iter_rows(min_row=2)
        if row[4].value == UF and row[10].value == "Téléphone"
    )
    phone[12].value, phone[12].number_format = 261910077, '0#" "##" "##" "##" "##'
    phones.auto_filter.ref = phones.dimensions
    book.save(to)
    result = run(["import", file, to])
    assert result.code == 0, result.err
    held = next(c for c in unit(file, BEDS).lieux[0].capacites if c.statut == "installe")
    assert (held.nombre, held.comptee_le) == (31, "2026-11-20")
    assert unit(file, UF).contacts[0].values("telephone") == ("02 61 91 00 77",)


# -- a row a contact, a column a channel


def of(rows, key, **told):
    """The row of a unit, or the one of its rows that says so."""
    return next(row for row in rows if row["Identifiant"] == key and told.items() <= row.items())


def test_a_table_of_contacts_has_a_column_a_channel_and_what_is_the_unit_s_own(file):
    row = of(exported(file, "contacts"), CONSULTATIONS, Nature="02")
    assert row["Téléphone"] == "02 61 91 00 22"
    assert row["Courriel"] == "cs-gynecologie@ch-saules.example"
    assert row["MSSanté"] == ""
    assert row["MSSanté de l'unité"] == "cs-gynecologie@ch-saules.mssante.example"


def test_cells_of_contacts_change_and_add_what_they_say_and_nothing_else(file):
    before, box = file.read_text("utf-8"), "cs-gynecologie@ch-saules.mssante.example"
    rows = exported(file, "contacts")
    row = of(rows, CONSULTATIONS, Nature="02")
    row["Téléphone"] = "02 61 91 00 88"
    row["Courriel"] += " ; rdv@ch-saules.example"
    row["MSSanté de l'unité"] = "cs@ch-saules.mssante.example"
    told = taken(file, rows).err
    assert [line.split("\t")[::3] for line in told.splitlines() if line.startswith("ligne")] == [
        ["ligne 10", "Téléphone : « 02 61 91 00 22 » → « 02 61 91 00 88 »"],
        ["ligne 10", "Courriel : « rdv@ch-saules.example »"],
        ["ligne 10", f"MSSanté : « {box} » → « cs@ch-saules.mssante.example »"],
    ]
    assert file.read_text("utf-8") == (
        before.replace('telephone: "02 61 91 00 22", courriel: cs-gynecologie@ch-saules.example',
                       'telephone: "02 61 91 00 88", courriel: [cs-gynecologie@ch-saules.example, rdv@ch-saules.example]')
        .replace(box, "cs@ch-saules.mssante.example")
    )  # fmt: skip


def test_a_table_of_their_own_needs_no_more_than_units_and_channels(file):
    rows = [{"Identifiant": UF, "Tél": "0261910077", "Mail": ""},
            {"Identifiant": POLE, "Tél": "", "Mail": "pole@ch-saules.example"}]  # fmt: skip
    done = taken(file, rows)
    assert "4 valeurs de la fiche hors du tableau" in done.err
    numbers = [t.valeur for c in unit(file, UF).contacts for t in c.telecoms if t.canal == "2"]
    assert [number.replace(" ", "") for number in numbers] == ["0261910077"]
    assert "pole@ch-saules.example" in file.read_text("utf-8")


def test_what_is_wrong_in_a_cell_of_contacts_is_told_by_its_own_column(file):
    before = file.read_bytes()
    rows = exported(file, "contacts")
    of(rows, CONSULTATIONS, Nature="02")["Courriel"] = "cs-gynecologie"
    done = taken(file, rows)
    assert "t.csv, ligne 10, colonne M « Courriel » : « cs-gynecologie »" in done.err
    assert (done.code, file.read_bytes()) == (1, before)


def test_contacts_are_not_the_whole_so_that_lists_do_not_become_them(file):
    before = file.read_bytes()
    done = taken(file, exported(file, "contacts"), "--replace")
    assert (done.code, file.read_bytes()) == (2, before)
    assert "--replace ne va pas avec le tableau contacts" in done.err


def test_a_second_row_of_a_person_with_another_speciality_is_a_second_situation(file):
    rows = exported(file, "praticiens")
    one = of(rows, CONSULTATIONS, **{"N° RPPS": "10099999996"})
    other = {**one, "Spécialité ordinale": "SM54", "Spécialité ordinale (libellé)": ""}
    done = taken(file, [*rows, other])
    assert done.code == 0, done.err
    held = [p.specialite for p in unit(file).praticiens if p.rpps == "10099999996"]
    assert held == ["SM19", "SM54"]
    again = taken(file, exported(file, "praticiens"))
    assert (again.code, again.out) == (0, "")


def test_the_only_row_of_a_person_with_another_speciality_corrects_it(file):
    rows = exported(file, "praticiens")
    one = of(rows, CONSULTATIONS, **{"N° RPPS": "10099999996"})
    one |= {"Spécialité ordinale": "SM54", "Spécialité ordinale (libellé)": ""}
    assert taken(file, rows).code == 0
    held = [p.specialite for p in unit(file).praticiens if p.rpps == "10099999996"]
    assert held == ["SM54"]
