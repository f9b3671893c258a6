"""Panel "Contrôler": what is wrong in files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rorcli.cli.fixing import Fix, mend_files, mend_input
from rorcli.cli.options import DryRun, PathsOrInput
from rorcli.cli.report_files import Reports, ShowPersonal, parse_reports
from rorcli.cli.validating import (
    FORMS,
    STDIN,
    ExitZero,
    Explain,
    Form,
    MaxFindings,
    Seen,
    explain_rule,
    look,
    tell,
)
from rorcli.errors import ExitCode, UsageError
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
    fix: Fix = False,
    dry_run: DryRun = False,
    output: Form = "text",
) -> int:
    """Vérifie des fichiers d'établissements, sans rien demander à l'annuaire.

    Exemples :
      rorcli validate etab.yaml
      rorcli validate etablissements/ --fail-on warning
      rorcli validate -o json - < etab.yaml
      rorcli validate --report junit=rapport.xml --report sarif=rapport.sarif
      rorcli validate --fix --dry-run etab.yaml
      rorcli validate --explain ROR203

    Sans chemin, vérifie le dossier courant. Chaque constat commence par une ligne
    FICHIER:LIGNE:COLONNE: RÈGLE gravité, suivie de la ligne du fichier et de ce qu'il faut écrire.
    Le code est 1 s'il y a des erreurs, 2 si un fichier n'a pas pu être ouvert ; les autres sont
    vérifiés quand même. Un commentaire « # rorcli: ignore=ROR304 motif », sur la ligne ou juste
    au-dessus, écarte un constat. --fix corrige d'abord ce qui est certain ; avec -, il écrit le
    document corrigé.
    """
    session: Session = context.obj
    if explain is not None:
        return explain_rule(session, explain, output)
    wanted, is_text = parse_reports(reports or [], FORMS), output == "text"
    seen = Seen(GRAVE[fail_on], keeps=bool(wanted) or not is_text, exit_zero=exit_zero)
    targets = paths or [Path()]
    if dry_run and not fix:
        raise UsageError("--dry-run va avec --fix", remedy="ajoutez --fix, ou retirez --dry-run")
    if fix and STDIN in targets:
        if len(targets) > 1 or seen.keeps:
            raise UsageError("--fix avec - écrit le document corrigé, et rien d'autre",
                             remedy="retirez les autres chemins, -o et --report")  # fmt: skip
        return mend_input(session, seen, name, dry_run=dry_run)
    if fix:
        mend_files(session, targets, dry_run=dry_run, to_stdout=is_text)
    look(session, seen, targets, name, told=max_findings if is_text else 0)
    return tell(
        session, seen, output, wanted,
        limit=max_findings, show_personal=show_personal, was_mended=fix,
    )  # fmt: skip


def schema(
    context: typer.Context,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DOSSIER", help="Le poser à côté des fichiers de ce dossier."),
    ] = None,
) -> int:
    """Donne le schéma du format : ce qu'un éditeur complète, explique et souligne.

    Exemples :
      rorcli schema > etablissement.schema.json
      rorcli schema --to etablissements/

    Sans option, l'écrit sur la sortie standard. --to le pose là où le cherchent les fichiers que
    rorcli écrit, et le remplace si c'est celui d'une autre version.
    """
    from rorcli import schemafile

    session: Session = context.obj
    if to is None:
        session.terminal.write_text(schemafile.published().read_text(encoding="utf-8"))
        return ExitCode.OK
    if not to.is_dir():
        raise UsageError(f"{to} : ce dossier n'existe pas", remedy="donnez celui de vos fichiers")
    said = "écrit" if schemafile.place(to) else "déjà à jour"
    modeline = f"# yaml-language-server: $schema={schemafile.BESIDE}"
    session.terminal.say(f"{to / schemafile.BESIDE} : {said}.",
                         f"Première ligne d'un fichier, pour l'éditeur : {modeline}")  # fmt: skip
    return ExitCode.OK
