"""Panel "Consulter": whole establishments of the directory, written as files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from rorcli import favorites, files
from rorcli.cli.completion import followed, units
from rorcli.cli.options import Favorites, Ours, Output, Theirs
from rorcli.cli.targets import finess_or_file, unknown
from rorcli.errors import DataError, UsageError
from rorcli.stores.base import Query, Store

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.exchange import Exchange
    from rorcli.sync import Named

# How a pull ends that changed a file.
TAKEN = {"written", "merged"}


def pull(
    context: typer.Context,
    finess: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FINESS|FICHIER",
            autocompletion=followed,
            help="Établissements, favoris ou fichiers.",
        ),
    ] = None,
    ej: Annotated[
        str, typer.Option("--ej", metavar="FINESS|NOM", help="Tous ceux de cette EJ.")
    ] = "",
    favoris: Favorites = False,
    everything: Annotated[bool, typer.Option("--all", help="Tout l'annuaire.")] = False,
    file: Annotated[
        Path | None,
        typer.Option("-f", "--file", metavar="FICHIER", help="Nom du fichier à écrire."),
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DOSSIER", help="Dossier où écrire.")
    ] = None,
    disponibilites: Annotated[
        bool, typer.Option("--disponibilites", help="Aussi les lits disponibles, occupés…")
    ] = False,
    merge: Annotated[
        bool,
        typer.Option("--merge", help="Reprendre dans le fichier ce que l'annuaire a changé."),
    ] = False,
    ours: Ours = None,
    theirs: Theirs = None,
    discard: Annotated[
        list[str] | None,
        typer.Option(
            "--discard",
            metavar="UNITÉ",
            autocompletion=units,
            help="Abandonner vos modifications de cette unité pour ce que tient l'annuaire ; * : "
            "toutes.",
        ),
    ] = None,
    output: Output = "text",
) -> int:
    """Écrit en fichiers YAML ce que tient l'annuaire, un par établissement : FINESS.yaml.

    Exemples :
      rorcli pull 440099919
      rorcli pull 440099919 -f etab.yaml
      rorcli pull --ej 440099901 --to etablissements/
      rorcli pull --favoris --to etablissements/
      rorcli pull --merge etab.yaml
      rorcli pull --discard "Consultations de gynécologie" etab.yaml

    Un fichier qui existe et qui dit autre chose n'est jamais écrasé ; --merge y reprend ce que
    l'annuaire a changé depuis, sans toucher au reste. --discard fait de même et rend à une unité
    les valeurs de l'annuaire : vos modifications y sont abandonnées.
    """
    from rorcli.cli.pulling import Report
    from rorcli.reports.findings import render_finding
    from rorcli.sync import Named
    from rorcli.validation import validate_all

    session: Session = context.obj
    targets = [finess_or_file(each) for each in dict.fromkeys(finess or [])]
    asked = [found for found, _ in targets]
    if sum(map(bool, (asked, ej, favoris, everything))) != 1:
        raise UsageError("pull : donnez des FINESS, ou --ej, ou --favoris, ou --all",
                         remedy="rorcli pull 440099919")  # fmt: skip
    if file and (to or len(set(asked)) != 1):
        raise UsageError("-f nomme le fichier d'un seul établissement",
                         remedy="--to donne le dossier de plusieurs")  # fmt: skip
    asked += favorites.require() if favoris else ()
    store = session.open_store(read_only=True)
    wanted = dict.fromkeys(asked or _all_of(store, ej))
    given = {found: path for found, path in targets if path}
    paths = {each: file or given.get(each) or (to or Path()) / f"{each}.yaml" for each in wanted}
    report = Report(session, "pull", output)
    named = Named(tuple(ours or ()), tuple(theirs or ()), tuple(discard or ()))
    how = _How(disponibilites, merge or bool(discard), named)
    report.run(_pull_each(session, store, paths, how), len(paths))
    code = report.tell()
    written = [files.read_file(each.path) for each in report.done if each.status in TAKEN]
    settings = session.settings
    ignored = frozenset(settings.ignore)
    findings = validate_all(written, session.today, ignored, settings.mssante)
    session.terminal.say(*map(render_finding, findings))
    return code


def _all_of(store: Store, ej: str) -> list[str]:
    found = [hit.finess for hit in store.search(Query(ej=ej))]
    if not found and not ej:
        raise UsageError(f"l'annuaire {store.url} ne tient aucun établissement",
                         remedy="vérifiez --store : rorcli doctor")  # fmt: skip
    if not found:
        raise DataError(f"« {ej} » : aucun établissement de cette EJ dans l'annuaire {store.url}",
                        remedy="rorcli search montre les EJ")  # fmt: skip
    return found


class _How(NamedTuple):
    """What a pull takes, and how it treats a file that is there."""

    availability: bool
    merge: bool
    named: Named


def _pull_each(
    session: Session, store: Store, paths: dict[str, Path], how: _How
) -> Iterator[Exchange]:
    from rorcli.exchange import Exchange, Status, merge_into, pull

    for finess, path in paths.items():
        snapshot, today = store.fetch(finess), session.today
        if snapshot is None:
            yield Exchange(finess, path, Status.REFUSED, unknown(finess, store))
        elif how.merge and path.exists():
            yield merge_into(path, snapshot, store.url, today=today, named=how.named)
        else:
            yield pull(snapshot, path, store.url, today=today, availability=how.availability)
