"""Which store an address means; a store's own module is loaded when one is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext
from typing import Literal, NamedTuple, overload

from rorcli.errors import UsageError
from rorcli.login import TokenSource
from rorcli.settings import StoreSettings
from rorcli.stores.base import LoadableStore, Say, Store, silent


class Access(NamedTuple):
    """Who we are for a server: where tokens come from, and our certificate; None is nobody."""

    tokens: TokenSource | None = None
    context: SSLContext | None = None


@dataclass(frozen=True, slots=True)
class _Opening:
    settings: StoreSettings
    create: bool
    read_only: bool
    say: Say
    access: Callable[[], Access]


def _open_sqlite(opening: _Opening) -> LoadableStore:
    from rorcli.stores.sqlite import open_sqlite

    place = opening.settings.url.partition(":")[2]
    path = Path(place)
    if not path.is_absolute():
        raise UsageError(
            f"sqlite:{place} : le chemin de la base doit être complet",
            remedy=f"par exemple sqlite:{Path.home() / 'annuaire.sqlite'}",
        )
    return open_sqlite(path, create=opening.create, read_only=opening.read_only, say=opening.say)


def _open_fhir(opening: _Opening) -> LoadableStore:
    from rorcli.stores.fhir.store import FhirStore
    from rorcli.stores.fhir.transport import Transport, base_of

    base_of(opening.settings.url)  # a wrong address is told before anybody logs in
    transport = Transport(opening.settings, *opening.access())
    return FhirStore(opening.settings, transport, say=opening.say, read_only=opening.read_only)


SCHEMES: dict[str, Callable[[_Opening], LoadableStore]] = {
    "sqlite": _open_sqlite,
    "fhir+https": _open_fhir,
    "fhir+http": _open_fhir,
}


@overload
def open_store(
    store: str | StoreSettings, *, create: Literal[True], say: Say = ...,
    access: Callable[[], Access] = ...,
) -> LoadableStore: ...  # fmt: skip


@overload
def open_store(
    store: str | StoreSettings, *, create: bool = False, read_only: bool = False, say: Say = ...,
    access: Callable[[], Access] = ...,
) -> Store: ...  # fmt: skip


def open_store(
    store: str | StoreSettings, *, create: bool = False, read_only: bool = False,
    say: Say = silent, access: Callable[[], Access] = Access,
) -> Store:  # fmt: skip
    """The store at `sqlite:/abs/path` or `fhir+https://host/base`, be it with its settings.

    `read_only` gives one that cannot write; `access` is asked for where one may have to log in.

    Raises:
        UsageError: No such kind of store, or, without `create`, no store there or an empty one.
        StoreError: See `Store`.
    """
    settings = StoreSettings(url=store) if isinstance(store, str) else store
    scheme, _, place = settings.url.partition(":")
    opener = SCHEMES.get(scheme.lower())
    if opener and place:
        return opener(_Opening(settings, create, read_only, say, access))
    raise UsageError(
        f"« {settings.url} » : ce n'est pas l'adresse d'un annuaire",
        remedy="écrivez sqlite:/chemin/annuaire.sqlite, fhir+https://serveur/base, ou un nom de "
        "vos réglages",
    )
