"""Panel "Enregistrer": a change of structure, written as a request to the regional ROR team."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from rorcli import files
from rorcli.cli.comparing import prepare_files
from rorcli.cli.options import OUTPUT, File
from rorcli.errors import ExitCode, RefusedError, UsageError
from rorcli.plurals import counted

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.planning.structure import Request
    from rorcli.reports.dossier import Dossier
    from rorcli.sync import Prepared

Answer = TypeVar("Answer", str, date)

# What a written file's name says of its form.
_SUFFIXES = {".md": "markdown", ".eml": "eml", ".json": "json"}


def dossier(
    context: typer.Context,
    file: File,
    motif: Annotated[
        str, typer.Option("--motif", metavar="TEXTE", help="Pourquoi la structure change.")
    ] = "",
    effet: Annotated[
        str,
        typer.Option("--effet", metavar="DATE", help="À partir de quand : 04/01/2027."),
    ] = "",
    contact: Annotated[
        str,
        typer.Option(
            "--contact", metavar="TEXTE", help="Qui répond ; sinon le référent ROR du fichier."
        ),
    ] = "",
    to: Annotated[
        Path | None,
        typer.Option("-f", "--file", metavar="FICHIER", help="Où écrire : .md, .eml ou .json."),
    ] = None,
    output: Annotated[Literal["markdown", "eml", "json"], OUTPUT] = "markdown",
) -> int:
    """Rédige la demande de dossier collaboratif : unités ajoutées, retirées, déplacées, identité.

    Exemples :
      rorcli dossier etab.yaml
      rorcli dossier etab.yaml --motif "Ouverture d'un service" --effet 2027-01-04 -f demande.eml
      rorcli dossier etab.yaml -o json -f demande.json

    Compare le fichier et l'annuaire ; ce qui relève de la structure va à l'équipe ROR de la région
    (réglages region.*). Un fichier .eml s'ouvre en brouillon dans votre messagerie. Une fois la
    demande acceptée, rorcli pull --merge reprend dans le fichier les identifiants donnés.
    """
    from rorcli.planning.structure import requests
    from rorcli.reports.dossier import FORMS, Dossier

    session: Session = context.obj
    form = _form(to, output)
    store = session.open_store(read_only=True)
    [prepared] = prepare_files(session, [file], store, whole=True)
    if prepared.problem is not None:
        raise prepared.problem
    if prepared.plan is None or prepared.snapshot is None:
        raise UsageError(f"{file} : fichier illisible", remedy=f"rorcli validate {file}")
    theirs = prepared.snapshot.establishment
    asked = tuple(requests(prepared.plan.changes, prepared.ours, theirs))
    _tell_beside(session, prepared)
    if not asked:
        session.terminal.say("Rien à demander : la structure et l'identité sont celles de "
                             "l'annuaire.")  # fmt: skip
        if form == "json" and to is None:  # a program reads one document, whatever there is to say
            region, today = session.settings.region, session.today
            session.terminal.write_text(FORMS[form](Dossier(prepared.ours, (), region, today)))
        return ExitCode.OK
    text = FORMS[form](_completed(session, prepared, asked, (motif, effet, contact)))
    if to is None:
        session.terminal.write_text(text)
    else:
        files.write(to, text, mode=files.PRIVATE)
        session.terminal.say(f"{to} : écrit.")
    _tell_next(session, file, len(asked))
    return ExitCode.OK


def _form(to: Path | None, output: str) -> str:
    """The form of the request; a file's suffix has the last word, and no file is replaced."""
    if to is None:
        return output
    if to.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"-f {to} : .md, .eml ou .json est attendu", remedy="-f demande.eml")
    if to.exists():
        raise RefusedError(f"{to} : ce fichier existe déjà ; il est resté intact",
                           remedy="donnez un autre nom, ou supprimez-le")  # fmt: skip
    return _SUFFIXES[to.suffix.lower()]


def _completed(
    session: Session, prepared: Prepared, asked: tuple[Request, ...], given: tuple[str, str, str]
) -> Dossier:
    """The request with what the person answers, by options or at the keyboard."""
    from rorcli.reports.dossier import Dossier
    from rorcli.validation.freshness import parse_day

    motif, effet, contact = given
    who = contact or _referent(prepared)
    missing = [name for name, value in (("--motif", motif), ("--effet", effet), ("--contact", who))
               if not value]  # fmt: skip
    if missing and not session.terminal.can_ask:
        raise UsageError(f"la demande n'est pas complète : il manque {', '.join(missing)}",
                         remedy='rorcli dossier FICHIER --motif "…" --effet 2027-01-04 '
                         '--contact "nom, téléphone, courriel"')  # fmt: skip
    ask = session.terminal.prompt
    reason = motif or _asked(lambda: ask("Motif de la demande"), str.strip)
    day = parse_day(effet) if effet else _asked(lambda: ask("Date d'effet (JJ/MM/AAAA)"), _try_day)
    if not contact and session.terminal.can_ask:
        who = _asked(lambda: ask("Contact", who), str.strip)
    region, today = session.settings.region, session.today
    return Dossier(prepared.ours, asked, region, today, reason, day, who)


def _asked(question: Callable[[], str], understood: Callable[[str], Answer | None]) -> Answer:
    """The first answer that is understood."""
    while not (answer := understood(question())):
        pass
    return answer


def _try_day(text: str) -> date | None:
    from rorcli.validation.freshness import parse_day

    with suppress(UsageError):
        return parse_day(text)
    return None


def _referent(prepared: Prepared) -> str:
    """The référent ROR of the file, as a contact to propose; "" when it has none."""
    from rorcli.reports.nouns import contact
    from rorcli.validation.freshness import REFERENT

    contacts = prepared.ours.etablissement.contacts
    return next((contact(each) for each in contacts if each.fonction == REFERENT), "")


def _tell_beside(session: Session, prepared: Prepared) -> None:
    """Errors and conflicts that would hold a push of the same file."""
    from rorcli.reports.findings import render_finding

    for finding in prepared.errors:
        session.terminal.warn(render_finding(finding))
    conflicts = prepared.plan.conflicts if prepared.plan else ()
    if conflicts:
        said = counted(len(conflicts), "conflit")
        session.terminal.warn(f"Hors de la demande : {said} ; voyez rorcli diff")


def _tell_next(session: Session, file: Path, count: int) -> None:
    region = session.settings.region
    session.terminal.say(
        f"{counted(count, 'demande')}, à envoyer à l'équipe ROR {region.name} : {region.mail}, "
        f"{region.phone}",
        f"  → une fois la demande acceptée : rorcli pull --merge {file}",
    )
