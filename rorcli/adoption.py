"""Ids that the directory has given meanwhile to what a file only proposed.

A unit without `id` is known by its parent, its level and its name (design, Structure); a lieu by
its name within its UO. Where several answer to that, none is taken: a person has to tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rorcli.model import Establishment, Placed, decode
from rorcli.text.document import Document
from rorcli.text.edits import set_value


@dataclass(frozen=True, slots=True)
class Adopted:
    """The document with the ids, what it says, the paths of proposals that several answer to."""

    document: Document
    ours: Establishment
    doubtful: tuple[str, ...] = ()

    def without(self, keys: frozenset[str]) -> Adopted:
        """The same, `ours` not managing those keys."""
        return replace(self, ours=self.ours.without(keys))


def adopt_ids(document: Document, ours: Establishment, theirs: Establishment) -> Adopted:
    """The document, which says `ours`, with the ids that `theirs` has for what it proposes."""
    there = list(theirs.units())
    doubtful: list[str] = []
    # From the top down, since a unit's place is told by the id of its parent.
    for pointer in [placed.unit.pointer for placed in ours.units() if not placed.unit.id]:
        placed = list(ours.units())
        now = next(each for each in placed if each.unit.pointer == pointer)
        known = {each.key for each in placed}
        rivals = [each for each in placed if not each.unit.id and _place(each) == _place(now)]
        twins = [each for each in there if each.key not in known and _place(each) == _place(now)]
        if len(twins) == len(rivals) == 1:
            document = set_value(document, f"{pointer}/id", twins[0].key)
            ours = decode(document.data)
        elif twins:
            doubtful.append(now.path)
    given = dict(_lieux(ours, there))
    for pointer, each in given.items():
        document = set_value(document, f"{pointer}/id", each)
    return Adopted(document, decode(document.data) if given else ours, tuple(doubtful))


def _place(placed: Placed) -> tuple[str, str | None, str | None]:
    return placed.parent_key, placed.unit.type, placed.unit.nom


def _lieux(ours: Establishment, there: list[Placed]) -> Iterator[tuple[str, str]]:
    """Pointer and id of the lieux that are told by their name alone."""
    lieux = {placed.key: placed.unit.lieux for placed in there}
    for placed in ours.units():
        known = {lieu.id for lieu in placed.unit.lieux}
        for mine in (lieu for lieu in placed.unit.lieux if lieu.nom and not lieu.id):
            twins = [lieu.id for lieu in lieux.get(placed.key, ()) if lieu.nom == mine.nom]
            if len(twins) == 1 and twins[0] and twins[0] not in known:
                yield mine.pointer, twins[0]
