"""The use case of `history`: what each version of an establishment changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rorcli.model import Establishment
from rorcli.planning.changes import Change, differences
from rorcli.planning.plan import Sides
from rorcli.stores.base import Written


def steps(
    versions: Iterable[Written], unit: str | None = None
) -> Iterator[tuple[Written, Establishment | None, tuple[Change, ...]]]:
    """Each version with what it changed, oldest first: (version, the one before, changes).

    With the key of a unit, only the versions that changed it.
    """
    before: Establishment | None = None
    for written in versions:
        changes: tuple[Change, ...] = ()
        if before is not None:
            sides = Sides.of(written.establishment, before, None)
            every = differences(sides.theirs, sides.ours)
            changes = tuple(c for c in every if unit is None or unit in sides.nodes(c.path))
        if changes or (before is None and unit is None):
            yield written, before, changes
        before = written.establishment
