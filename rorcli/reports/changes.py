"""How changes read, in the portal's words: nodes, items and fields by name, one line a change.

An item that comes or goes takes one line, and so does a number that takes another's place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from rorcli import codes
from rorcli.fields import Kind, Spec
from rorcli.items import NATURES, STATUTS, Telecom
from rorcli.model import Establishment
from rorcli.planning.changes import Change
from rorcli.planning.facts import (
    EG,
    EJ,
    PARENT,
    PLACES,
    PRESENT,
    UNITS,
    Path,
    Value,
    doubles,
    facts,
    locate,
)
from rorcli.planning.plan import by_node
from rorcli.reports import Line
from rorcli.reports.findings import one_line
from rorcli.reports.nouns import channel_label

# Identity fields say again what the item's own line says.
IDENTITY = {"canal", "valeur", "rpps", "nature", "statut", "jours", "debut", "fonction", "id"}
# What the line of an item says by naming it, and the one of a unit by its path.
_SAID = {*IDENTITY, "nom", "prenom", PARENT}
_HELD = {True: "présent", False: "absent"}
SIGNS = {"create": ("+", "added"), "delete": ("-", "removed"), "update": ("~", "changed")}


class Names:
    """What people call the nodes and items of two sides; the second one has the last word."""

    def __init__(self, *sides: Establishment) -> None:
        self.sides = sides

    @cached_property
    def known(self) -> Mapping[Path, str]:
        """The nodes by name."""
        found: dict[Path, str] = {(EJ,): "Entité juridique", (EG,): "Établissement"}
        for placed in (placed for side in self.sides for placed in side.units()):
            found[UNITS, placed.key] = placed.path
            for lieu in placed.unit.lieux:
                key = lieu.id or f"{placed.key}#{lieu.identity}"
                if lieu.nom:
                    found[PLACES, key] = f"{placed.path} > lieu {lieu.nom}"
                else:
                    found.setdefault((PLACES, key), f"{placed.path} > lieu {key}")
        return found

    @cached_property
    def items(self) -> Mapping[Path, Mapping[str, Value]]:
        """What each item holds, by key."""
        found: dict[Path, dict[str, Value]] = defaultdict(dict)
        doubled = doubles(*self.sides)
        for side in self.sides:
            for path, value in facts(side, doubled).values.items():
                found[path[:-1]][path[-1]] = value
        return found

    def node(self, path: Path) -> str:
        """The node's name and, for a unit or lieu, its identifier."""
        said = one_line(self.known.get(path, path[-1]))
        # A unit that is only proposed has no identifier yet.
        return f"{said} ({path[1]})" if path[0] == UNITS and ">" not in path[1] else said

    def of(self, path: Path) -> str:
        """Node and field in words."""
        said = [self.node(locate(path).node), self.field(path)]
        return " : ".join(part for part in said if part)

    def value(self, path: Path, value: Value) -> str:
        """A value in words; a parent by its name."""
        if path[2:] == (PARENT,) and isinstance(value, str):
            return one_line(self.known.get((UNITS, value), value)) or "l'établissement"
        return _scalar(path, value)

    def field(self, path: Path) -> str:
        """The keys of a path in words: "Contact Secrétariat, Téléphone"."""
        located = locate(path)
        at = len(located.node)
        words = []
        for spec, identity in located.steps:
            at += 1 + (len(identity.split(" ", 1)) if spec.noun() is Telecom else bool(identity))
            words.append(self._step(spec, path[:at], identity))
        return one_line(", ".join(words))

    def _step(self, spec: Spec, path: Path, identity: str) -> str:
        if not identity:
            return spec.label
        if spec.noun() is Telecom:
            canal, _, value = identity.partition(" ")
            return f"{channel_label(canal)} {value}"
        if spec.kind is Kind.NOUNS:
            return f"{_SINGULAR.get(spec.key, spec.label)} {self._item(spec.key, path)}".strip()
        shown = coded(spec.table, identity) if spec.table else identity
        return f"{_SINGULAR.get(spec.key, spec.label)} {shown}"

    def _item(self, key: str, path: Path) -> str:
        """What tells an item apart, in words."""
        held = self.items.get(path, {})
        if key == "contacts":
            nature = coded("natures-contact", held.get("nature"))
            fonction = coded("fonctions-contact", held.get("fonction"))
            who = " ".join(str(held[k]) for k in ("prenom", "nom") if k in held)
            return " ".join(part for part in (fonction, nature, who) if part)
        if key == "praticiens":
            who = " ".join(str(held[k]) for k in ("prenom", "nom") if k in held)
            return f"{who} ({path[-1]})".strip()
        if key == "capacites":
            nature, statut = path[-1].split("/")[:2]
            return f"{NATURES.get(nature, nature)} {STATUTS.get(statut, statut)}".lower()
        return path[-1]


_SINGULAR = {
    "activites": "Activité",
    "capacites": "Capacité",
    "contacts": "Contact",
    "horaires": "Horaire",
    "lieux": "Lieu",
    "modalites_accueil": "Modalité",
    "praticiens": "Praticien",
    "unites": "Unité",
}


def render_nodes(changes: Iterable[Change], names: Names) -> Iterator[Line]:
    """The changes under the names of their nodes."""
    nodes = by_node(changes)
    # The EJ and the EG first; units and lieux come in the order of the tree already.
    for node in sorted(nodes, key=lambda path: len(path) > 1):
        yield ((f"  {names.node(node)}", "title"),)
        for sign, style, said in node_lines(nodes[node], names):
            yield ((f"    {sign} ", style), (said, ""))


def node_lines(changes: list[Change], names: Names) -> Iterator[tuple[str, str, str]]:
    """Sign, style and words of each change of one node.

    What goes with an item that comes or goes is said on its line.
    """
    outer = outermost(changes)
    inside = _inside(outer, changes)
    swaps = _swaps(outer)
    gone = {old.path for old in swaps.values()}
    for change in outer:
        if change.path in swaps:
            what = names.field(change.path).removesuffix(f" {change.path[-1]}")
            said = f"{what} : {swaps[change.path].path[-1]} → {change.path[-1]}"
            yield (*SIGNS["update"], one_line(said))
        elif change.path not in gone:
            yield (*SIGNS[kind_of(change)], _words(change, inside[change.path], names))


def outermost(changes: Iterable[Change]) -> list[Change]:
    """The changes that are not inside an item that comes or goes."""
    listed = list(changes)
    whole = {c.path for c in listed if PRESENT in {c.before, c.after} and locate(c.path).noun}
    return [c for c in listed if not any(c.path[:n] in whole for n in range(1, len(c.path)))]


def tally(changes: Iterable[Change]) -> Counter[str]:
    """How many changes of each kind a person counts."""
    outer = [c for listed in by_node(changes).values() for c in outermost(listed)]
    swaps = _swaps(outer)
    one = {*swaps, *(old.path for old in swaps.values())}
    return Counter(kind_of(c) for c in outer if c.path not in one) + Counter(update=len(swaps))


def kind_of(change: Change) -> str:
    """create, delete or update."""
    if change.before is None:
        return "create"
    return "delete" if change.after is None else "update"


def change_data(change: Change, names: Names) -> dict[str, Any]:
    """One change as every JSON form of ours says it."""
    return {
        "kind": kind_of(change),
        "path": list(change.path),
        "where": names.of(change.path),
        "before": change.before,
        "after": change.after,
    }


def is_thing(path: Path) -> bool:
    """True for the path of a node, an item or a mapping, which are there or are not."""
    steps = locate(path).steps
    return not steps or steps[-1][0].is_list or steps[-1][0].kind is Kind.NOUN


def show(path: Path, value: Value) -> str:
    """A value in words: a code with its label, nothing as "(vide)", a thing as there or not."""
    if is_thing(path):
        return _HELD[value is PRESENT]
    return _scalar(path, value)


def coded(table: str, value: object) -> str:
    """A code with its label."""
    if not isinstance(value, str):
        return ""
    label = codes.table(table).label(value)
    return f"{label} ({value})" if label and label != value else value


def _inside(outer: list[Change], changes: list[Change]) -> Mapping[Path, list[Change]]:
    """The changes within each of the outer ones."""
    found: dict[Path, list[Change]] = {change.path: [] for change in outer}
    for change in changes:
        around = (change.path[:n] for n in range(1, len(change.path)))
        holder = next((path for path in around if path in found), None)
        if holder is not None:
            found[holder].append(change)
    return found


def _swaps(changes: Iterable[Change]) -> Mapping[Path, Change]:
    """Telecoms that take the place of the only one that leaves their channel."""
    channels: dict[Path, list[Change]] = defaultdict(list)
    for change in changes:
        if change.path[-3:-2] == ("telecoms",):
            channels[change.path[:-1]].append(change)
    pairs = (sorted(each, key=kind_of) for each in channels.values() if len(each) == 2)  # noqa: PLR2004
    return {new.path: old for new, old in pairs if (kind_of(new), kind_of(old)) == _SWAP}


_SWAP = ("create", "delete")


def _words(change: Change, inside: list[Change], names: Names) -> str:
    what = names.field(change.path) or "unité"
    if PRESENT in {change.before, change.after} and is_thing(change.path):
        detail = ", ".join(_details(inside, names)) if change.after is not None else ""
        return f"{what} : {detail}" if detail else what
    before, after = (names.value(change.path, value) for value in (change.before, change.after))
    return f"{what} : {after}" if change.before is None else f"{what} : {before} → {after}"


def _details(inside: list[Change], names: Names) -> Iterator[str]:
    for change in inside:
        usual = "telecoms" in change.path and change.after in {"1", "2"}
        is_said = change.path[-1] in _SAID or change.path[-2] == "jours"
        if is_said or change.after is None or usual:
            continue
        if change.after is PRESENT and locate(change.path).steps[-1][1]:
            yield names.field(change.path).rpartition(", ")[2]
        elif change.after is not PRESENT:
            label = locate(change.path).steps[-1][0].label
            yield f"{label} {_scalar(change.path, change.after)}"


def _scalar(path: Path, value: Value) -> str:
    if value is None:
        return "(vide)"
    if isinstance(value, bool):
        return "oui" if value else "non"
    steps = locate(path).steps
    spec = steps[-1][0] if steps else None
    if spec is not None and spec.table:
        return coded(spec.table, value)
    return one_line(spec.words.get(str(value), str(value)) if spec is not None else str(value))
