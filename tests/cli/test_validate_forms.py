"""`rorcli validate`: forms for forges, reports in files, and what of it changes the exit code."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from rorcli import __version__
from rorcli.validation.findings import CATALOGUE
from tests.cli.harness import run
from tests.cli.test_validate import CLEAN, EXAMPLES, FAULTY, LINE, data

NAMES = {"github": "txt", "gitlab": "json", "junit": "xml", "sarif": "sarif"}
COUNTS = "1 erreur, 3 avertissements, 1 information dans 1 fichier\n"


@pytest.fixture
def faulty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ormes.yaml").write_text(FAULTY, encoding="utf-8")
    return "ormes.yaml"


@pytest.mark.parametrize("form", NAMES)
def test_each_form_is_what_it_was(faulty, golden, form):
    result = run(["validate", faulty, "-o", form])
    told = result.out.replace(f'"version": "{__version__}"', '"version": "…"')
    golden(f"validate/findings-{form}.{NAMES[form]}", told)
    assert result.code == 1
    assert result.err == COUNTS


@pytest.mark.parametrize("form", NAMES)
def test_a_report_holds_what_stdout_would(faulty, here, form):
    result = run(["validate", faulty, "--report", f"{form}=rapports/r.out"])
    assert (here / "rapports" / "r.out").read_text("utf-8") == run(
        ["validate", faulty, "-o", form]
    ).out
    plain = run(["validate", faulty])
    assert (result.code, result.out) == (plain.code, plain.out)
    assert result.err == f"rapports/r.out : rapport {form} écrit.\n{plain.err}"


def test_a_text_report_goes_round_without_lines_of_the_file(faulty, here):
    result = run(["validate", faulty, "--report", "text=r.txt"])
    assert result.out == run(["validate", faulty]).out
    reported = (here / "r.txt").read_text("utf-8").splitlines()
    told = LINE.findall(result.out)
    assert [line.partition(" — ")[0] for line in reported] == told
    assert all(" — " in line for line in reported)


@pytest.fixture
def here(faulty):
    return Path.cwd()


def test_several_reports_stand_beside_the_text(faulty, here):
    reports = ["--report", "junit=j.xml", "--report", "sarif=s.sarif", "--report", "sarif=t.sarif"]
    result = run(["validate", faulty, *reports])
    assert sorted(each.name for each in here.iterdir()) == ["j.xml", "ormes.yaml", "s.sarif", "t.sarif"]  # fmt: skip
    assert result.out == run(["validate", faulty]).out
    assert "j.xml : rapport junit écrit" in result.err


@pytest.mark.parametrize("word", ["junit", "junit=", "=a.xml", "html=a.html", "", "JUnit=a.xml"])
def test_a_report_that_is_not_clear_is_refused_with_the_forms(faulty, word):
    result = run(["validate", faulty, "--report", word])
    assert (result.code, result.out) == (2, "")
    assert "github, gitlab, junit, sarif" in result.err


def test_a_report_is_never_written_over_an_establishment(faulty, here):
    result = run(["validate", faulty, "--report", f"sarif={faulty}"])
    assert result.code == 2
    assert (here / faulty).read_text("utf-8") == FAULTY


def test_a_report_that_cannot_be_written_hides_neither_findings_nor_reports(faulty, here):
    (here / "taken").mkdir()
    reports = ["--report", "junit=taken", "--report", "sarif=s.sarif"]
    result = run(["validate", faulty, *reports])
    assert result.code == 2
    assert result.out == run(["validate", faulty]).out
    assert "taken : écriture impossible" in result.err
    assert (here / "s.sarif").exists()
    assert list((here / "taken").iterdir()) == []
    told = run(["validate", CLEAN, *reports, "-o", "json"])
    assert (told.code, data(told)["ok"]) == (2, False)


def test_exit_zero_forgives_findings_only(faulty):
    assert run(["validate", faulty, "--exit-zero"]) == (0, *run(["validate", faulty])[1:])
    assert run(["validate", faulty, "--exit-zero", "--fail-on", "warning"]).code == 0
    assert data(run(["validate", faulty, "--exit-zero", "-o", "json"]))["ok"] is True
    assert run(["validate", faulty, "absent.yaml", "--exit-zero"]).code == 2
    assert run(["validate", "absent.yaml", "--exit-zero"]).code == 2


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_findings_beyond_a_number_are_counted_but_not_told(faulty, limit):
    whole, cut = run(["validate", faulty]), run(["validate", faulty, "--max-findings", str(limit)])
    assert LINE.findall(cut.out) == LINE.findall(whole.out)[:limit]
    assert whole.out.startswith(cut.out)
    assert cut.code == whole.code == 1
    left = f"{COUNTS}Non montrés : {5 - limit} constats (--max-findings {limit})\n"
    assert cut.err == f"rorcli validate --fix peut en corriger 1.\n{left}"


def test_a_number_that_is_not_reached_changes_nothing(faulty):
    assert run(["validate", faulty, "--max-findings", "5"]) == run(["validate", faulty])
    assert run(["validate", faulty, "--max-findings", "-1"]).code == 2


def test_a_number_cuts_what_is_on_stdout_not_counts_nor_reports(faulty, here):
    result = run(
        ["validate", faulty, "--max-findings", "1", "-o", "json", "--report", "json=r.json"]
    )
    assert len(data(result)["findings"]) == 1
    assert sum(data(result)["counts"].values()) == 5
    assert len(json.loads((here / "r.json").read_text("utf-8"))["findings"]) == 5


def test_github_shows_no_name_unless_asked():
    case = EXAMPLES / "avertissements" / "ROR310-noms-differents.yaml"
    [message] = [line.partition(" : ")[2] for line in LINE.findall(run(["validate", case]).out)]
    [names] = re.findall(r"(.+) ici, (.+) dans", message)
    masked = run(["validate", case, "-o", "github"]).out
    assert [name for name in names if name in masked] == []
    assert "… ici, … dans" in masked
    shown = run(["validate", case, "-o", "github", "--show-personal"]).out
    assert all(name in shown for name in names)


def test_a_comment_in_the_file_sets_a_finding_aside(faulty, here):
    ignored = FAULTY.replace("code_postal: 44000", 'code_postal: "44000"').replace(
        '      telephone: "02', '      # rorcli: ignore=ROR206 reçu ainsi\n      telephone: "02'
    )
    (here / faulty).write_text(ignored, encoding="utf-8")
    result = run(["validate", faulty])
    assert "ROR206" not in result.out
    assert result.code == 0
    assert "0 erreur, 2 avertissements" in result.err


def test_what_cannot_be_opened_is_told_in_every_form(faulty):
    for form in ("github", "junit", "sarif", "json"):
        told = run(["validate", faulty, "absent.yaml", "-o", form])
        assert told.code == 2
        assert "absent.yaml" in told.out


RULE_SCHEMA = json.loads((EXAMPLES.parent / "schemas" / "rule.v1.schema.json").read_text("utf-8"))


@pytest.mark.parametrize("word", ["ROR203", "ror203", "203"])
def test_a_rule_is_explained_by_its_name(word, golden):
    result = run(["validate", "--explain", word])
    assert (result.code, result.err) == (0, "")
    golden("validate/explain.txt", result.out)


def test_an_explanation_for_programs_is_of_the_shipped_schema():
    for rule in CATALOGUE:
        result = run(["validate", "--explain", rule, "-o", "json"])
        assert result.code == 0
        Draft202012Validator(RULE_SCHEMA).validate(json.loads(result.out))


@pytest.mark.parametrize(
    ("word", "said"),
    [("ROR213", "ROR211 ("), ("ROR20", "ROR20"), ("siret", "docs/regles.md"), ("", "")],
)
def test_an_unknown_rule_is_a_wrong_call_that_names_the_closest(word, said):
    result = run(["validate", "--explain", word])
    assert (result.code, result.out) == (2, "")
    assert f"« {word} » n'existe pas" in result.err
    assert said in result.err


def test_what_cannot_be_set_aside_says_so():
    assert "rorcli: ignore=ROR401 motif" in run(["validate", "--explain", "ROR401"]).out
    told = run(["validate", "--explain", "ROR104"]).out
    assert "ne s'écarte pas" in told
    assert "rorcli: ignore" not in told
    told = run(["validate", "--explain", "ROR504"]).out
    assert "rorcli audit" in told
    assert not re.search("Faux|rorcli: ignore", told)
