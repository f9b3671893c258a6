"""What differs between a file and a store: three-way merge, and what a push leaves as base.

Ours, theirs and conflicts are told apart per path (design, section 4). A path that the base does
not know (none was kept, or the key was not managed then) has no former value: a difference there
is ours, and the guard `no-base` watches it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from rorcli.items import Capacite, Contact, Telecom
from rorcli.model import Establishment
from rorcli.planning.facts import (
    PARENT,
    PLACES,
    PRESENT,
    UNITS,
    Doubled,
    Facts,
    Path,
    Value,
    assemble,
    facts,
    is_reference,
    locate,
)


@dataclass(frozen=True, slots=True)
class Change:
    """One field or one item: `before` and `after` are None where there is none."""

    path: Path
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Merge:
    """The outcome of a three-way comparison, each part in the order of the tree."""

    ours: tuple[Change, ...] = ()
    theirs: tuple[Change, ...] = ()
    conflicts: tuple[tuple[Change, Change], ...] = ()

    def within(self, keeps: Callable[[Path], bool]) -> Merge:
        """The same without what would be written, or is disputed, elsewhere."""
        ours = tuple(change for change in self.ours if keeps(change.path))
        return Merge(ours, self.theirs, tuple(p for p in self.conflicts if keeps(p[0].path)))


def merge(ours: Facts, theirs: Facts, base: Facts | None) -> Merge:
    """Three-way comparison per path; where the base does not know, a difference is ours."""
    mine: list[Change] = []
    other: list[Change] = []
    conflicts: list[tuple[Change, Change]] = []
    for path in _every_path(ours, theirs):
        now, there = ours.values.get(path), theirs.values.get(path)
        if now == there or not ours.owns(path, theirs.values):
            continue
        before = base.values.get(path) if base else None
        if base is None or not base.owns(path, theirs.values) or there == before:
            mine.append(Change(path, there, now))
        elif now == before:
            other.append(Change(path, before, there))
        else:
            conflicts.append((Change(path, before, now), Change(path, before, there)))
    return _contested(Merge(tuple(mine), tuple(other), tuple(conflicts)), ours, theirs, base)


def completed(found: Merge, ours: Facts, theirs: Facts) -> Merge:
    """The same with the defaults that the new items of ours get where the file says nothing."""
    return replace(found, ours=(*found.ours, *_defaults(found.ours, ours, theirs)))


def _contested(found: Merge, ours: Facts, theirs: Facts, base: Facts | None) -> Merge:
    """What one side removes while the other changes something inside is a conflict whole.

    Field by field both would go through, and leave half an item that nobody wrote. So are the
    values that both sides put in the place of one former value: see `_rivals`.
    """
    disputed = [pair[0] for pair in found.conflicts]
    moved = {c.path: c.after for c in found.ours if c.path[2:] == (PARENT,) and c.after is not None}
    maybe = {c.path: c.after for c in disputed if c.path[2:] == (PARENT,)}
    above = _Above(moved, maybe, theirs.values, ours.values)
    removed = _gone(found.ours), _gone(found.theirs)
    contested = {
        outer
        for changes, gone in zip((found.theirs, found.ours), removed, strict=True)
        for change in ((*changes, *disputed) if gone else ())
        for outer in above(change.path)
        if outer in gone
    }
    contested |= {(*unit, PARENT) for path in moved for unit in above.circle(path[:2])}
    contested |= _rivals(found, ours, theirs, base)
    # What works in a contested lieu alone goes, or stays, with it.
    contested |= {
        outer
        for path in (*_left(found.theirs, contested), *_vacated(found.ours, theirs, base))
        for outer in (path, *above(path))
        if outer in removed[0] | removed[1]
    }
    if not contested:
        return found

    def is_free(change: Change) -> bool:
        return contested.isdisjoint((change.path, *above(change.path)))

    # A lieu that goes because a contested unit leaves it goes, or stays, with that unit.
    left = (c for c in found.theirs if is_reference(c.path) and not is_free(c))
    contested |= {(PLACES, c.path[3]) for c in left} & removed[1]
    pairs = [(c, Change(c.path, c.after, c.before)) for c in found.ours if not is_free(c)]
    pairs += [(Change(c.path, c.before, c.before), c) for c in found.theirs if not is_free(c)]
    mine, other = (tuple(filter(is_free, changes)) for changes in (found.ours, found.theirs))
    return Merge(mine, other, (*found.conflicts, *pairs))


def _left(changes: Iterable[Change], contested: set[Path]) -> list[Path]:
    """The references to contested lieux that are withdrawn."""
    gone = (c.path for c in changes if is_reference(c.path) and c.after is None)
    return [path for path in gone if (PLACES, path[3]) in contested]


def _vacated(changes: Iterable[Change], theirs: Facts, base: Facts | None) -> list[Path]:
    """The references that we withdraw to lieux that go with them, and that theirs changed.

    Of a lieu that our file lacks nothing is compared, since other units may work there.
    """
    gone = {c.path: None for c in changes if is_reference(c.path) and c.after is None}
    if not gone or base is None:
        return []
    kept = {path[3] for path in theirs.values if is_reference(path) and path not in gone}
    lost = {path[3] for path in gone} - kept
    moved = {
        path[1]
        for path in theirs.values.keys() | base.values.keys()
        if path[0] == PLACES and path[1] in lost and base.owns(path, theirs.values)
        and theirs.values.get(path) != base.values.get(path)
    }  # fmt: skip
    return [path for path in gone if path[3] in moved]


def _rivals(found: Merge, ours: Facts, theirs: Facts, base: Facts | None) -> set[Path]:
    """The values that each side put into a channel in the place of the same former value.

    A number is its own identity (design, Identity table), so replacing one is a removal and an
    addition; without this, two people who correct one number would leave both of theirs.
    """
    mine, other = (_by_channel(c.path for c in changes if c.before is None and c.after is PRESENT)
                   for changes in (found.ours, found.theirs))  # fmt: skip
    both = mine.keys() & other.keys()
    held = ours.values.keys() | theirs.values.keys() if both else set()
    left = _by_channel(path for path in (base.values if base and both else ()) if path not in held)
    return {path for channel in both & left.keys() for path in (*mine[channel], *other[channel])}


def _by_channel(paths: Iterable[Path]) -> Mapping[Path, list[Path]]:
    """The ways to be reached among these paths, gathered by contact (or unit) and channel."""
    found: dict[Path, list[Path]] = defaultdict(list)
    for path in paths:
        if is_channel_value(path):
            found[path[:-1]].append(path)
    return found


def is_channel_value(path: Path) -> bool:
    """True for a telecom of a contact, and for a MSSanté box of a unit."""
    return path[-3:-2] == ("telecoms",) or path[-2:-1] == ("mssante",)


def _gone(changes: Iterable[Change]) -> set[Path]:
    return {c.path for c in changes if c.before is PRESENT and c.after is None}


@dataclass(frozen=True, slots=True)
class _Above:
    """What holds a path once our changes are made, whoever is chosen where both sides changed.

    `moved` and `maybe` are the units that we put elsewhere, without and with a conflict.
    """

    moved: Mapping[Path, Value]
    maybe: Mapping[Path, Value]
    theirs: Mapping[Path, Value]
    ours: Mapping[Path, Value]

    def __call__(self, path: Path) -> Iterator[Path]:
        """Items and nodes around `path`, itself left out; of a unit's reference, the lieu too."""
        yield from (path[:length] for length in range(len(path) - 1, 1, -1))
        if is_reference(path):
            yield (PLACES, path[3])
        if path[0] == UNITS:
            yield from self._units(path[:2])

    def circle(self, unit: Path) -> set[Path]:
        """The units around one that would stand above itself; mostly none."""
        around = self._units(unit)
        return around if unit in around else set()

    def _units(self, unit: Path) -> set[Path]:
        found: set[Path] = set()
        waiting = self._parents(unit)
        while waiting:
            found |= waiting
            waiting = {above for each in waiting for above in self._parents(each)} - found
        return found

    def _parents(self, unit: Path) -> set[Path]:
        path = (*unit, PARENT)
        kept = self.theirs.get(path, self.ours.get(path))
        keys = {self.moved[path]} if path in self.moved else {kept, self.maybe.get(path)}
        return {(UNITS, str(key)) for key in keys if key}


def differences(before: Facts, after: Facts) -> tuple[Change, ...]:
    """What became different between two whole states, ownership aside."""
    return tuple(
        Change(path, before.values.get(path), after.values.get(path))
        for path in _every_path(after, before)
        if before.values.get(path) != after.values.get(path)
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """Whose value a person chose where both sides changed, by keys of nodes; "*" is all.

    In `discarded` nodes the directory's is taken even where ours alone changed.
    """

    ours: frozenset[str] = frozenset()
    theirs: frozenset[str] = frozenset()
    discarded: frozenset[str] = frozenset()

    def settle(
        self,
        found: Merge,
        nodes: Callable[[Path], frozenset[str]],
        undecided: frozenset[str] = frozenset(),
    ) -> Merge:
        """The conflicts of chosen nodes as changes of the chosen side; `nodes` as `Sides.nodes`.

        Those of `undecided` nodes stay, whatever was chosen.
        """
        mine, other = [], list(found.theirs)
        left: list[tuple[Change, Change]] = []
        disputed = list(found.conflicts)
        for change in found.ours:
            if (nodes(change.path) | {"*"}) & self.discarded:
                disputed.append((change, Change(change.path, change.after, change.before)))
            else:
                mine.append(change)
        for conflict in disputed:
            keys = nodes(conflict[0].path) | {"*"}
            if keys & undecided:
                left.append(conflict)
            elif keys & self.ours:
                mine.append(Change(conflict[0].path, conflict[1].after, conflict[0].after))
            elif keys & (self.theirs | self.discarded):
                other.append(conflict[1])
            else:
                left.append(conflict)
        return Merge(tuple(mine), tuple(other), tuple(left))


NO_CHOICE = Choice()


def rebase(
    base: Facts | None,
    ours: Facts,
    theirs: Facts,
    left: Iterable[Change] = (),
) -> Facts:
    """The base after a push: the former one, and what both sides agree on now.

    Never "what the store now holds": a change of theirs that the file lacks must stay theirs.
    `left` are the changes of ours that were not applied; what they concern stays unknown.
    """
    after = Facts(dict(base.values), set(base.owned)) if base else Facts()
    for path in _every_path(ours, theirs):
        if ours.values.get(path) == theirs.values.get(path):
            _put(after.values, path, ours.values.get(path))
    for path in _forgotten(ours, theirs, base) if base else ():
        del after.values[path]
    waiting = {change.path[:length] for change in left for length in range(len(change.path) + 1)}
    after.owned |= ours.owned - waiting
    return after


def _forgotten(ours: Facts, theirs: Facts, base: Facts) -> list[Path]:
    """What neither side holds any more: agreed on too, it must not come back as a former value.

    Where both put another number in its place, it tells that they still disagree: see `_rivals`.
    """
    gone = [path for path in base.values if path not in ours.values and path not in theirs.values]
    if not any(map(is_channel_value, gone)):
        return gone
    pairs = merge(ours, theirs, base).conflicts
    disputed = {mine.path[:-1] for mine, _ in pairs if is_channel_value(mine.path)}
    return [path for path in gone if disputed.isdisjoint((path[:-1], path[:-2]))]


def apply_changes(
    theirs: Establishment, changes: Iterable[Change], doubled: Doubled
) -> Establishment:
    """`theirs` with exactly these changes."""
    values = facts(theirs, doubled).values
    for change in changes:
        _put(values, change.path, change.after)
    return assemble(values)


def _every_path(ours: Facts, theirs: Facts) -> Iterator[Path]:
    yield from ours.values
    yield from (path for path in theirs.values if path not in ours.values)


def _put(values: dict[Path, Value], path: Path, value: Value) -> None:
    if value is None:
        values.pop(path, None)
    else:
        values[path] = value


def _defaults(changes: Iterable[Change], ours: Facts, theirs: Facts) -> Iterator[Change]:
    """What a new item gets beside what the file says (design, Homes and Ownership)."""
    new = [c.path for c in changes if c.after is PRESENT and c.path not in theirs.values]
    if not new:
        return
    telecoms = _TelecomDefaults(tuple(changes), ours, theirs)
    known = ours.values.keys() | ours.owned | theirs.values.keys()
    for path in new:
        for key, value in _defaults_of(path, telecoms, ours).items():
            if (*path, key) not in known:
                yield Change((*path, key), None, value)


def _defaults_of(path: Path, telecoms: _TelecomDefaults, ours: Facts) -> Mapping[str, Value]:
    noun = locate(path).noun
    if noun is Telecom:
        return telecoms.of(path)
    if noun is Capacite:
        return Capacite.DEFAULTS
    if noun is Contact:
        return {"confidentialite": "2" if (*path, "nom") in ours.values else "1"}
    return {}


@dataclass(frozen=True)
class _TelecomDefaults:
    """Who may see a value that is new where it stands."""

    changes: tuple[Change, ...]
    ours: Facts
    theirs: Facts

    @cached_property
    def _channels(self) -> Mapping[Path, list[Change]]:
        found: dict[Path, list[Change]] = defaultdict(list)
        for change in self.changes:
            if change.path[-3:-2] == ("telecoms",):
                found[change.path[:-1]].append(change)
        return found

    @cached_property
    def _leaving(self) -> Mapping[Path, Path]:
        """(node, channel, value) -> where the directory has what leaves that place."""
        gone = (c.path for listed in self._channels.values() for c in listed if c.after is None)
        return {(*locate(path).node, *path[-2:]): path for path in gone}

    def of(self, path: Path) -> Mapping[str, Value]:
        """A value that goes to another contact keeps who may see it, and its usage.

        So does one that takes the place of the only other in its channel.
        """
        channel = self._channels[path[:-1]]
        gone = [c.path for c in channel if c.after is None]
        replaced = gone[0] if len(gone) == 1 and len(channel) == len(gone) + 1 else None
        if old := self._leaving.get((*locate(path).node, *path[-2:]), replaced):
            kept = {
                key: self.theirs.values.get((*old, key)) for key in ("confidentialite", "usage")
            }
            return {key: value for key, value in kept.items() if value is not None}
        name = (*path[:-3], "nom")
        named = path[-2] == "MSSANTE" or name in self.ours.values or name in self.theirs.values
        return {"confidentialite": "2" if named else "1"}
