"""Panel "Enregistrer": what differs from the directory, and saving exactly that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rorcli import sync
from rorcli.cli import comparisons
from rorcli.cli.options import OUTPUT, Ours, Output, Paths, Theirs
from rorcli.cli.targets import finess_or_file, unknown
from rorcli.errors import ExitCode, RefusedError, UsageError, strongest
from rorcli.planning.limits import GUARDS
from rorcli.reports import plan as report
from rorcli.reports.findings import render_finding
from rorcli.reports.machine import dumps
from rorcli.sync import Status
from rorcli.text.selectors import find_unit

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.stores.base import Store
    from rorcli.sync import Outcome, Prepared


def diff(
    context: typer.Context,
    paths: Paths = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Code 3 si push écrirait, ou en cas de conflit.")
    ] = False,
    summary: Annotated[
        bool, typer.Option("--summary", help="Une ligne par établissement : les comptes.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Tous les champs gérés : fichier, puis annuaire.")
    ] = False,
    show_personal: Annotated[
        bool,
        typer.Option(
            "--show-personal",
            help="Avec -o markdown, montrer aussi les noms des praticiens, les unités sensibles et "
            "les numéros de confidentialité 3.",
        ),
    ] = False,
    output: Annotated[Literal["text", "json", "markdown"], OUTPUT] = "text",
) -> int:
    """Montre ce qui serait enregistré dans l'annuaire. N'écrit jamais rien.

    Exemples :
      rorcli diff etab.yaml
      rorcli diff --exit-code etablissements/
      rorcli diff --summary etablissements/
      rorcli diff -o markdown etablissements/ > commentaire.md

    Avec --exit-code, le code est 3 si quelque chose serait écrit ou est en conflit ; 0 sinon.
    --summary compte : + ajoutés, - retirés, ~ changés, ce que l'annuaire a changé, les conflits.
    --full marque chaque champ : = pareil, ~ changé par vous, < par l'annuaire, ! par les deux.
    """
    session: Session = context.obj
    if (summary or full) and (output != "text" or summary == full):
        raise UsageError("--summary, --full et -o sont trois formes du même résultat",
                         remedy="n'en donnez qu'une")  # fmt: skip
    store = session.open_store(read_only=True)
    prepared = comparisons.prepare_files(session, paths or [Path()], store, whole=full)
    if output == "markdown":
        from rorcli.reports.review import markdown

        session.terminal.write_text(markdown(prepared, show_personal=show_personal))
    else:
        comparisons.show(session, prepared, output, comparisons.form_of(summary=summary, full=full))
    if output == "text":
        comparisons.tell_guards(session, prepared)
    return _diff_code(session, prepared, exit_code=exit_code)


def push(
    context: typer.Context,
    paths: Paths = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ne pose pas de question.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Montre, puis s'arrête avant d'écrire.")
    ] = False,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="GARDE", help=f"Lève une garde : {', '.join(GUARDS)}."),
    ] = None,
    only: Annotated[
        Literal["capacites"] | None,
        typer.Option(
            "--only", help="N'enregistrer que les capacités : ce que prend le ROR national."
        ),
    ] = None,
    ours: Ours = None,
    theirs: Theirs = None,
    output: Output = "text",
) -> int:
    """Enregistre dans l'annuaire exactement ce que montre diff.

    Exemples :
      rorcli push etab.yaml
      rorcli push --yes etablissements/
      rorcli push etab.yaml --allow mass-delete
      rorcli push etab.yaml --ours "Consultations de gynécologie"
      rorcli push etab.yaml --only capacites

    Chaque établissement finit enregistré, inchangé, refusé, en conflit ou en échec ; les autres
    continuent.
    """
    if not paths:
        raise UsageError("push : donnez un fichier ou un dossier", remedy="rorcli push etab.yaml")
    unknown = [name for name in allow or [] if name not in GUARDS]
    if unknown:
        raise UsageError(f"--allow {unknown[0]} : garde inconnue",
                         remedy=f"gardes : {', '.join(GUARDS)}")  # fmt: skip
    named = sync.Named(tuple(ours or ()), tuple(theirs or ()), only is not None)
    answers = Answers(yes, dry_run, tuple(allow or ()), named, output)
    return push_files(context.obj, paths, answers)


def history(
    context: typer.Context,
    target: Annotated[
        str, typer.Argument(metavar="FICHIER|FINESS", help="L'établissement, ou son fichier.")
    ],
    unit: Annotated[
        str, typer.Option("--unit", metavar="UNITÉ", help="Ce qui a changé dans cette unité.")
    ] = "",
    output: Output = "text",
) -> int:
    """Montre qui a changé quoi, et quand, dans l'annuaire ; le plus récent d'abord.

    Exemples :
      rorcli history 440099919
      rorcli history etab.yaml --unit "Consultations de gynécologie"
    """
    session: Session = context.obj
    store = session.open_store(read_only=True)
    finess = finess_or_file(target)[0]
    snapshot = store.fetch(finess)
    if snapshot is None:
        raise unknown(finess, store)
    key = find_unit(snapshot.establishment, unit).key if unit else None
    steps = list(sync.steps(store.history(finess), key))[::-1]
    if output == "json":
        versions = [report.version_data(*step) for step in steps]
        data = {"schema": "rorcli/history/v1", "ok": True, "finess": finess, "versions": versions}
        session.terminal.write_text(dumps(data))
    else:
        session.terminal.write(line for step in steps for line in report.render_version(*step))
    return ExitCode.OK


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
    prepared = comparisons.prepare_files(session, paths, store, answers.named)
    stopped = {id(p): sync.stops(p, store, answers.allow) for p in prepared}
    if answers.output == "text" or answers.dry_run:
        comparisons.show(session, prepared, answers.output)
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
    try:
        for each in session.terminal.progress(prepared, len(prepared), "Enregistrement"):
            outcome = stopped[id(each)]
            if outcome is None:
                outcome = sync.apply(each, store, today=session.today, author=session.author)
            elif outcome.status is Status.UNCHANGED:
                outcome = sync.settle(each, store, today=session.today)
            outcomes.append(outcome)
    except KeyboardInterrupt:
        left = len(prepared) - len(outcomes)
        _report(session, outcomes, output, whole=False)
        session.terminal.warn(f"Interrompu : {left} établissement(s) non traités ; relancez push.")
        raise
    return outcomes


def _diff_code(session: Session, prepared: list[Prepared], *, exit_code: bool) -> int:
    problems = [each.problem for each in prepared if each.problem is not None]
    for problem in problems:
        session.terminal.error(problem)
    changes = [ExitCode.CHANGES] if exit_code and any(map(comparisons.moves, prepared)) else []
    return strongest([*(problem.exit_code for problem in problems), *changes])


def _agrees(session: Session, to_write: list[Prepared]) -> bool:
    if not session.terminal.can_ask:
        raise UsageError("push demande votre accord, et il n'y a personne à qui le demander ; rien "
                         "n'a été enregistré dans l'annuaire",
                         remedy="rorcli push --yes FICHIER enregistre sans question")  # fmt: skip
    count = sum(report.count_changes(each.plan) for each in to_write if each.plan)
    return session.terminal.ask(
        f"Enregistrer {count} modification(s) dans {len(to_write)} établissement(s) ?"
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
