"""The other forms of diff, and the JSON of diff, push and history: golden, and as their schemas say."""

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.harness import Result, run

ROOT = Path(__file__).parents[2]
CLINIQUE, EHPAD = "720099910", "490099918"
CARDIO, CHIRURGIE = "52/0000521", "52/0000520"


def valid(text: str, name: str) -> Any:
    """The document, if it is what the published schema says."""
    schema = json.loads((ROOT / "schemas" / f"{name}.v1.schema.json").read_text("utf-8"))
    found = json.loads(text)
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    assert [f"{e.json_path}: {e.message}" for e in validator.iter_errors(found)] == []
    return found


class Bench:
    """A folder where commands are typed, with the store that they all mean."""

    def __init__(self, folder: Path) -> None:
        self.store = f"sqlite:{folder / 'annuaire.sqlite'}"

    def run(self, *words: str) -> Result:
        return run(words, store=self.store)

    def do(self, *words: str) -> None:
        done = self.run(*words)
        assert done.code == 0, done


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """Two desks: a's files differ from the store by changes of every kind, b's are saved."""
    monkeypatch.chdir(tmp_path)
    made = Bench(tmp_path)
    for name in ("clinique-du-parc", "ehpad-les-tilleuls"):
        shutil.copy(ROOT / "examples" / f"{name}.yaml", tmp_path)
    made.do("load", "clinique-du-parc.yaml", "ehpad-les-tilleuls.yaml")
    for desk in "ab":
        made.do("pull", "--all", "--to", desk)
    b, a = (f"{desk}/{CLINIQUE}.yaml" for desk in "ba")
    made.do("edit", b, "site_internet=https://b.example", "directeur.nom=ZED")
    made.do("edit", b, "--unit", CHIRURGIE, "nom=Chirurgie, salle `B` @equipe")
    made.do("push", "--yes", "b")
    made.do(
        "edit", a, "site_internet=https://a.example", "telephone=02 61 91 50 77", "categorie=128"
    )
    made.do("edit", a, "entite_juridique.raison_sociale=SAS <b>Clinique</b> ```")
    made.do("remove-practitioner", a, CARDIO, "10999589905")
    made.do("add-practitioner", a, CARDIO, "--rpps", "10999990004", "--nom", "PRUNIER", "--prenom",
            "Émile", "--profession", "10", "--type-savoir-faire", "S", "--mode-exercice", "S")  # fmt: skip
    made.do("edit", f"a/{EHPAD}.yaml", "telephone=02 61 91 40 77")
    return made


def test_the_plan_as_json_is_what_its_schema_says(bench, golden):
    result = bench.run("diff", "-o", "json", "a")
    plans = valid(result.out, "plan")["plans"]
    assert [len(plan["conflicts"]) for plan in plans] == [0, 1]
    golden("sync/plan.json", result.out)
    assert valid(bench.run("push", "--dry-run", "-o", "json", "a").out, "plan")["plans"] == plans


def test_a_file_that_cannot_be_compared_is_a_problem_of_the_plan(bench, tmp_path):
    shutil.copy(ROOT / "examples" / "service-accompagnement-les-cedres.yaml", tmp_path / "a")
    (tmp_path / "a" / "vide.yaml").write_text("etablissement:\n")
    result = bench.run("diff", "-o", "json", "a")
    told = valid(result.out, "plan")
    assert told["ok"] is False
    assert [plan["exit_code"] for plan in told["plans"] if "problem" in plan] == [1, 1]


def test_outcomes_as_json_are_what_their_schema_says(bench, golden):
    result = bench.run("push", "--yes", "-o", "json", "a", "b")
    assert result.code == 6
    told = valid(result.out, "outcomes")
    assert {each["status"] for each in told["establishments"]} == {
        "applied",
        "conflicted",
        "unchanged",
    }
    golden("sync/outcomes.json", result.out)


def test_history_as_json_is_what_its_schema_says(bench, golden):
    result = bench.run("history", "-o", "json", CLINIQUE)
    assert len(valid(result.out, "history")["versions"]) == 2
    golden("sync/history.json", result.out)
    assert (
        valid(bench.run("history", "-o", "json", EHPAD).out, "history")["versions"][0]["changes"]
        == []
    )


def test_a_summary_is_a_line_an_establishment(bench, golden):
    result = bench.run("diff", "--summary", "a", "b")
    golden("sync/summary.txt", result.out)
    assert bench.run("diff", "--summary", "b").out == ""
    assert bench.run("diff", "--summary", "--exit-code", "a").code == 3


def test_side_by_side_every_managed_field_has_its_sign(bench, golden):
    result = bench.run("diff", "--full", f"a/{CLINIQUE}.yaml")
    golden("sync/full.txt", result.out)
    rows = [line.strip().split("\t") for line in result.out.splitlines() if "\t" in line]
    assert {len(row) for row in rows} == {4}
    assert {row[0] for row in rows} == {"=", "~", "<", "!"}
    for sign, _, ours, theirs in rows:
        assert (sign == "=") == (ours == theirs)


@pytest.mark.parametrize(
    "words", [["--summary", "--full"], ["--full", "-o", "json"], ["--summary", "-o", "markdown"]]
)
def test_one_form_at_a_time(bench, words):
    assert bench.run("diff", *words, "a").code == 2


def test_a_review_comment_tells_all_but_what_is_personal(bench, golden):
    result = bench.run("diff", "-o", "markdown", "a")
    golden("sync/review.md", result.out)
    assert (result.code, "PRUNIER" in result.out, "Émile" in result.out) == (0, False, False)
    whole = bench.run("diff", "-o", "markdown", "--show-personal", "a").out
    assert "+ Praticien Émile PRUNIER (10999990004)" in whole
    assert bench.run("diff", "-o", "markdown", "b").out == ""


def test_a_review_comment_cannot_be_broken_out_of(bench):
    told = bench.run("diff", "-o", "markdown", "a").out
    inside = None
    for line in told.splitlines():
        if line.startswith("```"):
            inside = None if line == inside else inside or line.removesuffix("diff")
        elif inside is None:
            assert "<b>" not in line
            assert "@" not in line
        else:
            assert line.startswith(("+ ", "- ", "! ", "@@ "))
    assert inside is None
    assert "\n````diff\n" in told  # a value holds three


def test_a_review_comment_tells_nothing_of_sensitive_units_and_reserved_numbers(bench):
    a = Path(f"a/{CLINIQUE}.yaml")
    text = a.read_text("utf-8")
    unit = text.index(f"id: {CARDIO}")
    place = text.index("unite_sensible: false", unit)
    text = f"{text[:place]}unite_sensible: true{text[place + len('unite_sensible: false') :]}"
    a.write_text(text, "utf-8")
    bench.do(
        "edit",
        str(a),
        "contacts[fonction:12].confidentialite=3",
        "contacts[fonction:12].telephone=02 61 91 50 99",
    )
    told = bench.run("diff", "-o", "markdown", "a").out
    for secret in ("cardiologie", "02 61 91 50 99", "02 61 91 50 12", "10999990004"):
        assert secret not in told
    assert "Non montré, car dans une unité sensible : 3 lignes" in told
    whole = bench.run("diff", "-o", "markdown", "--show-personal", "a").out
    for secret in ("cardiologie", "02 61 91 50 99", "10999990004"):
        assert secret in whole
    assert "Non montré" not in whole


def test_guards_and_notes_are_part_of_a_review(bench):
    told = bench.run("diff", "-o", "markdown", "a").out
    assert "- garde identity : l'identité change : catégorie" in told
    shutil.copy("annuaire.sqlite", "autre.sqlite")
    elsewhere = run(
        ["diff", "-o", "markdown", "a"], store=f"sqlite:{Path('autre.sqlite').absolute()}"
    )
    assert "- la base de ce fichier vient d'un autre annuaire" in elsewhere.out
