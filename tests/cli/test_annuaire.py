"""`add-practitioner --annuaire`: what the register fills in, and what the person decides."""

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from rorcli.files import read_file
from rorcli.model import decode
from tests.annuaire import line, write
from tests.cli.harness import run

EXAMPLE = Path(__file__).parents[2] / "examples" / "ch-des-saules.yaml"
UO, SAULES = "52/0000104", "440099919"
NEW, HOMONYM = "10999990004", "10999990012"
GYNECO = {"type_savoir_faire": "S", "specialite": "SM19"}
LINES = (
    line(NEW, "M", "DR", "PRUNIER", "Émile", mode="S", finess=SAULES, **GYNECO),
    line(NEW, "M", "DR", "PRUNIER", "Émile", mode="L", finess="750000001", **GYNECO),
    line(HOMONYM, "MME", "DR", "PRUNIER", "Lise", mode="L", **GYNECO),
    line("10099999996", "MME", "PR", "TARTAMPION-DUPRÉ", "Anne-Sophie", mode="S", **GYNECO),
)


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(EXAMPLE, "etab.yaml")
    write(Path("extrait.txt"), *LINES)


def add(*words: str, extract: str = "extrait.txt"):
    options = ("--annuaire", extract) if extract else ()
    return run(["add-practitioner", "etab.yaml", UO, *words, *options])


def person(rpps: str):
    units = decode(read_file(Path("etab.yaml")).data).units()
    [uo] = [placed.unit for placed in units if placed.unit.id == UO]
    return next(each for each in uo.praticiens if each.rpps == rpps)


def test_the_number_is_enough():
    result = add("--rpps", NEW, "--secteur", "secteur_1")
    assert result.code == 0, result
    assert "+                  specialite: SM19  # Gynécologie médicale (SM)\n" in result.out
    found = person(NEW)
    assert (found.nom, found.prenom, found.mode_exercice, found.secteur) == (
        "PRUNIER", "Émile", "S", "secteur_1")  # fmt: skip
    again = add("--rpps", NEW)
    assert (again.code, again.out) == (0, "")


def test_what_is_given_wins():
    assert add("--rpps", NEW, "--mode-exercice", "L", "--titre", "PR").code == 0
    assert (person(NEW).mode_exercice, person(NEW).titre) == ("L", "PR")


def test_a_name_is_enough_and_homonyms_are_listed():
    listed = add("--nom", "prunier")
    assert (listed.code, listed.out) == (2, "")
    assert NEW in listed.err
    assert HOMONYM in listed.err
    assert add("--nom", "prunier", "--prenom", "lise").code == 0
    # What was typed to search is not a spelling: the register's is kept.
    assert (person(HOMONYM).nom, person(HOMONYM).prenom) == ("PRUNIER", "Lise")
    held = Path("etab.yaml").read_bytes()
    assert add("--nom", "prunier", "--prenom", "LISE").code == 0
    assert Path("etab.yaml").read_bytes() == held


def test_a_known_person_is_never_renamed_by_the_register():
    before = Path("etab.yaml").read_bytes()
    result = add("--rpps", "10099999996")
    assert result.code == 0
    assert Path("etab.yaml").read_bytes() == before


def test_the_setting_names_the_extract_beside_its_file(tmp_path, monkeypatch):
    Path("rorcli.toml").write_text('annuaire = "extrait.txt"\n', "utf-8")
    (tmp_path / "dessous").mkdir()
    monkeypatch.chdir(tmp_path / "dessous")
    result = run(["add-practitioner", "../etab.yaml", UO, "--rpps", NEW])
    assert result.code == 0, result
    assert str(tmp_path / "extrait.txt") in run(["doctor"]).out


@pytest.mark.parametrize(
    ("words", "extract", "said"),
    [
        ([], "", "il manque l'option --rpps"),
        (["--nom", "PRUNIER"], "", "il manque l'option --rpps"),
        ([], "extrait.txt", "donnez --rpps, ou --nom"),
        (["--rpps", NEW], "absent.txt", "illisible (introuvable)"),
        (["--rpps", NEW], "etab.yaml", "ce n'est pas l'extrait attendu"),
        (["--nom", "INCONNU"], "extrait.txt", "personne de ce nom"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_written(words, extract, said):
    before = Path("etab.yaml").read_bytes()
    result = add(*words, extract=extract)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert Path("etab.yaml").read_bytes() == before


def test_a_number_that_the_register_lacks_is_told_and_its_fields_still_wanted():
    result = add("--rpps", "10999990020")
    assert result.code == 1
    assert "n'est pas dans l'extrait" in result.err


# Who is no longer there


def audited(*words: str):
    return run(["audit", "etab.yaml", *words])


def test_the_audit_tells_who_the_register_no_longer_knows():
    result = audited("--annuaire", "extrait.txt", "--check", "annuaire")
    assert result.code == 1
    told = [line for line in result.out.splitlines() if "ROR411" in line]
    # One line a situation; TARTAMPION is in the extract, whatever her name there.
    assert any("Erwan LE GALL (10999404527)" in line for line in told)
    assert not any("10099999996" in line for line in told)
    assert "remove-practitioner" in result.out
    everybody = {each.rpps for placed in decode(read_file(EXAMPLE).data).units()
                 for each in placed.unit.praticiens}  # fmt: skip
    write(Path("extrait.txt"), *(line(rpps or "") for rpps in everybody))
    assert audited("--annuaire", "extrait.txt", "--check", "annuaire").code == 0


def test_the_register_is_a_check_like_another():
    data = json.loads(audited("--annuaire", "extrait.txt", "-o", "json").out)
    assert data["checks"][-1] == "annuaire"
    assert {each["rule"] for each in data["missing"]} == {"ROR411"}
    schema = EXAMPLE.parents[1] / "schemas" / "audit.v1.schema.json"
    jsonschema.validate(data, json.loads(schema.read_text("utf-8")))
    passed = audited("--annuaire", "extrait.txt", "--fail-on", "coordonnees")
    assert passed.code == 0
    assert "annuaire" not in json.loads(audited("-o", "json").out)["checks"]


@pytest.mark.parametrize("option", ["--check", "--fail-on"])
def test_the_register_must_be_given(option):
    """Else who fails a run on it would have a green light for ever."""
    result = audited(option, "annuaire")
    assert (result.code, result.out) == (2, "")
    assert "--annuaire EXTRAIT" in result.err


def test_a_page_to_share_names_nobody():
    audited("--annuaire", "extrait.txt", "--report", "html=page.html")
    page = Path("page.html").read_text("utf-8")
    assert "Annuaire santé" in page
    assert "LE GALL" not in page
