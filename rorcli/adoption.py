"""Ids that the directory has given meanwhile to what a file only proposed.

A unit without `id` is known by its parent, its level and its name (design, Structure); a lieu by
its name within its UO. Where several answer to that, none is taken: a person has to tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rorcli.model import Establishment, Placed, decode
from rorcli.text.document import Document
from rorcli.text.edits import set_value


@dataclass(frozen=True, slots=True)
class Adopted:
    """The document with the ids, and the paths of proposed units that several answer to."""

    document: Document
    doubtful: tuple[str, ...] = ()


def adopt_ids(document: Document, theirs: Establishment) -> Adopted:
    """The document with the ids that `theirs` has for what the document holds without."""
    there = list(theirs.units())
    doubtful: list[str] = []
    # From the top down, since a unit's place is told by the id of its parent.
    for pointer in [p.unit.pointer for p in decode(document.data).units() if not p.unit.id]:
        ours = list(decode(document.data).units())
        now = next(placed for placed in ours if placed.unit.pointer == pointer)
        known = {placed.key for placed in ours}
        rivals = [p for p in ours if not p.unit.id and _place(p) == _place(now)]
        twins = [p for p in there if p.key not in known and _place(p) == _place(now)]
        if len(twins) == len(rivals) == 1:
            document = set_value(document, f"{pointer}/id", twins[0].key)
        elif twins:
            doubtful.append(now.path)
    for pointer, given in _lieux(decode(document.data), there):
        document = set_value(document, f"{pointer}/id", given)
    return Adopted(document, tuple(doubtful))


def _place(placed: Placed) -> tuple[str, str | None, str | None]:
    return placed.parent_key, placed.unit.type, placed.unit.nom


def _lieux(ours: Establishment, there: list[Placed]) -> Iterator[tuple[str, str]]:
    """Pointer and id of the lieux that are told by their name alone."""
    lieux = {placed.key: placed.unit.lieux for placed in there}
    for placed in ours.units():
        known = {lieu.id for lieu in placed.unit.lieux}
        for mine in placed.unit.lieux:
            twins = [x.id for x in lieux.get(placed.key, ()) if x.nom == mine.nom]
            if not mine.id and mine.nom and len(twins) == 1 and twins[0] and twins[0] not in known:
                yield mine.pointer, twins[0]
