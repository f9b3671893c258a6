"""What a file asks of the regional ROR team: units that come, go, move or change level; identity.

The same changes stop a push (guards `structure` and `identity`); here each is a request that a
person can read and a program can carry out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rorcli.model import Establishment, Placed
from rorcli.planning.changes import Change
from rorcli.planning.facts import PARENT, Value
from rorcli.planning.plan import IDENTITY, is_structural

EG = "eg"
# Who works in a unit and how it is reached is saved by a push, once the unit is there.
_LATER = {"unites", "contacts", "mssante", "praticiens", "horaires", "lieux", "verifie_le"}


class Kind(StrEnum):
    """What is asked; the values are those of `rorcli/dossier/v1`."""

    ADD = "add"
    REMOVE = "remove"
    MOVE = "move"
    RETYPE = "retype"
    IDENTITY = "identity"


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to ask: of a unit, or of the EG itself (level "eg", empty path and id).

    `path` is where the unit stands today, for a new one where it shall stand. `before` and `after`
    are levels, paths of what is above ("" for the EG) or values of identity; `content` describes
    a new unit, in keys of the file.
    """

    kind: Kind
    level: str
    path: str
    id: str = ""
    field: str = ""
    before: str = ""
    after: str = ""
    content: tuple[tuple[str, Any], ...] = ()


def requests(
    changes: Iterable[Change], ours: Establishment, theirs: Establishment
) -> Iterator[Request]:
    """What these changes of a plan ask for, in their order."""
    here = {placed.key: placed for placed in ours.units()}
    there = {placed.key: placed for placed in theirs.units()}
    for change in changes:
        if change.path in IDENTITY and change.before:
            before, after = str(change.before), str(change.after or "")
            field = change.path[-1]
            yield Request(Kind.IDENTITY, EG, "", field=field, before=before, after=after)
        elif is_structural(change):
            yield _of_unit(change, here, there)


def _of_unit(change: Change, here: dict[str, Placed], there: dict[str, Placed]) -> Request:
    key = change.path[1]
    if change.before is None:
        return _addition(here[key])
    placed = there[key]
    level, path = placed.unit.type or "", placed.path
    if change.after is None:
        return Request(Kind.REMOVE, level, path, key)
    if change.path[-1] == PARENT:
        before, after = _path(there, change.before), _path(here, change.after)
        return Request(Kind.MOVE, level, path, key, before=before, after=after)
    before, after = str(change.before), str(change.after)
    return Request(Kind.RETYPE, level, path, key, before=before, after=after)


def _addition(placed: Placed) -> Request:
    data = placed.unit.to_data()
    content = tuple((key, value) for key, value in data.items() if key not in _LATER)
    above = placed.path.rpartition(" > ")[0]
    level = placed.unit.type or ""
    return Request(Kind.ADD, level, placed.path, placed.unit.id or "", after=above, content=content)


def _path(units: dict[str, Placed], key: Value) -> str:
    """The path of the unit with that key; "" for the EG."""
    return units[str(key)].path if key else ""
