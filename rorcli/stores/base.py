"""What a store is: four verbs, a printable address, and the values that they exchange.

A new back-end is one module that has these verbs, one row in `rorcli.stores.SCHEMES`, and the
contract suite of `tests/stores/contract.py` passing on it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

from rorcli.errors import DataError
from rorcli.items import Contact
from rorcli.model import Establishment
from rorcli.nouns import Noun
from rorcli.planning.facts import doubles, facts
from rorcli.planning.plan import Plan

if TYPE_CHECKING:
    from rorcli.validation.auditing import Criteria, Summary
    from rorcli.validation.freshness import Aged

AnyNoun = TypeVar("AnyNoun", bound=Noun)
Item = TypeVar("Item")
Result = TypeVar("Result")

#: What `LoadableStore.add` did.
Added = Literal["created", "unchanged", "replaced"]
#: Where a store says in French what keeps it waiting.
Say = Callable[[str], object]


def silent(said: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An establishment as the store holds it: every key that has a value is managed.

    `version` moves with every write; `changed_on` is the store's own day of each node, by key
    (`Placed.key`, "" = the EG). After `apply`, `given` holds the `id` that the store gave to each
    unit that had none, by its former key. `unheld` are the keys of the EG and of units that this
    store has no place for: they are left out of comparisons, and that is said. `is_partial` tells
    that the access profile may not see everything: what is missing was not removed for that. From
    a store that tells it, `written_at` is when, in Paris, the node's own resource was written, its
    lieux and situations apart.
    """

    establishment: Establishment
    version: str
    changed_on: Mapping[str, date]
    given: Mapping[str, str] = field(default_factory=dict)
    unheld: frozenset[str] = frozenset()
    is_partial: bool = False
    written_at: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """One version that the store keeps: what it held, since when, and who wrote it."""

    version: str
    written_on: date
    author: str
    establishment: Establishment


class Ages(NamedTuple):
    """The nodes that are late, oldest first, to be walked once; every establishment in numbers."""

    late: Iterator[Aged]
    every: list[Summary]


@dataclass(frozen=True, slots=True)
class Query:
    """What `search` looks for; everything that is given must match, nothing given matches all.

    Words are compared without accents and case, each begins a word of what it is sought in.

    Attributes:
        words: Over all: place, establishment, EJ and one unit together hold every word.
        place: Commune or name of the establishment by words; postal code; number of département.
        what: Name of the establishment, path of a unit, labels of its codes; in one unit all.
        ej: FINESS of the EJ, or words of its name.
        finess: The EG to choose from, all when empty.
        limit: The number of establishments at most.
    """

    words: str = ""
    place: str = ""
    what: str = ""
    ej: str = ""
    finess: tuple[str, ...] = ()
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """An establishment that a search found.

    `units` are (key, path) of the units that hold the words, by path; none when no words were
    asked for, or when the establishment's own name holds them all.
    """

    finess: str
    nom: str
    categorie: str
    commune: str
    code_postal: str
    finess_ej: str
    raison_sociale: str
    units: tuple[tuple[str, str], ...] = ()


class Store(Protocol):
    """Where establishments live.

    Every verb may raise StoreConflictError (the store moved), StoreUnavailableError (locked, too)
    or StoreDeniedError, and no other error of the outside world.
    """

    @property
    def url(self) -> str:
        """The address without secrets, to be printed."""

    @property
    def at_once(self) -> int:
        """How many establishments may be read or written at the same time, by threads."""

    def describe(self) -> str:
        """What there is to know of it, in French, for `doctor`; it answers if this does."""

    def search(self, query: Query) -> Iterator[Hit]:
        """The establishments found, by commune, then name."""

    def version(self, finess: str) -> str | None:
        """The version of that EG alone, None when the store has none; as cheap as it can be."""

    def fetch(self, finess: str) -> Snapshot | None:
        """The establishment of that EG, None when the store has none."""

    def fetch_each(self, query: Query) -> Iterator[Snapshot]:
        """What `search` finds, each read whole when its turn comes."""

    def history(self, finess: str) -> Iterator[Written]:
        """The versions that the store keeps of an EG, oldest first."""

    def unsupported(self, plan: Plan) -> list[str]:
        """French reasons why this store cannot take the plan; asked before the plan is shown."""

    def apply(self, plan: Plan, *, today: date, author: str) -> Snapshot:
        """Write the plan whole or not at all, if the version is still the plan's; then re-read.

        Units without `id` get one. `changed_on` becomes `today` for what the plan touches. A plan
        without changes makes no version.

        Raises:
            DataError: The result would hold two units with the same `id`.
        """

    def close(self) -> None:
        """Let go of files and connections; the store is of no use afterwards."""


@runtime_checkable
class DatedStore(Protocol):
    """A store that tells ages without reading what it holds."""

    def ages(self, query: Query, asked: Criteria) -> Ages | None:
        """How old every node is that `search` would find an establishment of; None: read them."""


class LoadableStore(Store, Protocol):
    """A store that takes whole establishments: ours, never the ROR."""

    def add(
        self, establishment: Establishment, *, today: date, replace: bool = False,
        changed_on: Mapping[str, date] | None = None,
    ) -> Added:  # fmt: skip
        """Take an establishment; its nodes are as old as their effective `verifie_le` or `today`.

        Another directory's own days, by key, come before these: `changed_on`.

        Raises:
            DataError: No FINESS, units without `id` or with the same one; or the establishment is
                there already, different, and `replace` is false.
        """


def side_by_side(
    work: Callable[[Item], Result], items: Iterable[Item], at_once: int
) -> Iterator[Result]:
    """The results in the order of the items, so many under way; one by one in this very thread.

    Whoever stops listening has what was not begun called off.
    """
    if at_once == 1:
        yield from map(work, items)
        return
    from concurrent.futures import Future, ThreadPoolExecutor

    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(at_once) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) == 2 * at_once:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for each in waiting:
                each.cancel()


def valued(noun: AnyNoun) -> AnyNoun:
    """What a store holds of it: every key that has a value, and no other; order stays."""
    values: dict[str, Any] = {}
    # A contact's short keys are no attributes: what they hold is among its telecoms.
    for key in noun.managed | ({"telecoms"} if isinstance(noun, Contact) else set()):
        value = getattr(noun, key, None)
        if isinstance(value, Noun):
            value = valued(value)
        elif isinstance(value, tuple) and value and isinstance(value[0], Noun):
            value = tuple(each for item in value if (each := valued(item)).managed)
        if value not in (None, ()) and getattr(value, "managed", True):
            values[key] = value
    return type(noun)(managed=frozenset(values), **values)


def same_facts(one: Establishment, other: Establishment) -> bool:
    """True when they hold the same values, in whatever order."""
    if one == other:
        return True
    doubled = doubles(one, other)
    return facts(one, doubled).values == facts(other, doubled).values


def node_keys(establishment: Establishment) -> list[str]:
    """The key of each node, the EG's first."""
    return ["", *(placed.key for placed in establishment.units())]


def require_keys(establishment: Establishment) -> None:
    """A store knows every node by its key."""
    faults = [] if establishment.finess else ["son FINESS"]
    faults += [f"l'id de « {each.path} »" for each in establishment.units() if not each.unit.id]
    if faults:
        raise DataError(
            f"{establishment.finess or 'établissement'} : il manque {', '.join(faults)}",
            remedy="la base ne connaît rien sans identifiant : complétez le fichier",
        )
    doubled = [key for key, times in Counter(node_keys(establishment)).items() if times > 1]
    if doubled:
        raise DataError(
            f"{establishment.finess} : plusieurs unités ont le même id ({', '.join(doubled)})",
            remedy="un id désigne une seule unité : corrigez le fichier",
        )
