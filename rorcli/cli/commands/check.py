"""Panel "Contrôler": what is wrong in files; what is late or missing, there or in the directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rorcli import files
from rorcli.cli.checkups import (
    STDIN,
    ExitZero,
    Explain,
    Form,
    MaxFindings,
    Reports,
    Seen,
    ShowPersonal,
    explain_rule,
    look,
    parse_reports,
    tell,
)
from rorcli.cli.options import OUTPUT, Paths, PathsOrInput
from rorcli.errors import ExitCode, UsageError, strongest
from rorcli.reports.findings import counted, render_finding
from rorcli.reports.machine import dumps
from rorcli.text.document import Document
from rorcli.validation import Severity, validate_all

if TYPE_CHECKING:
    from datetime import date

    from rorcli.cli.session import Session
    from rorcli.validation.freshness import Audit, Criteria

GRAVE = {
    "error": frozenset({Severity.ERROR}),
    "warning": frozenset({Severity.ERROR, Severity.WARNING}),
}


def validate(
    context: typer.Context,
    paths: PathsOrInput = None,
    fail_on: Annotated[
        Literal["error", "warning"],
        typer.Option("--fail-on", help="Gravité à partir de laquelle le code est 1."),
    ] = "error",
    name: Annotated[
        str, typer.Option("--name", metavar="NOM", help="Nom à donner à l'entrée standard.")
    ] = str(STDIN),
    reports: Reports = None,
    max_findings: MaxFindings = None,
    exit_zero: ExitZero = False,
    show_personal: ShowPersonal = False,
    explain: Explain = None,
    output: Form = "text",
) -> int:
    """Vérifie des fichiers d'établissements, sans rien demander à l'annuaire.

    Exemples :
      rorcli validate etab.yaml
      rorcli validate etablissements/ --fail-on warning
      rorcli validate -o json - < etab.yaml
      rorcli validate --report junit=rapport.xml --report sarif=rapport.sarif
      rorcli validate --explain ROR203

    Sans chemin, vérifie le dossier courant. Chaque constat commence par une ligne
    FICHIER:LIGNE:COLONNE: RÈGLE gravité, suivie de la ligne du fichier et de ce qu'il faut écrire.
    Le code est 1 s'il y a des erreurs, 2 si un fichier n'a pas pu être ouvert ; les autres sont
    vérifiés quand même. Un commentaire « # rorcli: ignore=ROR304 motif », sur la ligne ou juste
    au-dessus, écarte un constat.
    """
    session: Session = context.obj
    if explain is not None:
        return explain_rule(session, explain, output)
    wanted = parse_reports(reports or [])
    seen = Seen(GRAVE[fail_on], keeps=output != "text" or bool(wanted), exit_zero=exit_zero)
    limit = max_findings if output == "text" else 0
    look(session, seen, paths or [Path()], name, told=limit)
    return tell(session, seen, output, wanted, limit=max_findings, show_personal=show_personal)


def audit(
    context: typer.Context,
    paths: Paths = None,
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            metavar="DURÉE|DATE",
            help="Ce qui est en retard : 6mo (par défaut), 90d, 6w, 1y, 2026-05-10.",
        ),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="Jour où l'on se place ; aujourd'hui sinon."),
    ] = None,
    check: Annotated[
        str,
        typer.Option("--check", metavar="CONTRÔLES", help="Contrôles, séparés par des virgules."),
    ] = "age,coordonnees,praticiens,capacites",
    place: Annotated[
        str, typer.Option("--ou", metavar="LIEU", help="Dans l'annuaire : commune, département.")
    ] = "",
    ej: Annotated[
        str, typer.Option("--ej", metavar="FINESS|NOM", help="Dans l'annuaire : cette EJ seule.")
    ] = "",
    output: Annotated[Literal["text", "json", "csv"], OUTPUT] = "text",
) -> int:
    """Dit ce qui n'a pas été vérifié depuis longtemps et ce qui manque, et à qui le demander.

    Exemples :
      rorcli audit
      rorcli audit etablissements/ --older-than 90d
      rorcli audit --ou 44 --check praticiens,capacites -o csv > a-completer.csv

    Sans chemin, examine tout l'annuaire. Le plus ancien vient d'abord ; sans date connue, c'est en
    retard ; ce qui est fermé définitivement ne l'est jamais. Le code est 1 si quelque chose est en
    retard ou manque parmi les contrôles demandés.
    """  # fmt: skip
    from rorcli.reports import audit as told
    from rorcli.validation.freshness import Criteria, parse_checks, parse_day, parse_limit

    session: Session = context.obj
    today = session.today if as_of is None else parse_day(as_of)
    span = session.settings.older_than if older_than is None else older_than
    asked = Criteria(today, parse_limit(span, today), parse_checks(check))
    if paths and (place or ej):
        raise UsageError("--ou et --ej choisissent dans l'annuaire, pas parmi des fichiers",
                         remedy="retirez-les, ou retirez les chemins")  # fmt: skip
    if paths:
        audits, code = _audit_files(session, paths, asked)
    else:
        audits, code = _audit_store(session, place, ej, asked), ExitCode.OK
    if any(one.late or one.missing for one in audits):
        code = strongest([code, ExitCode.FINDINGS])
    if output == "json":
        session.terminal.write_text(dumps(told.audit_data(audits, asked, ok=code is ExitCode.OK)))
    elif output == "csv":
        session.terminal.write_text(told.audit_csv(audits, asked))
    else:
        session.terminal.write(told.render_audit(audits))
    session.terminal.say(told.render_audit_counts(audits, asked))
    return code


def _code(unreadable: Sequence[UsageError], *, is_bad: bool) -> ExitCode:
    found = [error.exit_code for error in unreadable]
    return strongest([*found, ExitCode.FINDINGS] if is_bad else found)


def _read_all(session: Session, paths: Sequence[Path]) -> tuple[list[Document], list[UsageError]]:
    """Every document, and what could not be opened, which is told here.

    Raises UsageError when nothing is left to judge.
    """
    terminal = session.terminal
    found = files.find(paths)
    unreadable = list(found.unreadable)
    documents = []
    for path in terminal.progress(found.paths, len(found.paths), "Lecture"):
        try:
            documents.append(files.read_file(path))
        except UsageError as error:
            unreadable.append(error)
    for each in unreadable if documents else unreadable[:-1]:
        terminal.error(each)
    if not documents:
        raise unreadable[-1]
    if found.skipped:
        terminal.say(f"{counted(found.skipped, 'autre fichier')} YAML, sans établissement")
    return documents, unreadable


def _audit_files(
    session: Session, paths: Sequence[Path], asked: Criteria
) -> tuple[list[Audit], ExitCode]:
    """What can be read is audited; what cannot is told, and is a finding."""
    from rorcli.model import decode
    from rorcli.validation.freshness import Dates, audit

    documents, unreadable = _read_all(session, paths)
    broken = [each for each in documents if not isinstance(each.data, dict)]
    for finding in validate_all(broken, session.today):
        session.terminal.warn(render_finding(finding))
    audits = []
    for document in (each for each in documents if isinstance(each.data, dict)):
        establishment = decode(document.data)
        saved_on = _saved_on(session, Path(document.path), establishment.finess)
        audits.append(audit(establishment, Dates(saved_on=saved_on), asked))
    return audits, _code(unreadable, is_bad=bool(broken))


def _saved_on(session: Session, file: Path, finess: str) -> date | None:
    """The day of the file's base, if it has one that can be read."""
    from rorcli.basefile import load_base

    try:
        base = load_base(file, finess)
    except UsageError as error:
        session.terminal.error(error)
        return None
    return base.saved_by(session.today) if base else None


def _audit_store(session: Session, place: str, ej: str, asked: Criteria) -> list[Audit]:
    """What the directory holds is audited, each establishment when its turn comes."""
    from rorcli.stores.base import Query
    from rorcli.validation.freshness import Dates, audit

    store, query = session.open_store(read_only=True), Query(place=place, ej=ej)
    total = sum(1 for _ in store.search(query))
    if not total:
        raise UsageError(
            "aucun établissement de l'annuaire ne répond à --ou et --ej",
            remedy="élargissez le choix ; rorcli search montre ce qui existe",
        )
    snapshots = session.terminal.progress(store.fetch_each(query), total, "Examen")
    return [audit(each.establishment, Dates(each.changed_on), asked) for each in snapshots]
