"""The editing commands for a program: one document that says what changed, and in which file."""

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.cli.harness import TODAY, make_store, run

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "schemas" / "edit.v1.schema.json").read_text("utf-8"))
CONSULTATIONS, BEDS, RPPS = "52/0000104", "52/0000103", "10099999996"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(ROOT / "examples" / "ch-des-saules.yaml", tmp_path / "etab.yaml"))


def told(*words: object, code: int = 0):
    """What a command answers as data."""
    result = run([*map(str, words), "-o", "json"])
    assert result.code == code, result.err
    data = json.loads(result.out)
    Draft202012Validator(SCHEMA).validate(data)
    assert data["ok"] is (code == 0)
    return data


UNIT = ["unites", CONSULTATIONS]
EDITS = [
    (["edit", "directeur.nom=LEROUX"],
     [("update", ["etablissement", "directeur", "nom"], "MARTIN", "LEROUX")]),
    (["add-activity", CONSULTATIONS, "022"],
     [("create", [*UNIT, "activites", "022"], None, True)]),
    (["remove-activity", CONSULTATIONS, "053"],
     [("delete", [*UNIT, "activites", "053"], True, None)]),
    (["add-practitioner", CONSULTATIONS, "--rpps", RPPS, "--secteur", "secteur_1"],
     [("update", [*UNIT, "praticiens", RPPS, "secteur"], "secteur_2", "secteur_1")]),
    (["set-capacity", BEDS, "26"],
     [("update", 24, 26), ("update", "2026-09-10", str(TODAY))]),
    (["confirm"], [("update", ["etablissement", "verifie_le"], "2026-06-15", str(TODAY))]),
]  # fmt: skip


@pytest.mark.parametrize(("words", "changes"), EDITS, ids=[words[0] for words, _ in EDITS])
def test_a_program_reads_what_changed_from_what_to_what(file, words, changes):
    (one,) = told(words[0], file, *words[1:])["files"]
    assert (one["path"], one["finess"], one["written"]) == (str(file), "440099919", True)
    keys = ("kind", "path", "before", "after") if len(changes[0]) > 3 else (
        "kind", "before", "after")  # fmt: skip
    assert [tuple(each[key] for key in keys) for each in one["changes"]] == changes
    (again,) = told(words[0], file, *words[1:])["files"]
    assert (again["written"], again["changes"]) == (False, [])


def test_who_leaves_is_told_field_by_field_as_in_a_plan(file, tmp_path):
    store = make_store(tmp_path, file)
    (one,) = told("remove-practitioner", file, CONSULTATIONS, RPPS)["files"]
    plan = json.loads(run(["diff", file, "-o", "json"], store=store).out)
    assert one["changes"] == plan["plans"][0]["changes"]
    assert {each["kind"] for each in one["changes"]} == {"delete"}


def test_a_dry_run_tells_the_same_and_writes_nothing(file):
    before = file.read_bytes()
    data = told("edit", file, "nom=Hôpital", "--dry-run")
    assert [(f["written"], len(f["changes"])) for f in data["files"]] == [(False, 1)]
    assert file.read_bytes() == before


def test_an_edit_that_is_refused_says_for_which_finding(file):
    before = file.read_bytes()
    data = told("edit", file, "categorie=999", code=1)
    assert [each["rule"] for each in data["findings"]] == ["ROR114"]
    assert [each["written"] for each in data["files"]] == [False]
    assert file.read_bytes() == before


def test_every_file_of_a_folder_is_told_changed_or_not(file, tmp_path):
    other = Path(shutil.copy(ROOT / "examples" / "ehpad-les-tilleuls.yaml", tmp_path / "b.yaml"))
    mail = "accueil@ch-saules.example"
    data = told("edit", tmp_path, "--replace", "courriel", mail, "standard@ch-saules.example")
    assert [(each["path"], each["written"]) for each in data["files"]] == [
        (str(other), False), (str(file), True)]  # fmt: skip
    assert data["notes"] == [
        f"{other} : « {mail} » n'y figure pas", f"{file} : 1 remplacement de « {mail} »"]  # fmt: skip


def test_a_call_that_means_nothing_is_an_error_document(file):
    result = run(["add-activity", file, CONSULTATIONS, "22", "-o", "json"])
    error = json.loads(result.out)
    assert (result.code, error["schema"]) == (2, "rorcli/error/v1")
    assert "022" in error["error"]["remedy"]


def test_a_round_tells_at_its_end_what_changed(file):
    keys = "".join(f"{key}\n" for key in ("m", "nom=Autre", "c", "q"))
    words = ["refresh", file, "--unit", CONSULTATIONS, "--older-than", str(TODAY), "-o", "json"]
    result = run(words, stdin=keys, tty=True)
    data = json.loads(result.out)
    Draft202012Validator(SCHEMA).validate(data)
    (one,) = data["files"]
    assert one["written"]
    assert [(each["path"][-1], each["after"]) for each in one["changes"]] == [
        ("nom", "Autre"), ("verifie_le", str(TODAY))]  # fmt: skip
    assert "Fiche 1 sur 1" in result.err
    assert (data["ok"], result.code) == (True, 0)


def test_two_documents_do_not_share_a_stream(file):
    before = file.read_bytes()
    result = run(["edit", file, "nom=Hôpital", "--push", "-o", "json"])
    assert (result.code, json.loads(result.out)["schema"]) == (2, "rorcli/error/v1")
    assert file.read_bytes() == before
