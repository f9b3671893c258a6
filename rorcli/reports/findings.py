"""Findings of `validate`, for people and for programs (`schemas/findings.v1.schema.json`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rorcli.errors import RorcliError
from rorcli.plurals import counted
from rorcli.reports import Line, Span
from rorcli.validation.findings import Finding, Severity

SCHEMA = "rorcli/findings/v1"
SEVERITIES = {
    Severity.ERROR: "erreur",
    Severity.WARNING: "avertissement",
    Severity.INFO: "information",
}


def render_finding(finding: Finding) -> Line:
    """One whole line: PATH:LINE:COL: RULE severity message — remedy."""
    remedy = f" — {one_line(finding.remedy)}" if finding.remedy else ""
    return (*headline(finding), (remedy, "dim"))


def headline(finding: Finding) -> tuple[Span, ...]:
    """What every text about a finding begins with: PATH:LINE:COL: RULE severity message."""
    return (
        (f"{one_line(finding.path)}:{finding.line}:{finding.column}: ", "title"),
        (f"{finding.rule} {finding.severity}", finding.severity.value),
        (f" {one_line(finding.message)}", ""),
    )


def render_counts(counts: Mapping[Severity, int], files: int) -> Line:
    """How many of each severity, in how many files."""
    words = ", ".join(
        counted(counts.get(severity, 0), word) for severity, word in SEVERITIES.items()
    )
    return f"{words} dans {counted(files, 'fichier')}"


def findings_data(
    findings: Sequence[Finding], files: int, unreadable: Sequence[RorcliError], *, ok: bool
) -> dict[str, Any]:
    """The whole answer; `unreadable` are the files that could not be opened."""
    counts = Counter(each.severity for each in findings)
    return {
        "schema": SCHEMA,
        "ok": ok,
        "files": files,
        "findings": [finding_data(each) for each in findings],
        "counts": {severity.value: counts[severity] for severity in Severity},
        "unreadable": [{"message": e.message, "remedy": e.remedy} for e in unreadable],
    }


def one_line(text: str) -> str:
    """The text without what would break its line or command the terminal."""
    return "".join(each if each.isprintable() else " " for each in text)


def finding_data(finding: Finding) -> dict[str, Any]:
    """One finding as data."""
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "field": finding.field,
        "message": finding.message,
        "remedy": finding.remedy,
        "mend": finding.mend,
    }


def escaped(text: str) -> str:
    """Text that markdown takes for nothing but text, and that calls nobody; a mail stays one."""
    import html
    import re

    plain = re.sub(r"([\\`*_\[\]|#~])", r"\\\1", one_line(text))
    return re.sub(r"(?<![A-Za-z0-9])@", "&#64;", html.escape(plain, quote=False))
