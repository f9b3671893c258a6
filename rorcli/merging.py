"""Takes the directory's changes into a file: splices only what changed, lines and comments stay.

The inverse of a push: each change of a plan's `theirs` part becomes edits of the document, item by
item. Units that the directory added, moved or removed come and go with all that is below them.

Every edit reads its result again, hence those of one node are made in that node's own lines alone,
which then take their place in the file: the cost follows the change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from rorcli.fields import Kind, Spec, specs
from rorcli.items import CANAUX, Contact, Horaire, Lieu, Telecom
from rorcli.model import Establishment, Placed, Unite, decode
from rorcli.nouns import Noun
from rorcli.planning.changes import Change
from rorcli.planning.facts import EG, EJ, PARENT, PLACES, UNITS, Doubled, Path, identity_of, locate
from rorcli.text import blocks, edits
from rorcli.text.document import Document

_KEYS = {canal: key for key, canal in CANAUX.items()}
_HORAIRES = specs(Unite)["horaires"]
# Lists that are never written as a single text.
_ALWAYS_LISTS = ("/activites", "/modalites_accueil", "/jours")


def splice(
    document: Document, changes: Iterable[Change], theirs: Establishment, doubled: Doubled
) -> Document:
    """The document with these changes; `theirs` gives the new items whole.

    `theirs` is in the house look already (short telecoms). UsageError, as `text.edits`, when the
    layout of the lines concerned allows no safe edit.
    """
    tree = _Tree(document, _Side(theirs, doubled))
    outer = _outermost(list(changes))
    structure = [c for c in outer if c.path[0] == UNITS and c.path[2:] in {(), (PARENT,)}]
    tree.add_and_move({c.path[1] for c in structure if c.after is not None})
    tree.rescue({c.path for c in outer if c.after is None})
    for change in structure:
        if change.after is None:
            tree.remove(change.path[1])
    tree.fields([c for c in outer if locate(c.path).steps and c.path[2:] != (PARENT,)])
    return tree.document


def _outermost(changes: list[Change]) -> list[Change]:
    """What comes or goes as a whole, without the fields inside.

    Removals come last: a list that is replaced item by item is never empty on the way.
    """
    whole = {c.path for c in changes if locate(c.path).noun or not locate(c.path).steps}
    outer = [c for c in changes if not any(c.path[:n] in whole for n in range(1, len(c.path)))]
    return sorted(outer, key=lambda change: change.after is None)


@dataclass(frozen=True)
class _Side:
    """An establishment to look nodes up in."""

    whole: Establishment
    doubled: Doubled

    @cached_property
    def units(self) -> Mapping[str, Placed]:
        """The units by key, in the order of the tree."""
        return {placed.key: placed for placed in self.whole.units()}

    @cached_property
    def works(self) -> Mapping[str, list[tuple[str, Lieu]]]:
        """Key of a lieu -> the UOs that work there, the one that describes it first."""
        found: dict[str, list[tuple[str, Lieu]]] = defaultdict(list)
        for key, placed in self.units.items():
            for lieu in placed.unit.lieux:
                (name,) = identity_of((UNITS, key, PLACES), lieu, self.doubled)
                found[name].append((key, lieu))
        return {name: sorted(each, key=lambda pair: -len(pair[1].managed))
                for name, each in found.items()}  # fmt: skip

    def node(self, path: Path) -> Noun | None:
        """What a path's first steps lead to."""
        if path[0] in {EJ, EG}:
            return getattr(self.whole, path[0], None)
        if path[0] == UNITS:
            return self.units[path[1]].unit if path[1] in self.units else None
        return self.works[path[1]][0][1] if path[1] in self.works else None


@dataclass
class _Tree:
    """The whole file as it grows."""

    document: Document
    theirs: _Side

    @property
    def ours(self) -> _Side:
        """The document as it is now: pointers move with every edit."""
        return _Side(decode(self.document.data), self.theirs.doubled)

    def add_and_move(self, keys: set[str]) -> None:
        """The units that come or go elsewhere, parents first."""
        for key in (key for key in self.theirs.units if key in keys):
            ours, new = self.ours, self.theirs.units[key]
            parent = ours.units.get(new.parent_key)
            if new.parent_key and parent is None:
                continue  # below what this file does not manage
            target = f"{parent.unit.pointer if parent else blocks.SITE}/unites"
            if key not in ours.units:
                data = self._known_lieux_by_id(blocks.alone(new.unit.to_data()), ours)
                self.document = edits.append_item(self.document, target, data)
            elif ours.units[key].parent_key != new.parent_key:
                self.document = blocks.moved(self.document, ours.units[key].unit.pointer, target)

    def _known_lieux_by_id(self, data: dict[str, Any], ours: _Side) -> dict[str, Any]:
        """A lieu is described once: where our file has it, the new unit only refers to it."""
        lieux = [{"id": x["id"]} if x.get("id") in ours.works else x for x in data.get("lieux", ())]
        return {**data, "lieux": lieux} if lieux else data

    def rescue(self, gone: set[Path]) -> None:
        """The description of a lieu that its UO leaves goes to another one that works there."""

        def leaves(unit: str, lieu: str) -> bool:
            return not gone.isdisjoint({(UNITS, unit), (UNITS, unit, PLACES, lieu)})

        known = self.ours.works if gone else {}
        for name in [n for n, (first, *_) in known.items() if leaves(first[0], n)]:
            (owner, described), *others = self.ours.works[name]
            heirs = [lieu for unit, lieu in others if not leaves(unit, name)]
            if not heirs:
                continue
            for key, value in described.to_data().items():
                at = f"{heirs[0].pointer}/{key}"
                self.document = edits.set_value(self.document, at, value)
            # Two descriptions would each be half of the truth.
            left = [lieu for unit, lieu in self.ours.works[name] if unit == owner]
            self.document = edits.remove_item(self.document, left[0].pointer)

    def remove(self, key: str) -> None:
        """A unit that goes; nothing when it went with the one above it."""
        gone = self.ours.units.get(key)
        if gone is not None:
            self.document = edits.remove_item(self.document, gone.unit.pointer)

    def fields(self, changes: list[Change]) -> None:
        """What changes inside nodes, each node in its own lines, or else in the whole file."""
        ours = self.ours
        lieux = set(ours.works)
        by_node: dict[str, list[Change]] = defaultdict(list)
        for change in changes:
            by_node[_pointer_of(change.path, ours)].append(change)
        work = {pointer: partial(self._edited, changes=inside, lieux=lieux)
                for pointer, inside in by_node.items()}  # fmt: skip
        self.document, left = blocks.edit_nodes(self.document, work)
        rest = [change for pointer in left for change in by_node[pointer]]
        self.document = self._edited(self.document, rest, lieux)

    def _edited(self, document: Document, changes: list[Change], lieux: set[str]) -> Document:
        editing = _Editing(document, self.theirs, lieux)
        for change in changes:
            editing.take(change)
        return editing.document


def _pointer_of(path: Path, ours: _Side) -> str:
    """Pointer of the node whose lines hold a path; "" when the file has none."""
    if path[0] in {EG, EJ}:
        return blocks.SITE
    if path[0] == PLACES:
        path = (UNITS, *(unit for unit, _ in ours.works.get(path[1], ())[:1]))
    placed = ours.units.get(path[1]) if len(path) > 1 else None
    return placed.unit.pointer if placed and placed.unit.id else ""


@dataclass
class _Editing:
    """A document, whole or cut, that takes the changes inside its nodes.

    `lieux` are those that the whole file knows.
    """

    document: Document
    theirs: _Side
    lieux: set[str]

    @property
    def ours(self) -> _Side:
        """The document as it is now: pointers move with every edit."""
        return _Side(decode(self.document.data), self.theirs.doubled)

    def take(self, change: Change) -> None:
        """A key of a node, or of an item or mapping inside it."""
        *outer, (spec, identity) = locate(change.path).steps
        mine, other = self.ours.node(change.path), self.theirs.node(change.path)
        for step, which in outer:
            mine, other = (self._below(each, change.path, step, which) for each in (mine, other))
        if mine is None:
            return
        pointer = f"{mine.pointer}/{spec.key}"
        if Horaire in {type(mine), spec.noun()}:
            self._opening(change)
        elif spec.noun() is Telecom:
            self._telecom(mine, other, change)
        elif spec.kind is Kind.NOUNS:
            items = [self._below(each, change.path, spec, identity) for each in (mine, other)]
            self._item(pointer, items[0], items[1], change)
        elif spec.is_list:
            self._value(pointer, identity, change)
        elif spec.kind is Kind.NOUN:
            held = getattr(mine, spec.key, None)
            new = getattr(other, spec.key, None) if change.after is not None else None
            if held is not None and held.pointer != pointer:  # a director among the contacts
                self.document = edits.remove_item(self.document, held.pointer)
            self.document = edits.set_value(self.document, pointer, new and new.to_data())
        elif not (isinstance(mine, Telecom) and mine.managed <= {"canal", "valeur"}):
            self.document = edits.set_value(self.document, pointer, change.after)

    def _below(self, noun: Noun | None, path: Path, spec: Spec, identity: str) -> Noun | None:
        """What a step leads to inside a noun: a mapping, or the item of that identity."""
        found = getattr(noun, spec.key, None)
        if spec.kind is Kind.NOUN or not found:
            return found or None
        doubled = self.theirs.doubled
        return next((i for i in found if " ".join(identity_of(path, i, doubled)) == identity), None)

    def _item(self, pointer: str, mine: Noun | None, other: Noun | None, change: Change) -> None:
        if change.after is None and mine is not None:
            self.document = edits.remove_item(self.document, mine.pointer)
        elif change.after is not None and mine is None and other is not None:
            known = isinstance(other, Lieu) and change.path[-1] in self.lieux
            data = {"id": change.path[-1]} if known else other.to_data()
            self.document = edits.append_item(self.document, pointer, data)
            self.lieux |= {change.path[-1]} if isinstance(other, Lieu) else set()

    def _opening(self, change: Change) -> None:
        """The hours of one day: it leaves the days that share other hours, and comes back alone."""
        path = change.path[: len(locate(change.path).node) + 2]
        units = (side.node(path) for side in (self.ours, self.theirs))
        mine, other = (self._below(unit, path, _HORAIRES, path[-1]) for unit in units)
        if mine == other:
            return
        if isinstance(mine, Horaire):
            jours = edits.value_at(self.document.data, f"{mine.pointer}/jours")
            if isinstance(jours, list) and len(jours) > 1:
                self._without(f"{mine.pointer}/jours", mine.jours[0])
            else:
                self.document = edits.remove_item(self.document, mine.pointer)
        unit = self.ours.node(path)
        if other is not None and unit is not None:
            pointer = f"{unit.pointer}/horaires"
            self.document = edits.append_item(self.document, pointer, other.to_data())

    def _value(self, pointer: str, value: str, change: Change) -> None:
        """A text or code of a list, which may be written as a single text."""
        held = edits.value_at(self.document.data, pointer)
        listed = held if isinstance(held, list) else [] if held is None else [held]
        if change.after is not None and value not in listed:
            self.document = edits.append_item(self.document, pointer, value)
        elif change.after is None and value in listed:
            self._without(pointer, value)

    def _telecom(self, mine: Noun, other: Noun | None, change: Change) -> None:
        """A way to reach a contact, in the form that the file has or the short one."""
        canal, value = change.path[-2:]
        held = _telecom_of(mine, canal, value)
        key = f"{mine.pointer}/{_KEYS.get(canal, '')}"
        listed = f"{mine.pointer}/telecoms"
        if change.after is None and held is not None:
            if held.pointer.startswith(f"{listed}/"):
                self.document = edits.remove_item(self.document, held.pointer)
            else:
                self._without(key, value)
        elif change.after is not None and held is None:
            new = _telecom_of(other, canal, value)
            if new is not None and (new.managed - {"canal", "valeur"} or canal not in _KEYS):
                self.document = edits.append_item(self.document, listed, new.to_data())
            else:
                self.document = edits.append_item(self.document, key, value)

    def _without(self, pointer: str, value: str) -> None:
        """Takes a text out of a list, or out of the key that holds it alone."""
        held = edits.value_at(self.document.data, pointer)
        left = [each for each in held if each != value] if isinstance(held, list) else []
        if isinstance(held, list) and (len(left) > 1 or pointer.endswith(_ALWAYS_LISTS)):
            item = f"{pointer}/{held.index(value)}"
            self.document = edits.remove_item(self.document, item)
        else:
            self.document = edits.set_value(self.document, pointer, left[0] if left else None)


def _telecom_of(contact: Noun | None, canal: str, value: str) -> Telecom | None:
    telecoms = contact.telecoms if isinstance(contact, Contact) else ()
    return next((t for t in telecoms if (t.canal, t.valeur) == (canal, value)), None)
