"""Panel "Consulter": the establishments that a person follows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rorcli import favorites, files
from rorcli.cli.options import Output
from rorcli.cli.targets import finess_or_file, unknown
from rorcli.errors import ExitCode, UsageError
from rorcli.favorites import Favorite

if TYPE_CHECKING:
    from rorcli.cli.session import Session


def favorite(
    context: typer.Context,
    action: Annotated[
        Literal["add", "list", "remove"],
        typer.Argument(metavar="add|list|remove", help="Ajouter, montrer, retirer."),
    ] = "list",
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="FINESS|FICHIER", help="Établissements (EG), ou leurs fichiers."),
    ] = None,
    output: Output = "text",
) -> int:
    """Retient les établissements que vous suivez, comme les Favoris du portail.

    Exemples :
      rorcli favorite add 440099919
      rorcli favorite list
      rorcli favorite remove "Hôpital des Saules"
      rorcli pull --favoris --to etablissements/

    Un favori se nomme ensuite par des mots de son nom, partout où un FINESS est attendu :
    rorcli show saules. Sans rien, montre la liste : une ligne par favori, FINESS et nom.
    """
    session: Session = context.obj
    if (action == "list") != (not targets):
        raise UsageError(f"favorite {action} : " + (
            "n'attend pas d'établissement" if targets else "donnez un FINESS ou un fichier"),
            remedy="rorcli favorite add 440099919")  # fmt: skip
    before = favorites.read()
    if action == "list":
        after, notes = before, [] if before else ["aucun favori"]
    else:
        change = {"add": _added, "remove": _removed}[action]
        after, notes = change(session, before, targets or [])
        favorites.save(after)
    session.terminal.say(*notes)
    if action == "list" or output == "json":
        _show(session, after, output)
    return ExitCode.OK


# The list as it shall be, and what became of each establishment.
Changed = tuple[tuple[Favorite, ...], list[str]]


def _added(session: Session, before: tuple[Favorite, ...], targets: list[str]) -> Changed:
    """Each is known by its file or by the directory; all of them, or none."""
    found = {each.finess: each for each in before}
    notes = []
    for target in targets:
        finess, file = finess_or_file(target)
        is_known = finess in found
        if not is_known:
            nom = _name_in_file(file) if file else _name_in_store(session, finess)
            found[finess] = Favorite(finess, nom)
        said = "déjà dans vos favoris" if is_known else "ajouté à vos favoris"
        notes.append(f"{finess} {found[finess].nom} : {said}")
    return tuple(found.values()), notes


def _removed(_: Session, before: tuple[Favorite, ...], targets: list[str]) -> Changed:
    found = {each.finess: each for each in before}
    notes = []
    for finess in (finess_or_file(target)[0] for target in targets):
        gone = found.pop(finess, None)
        said = f"{gone.nom} : retiré de" if gone else ": n'est pas dans"
        notes.append(f"{finess} {said} vos favoris")
    return tuple(found.values()), notes


def _name_in_file(file: Path) -> str:
    from rorcli.edition import establishment_of

    return establishment_of(files.read_file(file)).etablissement.nom or ""


def _name_in_store(session: Session, finess: str) -> str:
    from rorcli.stores.base import Query

    store = session.open_store(read_only=True)
    hit = next(store.search(Query(finess=(finess,))), None)
    if hit is None:
        raise unknown(finess, store)
    return hit.nom


def _show(session: Session, listed: tuple[Favorite, ...], output: str) -> None:
    from rorcli.reports.machine import dumps

    if output == "json":
        found = [each._asdict() for each in listed]
        session.terminal.write_text(
            dumps({"schema": "rorcli/favorites/v1", "ok": True, "favorites": found})
        )
    else:
        session.terminal.write(f"{each.finess}\t{each.nom}" for each in listed)
