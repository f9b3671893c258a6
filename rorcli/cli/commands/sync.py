"""Panel "Enregistrer": what differs from the directory, and saving exactly that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rorcli import sync
from rorcli.cli import comparing
from rorcli.cli.completion import followed, units, words_of
from rorcli.cli.options import OUTPUT, Ours, Output, Paths, Theirs
from rorcli.cli.pushing import Answers, push_files
from rorcli.cli.targets import finess_or_file, unknown
from rorcli.errors import ExitCode, UsageError, strongest
from rorcli.history import steps
from rorcli.planning.limits import GUARDS
from rorcli.reports import plan as report
from rorcli.reports.machine import dumps
from rorcli.text.selectors import find_unit

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.sync import Prepared


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
    prepared = comparing.prepare_files(session, paths or [Path()], store, whole=full)
    if output == "markdown":
        from rorcli.reports.review import markdown

        session.terminal.write_text(markdown(prepared, show_personal=show_personal))
    else:
        comparing.show(session, prepared, output, comparing.form_of(summary=summary, full=full))
    if output == "text":
        comparing.tell_guards(session, prepared)
        if not (summary or full):
            comparing.tell_next(session, prepared)
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
        typer.Option(
            "--allow",
            metavar="GARDE",
            autocompletion=words_of(GUARDS),
            help=f"Lève une garde : {', '.join(GUARDS)}.",
        ),
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
    named = sync.Named(tuple(ours or ()), tuple(theirs or ()), only_capacities=only is not None)
    answers = Answers(yes, dry_run, tuple(allow or ()), named, output)
    return push_files(context.obj, paths, answers)


def history(
    context: typer.Context,
    target: Annotated[
        str,
        typer.Argument(
            metavar="FICHIER|FINESS",
            autocompletion=followed,
            help="L'établissement, ou son fichier.",
        ),
    ],
    unit: Annotated[
        str,
        typer.Option(
            "--unit",
            autocompletion=units,
            metavar="UNITÉ",
            help="Ce qui a changé dans cette unité.",
        ),
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
    versions = list(store.history(finess))
    # A unit that is no more, or had another name, is known by a former version.
    known = (each.establishment for each in reversed(versions))
    key = find_unit(snapshot.establishment, unit, *known).key if unit else None
    told = list(steps(versions, key))[::-1]
    if output == "json":
        listed = [report.version_data(*step) for step in told]
        data = {"schema": "rorcli/history/v1", "ok": True, "finess": finess, "versions": listed}
        session.terminal.write_text(dumps(data))
    else:
        session.terminal.write(line for step in told for line in report.render_version(*step))
    return ExitCode.OK


def _diff_code(session: Session, prepared: list[Prepared], *, exit_code: bool) -> int:
    problems = [each.problem for each in prepared if each.problem is not None]
    for problem in problems:
        session.terminal.error(problem)
    changes = [ExitCode.CHANGES] if exit_code and any(map(comparing.moves, prepared)) else []
    return strongest([*(problem.exit_code for problem in problems), *changes])
