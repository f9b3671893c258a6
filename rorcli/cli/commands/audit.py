"""Panel "Contrôler": what is late, missing or in écart, in files or in the directory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rorcli.cli.options import OUTPUT, Favorites, Paths
from rorcli.cli.register import Annuaire, open_index
from rorcli.cli.report_files import Reports, ShowPersonal, parse_reports
from rorcli.errors import UsageError

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.validation.auditing import Criteria

_NOTHING = "rien"


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
        str | None,
        typer.Option(
            "--check",
            metavar="CONTRÔLES",
            help="Contrôles, séparés par des virgules ; par défaut tous, annuaire s'il est donné.",
        ),
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on",
            metavar="CONTRÔLES",
            help="Ceux qui font finir par le code 1 : ceux de --check, sinon tous sauf national ; "
            "rien : aucun.",
        ),
    ] = None,
    view: Annotated[
        Literal["liste", "arbre", "region"],
        typer.Option("--vue", help="Par ancienneté, dans l'ordre de l'arbre, ou par département."),
    ] = "liste",
    place: Annotated[
        str, typer.Option("--ou", metavar="LIEU", help="Dans l'annuaire : commune, département.")
    ] = "",
    what: Annotated[
        str, typer.Option("--quoi", metavar="MOTS", help="Dans l'annuaire : ce qui s'y fait.")
    ] = "",
    ej: Annotated[
        str, typer.Option("--ej", metavar="FINESS|NOM", help="Dans l'annuaire : cette EJ seule.")
    ] = "",
    favoris: Favorites = False,
    annuaire: Annuaire = None,
    reports: Reports = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FICHIER", help="Écrire aussi une page à ouvrir, partager."),
    ] = None,
    show_personal: ShowPersonal = False,
    output: Annotated[
        Literal["text", "json", "csv", "github", "gitlab", "junit", "sarif"], OUTPUT
    ] = "text",
) -> int:
    """Dit ce qui n'a pas été vérifié depuis longtemps et ce qui manque, et à qui le demander.

    Exemples :
      rorcli audit
      rorcli audit etablissements/ --older-than 90d
      rorcli audit etab.yaml --vue arbre
      rorcli audit --ou 44 --check praticiens,capacites -o csv > a-completer.csv
      rorcli audit --annuaire PS_LibreAcces_Personne_activite.txt --check annuaire
      rorcli audit --vue region --html rapport.html --report xlsx=retards.xlsx

    Sans chemin, examine tout l'annuaire. Le plus ancien vient d'abord ; sans date connue, c'est en
    retard ; ce qui est fermé définitivement ne l'est jamais. Le code est 1 si quelque chose est en
    retard ou manque ; un écart aux exigences nationales le donne s'il est demandé, par --check ou
    --fail-on. Contrôles : age, coordonnees, praticiens, capacites, national, et annuaire : qui
    n'est plus dans l'Annuaire santé.
    """
    from rorcli import favorites
    from rorcli.cli.auditing import Telling, criteria, examine_files, examine_store, tell_audit
    from rorcli.stores.base import Query

    session: Session = context.obj
    asked = criteria(session, older_than, as_of, check)
    asked = _with_register(session, asked, annuaire, _failing(fail_on, check, asked))
    failing = _failing(fail_on, check, asked)
    _require_run(failing, asked)
    wanted = parse_reports([*(reports or []), *([f"html={html}"] if html else [])], _FILED)
    how = Telling(asked, view, output, wanted, failing, show_personal)
    if paths and (place or what or ej or favoris):
        raise UsageError(
            "--ou, --quoi, --ej et --favoris choisissent dans l'annuaire, pas parmi des fichiers",
            remedy="retirez-les, ou retirez les chemins",
        )
    if paths:
        return tell_audit(session, examine_files(session, paths, how), how)
    query = Query(place=place, what=what, ej=ej, finess=favorites.require() if favoris else ())
    return tell_audit(session, examine_store(session, query, how), how)


_FILED = ("text", "json", "csv", "xlsx", "html", "github", "gitlab", "junit", "sarif")


def _with_register(
    session: Session, asked: Criteria, annuaire: Path | None, failing: frozenset[str]
) -> Criteria:
    """The same with the Annuaire santé to ask, when it is given or its check named."""
    from rorcli.validation.auditing import REGISTER

    if annuaire is None and REGISTER not in {*asked.checks, *failing}:
        return asked
    index = open_index(session, annuaire)
    if index is None:
        raise UsageError("contrôle annuaire : donnez l'extrait de l'Annuaire santé",
                         remedy="--annuaire EXTRAIT, ou le réglage annuaire")  # fmt: skip
    checks = tuple(dict.fromkeys((*asked.checks, REGISTER)))
    return replace(asked, checks=checks, is_registered=index.holds)


def _failing(fail_on: str | None, check: str | None, asked: Criteria) -> frozenset[str]:
    """The checks that fail: écarts only for who asks, since scripts know the others."""
    from rorcli.validation.auditing import NATIONAL, parse_checks

    if fail_on is not None:
        return frozenset() if fail_on == _NOTHING else frozenset(parse_checks(fail_on))
    return frozenset(asked.checks) - (frozenset() if check else {NATIONAL})


def _require_run(failing: frozenset[str], asked: Criteria) -> None:
    """A check that does not run would never fail anything: UsageError."""
    if idle := sorted(failing.difference(asked.checks)):
        raise UsageError(
            f"--fail-on {','.join(idle)} : ce contrôle n'est pas parmi ceux de --check",
            remedy=f"ajoutez-le : --check {','.join((*asked.checks, *idle))}",
        )
