"""What a table did to files, row by row (`schemas/import.v1.schema.json`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rorcli.plurals import counted
from rorcli.reports import Line
from rorcli.reports.findings import finding_data, one_line
from rorcli.tables.importing import DID, Intake, Outcome, Problem
from rorcli.validation.findings import Finding

SCHEMA = "rorcli/import/v1"
# What nobody asks about: what was so before, and what says nothing.
_SILENT = frozenset({"unchanged", "empty", "refused"})
_STYLES = {"added": "added", "removed": "removed", "changed": "changed", "duplicate": "warning"}


def render_intake(intake: Intake, path: str) -> Iterator[Line]:
    """Notes, then a line for each row that did something, then how many did what."""
    yield from (f"{path} : {one_line(note)}" for note in intake.notes)
    yield from (_outcome(each) for each in intake.outcomes if each.did not in _SILENT)
    yield _counts(intake.outcomes)


def render_problems(intake: Intake, path: str) -> Iterator[Line]:
    """A line for each cell to correct, then how many there are."""
    for each in intake.problems:
        remedy = f" — {one_line(each.remedy)}" if each.remedy else ""
        yield ((f"{_at(each, path)} : ", "title"), (one_line(each.message), "error"),
               (remedy, "dim"))  # fmt: skip
    yield (
        f"{counted(len(intake.problems), 'problème')} dans le tableau : corrigez-le et relancez la "
        "commande ; rien n'a été écrit."
    )


def intake_data(
    intake: Intake, path: str, written: Sequence[str], findings: Sequence[Finding], *, ok: bool
) -> dict[str, Any]:
    """The whole answer; `findings` are those that the change would add, `written` the files."""
    counts = Counter(each.did for each in intake.outcomes)
    return {
        "schema": SCHEMA,
        "ok": ok,
        "table": path,
        "written": list(written),
        "counts": {did: counts[did] for did in DID},
        "rows": [each._asdict() for each in intake.outcomes],
        "problems": [each._asdict() for each in intake.problems],
        "findings": [finding_data(each) for each in findings],
        "notes": intake.notes,
    }


def _at(problem: Problem, path: str) -> str:
    parts = (path, f"feuille {problem.sheet}" if problem.sheet else "", f"ligne {problem.row}",
             f"colonne {problem.column}" if problem.column else "")  # fmt: skip
    return one_line(", ".join(filter(None, parts)))


def _outcome(outcome: Outcome) -> Line:
    row = f"ligne {outcome.row}" if outcome.row else "--replace"
    at = " ".join(filter(None, (outcome.sheet, row)))
    did = (DID[outcome.did], _STYLES.get(outcome.did, "ok"))
    rest = "\t".join(one_line(part) for part in (outcome.unit, outcome.message) if part)
    return ((f"{one_line(at)}\t", "title"), did, (f"\t{rest}", ""))


def _many(number: int, word: str) -> str:
    return f"{number} {word}" if " " in word else counted(number, word)


def _counts(outcomes: Iterable[Outcome]) -> Line:
    found = Counter(each.did for each in outcomes)
    rows = sum(found.values()) - found["removed"]
    said = ", ".join(_many(found[did], word) for did, word in DID.items() if found[did])
    return f"{counted(rows, 'ligne')} : {said}" if said else "aucune ligne"
