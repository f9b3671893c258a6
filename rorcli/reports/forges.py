"""Findings in the forms of `validate -o` and `--report`, for people, programs and forges.

Forges: GitHub (workflow commands), GitLab (code quality report), JUnit as Jenkins and GitLab read
it (one case a file), SARIF 2.1.0 (OASIS) as GitHub's code scanning takes it. Paths are told from
the folder of the run, with slashes; nothing depends on the day or on the machine.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rorcli import __version__
from rorcli.errors import RorcliError
from rorcli.reports import plain
from rorcli.reports.discretion import hiding
from rorcli.reports.findings import findings_data, one_line, render_counts, render_finding
from rorcli.reports.machine import dumps
from rorcli.validation.findings import CATALOGUE, Finding, Severity
from rorcli.validation.lessons import lessons, page_of

HOME = "https://rorcli.example"
SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_QUALITY = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
# What XML 1.0 has no way to write.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Checkup:
    """What a run of `validate`, or of `audit`, saw, and how it is told.

    `grave` are the severities that fail, `ok` is whether the exit code is 0, `root` the folder of
    the run; at most `limit` findings are told one by one. GitHub's annotations, which whole
    teams see, omit the words `hidden`.
    """

    findings: Sequence[Finding]
    paths: Sequence[str]
    unreadable: Sequence[RorcliError]
    grave: frozenset[Severity]
    ok: bool
    root: Path
    limit: int | None = None
    hidden: frozenset[str] = frozenset()
    command: str = "validate"

    @property
    def shown(self) -> Sequence[Finding]:
        """The findings that are told one by one."""
        return self.findings[: self.limit]

    @cached_property
    def fingerprints(self) -> Mapping[int, str]:
        """The identity of each finding, by its rank: no line, no index of a list.

        What changes elsewhere in the file leaves it as it is; of equal ones, the first is first.
        """
        from hashlib import sha256

        seen: Counter[tuple[str, ...]] = Counter()
        made = {}
        for rank, each in enumerate(self.findings):
            place = re.sub(r"/\d+\b", "/*", each.field)
            key = (self.told(each.path), each.rule, place, each.message)
            seen[key] += 1
            made[rank] = sha256(
                "\0".join((*key, str(seen[key]))).encode("utf-8", "replace")
            ).hexdigest()
        return made

    def told(self, path: str) -> str:
        """A path from the folder of the run where it lies inside, with slashes."""
        known = Path(path)
        inside = known.is_absolute() and known.is_relative_to(self.root)
        shown = (known.relative_to(self.root) if inside else known).as_posix()
        # Forges know one separator; a name that holds the other one is nowhere else to be found.
        return one_line(shown.replace("\\", "/"))


def _text(seen: Checkup) -> str:
    """One line a finding, none of the file: a report goes round."""
    return "".join(f"{plain(render_finding(each))}\n" for each in seen.shown)


def _json(seen: Checkup) -> str:
    """`schemas/findings.v1.schema.json`; counts are those of all findings."""
    files, unreadable = len(seen.paths), seen.unreadable
    data = findings_data(seen.findings, files, unreadable, ok=seen.ok)
    return dumps({**data, "findings": data["findings"][: seen.limit]})


def _github(seen: Checkup) -> str:
    """One workflow command a finding, which GitHub shows beside the line."""
    hide = hiding(seen.hidden)
    lines = []
    for each in seen.shown:
        place = {"file": seen.told(each.path), "line": each.line, "col": each.column,
                 "title": f"{each.rule} {CATALOGUE[each.rule].title}"}  # fmt: skip
        values = ",".join(f"{key}={_property(str(value))}" for key, value in place.items())
        said = _data(hide(_sentence(each)))
        lines.append(f"::{_COMMANDS[each.severity]} {values}::{said}\n")
    lines += [f"::error::{_data(_sentence(each))}\n" for each in seen.unreadable]
    return "".join(lines)


def _gitlab(seen: Checkup) -> str:
    """A code quality report; what could not be opened has no place in one."""
    report = [
        {
            "description": _sentence(each),
            "check_name": each.rule,
            "fingerprint": seen.fingerprints[rank],
            "severity": _QUALITY[each.severity],
            "location": {"path": seen.told(each.path), "lines": {"begin": each.line}},
        }
        for rank, each in enumerate(seen.shown)
    ]
    return dumps(report)


def _junit(seen: Checkup) -> str:
    """One case a file: it fails by what is grave, the rest is its output; `limit` cuts nothing.

    One failure a case, since readers keep only the first.
    """
    held: dict[str, list[Finding]] = {path: [] for path in seen.paths}
    for each in seen.findings:
        held.setdefault(each.path, []).append(each)
    cases = [_case(seen, path, found) for path, found in held.items()]
    cases += [_unopened(seen, each) for each in seen.unreadable]
    failed = sum(any(f.severity in seen.grave for f in found) for found in held.values())
    counts = {"tests": len(cases), "failures": failed, "errors": len(seen.unreadable)}
    suite = _tag("testsuite", {"name": f"rorcli {seen.command}", **counts, "skipped": 0}, *cases)
    whole = _tag("testsuites", {"name": "rorcli", **counts}, suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + _NOT_XML.sub("", whole) + "\n"


def _case(seen: Checkup, path: str, found: Sequence[Finding]) -> str:
    grave = [each for each in found if each.severity in seen.grave]
    rest = [each for each in found if each.severity not in seen.grave]
    parts = []
    if grave:
        message = plain(render_counts(Counter(each.severity for each in found), 1))
        parts.append(_tag("failure", {"message": message, "type": grave[0].rule}, _lines(grave)))
    if rest:
        parts.append(_tag("system-out", {}, _lines(rest)))
    return _tag(
        "testcase", {"name": seen.told(path), "classname": f"rorcli.{seen.command}"}, *parts
    )


def _unopened(seen: Checkup, problem: RorcliError) -> str:
    said = {"message": problem.message, "type": "unreadable"}
    error = _tag("error", said, _escape(problem.remedy))
    return _tag("testcase", {"name": problem.message, "classname": f"rorcli.{seen.command}"}, error)


def _lines(findings: Sequence[Finding]) -> str:
    return _escape("\n".join(plain(render_finding(each)) for each in findings))


def _sarif(seen: Checkup) -> str:
    """A SARIF log of one run, with the rules that its results name."""
    rules = sorted({each.rule for each in seen.shown})
    notes = [{"level": "error", "message": {"text": _sentence(each)}} for each in seen.unreadable]
    invocation = {"executionSuccessful": not notes, "toolExecutionNotifications": notes}
    driver = {"name": "rorcli", "version": __version__, "informationUri": HOME,
              "rules": [_sarif_rule(rule) for rule in rules]}  # fmt: skip
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [_result(seen, rank, rules) for rank in range(len(seen.shown))],
    }
    return dumps({"$schema": SARIF, "version": "2.1.0", "runs": [run]})


def _sarif_rule(rule: str) -> dict[str, Any]:
    known, told, page = CATALOGUE[rule], lessons()[rule], page_of(rule)
    help_ = f"{told.why} Source : {told.source}. Plus : rorcli validate --explain {rule}"
    return {
        "id": rule,
        "shortDescription": {"text": known.title},
        "fullDescription": {"text": told.why},
        "help": {"text": help_, "markdown": f"{help_} ou [{page}]({HOME}/{page})"},
        "helpUri": f"{HOME}/{page}",
        "defaultConfiguration": {"level": _LEVELS[known.severity]},
    }


def _result(seen: Checkup, rank: int, rules: Sequence[str]) -> dict[str, Any]:
    each = seen.findings[rank]
    region = {"startLine": each.line, "startColumn": each.column}
    file = _artifact(seen, each.path)
    place: dict[str, Any] = {"physicalLocation": {"artifactLocation": file, "region": region}}
    if each.field:
        place["logicalLocations"] = [{"fullyQualifiedName": each.field}]
    return {
        "ruleId": each.rule,
        "ruleIndex": rules.index(each.rule),
        "level": _LEVELS[each.severity],
        "message": {"text": _sentence(each)},
        "locations": [place],
        "partialFingerprints": {"rorcli/v1": seen.fingerprints[rank]},
    }


def _artifact(seen: Checkup, path: str) -> dict[str, str]:
    from urllib.parse import quote

    shown = Path(seen.told(path))
    if shown.is_absolute():
        return {"uri": shown.as_uri()}
    return {"uri": quote(shown.as_posix()), "uriBaseId": "%SRCROOT%"}


def _sentence(each: Finding | RorcliError) -> str:
    """What is wrong and what to do; nothing that commands a terminal."""
    said = f"{each.message} — {each.remedy}" if each.remedy else each.message
    return "".join(letter for letter in said if letter.isprintable() or letter in "\r\n")


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def _tag(name: str, attributes: Mapping[str, object], *inside: str) -> str:
    """An XML element around others, or around a text that is escaped already."""
    written = "".join(f' {key}="{_escape(str(value))}"' for key, value in attributes.items())
    body = "\n".join(inside)
    return f"<{name}{written}>{body}</{name}>" if inside else f"<{name}{written}/>"


def _escape(value: str) -> str:
    for sign, entity in _ENTITIES.items():
        value = value.replace(sign, entity)
    return value


FORMS: Mapping[str, Callable[[Checkup], str]] = {
    "text": _text,
    "json": _json,
    "github": _github,
    "gitlab": _gitlab,
    "junit": _junit,
    "sarif": _sarif,
}
