"""An establishment as rules look at it: on a day, flattened, each node with its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from typing import TypeVar

from rorcli.fields import Kind, Spec, specs
from rorcli.model import LEVEL_LABELS, EntiteGeographique, Establishment, Placed, Unite
from rorcli.nouns import Noun

Node = EntiteGeographique | Unite
_N = TypeVar("_N", bound=Noun)


@dataclass(frozen=True)
class View:
    """An establishment on a day, with what several rules ask of it."""

    establishment: Establishment
    today: date

    @property
    def site(self) -> EntiteGeographique:
        """The EG."""
        return self.establishment.etablissement

    @cached_property
    def nouns(self) -> tuple[Noun, ...]:
        """Every noun of the file, in its order."""
        return tuple(_walk(self.establishment))

    @cached_property
    def units(self) -> tuple[Placed, ...]:
        """Every unit with what is above it."""
        return tuple(self.establishment.units())

    def all_of(self, kind: type[_N]) -> Iterator[_N]:
        """The nouns of one kind."""
        return (noun for noun in self.nouns if isinstance(noun, kind))

    def is_open(self, node: Node) -> bool:
        """False once closed for good: type DEF or none, and the date reached.

        An announced closure is still open; that of a parent closes nothing below it here.
        """
        day = day_of(node.date_fermeture)
        return day is None or day > self.today or node.type_fermeture not in (None, "DEF")


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


def keys(noun: Noun, *kinds: Kind) -> tuple[Spec, ...]:
    """The declared keys of a noun that hold one of these kinds of value."""
    owner: type = type(noun)
    return _keys(owner, kinds)


@cache
def _keys(owner: type, kinds: tuple[Kind, ...]) -> tuple[Spec, ...]:
    return tuple(spec for spec in specs(owner).values() if spec.kind in kinds)


def _walk(noun: Noun) -> Iterator[Noun]:
    yield noun
    for spec in keys(noun, Kind.NOUN, Kind.NOUNS):
        held = getattr(noun, spec.key)
        for each in held if spec.is_list else (held,) if held else ():
            yield from _walk(each)
