"""A round through what is late in a file: which nodes, in which order, what a confirmation covers.

What depends on a node comes before it: its own confirmation holds for all that is below, and is
given once that was seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rorcli.model import EntiteGeographique, Establishment, Placed, Unite
from rorcli.validation.auditing import Criteria
from rorcli.validation.freshness import Dates, aged, places
from rorcli.validation.view import View


@dataclass(frozen=True, slots=True)
class Stop:
    """A node to look at: the EG when `placed` is None."""

    pointer: str
    placed: Placed | None = None


def stops(establishment: Establishment, dates: Dates, asked: Criteria) -> tuple[Stop, ...]:
    """The open nodes that nobody has looked at since the limit, the EG last."""
    view = View(establishment, asked.today)
    nodes = aged(places(view), view, dates, asked.is_late)
    late = {each.at.key for each in nodes if each.is_late}
    units = _upwards(view.site.unites, (), view.site)
    found = [Stop(each.unit.pointer, each) for each in units if each.key in late]
    return (*found, *([Stop(view.site.pointer)] if "" in late else []))


def below(stop: Stop, others: tuple[Stop, ...]) -> int:
    """How many of the others a confirmation of this one would cover."""
    return sum(each.pointer.startswith(f"{stop.pointer}/") for each in others)


def _upwards(
    units: tuple[Unite, ...], above: tuple[Unite, ...], site: EntiteGeographique
) -> Iterator[Placed]:
    for unit in units:
        yield from _upwards(unit.unites, (*above, unit), site)
        yield Placed(unit, above, site)
