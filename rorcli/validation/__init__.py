"""What is wrong in one or several establishment files, where, and what to write instead.

Each file is judged by itself, wherever that is done (`judge`), then against those before it, in
their order (`Panel`). What passes between the two is small and picklable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rorcli.model import decode
from rorcli.text.document import Document, Fault
from rorcli.validation import numbers, plausibility, rules
from rorcli.validation.across import Across, Claims, claims
from rorcli.validation.completeness import check_completeness
from rorcli.validation.findings import RULES, Finding, Issue, Rule, Severity
from rorcli.validation.schema import check_schema
from rorcli.validation.suppressions import Order, orders, settle
from rorcli.validation.view import Check, View

__all__ = [
    "RULES", "Finding", "Issue", "Judged", "Panel", "Rule", "Severity", "judge", "validate",
    "validate_all",
]  # fmt: skip

CHECKS: tuple[Check, ...] = (
    *numbers.CHECKS, *rules.CHECKS, *plausibility.CHECKS, check_completeness,
)  # fmt: skip
_NOTHING: frozenset[str] = frozenset()
_AT_KEY = frozenset({"ROR110", "ROR115"})
_COLLECTIONS = ("mapping", "sequence")


@dataclass(frozen=True, slots=True)
class Judged:
    """A file judged by itself: what was found, and what it takes to judge it against others.

    `broken` are the places that no further rule judges, `asked` the comments that ignore rules;
    `claims` is None for a file that cannot be read.
    """

    path: str
    findings: list[Finding]
    claims: Claims | None = None
    broken: frozenset[str] = _NOTHING
    asked: tuple[Order, ...] = ()


def judge(document: Document, today: date, mssante: tuple[str, ...] = ()) -> Judged:
    """One file by itself; its findings are final only when a `Panel` has seen it.

    `mssante` are domains of MSSanté that their names do not tell.
    """
    findings = [_from_fault(document, fault) for fault in document.faults]
    if document.data is None:
        return Judged(document.path, findings)
    issues, broken = check_schema(document)
    broken |= {fault.pointer for fault in document.faults}  # of two values, one was judged
    findings += [_from_issue(document, issue) for issue in issues]
    said = None
    if isinstance(document.data, dict):
        establishment = decode(document.data)
        said = claims(establishment)
        view = View(establishment, today, mssante)
        found = _sound(_check(document, view), broken)
        findings += [_from_issue(document, issue) for issue in found]
    return Judged(document.path, findings, said, broken, orders(document))


class Panel:
    """Judges files against one another, in the order of their paths, without the rules `ignored`.

    `reopen` gives the Document of a judged file again: a place in it is looked up only when another
    file contradicts it.
    """

    def __init__(self, reopen: Callable[[str], Document], ignored: frozenset[str]) -> None:
        self._across, self._reopen, self._ignored = Across(), reopen, ignored

    def conclude(self, one: Judged) -> list[Finding]:
        """All findings on the next file, in the order they are told."""
        found = self._across.check(one.path, one.claims) if one.claims else ()
        findings = one.findings
        if issues := list(_sound(found, one.broken)):
            document = self._reopen(one.path)
            findings = [*findings, *(_from_issue(document, issue) for issue in issues)]
        told = settle(one.path, one.asked, findings) if one.asked else findings
        return sorted((f for f in told if f.rule not in self._ignored), key=lambda f: f.sort_key)


def validate(document: Document, today: date, ignored: frozenset[str] = _NOTHING) -> list[Finding]:
    """The findings on one file, in the order they are told, without the rules `ignored`."""
    return validate_all([document], today, ignored)


def validate_all(
    documents: Sequence[Document],
    today: date,
    ignored: frozenset[str] = _NOTHING,
    mssante: tuple[str, ...] = (),
) -> list[Finding]:
    """The findings on files judged together: each by itself, then against those before it."""
    panel = Panel({each.path: each for each in documents}.__getitem__, ignored)
    found = [panel.conclude(judge(each, today, mssante)) for each in documents]
    return sorted((f for each in found for f in each), key=lambda f: f.sort_key)


def _check(document: Document, view: View) -> Iterator[Issue]:
    for check in CHECKS:
        yield from check(view)
    yield from rules.check_comments(document)
    yield from plausibility.check_hashes(document)


def _sound(issues: Iterable[Issue], broken: frozenset[str]) -> Iterator[Issue]:
    """Leaves out what merely follows from a breach of the schema at, above or below the place."""
    around = {above for place in broken for above in _lineage(place)}
    for issue in issues:
        if issue.pointer not in around and broken.isdisjoint(_lineage(issue.pointer)):
            yield issue


def _lineage(pointer: str) -> Iterator[str]:
    """The pointer and those of all that is around it."""
    yield pointer
    while pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer


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
        _width(document, issue.pointer, at_key=at_key),
        issue.mend,
    )


def _width(document: Document, pointer: str, *, at_key: bool) -> int:
    """How many characters the value, or its key, takes on the line where it begins."""
    mark = document.marks.get(pointer)
    if mark is None:
        return 0
    if at_key and mark.key_start >= 0:
        return mark.key_end - mark.key_start
    is_block = mark.style in _COLLECTIONS and not mark.flow
    return 1 if is_block else len(document.source(pointer).partition("\n")[0].rstrip()) or 1


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
        width=1,
    )
