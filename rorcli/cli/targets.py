"""Which establishment a word of the command line means: a FINESS, a favourite, or a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rorcli import favorites, files
from rorcli.errors import DataError, UsageError
from rorcli.identifiers import FINESS
from rorcli.model import decode

if TYPE_CHECKING:
    from rorcli.stores.base import Store


def finess_or_file(text: str) -> tuple[str, Path | None]:
    """A FINESS, or that of the establishment whose file is named, with the file."""
    path = Path(text)
    if not path.is_file():
        return require_finess(text, "ni un FINESS, ni un fichier qui existe"), None
    data = files.read_file(path).data
    held = decode(data).finess if isinstance(data, dict) else ""
    return require_finess(held, f"pas le FINESS que l'on attend dans {path}"), path


def require_finess(text: str, otherwise: str) -> str:
    """The FINESS that `text` writes, or that of the favourite it names.

    Else UsageError "« text » n'est `otherwise`", or for a name that several favourites answer to.
    """
    finess = text.replace(" ", "").upper()
    if FINESS.fullmatch(finess):
        return finess
    if favorite := favorites.named(text):
        return favorite.finess
    raise UsageError(
        f"« {text} » n'est {otherwise}",
        remedy="un FINESS a neuf caractères ; rorcli search MOTS le trouve, rorcli favorite add "
        "le retient sous son nom",
    )


def unknown(finess: str, store: Store) -> DataError:
    """The error for an establishment that the store does not hold."""
    return DataError(
        f"{finess} : établissement inconnu de l'annuaire {store.url}",
        remedy="rorcli search MOTS montre ceux qu'il connaît",
    )
