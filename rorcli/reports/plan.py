"""Plans and outcomes in the portal's words, and as JSON.

A change reads "where: label : before → after"; an item that comes or goes takes one line. Lines
begin with `+`, `-` or `~`, so that the text pastes well into a review.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from rorcli.errors import ExitCode
from rorcli.model import Establishment
from rorcli.planning.changes import Change
from rorcli.planning.plan import Plan
from rorcli.plurals import counted
from rorcli.reports import Line
from rorcli.reports.changes import Names, change_data, render_nodes, tally
from rorcli.reports.conflicts import disputes
from rorcli.reports.findings import one_line
from rorcli.stores.base import Written
from rorcli.sync import Outcome, Prepared, Status

STATUS_WORDS = {
    Status.APPLIED: "enregistré",
    Status.UNCHANGED: "inchangé",
    Status.REFUSED: "refusé",
    Status.CONFLICTED: "en conflit",
    Status.FAILED: "en échec",
}


def render_plan(prepared: Prepared) -> list[Line]:
    """What a push would write for one establishment, conflicts first; [] when nothing."""
    plan = prepared.plan
    if plan is None or not (plan.changes or plan.conflicts):
        return []
    names = names_of(prepared)
    title = f"{plan.finess} {prepared.ours.etablissement.nom or ''} ({prepared.document.path})"
    lines: list[Line] = [((one_line(title), "title"),)]
    lines += [
        (("  ! conflit ", "error"), (each.where, ""), (f" : {each.said}", ""))
        for each in disputes(plan, prepared.sides, names)
    ]
    lines += render_nodes(plan.changes, names)
    return lines


def render_theirs(prepared: Prepared) -> list[Line]:
    """What the directory changed and the file lacks; told beside the plan, never written."""
    plan = prepared.plan
    if plan is None or not plan.theirs:
        return []
    names = names_of(prepared)
    made = counted(tally(plan.theirs).total(), "modification faite")
    head = f"{plan.finess} : {made} dans l'annuaire"
    return [((head, "info"),), *render_nodes(plan.theirs, names)]


def render_version(
    written: Written, before: Establishment | None, changes: Iterable[Change]
) -> Iterator[Line]:
    """One version of the history: who, when, and what it changed."""
    # A FHIR server does not say whose the whole is.
    author = f", par {written.author}" if written.author else ""
    head = f"version {written.version}, le {written.written_on:%d/%m/%Y}{author}"
    yield ((head, "title"),)
    if before is None:
        yield "  première version"
    else:
        yield from render_nodes(changes, Names(before, written.establishment))


def version_data(
    written: Written, before: Establishment | None, changes: Iterable[Change]
) -> dict[str, Any]:
    """One version of `rorcli/history/v1`."""
    names = Names(before or written.establishment, written.establishment)
    return {
        "version": written.version,
        "written_on": written.written_on.isoformat(),
        "author": written.author,
        "changes": [change_data(change, names) for change in changes],
    }


def render_outcome(outcome: Outcome) -> Iterator[Line]:
    """One line an establishment, and its remedy below."""
    style = "ok" if outcome.code is ExitCode.OK else "error"
    who = outcome.finess or outcome.prepared.document.path
    reason = outcome.reason.removeprefix(f"{who} : ")
    said = f" : {reason}" if reason else ""
    yield ((f"{who} ", ""), (STATUS_WORDS[outcome.status], style), (said, ""))
    if outcome.remedy:
        yield ((f"  → {outcome.remedy}", "dim"),)


def render_counts(outcomes: Iterable[Outcome]) -> str:
    """The last line: how many establishments ended how."""
    counts = Counter(outcome.status for outcome in outcomes)
    parts = [
        f"{counts[status]} {word}{'s' if counts[status] > 1 and ' ' not in word else ''}"
        for status, word in STATUS_WORDS.items()
        if counts[status]
    ]
    return ", ".join(parts) + "." if parts else "aucun établissement."


def plan_data(prepared: Prepared) -> dict[str, Any]:
    """One establishment of `rorcli/plan/v1`."""
    plan, names, problem = prepared.plan, names_of(prepared), prepared.problem
    head = {"finess": prepared.ours.finess, "path": prepared.document.path}
    if plan is None:
        said = (problem.message, problem.remedy, int(problem.exit_code)) if problem else ("", "", 0)
        return head | dict(zip(("problem", "remedy", "exit_code"), said, strict=True))
    return {
        **head,
        "version": plan.version,
        "changes": [change_data(change, names) for change in plan.changes],
        "theirs": [change_data(change, names) for change in plan.theirs],
        "conflicts": [
            {"ours": change_data(mine, names), "theirs": change_data(other, names)}
            for mine, other in plan.conflicts
        ],
        "guards": [{"name": g.name, "count": g.count, "message": g.message} for g in plan.guards],
        "notes": list(prepared.notes),
    }


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """One establishment of `rorcli/outcomes/v1`."""
    return {
        "finess": outcome.finess,
        "path": outcome.prepared.document.path,
        "status": str(outcome.status),
        "exit_code": int(outcome.code),
        "reason": outcome.reason,
        "remedy": outcome.remedy,
    }


def names_of(prepared: Prepared) -> Names:
    """The names on both sides of a comparison; the file has the last word."""
    theirs = [prepared.snapshot.establishment] if prepared.snapshot else []
    return Names(*theirs, prepared.ours)


def count_changes(plan: Plan) -> int:
    """How many changes a person counts: an item, or a number that takes another's place, is one."""
    return tally(plan.changes).total()
