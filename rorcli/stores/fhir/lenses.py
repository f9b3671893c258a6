"""Lenses: one declaration that reads a value out of a JSON tree and writes it back in its place.

A lens has `get(source)` and `put(source, value)`; `put` returns a new source and keeps all that the
lens does not name: foreign siblings, their order, their spelling. None stands for "not there", as a
source and as a value, so a tree grows from nothing and shrinks to nothing. Two laws hold, and
property tests check them: `put(s, get(s)) == s`, and `get(put(s, v)) == v` for values that the
element can hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class Lens(Protocol):
    """A place in a JSON tree; `a >> b` is the place that `b` names within the one of `a`."""

    def get(self, source: Any) -> Any:
        """What stands there, None when nothing does or it cannot be understood."""

    def put(self, source: Any, value: Any) -> Any:
        """The source with `value` there; None takes it away."""

    def __rshift__(self, inner: Lens) -> Lens:
        return Path(self, inner)


def changed(lens: Lens, source: Any, value: Any) -> Any:
    """The source with `value` at the lens; untouched when it is there already."""
    held = None if source is None else lens.get(source)
    return source if held == value else lens.put(source, value)


@dataclass(frozen=True)
class Path(Lens):
    """One lens after the other."""

    outer: Lens
    inner: Lens

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        found = self.outer.get(source)
        return None if found is None else self.inner.get(found)

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`."""
        return self.outer.put(source, changed(self.inner, self.outer.get(source), value))


@dataclass(frozen=True)
class Key(Lens):
    """A member of a mapping."""

    name: str

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        return source.get(self.name) if isinstance(source, dict) else None

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`."""
        if value is not None:
            return {**(source or {}), self.name: value}
        return {k: v for k, v in (source or {}).items() if k != self.name} or None


@dataclass(frozen=True)
class Iso(Lens):
    """The same value, said otherwise; `read` answers None to what it does not understand."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        return None if source is None else self.read(source)

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`; what already says the value keeps its own spelling."""
        if value is None:
            return None
        return source if self.get(source) == value else self.write(value)


def words(codes: Mapping[str, str]) -> Iso:
    """Our own words for somebody's codes; the first word of a code is the one that is read."""
    back: dict[str, str] = {}
    for word, code in codes.items():
        back.setdefault(code, word)
    return Iso(back.get, codes.get)


@dataclass(frozen=True)
class First(Lens):
    """The first item of a list of texts; those behind it stay."""

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        return source[0] if isinstance(source, list) and source else None

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`."""
        return ([] if value is None else [value]) + (source or [])[1:] or None


@dataclass(frozen=True)
class Slice(Lens):
    """What `inner` reads in the first item of a list that `belongs`; by default, that it can read.

    A new item grows from `seed`; without a value the item goes whole.
    """

    inner: Lens
    belongs: Callable[[Any], bool] | None = None
    seed: Mapping[str, Any] | None = None

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        # A plain loop: most of the time of reading is spent here.
        for item in _items(source):
            if self.belongs is None:
                value = self.inner.get(item)
                if value is not None:
                    return value
            elif self.belongs(item):
                return self.inner.get(item)
        return None

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`."""
        items = list(_items(source))
        belongs = self.belongs or (lambda item: self.inner.get(item) is not None)
        place = next((i for i, item in enumerate(items) if belongs(item)), len(items))
        new = [] if value is None else [changed(self.inner, (*items, self.seed)[place], value)]
        return [*items[:place], *new, *items[place + 1 :]] or None


@dataclass(frozen=True)
class Each(Lens):
    """Every item of a list that `belongs` and that `inner` can read, as a list of values.

    Items that stay are found again by `keys`, from the closest likeness to the loosest, after plain
    equality; they keep their place and what we do not know of them. New ones come last. An item
    without one of the attributes that it `needs` is nothing that a file could say: it is not read,
    and stays.
    """

    inner: Lens
    keys: tuple[Callable[[Any], Any], ...] = ()
    belongs: Callable[[Any], bool] | None = None
    seed: Mapping[str, Any] | None = None
    needs: tuple[str, ...] = ()

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        return [value for _, value in self._known(source)] or None

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`."""
        known = dict(self._known(source))
        kept, new = align(known, value or (), self.keys)
        items = [
            changed(self.inner, item, kept[place]) if place in kept else item
            for place, item in enumerate(_items(source))
            if place in kept or place not in known
        ]
        return [*items, *(self.inner.put(self.seed, each) for each in new)] or None

    def _known(self, source: Any) -> Iterator[tuple[int, Any]]:
        for place, item in enumerate(_items(source)):
            if self.belongs is None or self.belongs(item):
                value = self.inner.get(item)
                if value is not None and all(need in value for need in self.needs):
                    yield place, value


def align(
    known: Mapping[int, Any], wanted: Iterable[Any], keys: Iterable[Callable[[Any], Any]]
) -> tuple[dict[int, Any], list[Any]]:
    """Which wanted value takes which known place, and those that take none."""
    kept: dict[int, Any] = {}
    left = list(wanted)
    for key in (lambda value: value, *keys):
        waiting, left = left, []
        for value in waiting:
            same = (i for i, old in known.items() if i not in kept and key(old) == key(value))
            place = next(same, None)
            if place is None:
                left.append(value)
            else:
                kept[place] = value
    return kept, left


@dataclass(frozen=True)
class Spread:
    """A lens whose value is a mapping of attributes that belong to the record around it."""

    lens: Lens
    names: tuple[str, ...]


@dataclass(frozen=True)
class Record(Lens):
    """Several attributes of one source, as a mapping that holds those that have a value.

    An attribute that has its value already is not written: what could not be read stays.
    """

    parts: Mapping[str, Lens]
    spreads: tuple[Spread, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes."""
        return (*self.parts, *(name for spread in self.spreads for name in spread.names))

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        found = {
            name: value
            for name, lens in self.parts.items()
            if (value := lens.get(source)) is not None
        }
        for spread in self.spreads:
            found.update(spread.lens.get(source) or {})
        return found or None

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`."""
        wanted = value or {}
        for name, lens in self.parts.items():
            source = changed(lens, source, wanted.get(name))
        for spread in self.spreads:
            some = {name: wanted[name] for name in spread.names if name in wanted}
            source = changed(spread.lens, source, some or None)
        return source


def record(*inner: Spread, **parts: Lens) -> Record:
    """A record; the attributes of `inner`, which stand elsewhere together, are its own as well."""
    return Record(parts, inner)


def within(place: Lens, held: Record) -> Spread:
    """The attributes of `held`, which reads what stands at `place`."""
    return Spread(place >> held, held.names)


def _items(source: Any) -> Iterable[Any]:
    return source if isinstance(source, list) else ()
