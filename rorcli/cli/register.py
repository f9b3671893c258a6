"""The extract of the Annuaire santé that a run asks: which file, where its index is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rorcli import files
from rorcli.errors import UsageError

if TYPE_CHECKING:
    from rorcli.annuaire.index import Index
    from rorcli.annuaire.people import Known
    from rorcli.cli.session import Session

Annuaire = Annotated[
    Path | None,
    typer.Option(
        "--annuaire", metavar="EXTRAIT",
        help="Extrait en accès libre de l'Annuaire santé : PS_LibreAcces_Personne_activite….txt "
        "(réglage annuaire).",
    ),
]  # fmt: skip


def open_index(session: Session, annuaire: Path | None) -> Index | None:
    """The index of that extract, else of the one of the settings, if any; closed with the run."""
    extract = annuaire or session.settings.annuaire
    if extract is None:
        return None
    import platformdirs

    from rorcli.annuaire.index import open_index

    terminal = session.terminal
    cache = Path(platformdirs.user_cache_dir("rorcli", appauthor=False))
    index = open_index(
        extract, cache,
        lambda blocks, total: terminal.progress(blocks, total, "Lecture de l'Annuaire santé"),
        terminal.say,
    )  # fmt: skip
    session.closes(index)
    return index


def look_up(session: Session, annuaire: Path | None, file: Path, given: Mapping[str, str]) -> Known:
    """What the register says of the person that `given` names; nothing without a register."""
    from rorcli.annuaire.people import Known, look_up
    from rorcli.edition import establishment_of

    index = open_index(session, annuaire)
    if index is None:
        if "rpps" not in given:
            raise UsageError("il manque l'option --rpps", remedy="un nom suffit avec --annuaire : "
                             "rorcli add-practitioner --help")  # fmt: skip
        return Known()
    if not given.get("rpps") and not given.get("nom"):
        raise UsageError("donnez --rpps, ou --nom", remedy="rorcli add-practitioner --help")
    return look_up(index, given, establishment_of(files.read_file(file)).finess)
