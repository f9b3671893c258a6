"""Findings as forges read them: of the published forms, and safe whatever a file says."""

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rorcli.cli.validating import FORMS as OFFERED
from rorcli.errors import UsageError
from rorcli.reports.forges import FORMS, Checkup
from rorcli.validation import RULES, Finding, Severity
from rorcli.validation.lessons import lessons

SCHEMAS = Path(__file__).parents[2] / "schemas"
QUALITY, SARIF = (
    Draft202012Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8")))
    for name in ("gitlab-code-quality", "sarif-2.1.0")
)
JUNIT = xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd"))
ROOT = Path.cwd()
ERROR, WARNING, INFO = Severity

FOUND = (
    Finding("ROR203", ERROR, "a.yaml", 3, 5, "/etablissement/siret", "clé fausse", "corrigez"),
    Finding("ROR401", WARNING, "a.yaml", 9, 7, "/etablissement/unites/0/contacts", "il manque", "complétez"),
    Finding("ROR401", WARNING, "a.yaml", 20, 7, "/etablissement/unites/1/contacts", "il manque", "complétez"),
    Finding("ROR201", INFO, "d/é b.yaml", 1, 1, "", "clé non publiée", ""),
)  # fmt: skip
GONE = UsageError("c.yaml : lecture impossible (accès refusé)", remedy="vérifiez vos droits")


def checkup(*findings, paths=("a.yaml", "d/é b.yaml", "e.yaml"), **more):
    seen = Checkup(findings, paths, (), frozenset({ERROR}), ok=False, root=ROOT)
    return replace(seen, **more)


def valid(form, seen):
    """What the form makes of a checkup, after its schema has accepted it."""
    told = FORMS[form](seen)
    assert told.endswith("\n")
    if form == "junit":
        JUNIT.validate(told)
        return ET.fromstring(told)  # noqa: S314 - our own
    data = json.loads(told)
    (QUALITY if form == "gitlab" else SARIF).validate(data)
    return data


def results(seen):
    return valid("sarif", seen)["runs"][0]["results"]


def test_the_forms_offered_are_those_there_are():
    assert tuple(FORMS) == OFFERED


# GitHub


def test_github_has_one_command_a_finding():
    assert FORMS["github"](checkup(*FOUND, unreadable=(GONE,))).splitlines() == [
        "::error file=a.yaml,line=3,col=5,title=ROR203 Clé de SIRET fausse::clé fausse — corrigez",
        "::warning file=a.yaml,line=9,col=7,title=ROR401 Coordonnées manquantes::il manque — complétez",
        "::warning file=a.yaml,line=20,col=7,title=ROR401 Coordonnées manquantes::il manque — complétez",
        "::notice file=d/é b.yaml,line=1,col=1,title=ROR201 Clé de FINESS fausse::clé non publiée",
        "::error::c.yaml : lecture impossible (accès refusé) — vérifiez vos droits",
    ]  # fmt: skip


def test_github_escapes_what_it_would_take_for_its_own():
    odd = replace(FOUND[0], path="a,b:c%.yaml", message="100 % :\r\n::error::x, y")
    [line] = FORMS["github"](checkup(odd)).splitlines()
    assert line.startswith("::error file=a%2Cb%3Ac%25.yaml,line=3")
    assert line.endswith("::100 %25 :%0D%0A::error::x, y — corrigez")


def test_github_omits_what_is_hidden_and_the_others_do_not():
    odd = replace(FOUND[0], message="MARTIN, MARTINE et 02 61 91", remedy="ou MARTIN-DURAND")
    seen = checkup(odd, hidden=frozenset({"MARTIN", "MARTIN-DURAND", "02 61 91"}))
    assert "::…, MARTINE et … — ou …\n" in FORMS["github"](seen)
    assert "02 61 91" in FORMS["sarif"](seen)


# GitLab


def test_gitlab_has_one_issue_a_finding_with_a_fingerprint_of_its_own():
    told = valid("gitlab", checkup(*FOUND, unreadable=(GONE,)))
    assert [each["severity"] for each in told] == ["major", "minor", "minor", "info"]
    assert told[0] | {"fingerprint": ""} == {
        "description": "clé fausse — corrigez",
        "check_name": "ROR203",
        "fingerprint": "",
        "severity": "major",
        "location": {"path": "a.yaml", "lines": {"begin": 3}},
    }
    assert len({each["fingerprint"] for each in told}) == len(FOUND)


def prints(*findings, **more):
    return [each["fingerprint"] for each in valid("gitlab", checkup(*findings, **more))]


def test_a_fingerprint_outlives_lines_and_neighbours_that_move():
    moved = [replace(each, line=each.line + 4, column=1) for each in FOUND]
    assert prints(*moved) == prints(*FOUND)
    shifted = replace(FOUND[1], field="/etablissement/unites/4/contacts")
    assert prints(FOUND[0], shifted) == prints(*FOUND)[:2]
    assert prints(*FOUND[1:]) == prints(*FOUND)[1:]
    absolute = replace(FOUND[0], path=str(ROOT / "a.yaml"))
    assert prints(absolute) == prints(FOUND[0])


@pytest.mark.parametrize("change", [{"rule": "ROR204"}, {"path": "b.yaml"}, {"message": "autre"}])
def test_a_fingerprint_is_that_of_rule_file_and_message(change):
    assert prints(replace(FOUND[0], **change)) != prints(FOUND[0])


def test_paths_are_told_from_the_folder_of_the_run():
    inside = replace(FOUND[0], path=str(ROOT / "d" / "a.yaml"))
    assert valid("gitlab", checkup(inside))[0]["location"]["path"] == "d/a.yaml"


# JUnit


def test_junit_has_one_case_a_file_that_fails_by_what_is_grave():
    suites = valid("junit", checkup(*FOUND, unreadable=(GONE,)))
    assert suites.attrib == {"name": "rorcli", "tests": "4", "failures": "1", "errors": "1"}
    cases = {case.get("name"): case for case in suites.iter("testcase")}
    assert list(cases) == ["a.yaml", "d/é b.yaml", "e.yaml", GONE.message]
    [failure, output] = cases["a.yaml"]
    assert failure.get("message") == "1 erreur, 2 avertissements, 0 information dans 1 fichier"
    assert failure.text == "a.yaml:3:5: ROR203 error clé fausse — corrigez"
    assert output.text.count("ROR401 warning") == 2
    assert [part.tag for part in cases["d/é b.yaml"]] == ["system-out"]
    assert len(cases["e.yaml"]) == 0
    assert [part.tag for part in cases[GONE.message]] == ["error"]


def test_junit_fails_by_warnings_when_asked_and_is_never_cut():
    seen = checkup(*FOUND, grave=frozenset({ERROR, WARNING}), limit=0)
    [failure] = valid("junit", seen).iter("failure")
    assert failure.text.count("\n") == 2


# SARIF


def test_sarif_has_results_with_their_rules_and_columns():
    told = valid("sarif", checkup(*FOUND, unreadable=(GONE,)))
    [run] = told["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == ["ROR201", "ROR203", "ROR401"]
    assert [rules[each["ruleIndex"]]["id"] for each in run["results"]] == [f.rule for f in FOUND]
    assert [each["level"] for each in run["results"]] == ["error", "warning", "warning", "note"]
    [place] = run["results"][0]["locations"]
    assert place["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 5}
    assert place["logicalLocations"] == [{"fullyQualifiedName": "/etablissement/siret"}]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert "logicalLocations" not in run["results"][3]["locations"][0]


@pytest.mark.parametrize("rule", RULES)
def test_sarif_says_of_each_rule_why_and_where_to_read_more(rule):
    [told] = valid("sarif", checkup(replace(FOUND[0], rule=rule)))["runs"][0]["tool"]["driver"][
        "rules"
    ]
    assert lessons()[rule].why in told["help"]["text"]
    assert told["helpUri"].endswith(f"/docs/regles.md#{rule.lower()}")


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (str(Path("d", "é b.yaml")), "d/%C3%A9%20b.yaml"),
        (str(ROOT / "d" / "a.yaml"), "d/a.yaml"),
        ("a:b#c?.yaml", "a%3Ab%23c%3F.yaml"),
    ],
)
def test_sarif_has_relative_uris_with_slashes(path, uri):
    [told] = results(checkup(replace(FOUND[0], path=path)))
    file = told["locations"][0]["physicalLocation"]["artifactLocation"]
    assert file == {"uri": uri, "uriBaseId": "%SRCROOT%"}


def test_sarif_has_the_whole_uri_of_a_file_elsewhere(tmp_path):
    [told] = results(checkup(replace(FOUND[0], path=str(tmp_path / "a.yaml")), root=ROOT / "x"))
    [file] = told["locations"][0]["physicalLocation"]["artifactLocation"].values()
    assert file == (tmp_path / "a.yaml").as_uri()


# All of them


@pytest.mark.parametrize("form", FORMS)
def test_at_most_so_many_findings_are_told(form):
    if form == "junit":
        return
    told = FORMS[form](checkup(*FOUND, limit=1))
    assert told.count("clé fausse") == 1
    assert "il manque" not in told


@pytest.mark.parametrize("form", FORMS)
def test_a_clean_run_is_told_too(form):
    told = FORMS[form](checkup(ok=True))
    if form in {"text", "github"}:
        assert told == ""
    elif form != "json":
        valid(form, checkup(ok=True))


@given(
    texts=st.lists(st.text(min_size=1), min_size=5, max_size=5),
    form=st.sampled_from(["gitlab", "junit", "sarif", "github", "text"]),
)
def test_whatever_a_file_says_the_form_stays_whole(texts, form):
    path, field, message, remedy, gone = texts
    path = path.replace("\0", "_").strip("/.\\ ") or "a"
    odd = Finding("ROR110", ERROR, path, 1, 1, f"/{field}", f"m{message}", remedy)
    seen = checkup(odd, paths=(path,), unreadable=(UsageError(gone, remedy=remedy),))
    told = FORMS[form](seen)
    told.encode("utf-8", "strict")
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x1b]", told)
    if form in {"gitlab", "junit", "sarif"}:
        valid(form, seen)
    elif form == "github":
        assert all(line.startswith("::error") for line in told.splitlines())


@pytest.mark.parametrize("odd", ["<x>&\"']]>", "</failure><x/>", "\x1b[31m\x00\ufffe\ud800", "]]>"])
def test_junit_escapes_what_is_markup_and_drops_what_xml_cannot_write(odd):
    finding = replace(FOUND[0], path=odd, message=odd, remedy=odd)
    suites = valid(
        "junit", checkup(finding, paths=(odd,), unreadable=(UsageError(odd, remedy=odd),))
    )
    assert {each.tag for each in suites.iter()} == {"testsuites", "testsuite", "testcase", "failure", "error"}  # fmt: skip
    if odd.startswith("<"):
        assert next(suites.iter("testcase")).get("name") == odd
