"""A round through what is late in a file: which nodes, in which order, what a confirmation covers.

What depends on a node comes before it: its own confirmation holds for all that is below, and is
given once that was seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from rorcli.model import Establishment, Placed, Unite
from rorcli.validation.freshness import Dates
from rorcli.validation.view import View, day_of


@dataclass(frozen=True, slots=True)
class Stop:
    """A node to look at: the EG when `placed` is None."""

    pointer: str
    placed: Placed | None = None


def stops(establishment: Establishment, dates: Dates, today: date, limit: date) -> tuple[Stop, ...]:
    """The open nodes that nobody has looked at since the limit, the EG last."""
    view = View(establishment, today)
    if not view.is_open(view.site):
        return ()
    late = [
        Stop(placed.unit.pointer, placed)
        for placed in _upwards(establishment.etablissement.unites, (), view)
        if _is_late(dates.of(placed.key, day_of(placed.verifie_le)), limit)
    ]
    if _is_late(dates.of("", day_of(view.site.verifie_le)), limit):
        late.append(Stop(view.site.pointer))
    return tuple(late)


def below(stop: Stop, others: tuple[Stop, ...]) -> int:
    """How many of the others a confirmation of this one would cover."""
    return sum(each.pointer.startswith(f"{stop.pointer}/") for each in others)


def _upwards(units: tuple[Unite, ...], above: tuple[Unite, ...], view: View) -> Iterator[Placed]:
    for unit in filter(view.is_open, units):
        yield from _upwards(unit.unites, (*above, unit), view)
        yield Placed(unit, above, view.site)


def _is_late(day: date | None, limit: date) -> bool:
    return day is None or day < limit
