"""How a push goes: plan, guards, question, apply, outcomes, and what is told of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rorcli import sync
from rorcli.cli import comparing
from rorcli.errors import ExitCode, RefusedError, UsageError
from rorcli.plurals import counted
from rorcli.reports import plan as report
from rorcli.reports.findings import render_finding
from rorcli.reports.machine import dumps
from rorcli.stores.base import side_by_side
from rorcli.sync import Status

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.stores.base import Store
    from rorcli.sync import Outcome, Prepared


@dataclass(frozen=True)
class Answers:
    """What the person settled beforehand, on the command line."""

    yes: bool = False
    dry_run: bool = False
    allow: tuple[str, ...] = ()
    named: sync.Named = sync.NOBODY
    output: str = "text"


def push_files(session: Session, paths: list[Path], answers: Answers) -> int:
    """Plan, guards, question, apply, outcomes: in this order, one establishment after the other."""
    store = session.open_store(read_only=answers.dry_run)
    prepared = comparing.prepare_files(session, paths, store, answers.named)
    stopped = {id(p): sync.stops(p, store, answers.allow) for p in prepared}
    if answers.output == "text" or answers.dry_run:
        comparing.show(session, prepared, answers.output)
    to_write = [p for p in prepared if stopped[id(p)] is None]
    if answers.dry_run:
        outcomes = [o for o in stopped.values() if o is not None]
        if answers.output == "json":
            return sync.exit_code(outcomes)
        return _report(session, outcomes, answers.output, done=False)
    if to_write and not (answers.yes or _agrees(session, to_write)):
        raise RefusedError("vous avez répondu non : rien n'a été enregistré dans l'annuaire")
    outcomes = _apply_all(session, prepared, stopped, store, answers.output)
    return _report(session, outcomes, answers.output)


def _apply_all(
    session: Session,
    prepared: list[Prepared],
    stopped: Mapping[int, Outcome | None],
    store: Store,
    output: str,
) -> list[Outcome]:
    """Every outcome; after Ctrl-C those that were reached are told before the program ends."""
    outcomes: list[Outcome] = []

    def ended(each: Prepared) -> Outcome:
        outcome = stopped[id(each)]
        if outcome is None:
            return sync.apply(each, store, today=session.today, author=session.author)
        if outcome.status is Status.UNCHANGED:
            return sync.settle(each, store, today=session.today)
        return outcome

    # Two files of one establishment take turns.
    is_apart = len({each.ours.finess for each in prepared}) == len(prepared)
    found = side_by_side(ended, prepared, store.at_once if is_apart else 1)
    try:
        for outcome in session.terminal.progress(found, len(prepared), "Enregistrement"):
            outcomes.append(outcome)  # noqa: PERF402 - what was reached is kept when interrupted
    except KeyboardInterrupt:
        left = len(prepared) - len(outcomes)
        _report(session, outcomes, output, whole=False)
        rest = counted(left, "établissement")
        session.terminal.warn(f"Interrompu : {rest} à traiter encore ; relancez push.")
        raise
    return outcomes


def _agrees(session: Session, to_write: list[Prepared]) -> bool:
    if not session.terminal.can_ask:
        raise UsageError("push demande votre accord, et il n'y a personne à qui le demander ; rien "
                         "n'a été enregistré dans l'annuaire",
                         remedy="rorcli push --yes FICHIER enregistre sans question")  # fmt: skip
    count = sum(report.count_changes(each.plan) for each in to_write if each.plan)
    return session.terminal.ask(
        f"Enregistrer {counted(count, 'modification')} dans "
        f"{counted(len(to_write), 'établissement')} ?"
    )


def _report(
    session: Session, outcomes: list[Outcome], output: str, *, done: bool = True, whole: bool = True
) -> int:
    terminal = session.terminal
    code = sync.exit_code(outcomes)
    if output == "json":
        listed = [report.outcome_data(each) for each in outcomes]
        terminal.write_text(dumps(
            {"schema": "rorcli/outcomes/v1", "ok": whole and code is ExitCode.OK,
             "establishments": listed}))  # fmt: skip
        return code
    for each in outcomes:
        if each.status is not Status.UNCHANGED:
            terminal.write(report.render_outcome(each))
        for finding in each.prepared.errors if each.code is ExitCode.FINDINGS else ():
            terminal.warn(render_finding(finding))
    if any(_is_structural(each) for each in outcomes):
        region = session.settings.region
        terminal.say(f"Équipe ROR {region.name} : {region.mail}, {region.phone}")
    if done:
        terminal.say(report.render_counts(outcomes))
    return code


def _is_structural(outcome: Outcome) -> bool:
    """True for a refusal that the regional ROR team alone can help with."""
    plan = outcome.prepared.plan
    if plan is None or outcome.code is not ExitCode.REFUSED:
        return False
    return any(guard.name == "structure" for guard in plan.guards)
