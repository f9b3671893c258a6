"""The establishments that a person follows, as the portal's *Favoris*: a list in the user's folder.

One line each, FINESS, tab, name: a person may read it, correct it, carry it to another desk.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from rorcli import files
from rorcli.codes import fold
from rorcli.errors import UsageError
from rorcli.identifiers import FINESS
from rorcli.settings import user_data

NAME = "favoris.tsv"


class Favorite(NamedTuple):
    """An EG by its FINESS, and the name that it is called by."""

    finess: str
    nom: str


def path() -> Path:
    """Where the list stands, there or not."""
    return user_data() / NAME


def read() -> tuple[Favorite, ...]:
    """The list, in the order of its lines; UsageError when it cannot be understood."""
    try:
        text = path().read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise _damaged("du texte en UTF-8 est attendu") from error
    lines = [line.partition("\t") for line in text.splitlines() if line.strip()]
    for finess, _, _ in lines:
        if not FINESS.fullmatch(finess.strip()):
            raise _damaged(f"« {finess} » n'est pas un FINESS")
    return tuple(Favorite(finess.strip(), nom.strip()) for finess, _, nom in lines)


def save(favorites: Iterable[Favorite]) -> None:
    """Replaces the list whole; UsageError when it cannot be written."""
    lines = (f"{each.finess}\t{' '.join(each.nom.split())}\n" for each in favorites)
    files.write(path(), "".join(lines), mode=files.PRIVATE)


def require() -> tuple[str, ...]:
    """The FINESS of all favourites; UsageError when there is none."""
    found = tuple(each.finess for each in read())
    if not found:
        raise UsageError("vous n'avez aucun favori",
                         remedy="rorcli favorite add FINESS en ajoute un")  # fmt: skip
    return found


def named(text: str) -> Favorite | None:
    """The favourite that a text names: its whole name, else words of it; UsageError for several."""
    wanted = fold(text)
    known = [(fold(each.nom), each) for each in read()] if wanted else []
    found = [each for nom, each in known if nom == wanted]
    found = found or [each for nom, each in known if _begins_words(wanted, nom)]
    if len(found) > 1:
        shown = "".join(f"\n  {each.finess}  {each.nom}" for each in found)
        raise UsageError(f"« {text} » désigne {len(found)} favoris :{shown}",
                         remedy="donnez le FINESS, ou le nom entier")  # fmt: skip
    return found[0] if found else None


def _begins_words(wanted: str, nom: str) -> bool:
    """True when each word begins one of the name's, as in a search."""
    words = nom.replace("'", " ").replace("-", " ").split()
    return all(any(word.startswith(each) for word in words) for each in wanted.split())


def _damaged(why: str) -> UsageError:
    remedy = "corrigez la ligne (FINESS, tabulation, nom), ou supprimez le fichier"
    return UsageError(f"{path()} : liste de favoris illisible ({why})", remedy=remedy)
