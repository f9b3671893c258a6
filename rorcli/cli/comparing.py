"""Files compared with a store for `diff`, `push` and `dossier`, and how the plans are shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rorcli import basefile, files, sync
from rorcli.plurals import counted
from rorcli.reports import Line
from rorcli.reports import plan as report
from rorcli.reports.machine import dumps
from rorcli.stores.base import side_by_side
from rorcli.validation import validate_all

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.stores.base import Store
    from rorcli.sync import Prepared
    from rorcli.text.document import Document
    from rorcli.validation.findings import Finding


def prepare_files(
    session: Session,
    paths: list[Path],
    store: Store,
    named: sync.Named = sync.NOBODY,
    *,
    whole: bool = False,
) -> list[Prepared]:
    """Every file with both sides and its plan; UsageError when one cannot be opened.

    Of those that moved on neither side nothing is read, unless `whole`.
    """
    found = files.find(paths)
    for error in found.unreadable:
        raise error
    if found.skipped:
        session.terminal.detail(
            f"{counted(found.skipped, 'autre fichier')} YAML, sans établissement"
        )
    resting = {} if whole or named != sync.NOBODY else _resting(session, found.paths, store)
    moved = [path for path in found.paths if path not in resting]
    every = resting | dict(zip(moved, _compared(session, moved, store, named), strict=True))
    return [every[path] for path in found.paths]


def _resting(session: Session, paths: Iterable[Path], store: Store) -> dict[Path, Prepared]:
    """The files that agree with their store still, told without reading them."""
    heads, today = cache(basefile.heads), session.today
    by_folder = {path: heads(path.parent) for path in paths}

    def looked(path: Path) -> Prepared | None:
        return sync.unmoved(path, by_folder[path], store, today=today)

    found = zip(by_folder, side_by_side(looked, by_folder, store.at_once), strict=True)
    return {path: ready for path, ready in found if ready is not None}


def _compared(
    session: Session, paths: list[Path], store: Store, named: sync.Named
) -> Iterator[Prepared]:
    documents = [files.read_file(path) for path in paths]
    settings = session.settings
    ignored = frozenset(settings.ignore)
    findings = validate_all(documents, session.today, ignored, settings.mssante)
    by_path: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_path[finding.path].append(finding)
    limits, today = settings.guards, session.today

    def prepared(file: tuple[Path, Document]) -> Prepared:
        return sync.prepare(*file, by_path[file[1].path], store, limits, named=named, today=today)

    yield from side_by_side(prepared, zip(paths, documents, strict=True), store.at_once)


Form = Callable[["Prepared"], Iterable[Line]]


def form_of(*, summary: bool, full: bool) -> Form:
    """How each plan is shown: as a plan, as counts, or field by field."""
    if not (summary or full):
        return report.render_plan
    from rorcli.reports.review import render_full, render_summary

    return render_summary if summary else render_full


def show(
    session: Session, prepared: list[Prepared], output: str, form: Form = report.render_plan
) -> None:
    """The plans to stdout, in another form than usual if one is given; the rest to stderr."""
    terminal = session.terminal
    if output == "json":
        plans = [report.plan_data(each) for each in prepared]
        ok = not any(each.problem for each in prepared)
        terminal.write_text(dumps({"schema": "rorcli/plan/v1", "ok": ok, "plans": plans}))
        return
    for each in prepared:
        terminal.write(form(each))
        terminal.say(
            *report.render_theirs(each), *(f"{each.ours.finess} : {n}" for n in each.notes)
        )
        if each.plan and each.plan.theirs:
            terminal.say(f"  → rorcli pull --merge {each.document.path} les y reprend")
    if not any(each.problem or moves(each) for each in prepared):
        terminal.say("Rien à enregistrer.")


def moves(prepared: Prepared) -> bool:
    """True when a push would write, or when both sides changed the same."""
    return prepared.plan is not None and bool(prepared.plan.changes or prepared.plan.conflicts)


def tell_next(session: Session, prepared: list[Prepared]) -> None:
    """How what differs is saved, and how it is given up; conflicts are to be settled first."""
    plans = [(each.document.path, each.plan) for each in prepared if each.plan]
    for file, plan in plans:
        if plan.conflicts:
            session.terminal.say(
                f"  → conflit : rorcli push {file} --ours UNITÉ garde vos valeurs, --theirs UNITÉ "
                f"celles de l'annuaire ; ici : {plan.disputed}"
            )
    moved = [file for file, plan in plans if plan.changes]
    if moved and not any(plan.conflicts for _, plan in plans):
        file = moved[0] if len(moved) == 1 else "FICHIER"
        give_up = f'rorcli pull --discard "*" {file}'
        session.terminal.say(f"  → rorcli push {file} l'enregistre ; {give_up} l'abandonne")


def tell_guards(session: Session, prepared: list[Prepared]) -> None:
    """What a push would be stopped by; push itself says it in its outcomes."""
    for each in prepared:
        for guard in each.plan.guards if each.plan else ():
            said = f"{each.ours.finess} : push demanderait --allow {guard.name} : {guard.message}"
            session.terminal.say(said)
