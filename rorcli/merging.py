"""Takes the directory's changes into a file: splices only what changed, lines and comments stay.

The inverse of a push: each change of a plan's `theirs` part becomes edits of the document, item by
item. Units that the directory added, moved or removed come in with all that is below them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rorcli.fields import Kind, Spec, specs
from rorcli.items import CANAUX, Contact, Horaire, Lieu, Telecom
from rorcli.model import Establishment, Placed, Unite, decode
from rorcli.nouns import Noun
from rorcli.planning.changes import Change
from rorcli.planning.facts import EG, EJ, PARENT, PLACES, UNITS, Doubled, Path, identity_of, locate
from rorcli.text import edits
from rorcli.text.document import Document

_KEYS = {canal: key for key, canal in CANAUX.items()}
_HORAIRES = specs(Unite)["horaires"]
# Lists that are never written as a single text.
_ALWAYS_LISTS = ("/activites", "/modalites_accueil", "/jours")
_ROOTS = {EJ: f"/{EJ}", EG: f"/{EG}"}


def splice(
    document: Document, changes: Iterable[Change], theirs: Establishment, doubled: Doubled
) -> Document:
    """The document with these changes; `theirs` gives the new items whole.

    `theirs` is in the house look already (short telecoms). UsageError, as `text.edits`, when the
    layout of the lines concerned allows no safe edit.
    """
    merging = _Merging(document, theirs, doubled)
    listed = list(changes)
    for change in _outermost(listed):
        merging.take(change)
    return merging.document


def _outermost(changes: list[Change]) -> list[Change]:
    """What comes or goes as a whole, without the fields inside.

    Removals come last: a list that is replaced item by item is never empty on the way.
    """
    whole = {c.path for c in changes if locate(c.path).noun or not locate(c.path).steps}
    outer = [c for c in changes if not any(c.path[:n] in whole for n in range(1, len(c.path)))]
    return sorted(outer, key=lambda change: change.after is None)


@dataclass
class _Merging:
    """The document as it grows, and both sides to look things up in."""

    document: Document
    theirs: Establishment
    doubled: Doubled

    @property
    def ours(self) -> Establishment:
        """The establishment of the document as it is now: pointers move with every edit."""
        return decode(self.document.data)

    def take(self, change: Change) -> None:
        """One change: a node, an item, or a field."""
        located = locate(change.path)
        if change.path[0] == UNITS and not located.steps:
            self._unit(change)
        elif change.path[-1] == PARENT:
            self._move(change.path[1])
        elif located.steps:
            self._field(change)

    def _unit(self, change: Change) -> None:
        if change.after is None:
            gone = _placed(self.ours, change.path[1])
            if gone is not None:
                self.document = edits.remove_item(self.document, gone.unit.pointer)
            return
        self._add_unit(change.path[1])

    def _add_unit(self, key: str) -> None:
        new = _placed(self.theirs, key)
        if new is None or _placed(self.ours, key) is not None:
            return  # it came in with the unit above it
        parent = _placed(self.ours, new.parent_key) if new.parent_key else None
        holder = parent.unit.pointer if parent else _ROOTS[EG]
        self.document = edits.append_item(self.document, f"{holder}/unites", new.unit.to_data())

    def _move(self, key: str) -> None:
        old = _placed(self.ours, key)
        if old is not None:
            self.document = edits.remove_item(self.document, old.unit.pointer)
        self._add_unit(key)

    def _field(self, change: Change) -> None:
        """A key of a node, or of an item or mapping inside it."""
        *outer, (spec, identity) = locate(change.path).steps
        mine, other = self._node(change.path, self.ours), self._node(change.path, self.theirs)
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
            new = getattr(other, spec.key, None) if change.after is not None else None
            self.document = edits.set_value(self.document, pointer, new and new.to_data())
        elif not (isinstance(mine, Telecom) and mine.managed <= {"canal", "valeur"}):
            self.document = edits.set_value(self.document, pointer, change.after)

    def _below(self, noun: Noun | None, path: Path, spec: Spec, identity: str) -> Noun | None:
        """What a step leads to inside a noun: a mapping, or the item of that identity."""
        found = getattr(noun, spec.key, None)
        if spec.kind is Kind.NOUN or not found:
            return found or None
        return next(
            (i for i in found if " ".join(identity_of(path, i, self.doubled)) == identity), None
        )

    def _item(self, pointer: str, mine: Noun | None, other: Noun | None, change: Change) -> None:
        if change.after is None and mine is not None:
            self.document = edits.remove_item(self.document, mine.pointer)
        elif change.after is not None and mine is None and other is not None:
            known = isinstance(other, Lieu) and self._node((PLACES, change.path[-1]), self.ours)
            data = {"id": change.path[-1]} if known else other.to_data()
            self.document = edits.append_item(self.document, pointer, data)

    def _opening(self, change: Change) -> None:
        """The hours of one day: it leaves the days that share other hours, and comes back alone."""
        path = change.path[: len(locate(change.path).node) + 2]
        units = (self._node(path, side) for side in (self.ours, self.theirs))
        mine, other = (self._below(unit, path, _HORAIRES, path[-1]) for unit in units)
        if mine == other:
            return
        if isinstance(mine, Horaire):
            jours = edits.value_at(self.document.data, f"{mine.pointer}/jours")
            if isinstance(jours, list) and len(jours) > 1:
                self._without(f"{mine.pointer}/jours", mine.jours[0])
            else:
                self.document = edits.remove_item(self.document, mine.pointer)
        unit = self._node(path, self.ours)
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

    def _node(self, path: Path, side: Establishment) -> Noun | None:
        if path[0] == EJ:
            return side.entite_juridique
        if path[0] == EG:
            return side.etablissement
        if path[0] == UNITS:
            placed = _placed(side, path[1])
            return placed.unit if placed else None
        return _described(side, path[1], self.doubled)


def _placed(side: Establishment, key: str) -> Placed | None:
    return next((placed for placed in side.units() if placed.key == key), None)


def _described(side: Establishment, key: str, doubled: Doubled) -> Lieu | None:
    """The lieu of that key where the side describes it, else where it only refers to it."""
    found = [
        lieu
        for placed in side.units()
        for lieu in placed.unit.lieux
        if identity_of((UNITS, placed.key, PLACES), lieu, doubled) == (key,)
    ]
    return max(found, key=lambda lieu: len(lieu.managed), default=None)


def _telecom_of(contact: Noun | None, canal: str, value: str) -> Telecom | None:
    telecoms = contact.telecoms if isinstance(contact, Contact) else ()
    return next((t for t in telecoms if (t.canal, t.valeur) == (canal, value)), None)
