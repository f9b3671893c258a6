"""What is wrong in one or several establishment files, where, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from rorcli.model import Establishment, decode
from rorcli.text.document import Document, Fault
from rorcli.validation.completeness import check_completeness
from rorcli.validation.findings import RULES, Finding, Issue, Rule, Severity
from rorcli.validation.rules import CHECKS, check_comments, check_files
from rorcli.validation.schema import check_schema
from rorcli.validation.suppressions import settle
from rorcli.validation.view import View

__all__ = ["RULES", "Finding", "Issue", "Rule", "Severity", "validate", "validate_all"]

_NOTHING: frozenset[str] = frozenset()
_AT_KEY = frozenset({"ROR110", "ROR115"})


def validate(document: Document, today: date, ignored: frozenset[str] = _NOTHING) -> list[Finding]:
    """The findings on one file, in the order they are told, without the rules `ignored`."""
    return validate_all([document], today, ignored)


def validate_all(
    documents: Sequence[Document], today: date, ignored: frozenset[str] = _NOTHING
) -> list[Finding]:
    """The findings on files judged together: each by itself, then against one another."""
    findings = [_from_fault(each, fault) for each in documents for fault in each.faults]
    read: list[tuple[Document, Establishment, frozenset[str]]] = []
    for document in (each for each in documents if each.data is not None):
        issues, broken = check_schema(document)
        findings += [_from_issue(document, issue) for issue in issues]
        if isinstance(document.data, dict):
            establishment = decode(document.data)
            read.append((document, establishment, broken))
            found = _sound(_check(document, establishment, today), broken)
            findings += [_from_issue(document, issue) for issue in found]
    for rank, issue in check_files([(document.path, each) for document, each, _ in read]):
        document, _, broken = read[rank]
        findings += [_from_issue(document, each) for each in _sound([issue], broken)]
    told = settle(documents, findings)
    return sorted((f for f in told if f.rule not in ignored), key=lambda f: f.sort_key)


def _check(document: Document, establishment: Establishment, today: date) -> Iterator[Issue]:
    view = View(establishment, today)
    for rule in CHECKS:
        yield from rule(view)
    yield from check_completeness(view)
    yield from check_comments(document)


def _sound(issues: Iterable[Issue], broken: frozenset[str]) -> Iterator[Issue]:
    """Leaves out what merely follows from a breach of the schema at, above or below the place."""
    for issue in issues:
        if not any(_touch(issue.pointer, place) for place in broken):
            yield issue


def _touch(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _from_issue(document: Document, issue: Issue) -> Finding:
    at_key = issue.rule in _AT_KEY
    locate = document.position_of_key if at_key else document.position
    return Finding(
        issue.rule,
        issue.severity or RULES[issue.rule].severity,
        document.path,
        *locate(issue.pointer),
        issue.pointer,
        issue.message,
        issue.remedy,
    )


def _from_fault(document: Document, fault: Fault) -> Finding:
    line, column = document.line_column(fault.offset)
    return Finding(
        fault.rule,
        RULES[fault.rule].severity,
        document.path,
        line,
        column,
        fault.pointer,
        fault.message,
        fault.remedy,
    )
