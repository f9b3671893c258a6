"""Panel "Modifier", continued: a file as a table for a spreadsheet, and a table back into files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rorcli import files
from rorcli.cli.editing import Options, added_findings, finish, read_all
from rorcli.cli.options import DryRun, Output, Push, expand
from rorcli.errors import ExitCode, RefusedError, UsageError
from rorcli.tables.columns import TABLES, WIDE, Table, parse_map
from rorcli.validation.findings import Severity

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.tables.importing import Intake, Way
    from rorcli.tables.sheets import Sheet
    from rorcli.text.document import Document

_NAMES = ", ".join(TABLES)
_CSV, _XLSX = ".csv", ".xlsx"
Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FICHIER|DOSSIER...", help="Fichiers d'établissements.", callback=expand
    ),
]


def export(
    context: typer.Context,
    paths: Files,
    table: Annotated[
        list[str] | None, typer.Option("--table", metavar="NOM", help=f"{_NAMES}.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FICHIER", help="Le .csv ou le .xlsx à écrire."),
    ] = None,
    template: Annotated[
        bool, typer.Option("--template", help="Les en-têtes et les lignes, sans les valeurs.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Remplacer un fichier déjà là.")] = False,
) -> int:
    """Écrit un tableau qu'Excel ouvre : coordonnées, praticiens, capacités, activités.

    Exemples :
      rorcli export etab.yaml --table coordonnees --to coordonnees.csv
      rorcli export etab.yaml --table contacts --to contacts.xlsx
      rorcli export etab.yaml --to etab.xlsx
      rorcli export etablissements --table praticiens --template --to a-remplir.csv

    Un .xlsx sans --table contient quatre tableaux, une feuille chacun. « contacts » montre les
    coordonnées autrement : une ligne par contact, une colonne par moyen de le joindre. Sans --to,
    le tableau demandé est écrit en CSV sur la sortie standard. rorcli import le reprend.
    """
    from rorcli.tables.sheets import csv_bytes, xlsx_bytes

    session: Session = context.obj
    suffix = _CSV if to is None else to.suffix.lower()
    tables = _tables(table, suffix)
    found = files.find(paths)
    if found.unreadable:
        raise found.unreadable[0]
    sheets = [_sheet(each, found.paths, session, template=template) for each in tables]
    content = xlsx_bytes(sheets) if suffix == _XLSX else csv_bytes(sheets[0])
    if to is None:
        session.terminal.write_text(content.decode("utf-8"))
        return ExitCode.OK
    if to.exists() and not force:
        raise RefusedError(f"{to} existe déjà ; il n'a pas été touché",
                           remedy="donnez un autre nom, ou --force pour le remplacer")  # fmt: skip
    files.write_bytes(to, content)
    session.terminal.say(f"{to} : écrit.")
    return ExitCode.OK


def import_(
    context: typer.Context,
    paths: Files,
    sheet: Annotated[
        Path, typer.Argument(metavar="TABLEAU", help="Le .csv ou le .xlsx, en dernier.")
    ],
    table: Annotated[
        str,
        typer.Option("--table", metavar="NOM", help=f"Si l'en-tête ne suffit pas : {_NAMES}."),
    ] = "",
    mapped: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="EN-TÊTE=COLONNE", help="Ce que veut dire votre en-tête."),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Les listes des unités nommées deviennent le tableau."),
    ] = False,
    dry_run: DryRun = False,
    push: Push = False,
    output: Output = "text",
) -> int:
    """Reprend un tableau dans des fichiers : toutes les lignes sont vérifiées, puis tout est écrit.

    Exemples :
      rorcli import etab.yaml coordonnees.csv --dry-run
      rorcli import etab.yaml etab.xlsx
      rorcli import etablissements praticiens.csv --replace
      rorcli import etab.yaml annuaire.csv --map "N° de tel=valeur" --map "Type=canal"

    Une cellule vide laisse la valeur ; avec --replace, elle l'efface, et ce qui n'est pas dans le
    tableau est retiré des unités qu'il nomme. « oui » ou une date dans « Vérifié le » vaut confirm.
    """
    from rorcli.tables.importing import Way

    session: Session = context.obj
    options = Options(dry_run, push, output)
    way = Way(parse_map(mapped or []), _known(table) if table else "", replace, session.today)
    if sheet.suffix.lower() in files.SUFFIXES:
        raise UsageError(f"{sheet} n'est pas un tableau", remedy=_ORDER)
    befores = read_all(paths)
    intake = _taken(sheet, [document for _, document in befores], way)
    if intake.problems:
        return _refuse(session, intake, sheet, output)
    from rorcli.text import batches

    pairs = [
        (path, doc, batches.apply(doc, intake.steps.get(doc.path, []))) for path, doc in befores
    ]
    if output == "json":
        return _answer(session, intake, sheet, pairs, dry_run=dry_run)
    from rorcli.reports.tables import render_intake

    return finish(session, pairs, render_intake(intake, str(sheet)), options)


_ORDER = "les fiches d'abord, le tableau en dernier : rorcli import etab.yaml tableau.csv"


def _tables(names: list[str] | None, suffix: str) -> list[Table]:
    """The tables asked for, as many as the kind of file holds."""
    if suffix not in {_CSV, _XLSX}:
        raise UsageError(f"--to : « {suffix} » n'est ni .csv ni .xlsx",
                         remedy="--to coordonnees.csv, ou --to etab.xlsx")  # fmt: skip
    chosen = [_known(name) for name in names or []]
    if suffix == _CSV and len(chosen) != 1:
        raise UsageError("un fichier CSV contient un seul tableau",
                         remedy=f"--table, parmi : {_NAMES} ; ou --to etab.xlsx")  # fmt: skip
    return [TABLES[name] for name in chosen or TABLES if chosen or TABLES[name] is not WIDE]


def _known(name: str) -> str:
    from rorcli.codes import fold

    if fold(name) not in TABLES:
        raise UsageError(f"--table {name} : tableau inconnu", remedy=f"parmi : {_NAMES}")
    return fold(name)


def _sheet(table: Table, paths: tuple[Path, ...], session: Session, *, template: bool) -> Sheet:
    from rorcli.tables.entries import rows, shown
    from rorcli.tables.sheets import Sheet

    headers = [column.header for column in shown(table, template=template)]
    documents = map(files.read_file, paths)
    return Sheet(table.name, headers, rows(table, documents, session.today, template=template))


def _taken(path: Path, documents: list[Document], way: Way) -> Intake:
    from rorcli.tables.importing import take
    from rorcli.tables.sheets import read

    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} : lecture impossible ({files.reason(error)})",
            remedy=_ORDER,
        ) from error
    return take(documents, read(content, str(path)), way, str(path))


def _refuse(session: Session, intake: Intake, path: Path, output: str) -> int:
    from rorcli.reports.machine import dumps
    from rorcli.reports.tables import intake_data, render_problems

    if output == "json":
        session.terminal.write_text(dumps(intake_data(intake, str(path), [], [], ok=False)))
    else:
        for line in render_problems(intake, str(path)):
            session.terminal.warn(line)
    return ExitCode.FINDINGS


def _answer(
    session: Session,
    intake: Intake,
    path: Path,
    pairs: list[tuple[Path, Document, Document]],
    *,
    dry_run: bool,
) -> int:
    """The account as data; the files are written first, if no error stops them."""
    from rorcli.reports.machine import dumps
    from rorcli.reports.tables import intake_data

    added = added_findings(session, pairs)
    ok = not any(each.severity is Severity.ERROR for each in added)
    changed = [each for each in pairs if each[1].text != each[2].text]
    written = changed if ok and not dry_run else []
    files.save_all(written)
    names = [str(each) for each, *_ in written]
    session.terminal.write_text(dumps(intake_data(intake, str(path), names, added, ok=ok)))
    return ExitCode.OK if ok else ExitCode.FINDINGS
