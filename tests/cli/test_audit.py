"""`rorcli audit`: what is late or missing, in files and in a store, and who to ask."""

import csv
import io
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from rorcli.basefile import Base, save_base
from rorcli.planning.facts import Facts
from rorcli.stores import open_store
from tests.cli.harness import make_store, run

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "schemas" / "audit.v1.schema.json").read_text("utf-8"))
SAULES = """\
format: 1
entite_juridique: {finess: "440099901", raison_sociale: Centre hospitalier des Saules}
etablissement:
  finess: "440099919"
  nom: =Hôpital des Saules
  categorie: "355"  # Centre hospitalier (CH)
  verifie_le: 2026-02-10
  adresse: {voie: rue des Saules, code_postal: "44000", commune: Nantes}
  directeur: {nom: MARTIN, courriel: direction@ch-saules.example}
  contacts:
    - {nature: "06", telephone: "02 61 91 00 01", mssante: accueil@ch.mssante.example}  # Standard
    - {fonction: "12", nom: DURAND, telephone: "02 61 91 00 12", courriel: ror@ch-saules.example}
  unites:
    - type: pole
      id: 52/01
      nom: Pôle mère-enfant
      mssante: pole@ch-saules.mssante.example
      contacts: [{nature: "07", telephone: "02 61 91 00 20"}]  # Secrétariat
      unites:
        - type: uo
          id: 52/02
          nom: Consultations
          verifie_le: 2026-06-10
          type_offre: "69"  # Consultation externe en établissement de santé
          champ_activite: "01"  # Médecine, Chirurgie, Obstétrique (MCO)
          mode_prise_en_charge: "32"  # Consultation (CS) ou Séance
          patientele: {age_min: 15 ans, age_max: 120 ans}
          unite_sensible: false
          activites: ["053"]  # Gynécologie médicale
          mssante: cs@ch-saules.mssante.example
          contacts:
            - {nature: "02", telephone: "02 61 91 00 22", courriel: cs@ch-saules.example}
          lieux: [{id: 53/01, nom: A, adresse: {voie: rue, code_postal: "44000", commune: Nantes}}]
    - type: uf
      id: 52/03
      nom: UF fermée
      date_fermeture: 2026-01-01
      type_fermeture: DEF
"""  # fmt: skip


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "saules.yaml"
    path.write_text(SAULES, encoding="utf-8")
    return path.name


@pytest.fixture
def store(file, tmp_path):
    """Loaded long after what the file was last confirmed on."""
    return make_store(tmp_path, Path(file), today=date(2026, 10, 1))


def late(result):
    told = json.loads(result.out)
    Draft202012Validator(SCHEMA).validate(told)
    return {each["key"]: each["dated_on"] for each in told["late"]}


def as_json(*words, **options):
    return run(["audit", *words, "-o", "json"], **options)


@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_an_audit_of_files_says_what_is_late_and_missing(file, golden, form):
    result = run(["audit", file, "-o", form])
    golden(f"audit/saules.{'txt' if form == 'text' else form}", result.out)
    assert result.code == 1
    assert result.err == (
        "2 en retard (avant le 2026-05-25), 2 manques, 0 écart dans 1 établissement\n"
    )


def test_ages_are_counted_to_the_day_given(file):
    assert late(as_json(file)) == {"": "2026-02-10", "52/01": "2026-02-10"}
    assert late(as_json(file, "--as-of", "2026-08-10")) == {}
    assert late(as_json(file, "--as-of", "2026-08-11")).keys() == {"", "52/01"}
    assert late(as_json(file, "--older-than", "2026-06-11")).keys() == {"", "52/01", "52/02"}


def test_the_limit_comes_from_the_settings_unless_given(file):
    Path("rorcli.toml").write_text('[audit]\nolder_than = "1y"\n', encoding="utf-8")
    assert late(as_json(file)) == {}
    assert late(as_json(file, "--older-than", "6mo")).keys() == {"", "52/01"}


def test_only_the_checks_asked_for_are_answered_and_decide_the_code(file):
    assert as_json(file, "--check", "capacites").code == 0
    told = json.loads(as_json(file, "--check", "praticiens").out)
    assert [each["rule"] for each in told["missing"]] == ["ROR402"]
    assert (told["ok"], told["late"], told["checks"]) == (False, [], ["praticiens"])
    result = run(["audit", file, "--as-of", "2026-08-10", "--check", "age"])
    total = "total\t440099919\t=Hôpital des Saules\t0 en retard sur 3\t0 manque\n"
    assert (result.code, result.out) == (0, total)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--older-than", "6m"], "ambigu"),
        (["--older-than", ""], "ni une durée ni une date"),
        (["--as-of", "hier"], "n'est pas une date"),
        (["--check", "age,lits"], "« lits »"),
        (["--check", ""], "n'est pas un contrôle"),
        (["--ou", "44"], "dans l'annuaire"),
        (["absent.yaml"], "n'existe pas"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_read(file, words, said):
    result = run(["audit", file, *words])
    assert result.code == 2
    assert said in result.err


def test_a_base_dates_what_the_file_does_not(file):
    text = SAULES.replace("  verifie_le: 2026-02-10\n", "")
    Path(file).write_text(text, encoding="utf-8")
    assert late(as_json(file)) == {"": None, "52/01": None}
    base = Base("440099919", "sqlite:x", "1", date(2026, 9, 1), Facts({}, set()))
    save_base(Path(file), base)
    assert late(as_json(file)) == {}
    assert late(as_json(file, "--older-than", "30d")).keys() == {"", "52/01", "52/02"}
    Path(".rorcli/base/440099919.json").write_text("{", encoding="utf-8")
    result = as_json(file)
    assert late(result) == {"": None, "52/01": None}
    assert "base illisible" in result.err


def test_a_confirmed_file_is_no_longer_late(file):
    assert run(["confirm", file]).code == 0
    assert late(as_json(file, "--older-than", "0d")) == {}


def test_what_cannot_be_read_is_told_and_the_others_are_audited(file):
    Path("broken.yaml").write_text("etablissement: {", encoding="utf-8")
    result = as_json("broken.yaml", file, "--check", "capacites")
    assert (result.code, json.loads(result.out)["ok"]) == (1, False)
    assert json.loads(result.out)["counts"]["establishments"] == 1
    assert "broken.yaml:1:" in result.err
    missing = as_json("absent.yaml", file)
    assert missing.code == 2
    assert late(missing).keys() == {"", "52/01"}


def test_without_a_path_the_store_is_audited(store):
    assert late(as_json(store=store)) == {"": "2026-02-10", "52/01": "2026-02-10"}
    told = json.loads(as_json(store=store).out)
    assert [each["rule"] for each in told["missing"]] == ["ROR401", "ROR402"]
    assert told["late"][0]["ask"] == {
        "role": "Référent ROR",
        "mail": "ror@ch-saules.example",
        "phone": "02 61 91 00 12",
    }


def test_what_the_store_holds_can_be_chosen_by_place_and_owner(store):
    assert as_json("--ou", "Nantes", "--ej", "440099901", store=store).code == 1
    nothing = as_json("--ou", "Laval", store=store)
    assert nothing.code == 2
    assert "--ou" in nothing.err


@pytest.mark.parametrize("create", [False, True])
def test_an_absent_or_empty_store_is_a_wrong_call(tmp_path, create):
    url = f"sqlite:{tmp_path / 'vide.sqlite'}"
    if create:
        open_store(url, create=True).close()
    result = run(["audit"], store=url)
    assert (result.code, result.out) == (2, "")
    assert "rorcli load" in result.err


def test_csv_opens_in_a_french_spreadsheet_and_holds_no_formula(file):
    assert run(["audit", file, "-o", "csv"]).out.startswith("\ufeffconstat;finess;")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "cp1252"}
    line = [sys.executable, "-m", "rorcli", "audit", file, "-o", "csv"]
    content = subprocess.run(line, check=False, env=environment, capture_output=True).stdout
    assert content.startswith(b"\xef\xbb\xbfconstat;")
    assert content.count(b"\r\n") == content.count(b"\n")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert {row["etablissement"] for row in rows} == {"'=Hôpital des Saules"}
    assert {len(row) for row in rows} == {13}
