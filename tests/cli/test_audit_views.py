"""`rorcli audit`: its views, its forms, what fails a run, limits by level."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.cli.harness import make_store, run
from tests.cli.test_audit import SAULES, as_json, late

# A sensitive unit that no rule suspects, and a practitioner: what a page must not tell.
SENSITIVE = """\
    - type: uo
      id: 52/04
      nom: Unité Saturne
      unite_sensible: true
      contacts: [{nature: "02", telecoms: [{canal: "2", valeur: "02 61 91 00 99", confidentialite: "3"}]}]
"""  # fmt: skip


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "saules.yaml"
    path.write_text(SAULES + SENSITIVE, encoding="utf-8")
    return path.name


@pytest.fixture
def store(file, tmp_path):
    """Two establishments, in two départements."""
    other = SAULES.replace("440099919", "490099918").replace("44000", "49000").replace("52/", "49/")
    Path("autre.yaml").write_text(other.replace("53/01", "49/99"), encoding="utf-8")
    files = (Path(file), Path("autre.yaml"))
    return make_store(tmp_path, *files, today=date(2026, 10, 1))


@pytest.mark.parametrize("view", ["arbre", "region"])
def test_a_view_is_what_its_golden_file_says(file, golden, view):
    golden(f"audit/{view}.txt", run(["audit", file, "--vue", view]).out)


@pytest.mark.parametrize(
    ("form", "suffix"),
    [("github", "txt"), ("gitlab", "json"), ("junit", "xml"), ("sarif", "sarif")],
)
def test_forges_read_what_is_late_missing_or_in_ecart(file, golden, form, suffix):
    golden(f"audit/{form}.{suffix}", run(["audit", file, "-o", form]).out)


def test_the_table_of_a_region_sums_by_departement_category_and_ej(store):
    told = run(["audit", "--vue", "region", "-o", "csv"], store=store).out
    rows = list(csv.reader(io.StringIO(told.removeprefix("\ufeff")), delimiter=";"))[1:]
    assert [row[0] for row in rows] == ["44", "44", "49", "49", "total"]
    assert [row[1][:5] for row in rows] == ["355 C", "total", "355 C", "total", ""]
    numbers = [[*map(int, row[4:8])] for row in rows]
    assert numbers[0] == numbers[1]
    assert [sum(pair) for pair in zip(numbers[1], numbers[3], strict=True)] == numbers[4]
    assert rows[4][8] == "77 %"


def test_the_region_is_chosen_as_in_search(store):
    told = json.loads(as_json("--quoi", "Saturne", store=store).out)
    assert [each["finess"] for each in told["establishments"]] == ["440099919"]
    told = json.loads(as_json("--ou", "49", store=store).out)
    assert [each["department"] for each in told["establishments"]] == ["49"]


def test_st3_is_judged_on_the_whole_directory_only(store):
    def st3(*words):
        told = json.loads(as_json(*words, store=store).out)["requirements"]
        return {each["status"] for each in told if each["code"] == "ST3"}

    assert st3() == {"conforme"}
    assert st3("--ou", "49") == {"non_calculable"}


def test_the_days_of_a_store_are_no_estimate(store, file):
    def re12(result):
        told = json.loads(result.out)["requirements"]
        return next(each for each in told if each["code"] == "RE1.2")

    assert "estimate" not in re12(as_json(store=store))
    assert re12(as_json(file))["estimate"] is True


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], 1),
        (["--fail-on", "rien"], 0),
        (["--fail-on", "capacites"], 0),
        (["--fail-on", "praticiens"], 1),
        (["--fail-on", "national"], 1),
        (["--check", "national"], 1),
        (["--check", "age,capacites", "--fail-on", "capacites"], 0),
        (["--fail-on", "tout"], 2),
    ],
)
def test_what_fails_is_chosen(file, words, code):
    assert run(["audit", file, *words]).code == code


def test_a_check_that_does_not_run_can_fail_nothing(file):
    result = run(["audit", file, "--check", "age", "--fail-on", "praticiens"])
    assert (result.code, result.out) == (2, "")
    assert "--fail-on praticiens : ce contrôle n'est pas parmi ceux de --check" in result.err
    assert "--check age,praticiens" in result.err


def test_an_ecart_alone_fails_only_who_asks_for_it(file):
    words = ["audit", file, "--as-of", "2026-03-01", "--older-than", "1y"]
    Path(file).write_text(
        SAULES.replace("courriel: direction", "courriel: ror").replace(
            'telephone: "02 61 91 00 20"}', 'telephone: "02 61 91 00 20", courriel: p@ch.example}'
        ).replace("          lieux:", "          praticiens: [{rpps: '10099999996', nom: X}]\n          lieux:")
        .replace("unite_sensible: false", "unite_sensible: true"), encoding="utf-8",
    )  # fmt: skip
    result = run(words)
    assert (result.code, "0 manque, 1 écart" in result.err) == (0, True)
    assert run([*words, "--fail-on", "national"]).code == 1


def test_a_level_may_have_a_limit_of_its_own(file):
    Path("rorcli.toml").write_text('audit.older_than_uo = "1mo"\n', encoding="utf-8")
    assert "52/02" in late(as_json(file))
    assert "52/02" not in late(as_json(file, "--older-than", "6mo"))
    Path("rorcli.toml").write_text('audit.older_than_uo = "1m"\n', encoding="utf-8")
    assert run(["audit", file]).code == 2


def test_the_score_can_be_counted_from_the_lines_that_are_shown(file):
    told = json.loads(as_json(file).out)
    [one] = told["establishments"]
    lost = sum(
        each["message"].count(",") + 1 if each["rule"] == "ROR401" else 1
        for each in told["missing"]
    )
    assert one["points"] - one["kept"] == lost
    assert one["score"] == 100 * one["kept"] // one["points"]
    # The EG: 3 and its category; the pole: 3; each UO: 3, a contact, a lieu; the consultation: 1.
    assert one["points"] == 4 + 3 + (5 + 1) + 5


def test_below_what_is_closed_nothing_is_asked_but_what_the_nation_still_counts(file):
    below = "      unites: [{type: uo, id: 52/05, nom: Salle, mode_prise_en_charge: '32'}]\n"
    before = json.loads(as_json(file).out)["counts"]
    Path(file).write_text(SAULES + below + SENSITIVE, encoding="utf-8")
    told = json.loads(as_json(file).out)
    assert told["counts"] == before
    tree = run(["audit", file, "--vue", "arbre"]).out
    assert tree.count("UF fermée > Salle\n    national  CP4 Offres finalisées (à compléter :") == 1


def test_reports_are_written_beside_what_is_shown(file):
    result = run(["audit", file, "--vue", "arbre", "--report", "xlsx=a.xlsx", "--report", "csv=a.csv",
                  "--report", "junit=a.xml", "--html", "a.html"])  # fmt: skip
    assert result.code == 1
    book = load_workbook(io.BytesIO(Path("a.xlsx").read_bytes()))
    assert book.sheetnames == ["À revoir", "Région"]
    assert book["À revoir"]["C2"].value == "=Hôpital des Saules"
    assert book["À revoir"]["C2"].data_type == "s"
    assert Path("a.csv").read_bytes().startswith(b"\xef\xbb\xbfconstat;")
    assert 'failures="1"' in Path("a.xml").read_text("utf-8")
    assert Path("a.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("word", ["pdf=a.pdf", "html", "html=a.yaml"])
def test_a_report_that_cannot_be_is_refused_first(file, word):
    assert run(["audit", file, "--report", word]).code == 2


def test_a_report_that_cannot_be_written_is_told_and_the_rest_is_shown(file):
    Path("dossier").mkdir()
    result = run(["audit", file, "--html", "dossier"])
    assert result.code == 2
    assert "dossier" in result.err
    assert result.out.startswith("en retard")


@pytest.mark.parametrize("form", ["github", "html"])
def test_what_goes_round_names_no_person_and_no_sensitive_unit(file, form):
    def told(*words):
        if form == "github":
            return run(["audit", file, "-o", form, *words]).out
        run(["audit", file, "--html", "a.html", *words])
        return Path("a.html").read_text("utf-8")

    assert "Saturne" not in told()
    assert "Saturne" in told("--show-personal")


def test_a_sensitive_unit_right_below_the_eg_is_hidden_whatever_its_name(file):
    named = SENSITIVE.replace("Unité Saturne", "Saturne > Nord")
    Path(file).write_text(SAULES + named, encoding="utf-8")
    run(["audit", file, "--html", "a.html"])
    assert "Saturne" not in Path("a.html").read_text("utf-8")


def test_the_page_holds_no_sign_that_is_not_to_be_seen(file):
    """NUL, bell and what turns the direction of a text: `one_line` knows them."""
    hostile = '"\\0\\a\\u202Eegnol\\u2028"'
    text = SAULES.replace("=Hôpital des Saules", hostile).replace("Pôle mère-enfant", hostile)
    Path(file).write_text(text.replace('"440099919"', hostile), encoding="utf-8")
    run(["audit", file, "--html", "a.html"])
    told = Path("a.html").read_text("utf-8")
    assert "egnol" in told
    assert [each for each in told if not each.isprintable() and each != "\n"] == []
    assert "\\u0000" not in told


def test_the_page_is_whole_and_asks_nobody(file):
    run(["audit", file, "--html", "a.html"])
    text = Path("a.html").read_text("utf-8")
    assert "{{" not in text
    assert "http://" not in text
    assert "https://" not in text
    assert text.count("'sha256-") == 2


@pytest.mark.parametrize("view", ["liste", "arbre"])
def test_one_point_is_singular(file, view):
    assert "1 point sur 1" in run(["audit", file, "--check", "national", "--vue", view]).out
