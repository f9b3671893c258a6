"""An establishment as rules look at it: on a day, flattened, each node with its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from rorcli.fields import LISTS, Kind, Spec, specs
from rorcli.model import LEVEL_LABELS, EntiteGeographique, Establishment, Placed, Unite
from rorcli.nouns import Noun
from rorcli.validation.findings import Issue

Node = EntiteGeographique | Unite
_N = TypeVar("_N", bound=Noun)


@dataclass(frozen=True)
class View:
    """An establishment on a day, with what several rules ask of it.

    `mssante` are domains of MSSanté that their names do not tell.
    """

    establishment: Establishment
    today: date
    mssante: tuple[str, ...] = ()

    @property
    def site(self) -> EntiteGeographique:
        """The EG."""
        return self.establishment.etablissement

    @cached_property
    def nouns(self) -> tuple[Noun, ...]:
        """Every noun of the file, in its order."""
        return tuple(_walk(self.establishment))

    @cached_property
    def _by_kind(self) -> Mapping[type, list[Any]]:
        kinds: dict[type, list[Any]] = {}
        for noun in self.nouns:
            kinds.setdefault(type(noun), []).append(noun)
        return kinds

    @cached_property
    def units(self) -> tuple[Placed, ...]:
        """Every unit with what is above it."""
        return tuple(self.establishment.units())

    @cached_property
    def open_units(self) -> tuple[Placed, ...]:
        """The units that are open, as is all that is above them."""
        return tuple(
            each
            for each in self.units
            if self.is_open(each.site) and all(map(self.is_open, (*each.above, each.unit)))
        )

    def all_of(self, kind: type[_N]) -> Iterable[_N]:
        """The nouns of one kind."""
        return self._by_kind.get(kind, ())

    def is_open(self, node: Node) -> bool:
        """False once closed for good: type DEF or none, and the date reached.

        An announced closure is still open; that of a parent closes nothing below it here.
        """
        day = day_of(node.date_fermeture)
        return day is None or day > self.today or node.type_fermeture not in (None, "DEF")


Check = Callable[[View], Iterator[Issue]]


def named(node: Node) -> str:
    """How a message calls a node: Service « Pédiatrie »."""
    kind = (
        LEVEL_LABELS.get(node.type or "", "Unité") if isinstance(node, Unite) else "Établissement"
    )
    return f"{kind} « {node.nom or '?'} »"


def day_of(value: str | None) -> date | None:
    """The day of a date or instant of the file; None for none, or one that does not exist."""
    try:
        return datetime.fromisoformat(value or "").date()
    except ValueError:
        return None


class Keys(NamedTuple):
    """The declared keys of a noun by what they hold; items of `lists` have an identity."""

    nouns: tuple[Spec, ...]
    lists: tuple[Spec, ...]
    codes: tuple[Spec, ...]
    days: tuple[Spec, ...]
    texts: tuple[Spec, ...]


_KINDS = ({Kind.NOUN, Kind.NOUNS}, LISTS, {Kind.CODE, Kind.CODES}, {Kind.DAY}, {Kind.TEXT})
_KEYS: dict[type, Keys] = {}


def keys(owner: type) -> Keys:
    """The keys of a class of nouns, sorted out once."""
    if owner not in _KEYS:
        declared = specs(owner).values()
        sorted_out = (tuple(spec for spec in declared if spec.kind in some) for some in _KINDS)
        _KEYS[owner] = Keys(*sorted_out)
    return _KEYS[owner]


def _walk(top: Noun) -> list[Noun]:
    """Depth first, in the order of the file."""
    found: list[Noun] = []
    waiting = [top]
    while waiting:
        noun = waiting.pop()
        found.append(noun)
        for spec in reversed(keys(type(noun)).nouns):
            if held := getattr(noun, spec.key):
                waiting.extend(reversed(held) if spec.is_list else (held,))
    return found
