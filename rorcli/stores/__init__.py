"""Which store an address means; a store's own module is loaded when one is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, overload

from rorcli.errors import UsageError
from rorcli.stores.base import LoadableStore, Say, Store, silent


def _open_sqlite(place: str, create: bool, read_only: bool, say: Say) -> LoadableStore:  # noqa: FBT001 - as the table calls it
    from rorcli.stores.sqlite import open_sqlite

    path = Path(place)
    if not path.is_absolute():
        raise UsageError(
            f"sqlite:{place} : le chemin de la base doit être complet",
            remedy=f"par exemple sqlite:{Path.home() / 'annuaire.sqlite'}",
        )
    return open_sqlite(path, create=create, read_only=read_only, say=say)


SCHEMES: dict[str, Callable[[str, bool, bool, Say], LoadableStore]] = {"sqlite": _open_sqlite}


@overload
def open_store(url: str, *, create: Literal[True], say: Say = ...) -> LoadableStore: ...


@overload
def open_store(
    url: str, *, create: bool = False, read_only: bool = False, say: Say = ...
) -> Store: ...


def open_store(
    url: str, *, create: bool = False, read_only: bool = False, say: Say = silent
) -> Store:
    """The store at `sqlite:/abs/path`; `read_only` gives one that cannot write.

    Raises:
        UsageError: No such kind of store, or, without `create`, no store there or an empty one.
        StoreError: See `Store`.
    """
    scheme, _, place = url.partition(":")
    opener = SCHEMES.get(scheme.lower())
    if opener and place:
        return opener(place, create, read_only, say)
    if scheme.startswith("fhir"):
        raise UsageError(
            f"{scheme} : cette version de rorcli ne sait pas encore parler à un serveur FHIR",
            remedy="travaillez sur une base locale : --store sqlite:/chemin/annuaire.sqlite",
        )
    raise UsageError(
        f"« {url} » : ce n'est pas l'adresse d'un annuaire",
        remedy="écrivez sqlite:/chemin/annuaire.sqlite, ou un nom de vos réglages",
    )
