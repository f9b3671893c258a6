"""Panel "Contrôler": what is wrong in files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

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
from rorcli.cli.options import PathsOrInput
from rorcli.validation import Severity

if TYPE_CHECKING:
    from rorcli.cli.session import Session

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
