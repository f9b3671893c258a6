"""An establishment as facts: a path of keys and identities -> a value, and back.

A list item is known by its identity (design, Identity table), so order never counts; units are
known by their key whatever their parent, so a move is one fact. Comparing, merging and applying
then are plain work on dictionaries, and `assemble` is the way back.

Ownership: an absent key of the file is not managed, so its facts in the store are left alone. A
managed list owns its items; `capacites` are owned measure by measure and never removed by absence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rorcli.fields import Kind, Spec, specs
from rorcli.items import CANAUX, Contact, Lieu, Praticien, Telecom
from rorcli.model import EntiteGeographique, EntiteJuridique, Establishment, Unite, decode
from rorcli.nouns import Noun

Path = tuple[str, ...]
Value = str | int | bool | None
Doubled = frozenset[tuple[str, str]]

EJ, EG, UNITS, PLACES = "entite_juridique", "etablissement", "unites", "lieux"
PARENT = "parent"
# The value of the fact that says "this item is in the list".
PRESENT = True


@dataclass(slots=True)
class Facts:
    """An establishment as paths and values; `owned` holds the managed keys as paths."""

    values: dict[Path, Value] = field(default_factory=dict)
    owned: set[Path] = field(default_factory=set)

    def owns(self, path: Path, theirs: Mapping[Path, Value]) -> bool:
        """True when this side decides on `path`, be it by holding nothing there."""
        if path in self.values:
            return True
        anchor = _anchor(self.values, path)
        if len(anchor) == 1 and path[0] == UNITS:
            return self._owns_unit(path[1], theirs)
        key = len(anchor)
        if path[key] == "capacites":
            return False
        # Nothing is owned of a lieu that this side lacks: other units may work there.
        # A short key of a contact owns its channel only: one step further than a plain key.
        return path[: key + 1] in self.owned or path[: key + 2] in self.owned

    def _owns_unit(self, unit: str, theirs: Mapping[Path, Value]) -> bool:
        """A unit that this side lacks was removed by it if it manages what is under the parent."""
        parent = theirs.get((UNITS, unit, PARENT))
        if not isinstance(parent, str):
            return False
        if parent and (UNITS, parent) not in self.values:
            return self._owns_unit(parent, theirs)
        return ((UNITS, parent, UNITS) if parent else (EG, UNITS)) in self.owned


def facts(establishment: Establishment, doubled: Doubled = frozenset()) -> Facts:
    """The facts of an establishment; `doubled` as `doubles` tells for all sides compared."""
    found = Facts()
    writer = _Writer(found, doubled)
    writer.noun((EJ,), establishment.entite_juridique)
    writer.noun((EG,), establishment.etablissement)
    for placed in establishment.units():
        here = (UNITS, placed.key)
        found.values[here] = PRESENT
        found.values[*here, PARENT] = placed.parent_key
        writer.noun(here, placed.unit)
    return found


def doubles(*sides: Establishment) -> Doubled:
    """(unit key, rpps) of people with two situations in one UO, on any side.

    There the identity of a situation is the RPPS and the specialty, else the RPPS alone.
    """
    return frozenset(
        (placed.key, rpps)
        for side in sides
        for placed in side.units()
        for rpps, times in Counter(p.rpps for p in placed.unit.praticiens).items()
        if times > 1 and rpps
    )


def situations(base: Facts) -> Doubled:
    """The same of a base: told apart there, they are told apart as long as it holds both."""
    found = Counter(
        (path[1], path[3].partition("/")[0])
        for path in base.values
        if path[2:3] == _SITUATION[2:] and len(path) == len(_SITUATION) + 1
    )
    return frozenset(key for key, times in found.items() if times > 1)


def assemble(values: Mapping[Path, Value]) -> Establishment:
    """The way back: the establishment that has exactly these facts."""
    tree: dict[Any, Any] = {}
    for path, value in values.items():
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        node[_VALUE] = value
    return decode(_Builder(tree).data())


@dataclass(frozen=True, slots=True)
class Located:
    """What a path leads to: the node that holds it, then each key with the item's identity."""

    node: Path
    steps: tuple[tuple[Spec, str], ...]
    noun: type | None


def locate(path: Path) -> Located:
    """Reads a path along the declarations of the model."""
    length = 2 if path[0] in _KEYED else 1
    owner: type | None = _ROOTS[path[0]]
    steps: list[tuple[Spec, str]] = []
    rest = list(path[length:])
    while rest:
        key = rest.pop(0)
        spec = _PARENT_SPEC if key == PARENT else specs(owner or Noun)[key]
        owner = spec.noun() if spec.kind in {Kind.NOUN, Kind.NOUNS} else None
        width = (2 if owner is Telecom else 1) if spec.is_list else 0
        steps.append((spec, " ".join(rest[:width])))
        del rest[:width]
        if owner is Lieu and not rest:
            owner = None  # a UO only refers to its lieux; each is a node of its own
    return Located(path[:length], tuple(steps), owner)


def is_reference(path: Path) -> bool:
    """True for the fact that a UO works in a lieu."""
    return path[0] == UNITS and path[2:3] == (PLACES,)


def is_capacity(path: Path) -> bool:
    """True for a measure of a lieu, and for what is in it."""
    return path[0] == PLACES and path[2:3] == ("capacites",)


def rekey(known: Facts, doubled: Doubled) -> Facts:
    """The same facts (of a base) with the identities that `doubled` asks for."""

    def renamed(path: Path) -> Path:
        if path[2:3] != ("praticiens",) or len(path) <= len(_SITUATION):
            return path
        rpps = path[3].partition("/")[0]
        specialite = known.values.get((*path[:4], "specialite"))
        identity = f"{rpps}/{specialite or ''}" if (path[1], rpps) in doubled else rpps
        return (*path[:3], identity, *path[4:])

    return Facts(
        {renamed(path): value for path, value in known.values.items()},
        {renamed(path) for path in known.owned},
    )


def identity_of(path: Path, item: Noun, doubled: Doubled) -> Path:
    """The steps that name an item of the list at `path`."""
    if isinstance(item, Telecom):
        return (item.canal or "", item.valeur or "")
    if isinstance(item, Praticien) and (path[1], item.rpps) in doubled:
        return (f"{item.rpps}/{item.specialite or ''}",)
    if isinstance(item, Lieu) and not item.id:
        return (f"{path[1]}#{item.identity}",)
    return (item.identity,)


_ROOTS: Mapping[str, type] = {
    EJ: EntiteJuridique, EG: EntiteGeographique, UNITS: Unite, PLACES: Lieu,
}  # fmt: skip
_KEYED = frozenset({UNITS, PLACES})
_PARENT_SPEC = Spec(PARENT, Kind.TEXT, "Rattachement", "L'unité dont celle-ci dépend.")
_VALUE = object()
_SITUATION = (UNITS, "", "praticiens")


def _anchor(values: Mapping[Path, Value], path: Path) -> Path:
    """The deepest node or item above `path` that exists; its first step when none does."""
    lengths = range(len(path) - 1, 1, -1)
    return next((path[:n] for n in lengths if path[:n] in values), path[:1])


@dataclass(slots=True)
class _Writer:
    """Writes nouns as facts."""

    found: Facts
    doubled: Doubled

    def noun(self, path: Path, noun: Noun) -> None:
        """The managed keys of a noun that stands at `path`."""
        for key, spec in specs(type(noun)).items():
            if key == UNITS and key in noun.managed:
                self.found.owned.add((*path, key))
            elif key in noun.managed:
                self.found.owned.add((*path, key))
                self.key((*path, key), spec, getattr(noun, key))
        if isinstance(noun, Contact):
            short = noun.managed & CANAUX.keys()
            self.found.owned.update((*path, "telecoms", CANAUX[key]) for key in short)
            self.items((*path, "telecoms"), noun.telecoms)

    def key(self, path: Path, spec: Spec, value: Any) -> None:
        """One key: a list, a mapping or a scalar."""
        if spec.kind is Kind.NOUNS:
            self.items(path, value)
        elif spec.is_list:
            self.found.values.update(((*path, each), PRESENT) for each in value)
        elif value is not None:
            self.found.values[path] = PRESENT if spec.kind is Kind.NOUN else value
            if spec.kind is Kind.NOUN:
                self.noun(path, value)

    def items(self, path: Path, items: Iterable[Noun]) -> None:
        """The items of a list, each under its identity."""
        for item in items:
            here = (*path, *identity_of(path, item, self.doubled))
            self.found.values[here] = PRESENT
            if isinstance(item, Lieu):
                here = (PLACES, here[-1])
                self.found.values[here] = PRESENT
            self.noun(here, item)


class _Builder:
    """Facts as a tree -> plain data of a file."""

    def __init__(self, tree: dict[Any, Any]) -> None:
        self.tree = tree
        self.described: set[str] = set()

    def data(self) -> dict[str, Any]:
        """The whole establishment."""
        below: dict[str, list[str]] = {}
        for key, node in self.tree.get(UNITS, {}).items():
            if _VALUE in node:
                below.setdefault(node.get(PARENT, {}).get(_VALUE, ""), []).append(key)
        site = self.noun(EntiteGeographique, self.tree.get(EG, {}))
        if "" in below:
            site[UNITS] = [self.unit(key, below) for key in below[""]]
        return {EJ: self.noun(EntiteJuridique, self.tree.get(EJ, {})), EG: site}

    def unit(self, key: str, below: Mapping[str, list[str]]) -> dict[str, Any]:
        """One unit with what depends on it."""
        data = self.noun(Unite, self.tree[UNITS][key])
        if key in below:
            data[UNITS] = [self.unit(child, below) for child in below[key]]
        return data

    def noun(self, owner: type, node: Mapping[Any, Any]) -> dict[str, Any]:
        """One mapping, in the order of the declarations."""
        return {
            key: self.value(spec, node[key])
            for key, spec in specs(owner).items()
            if key in node and key != UNITS and (spec.is_list or _VALUE in node[key])
        }

    def value(self, spec: Spec, node: dict[Any, Any]) -> Any:
        """What a key holds."""
        if spec.kind is Kind.NOUN:
            return self.noun(spec.noun(), node)
        if not spec.is_list:
            return node[_VALUE]
        if spec.kind is not Kind.NOUNS:
            return list(node)
        if spec.noun() is Lieu:
            return [self.place(key) for key in node]
        nodes = list(node.values())
        if spec.noun() is Telecom:
            nodes = [each for canal in nodes for each in canal.values()]
        # What stands below an item that is not there is no item.
        return [self.noun(spec.noun(), each) for each in nodes if _VALUE in each]

    def place(self, key: str) -> dict[str, Any]:
        """A lieu: described where it is met first, referred to by its id further on."""
        if key in self.described:
            return {"id": key}
        self.described.add(key)
        return self.noun(Lieu, self.tree.get(PLACES, {}).get(key, {})) or {"id": key}
