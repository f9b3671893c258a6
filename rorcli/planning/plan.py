"""What a push would write for one establishment, and the guards that stop it.

A plan is a value: the changes, in the order of the tree, and the version of the store that they
were computed from. Thresholds come from the settings; every guard has its own `--allow`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from rorcli.fields import Kind
from rorcli.items import COUNTED_ALL_DAY
from rorcli.model import Establishment
from rorcli.planning.changes import (
    NO_CHOICE,
    Change,
    Choice,
    Merge,
    apply_changes,
    completed,
    merge,
)
from rorcli.planning.facts import (
    EG,
    EJ,
    PARENT,
    PLACES,
    PRESENT,
    UNITS,
    Doubled,
    Facts,
    Path,
    Value,
    doubles,
    facts,
    is_capacity,
    is_reference,
    locate,
    rekey,
    situations,
)
from rorcli.planning.limits import Thresholds
from rorcli.planning.veils import veiled
from rorcli.plurals import counted

# What tells an establishment from another; the directory's may not change by accident.
IDENTITY = {(EG, "siret"): "SIRET", (EG, "categorie"): "catégorie"}
_SHOWN = 5
WATCHED = {"praticiens": "praticiens", "activites": "activités", "contacts": "contacts"}


@dataclass(frozen=True, slots=True)
class Guard:
    """A reason not to write: its name, how often it was met, and the French explanation."""

    name: str
    count: int
    message: str


@dataclass(frozen=True)
class Plan:
    """The changes of one establishment, computed against `version` of the store.

    `touched` holds the keys of the nodes to write: "" the EG, "ej" the EJ, else the unit's;
    `disputed` names the nodes in conflict, as `Sides.disputed`.
    """

    finess: str
    version: str
    changes: tuple[Change, ...] = ()
    theirs: tuple[Change, ...] = ()
    conflicts: tuple[tuple[Change, Change], ...] = ()
    guards: tuple[Guard, ...] = ()
    touched: frozenset[str] = frozenset()
    doubled: Doubled = frozenset()
    disputed: str = ""

    def result(self, theirs: Establishment) -> Establishment:
        """What the store holds once exactly these changes are applied."""
        return apply_changes(theirs, self.changes, self.doubled)

    def left(self, held: Mapping[Path, Value]) -> Plan | None:
        """What is left of it where the store moved; None when others changed the same.

        Nor with a new unit: it may be there already, under the id that it got.
        """
        written = {change.path for change in self.changes}
        for change in self.changes:
            node = change.path[:2]
            is_lost = change.path[0] in {UNITS, PLACES} and not {node} & (held.keys() | written)
            is_new = change.path == node and node[0] == UNITS and change.before is None
            if is_lost or is_new or held.get(change.path) not in {change.before, change.after}:
                return None
        left = tuple(change for change in self.changes if held.get(change.path) == change.before)
        return replace(self, changes=left)

    def refusals(self, allowed: Iterable[str]) -> list[Guard]:
        """The guards that no `--allow` lifts."""
        lifted = set(allowed)
        return [guard for guard in self.guards if guard.name not in lifted]


@dataclass(frozen=True)
class Sides:
    """What a plan compares: the file, the store, the base (None without one), as facts."""

    ours: Facts
    theirs: Facts
    base: Facts | None
    doubled: Doubled

    @classmethod
    def of(
        cls, ours: Establishment, theirs: Establishment, base: Facts | None,
        *, is_partial: bool = False,
    ) -> Sides:  # fmt: skip
        """The three sides with identities that agree; theirs may have been shown in part only."""
        doubled = doubles(ours, theirs) | (situations(base) if base else frozenset())
        known = None if base is None else rekey(base, doubled)
        held = facts(theirs, doubled)
        if known and is_partial:
            held.values |= veiled(known.values, held.values)
        return cls(facts(ours, doubled), held, known, doubled)

    def plan(
        self,
        finess: str,
        version: str,
        limits: Thresholds,
        choice: Choice = NO_CHOICE,
        *,
        only_capacities: bool = False,
    ) -> Plan:
        """Three-way comparison, what was chosen in conflicts, then the guards.

        `only_capacities` leaves all but the measures of lieux that the store has for another day.
        """
        settled = self.settled(merge(self.ours, self.theirs, self.base), choice)
        found = completed(settled, self.ours, self.theirs)
        if only_capacities:
            found = found.within(lambda path: is_capacity(path) and path[:2] in self.theirs.values)
        guards = tuple(check_guards(found.ours, self, limits))
        touched = frozenset(key for c in found.ours for key in self.nodes(c.path))
        parts = (found.ours, found.theirs, found.conflicts, guards, touched)
        return Plan(finess, version, *parts, self.doubled, self.disputed(found.conflicts, finess))

    def settled(self, found: Merge, choice: Choice) -> Merge:
        """What was chosen in conflicts; a choice that leaves a unit without its parent is none."""
        undecided: frozenset[str] = frozenset()
        settled = choice.settle(found, self.nodes)
        while orphans := self._orphans(settled) - undecided if settled != found else frozenset():
            undecided |= orphans
            settled = choice.settle(found, self.nodes, undecided)
        return settled

    def _orphans(self, settled: Merge) -> frozenset[str]:
        """The units that would stand under none, and the parents that they lack."""
        moves = {c.path: c.after for c in settled.ours if c.path[0] == UNITS}
        here = {**self.theirs.values, **moves}
        parents = {p[1]: parent for p, parent in here.items() if p[2:] == (PARENT,) and parent}
        placed = ((key, str(parent)) for key, parent in parents.items() if here.get((UNITS, key)))
        lost = [pair for pair in placed if not here.get((UNITS, pair[1]))]
        return frozenset(key for pair in lost for key in pair)

    def nodes(self, path: Path) -> frozenset[str]:
        """Keys of the nodes that a path belongs to; a lieu's are every UO that works there."""
        return self._workers[path[1]] if path[0] == PLACES else frozenset({node_of(path)})

    def disputed(self, conflicts: Iterable[tuple[Change, Change]], finess: str) -> str:
        """The nodes in conflict, as `--ours` and `--theirs` name them; the first ones of many."""
        keys = (key for mine, _ in conflicts for key in sorted(self.nodes(mine.path)))
        names = list(dict.fromkeys(finess if key in {"", "ej"} else key for key in keys))
        return ", ".join(names[:_SHOWN]) + ", …" * (len(names) > _SHOWN)

    @cached_property
    def _workers(self) -> Mapping[str, frozenset[str]]:
        """The UOs that work in each lieu, on either side."""
        found: dict[str, set[str]] = defaultdict(set)
        for path in (*self.ours.values, *self.theirs.values):
            if is_reference(path):
                found[path[3]].add(path[1])
        return defaultdict(frozenset, {key: frozenset(units) for key, units in found.items()})


def node_of(path: Path) -> str:
    """Key of the node of a path: "" for the EG, "ej" for the EJ, else the unit's or lieu's."""
    return {EG: "", EJ: "ej"}.get(path[0], path[1])


def check_guards(changes: tuple[Change, ...], sides: Sides, limits: Thresholds) -> Iterator[Guard]:
    """Every guard that these changes meet (design, Guards)."""
    yield from _no_base(changes, sides)
    yield from _structure(changes)
    yield from _identity(changes)
    yield from _mass_delete(changes, sides.theirs, limits)
    yield from _empty_section(changes, sides, limits)
    yield from _capacity_drop((*changes, *_with_lieux(changes, sides)), limits)


def _no_base(changes: Iterable[Change], sides: Sides) -> Iterator[Guard]:
    """Without a former value, a replacement may undo what somebody corrected meanwhile.

    A count of the day corrects nothing: it takes the place of the one before.
    """
    gone = {c.path for c in changes if c.after is None and c.before is PRESENT}
    risky = [
        change
        for change in changes
        if change.before is not None
        and not _is_count_of_the_day(change.path)
        and not (sides.base and sides.base.owns(change.path, sides.theirs.values))
        and not any(change.path[:length] in gone for length in range(2, len(change.path)))
    ]
    if risky:
        yield Guard(
            "no-base",
            len(risky),
            f"{counted(len(risky), 'valeur')} de l'annuaire à remplacer ou à effacer sans que l'on "
            "sache ce que votre fichier en savait (pas de base : rorcli pull --merge)",
        )


def _is_count_of_the_day(path: Path) -> bool:
    """True within a measure that is counted all day."""
    return path[2:3] == ("capacites",) and path[3].split("/")[1] in COUNTED_ALL_DAY


def _structure(changes: Iterable[Change]) -> Iterator[Guard]:
    moved = {change.path[1] for change in changes if is_structural(change)}
    if moved:
        yield Guard(
            "structure",
            len(moved),
            f"{counted(len(moved), 'unité')} à ajouter, à retirer, à déplacer ou à changer de "
            "niveau : la structure relève de l'équipe ROR régionale (dossier collaboratif)",
        )


def is_structural(change: Change) -> bool:
    """True for a unit that comes or goes, and for a new parent or level of one that stays."""
    match change.path:
        case (root, _) if root == UNITS:
            return True
        case (root, _, key) if root == UNITS and key in {PARENT, "type"}:
            return change.before is not None and change.after is not None
        case _:
            return False


def _identity(changes: Iterable[Change]) -> Iterator[Guard]:
    found = [IDENTITY[each.path] for each in changes if each.path in IDENTITY and each.before]
    if found:
        yield Guard("identity", len(found), f"l'identité change : {', '.join(found)}")


def _mass_delete(changes: Iterable[Change], theirs: Facts, limits: Thresholds) -> Iterator[Guard]:
    for key, said in WATCHED.items():
        gone = sum(1 for c in changes if c.after is None and _is_item(c.path, key))
        there = sum(1 for path in theirs.values if _is_item(path, key)) if gone else 0
        many = there >= limits.mass_delete_min and gone * 100 > there * limits.mass_delete_percent
        if many or gone > limits.mass_delete_max:
            yield Guard(
                "mass-delete",
                gone,
                f"{gone} {said} sur {there} seraient retirés (seuils : "
                f"{limits.mass_delete_percent} % dès {limits.mass_delete_min}, ou plus de "
                f"{limits.mass_delete_max} ; réglages guards.mass_delete_*)",
            )


def _empty_section(changes: Iterable[Change], sides: Sides, limits: Thresholds) -> Iterator[Guard]:
    gone: Mapping[Path, int] = Counter(_list_of(c.path) for c in changes if c.after is None)
    there = Counter(path[:-1] for path in sides.theirs.values if path[:-1] in gone)
    kept = {path[:-1] for path in sides.ours.values}
    emptied = [
        f"{locate((*holder, '?')).steps[-1][0].label} ({count})"
        for holder, count in gone.items()
        # A unit that goes takes its lists along: that is the guard `structure`'s.
        if holder and _stays(holder, sides.ours)
        and there[holder] == count >= limits.empty_section_min and holder not in kept
    ]  # fmt: skip
    if emptied:
        yield Guard(
            "empty-section",
            len(emptied),
            f"des listes deviennent vides : {', '.join(emptied)} (seuil : "
            f"{limits.empty_section_min} ; réglage guards.empty_section_min)",
        )


def _with_lieux(changes: Iterable[Change], sides: Sides) -> Iterator[Change]:
    """The measures that go with a lieu that nobody works in any more, against those that come.

    A lieu that only takes another name or identifier under its UO is thus no drop.
    """
    moves = {c.path: c.after for c in changes if is_reference(c.path)}
    if not moves:
        return
    kept = {p[3] for p in (*sides.ours.values, *sides.theirs.values)
            if is_reference(p) and (p not in moves or moves[p])}  # fmt: skip
    left = {p[3]: p[1] for p in moves if p[3] not in kept and _stays(p, sides.ours)}
    entered = {p[3]: p[1] for p in moves if moves[p]}
    held: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for rank, (units, side) in enumerate(((left, sides.theirs), (entered, sides.ours))):
        for path, value in side.values.items():
            if path[0] == PLACES and path[1] in units and path[-1] == "nombre":
                held[units[path[1]], path[3]][rank] += int(value or 0)
    for (unit, measure), (before, after) in held.items():
        yield Change((UNITS, unit, measure, "nombre"), before, after)


def _capacity_drop(changes: Iterable[Change], limits: Thresholds) -> Iterator[Guard]:
    drops = []
    for change in changes:
        if change.path[-1] != "nombre" or change.path[-2].split("/")[1:2] != ["installe"]:
            continue
        before, after = int(change.before or 0), int(change.after or 0)
        lost = before - after
        halved = lost * 100 >= before * limits.capacity_drop_percent
        if before and (after == 0 or (halved and lost >= limits.capacity_drop_min)):
            drops.append(f"{before} → {after}")
    if drops:
        yield Guard(
            "capacity-drop",
            len(drops),
            f"capacité installée en forte baisse : {', '.join(drops)} (seuils : "
            f"{limits.capacity_drop_percent} % et {limits.capacity_drop_min}, ou zéro ; réglages "
            "guards.capacity_drop_*)",
        )


def _is_item(path: Path, key: str) -> bool:
    """True for an item of a list `key` of any node."""
    return path[-2:-1] == (key,) and bool(_list_of(path))


def _list_of(path: Path) -> Path:
    """The list that an item path belongs to; () when the path is no item of a node's list."""
    located = locate(path)
    length = len(located.node)
    if len(located.steps) != 1 or not located.steps[0][0].is_list:
        return ()
    return path[: length + 1] if located.steps[0][0].kind is not Kind.TEXTS else ()


def _stays(path: Path, ours: Facts) -> bool:
    """False below a unit that the file lacks."""
    return path[0] != UNITS or path[:2] in ours.values


def by_node(changes: Iterable[Change]) -> Mapping[Path, list[Change]]:
    """The changes gathered by the node that holds them, in their order."""
    found: dict[Path, list[Change]] = defaultdict(list)
    for change in changes:
        found[locate(change.path).node].append(change)
    return found
