"""What all nouns share: reading from plain data by their declarations, and the way back.

Reading is tolerant: a value of another type than the declared one is left out, and telling so is
the schema's work. What is read knows which keys were there and where.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import FrozenInstanceError, dataclass, fields
from types import NoneType
from typing import Any, Self

from rorcli.fields import LISTS, MANDATORY, Kind, Spec, specs

# What `read` leaves out; None is a value.
WRONG: Any = object()
_PLAIN = (Kind.TEXT, Kind.CODE, Kind.WORD, Kind.DAY)


@dataclass(init=False, repr=False, eq=False)
class Noun:
    """What all nouns share: the managed keys, and where they were read.

    Frozen, and equal when all but `pointer` is. These few methods stand for those that
    `dataclass` would write for each class: at every start that took a tenth of the whole time.
    """

    managed: frozenset[str] = frozenset()
    pointer: str = ""

    def __init__(self, **values: Any) -> None:
        known = _defaults(type(self))
        if unknown := values.keys() - known.keys():
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(unknown))}")
        self.__dict__.update(known, **values)

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(name)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash(tuple(self._compared().values()))

    def __repr__(self) -> str:
        held = sorted(self.managed & self.__dict__.keys())
        shown = ", ".join(f"{key}={getattr(self, key)!r}" for key in held)
        return f"{type(self).__name__}({shown})"

    def _compared(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "pointer"}

    @classmethod
    def read(cls, data: Mapping[str, Any], pointer: str) -> Self:
        """The noun that `data` describes; unknown keys and values of a wrong type are skipped."""
        declared, values = specs(cls), {}
        for key, held in data.items():
            if spec := declared.get(key):
                # Most values are texts that stay as they are: a call for each is half of the time.
                is_plain = type(held) is str and spec.kind in _PLAIN
                value = held if is_plain else _read(spec, held, f"{pointer}/{key}")
                if value is not WRONG:
                    values[key] = value
        return cls.known(frozenset(values), pointer, values)

    @classmethod
    def known(cls, managed: frozenset[str], pointer: str, values: Mapping[str, Any]) -> Self:
        """As the constructor makes it, of keys that are known to be right."""
        made = cls.__new__(cls)
        made.__dict__.update(_defaults(cls), managed=managed, pointer=pointer, **values)
        return made

    def altered(self, **values: Any) -> Self:
        """A copy with other values, as `dataclasses.replace` makes it, at a tenth of the cost."""
        made = self.__new__(type(self))
        made.__dict__.update(self.__dict__, **values)
        return made

    @classmethod
    def read_all(cls, data: Mapping[str, Any], pointer: str) -> Iterator[Self]:
        """The nouns that one item of a list stands for: one, save for `horaires`."""
        return iter((cls.read(data, pointer),))

    @classmethod
    def write_all(cls, items: Iterable[Self]) -> list[dict[str, Any]]:
        """The inverse of `read_all` for a whole list."""
        return [each.to_data() for each in items]

    def to_data(self) -> dict[str, Any]:
        """The managed keys as plain data of the file, in the order of the declarations."""
        return {
            key: _write(spec, getattr(self, key))
            for key, spec in specs(type(self)).items()
            if key in self.managed
        }

    @property
    def identity(self) -> str:
        """What tells this item apart within its list (design, Identity table)."""
        raise NotImplementedError


_DEFAULTS: dict[type, dict[str, Any]] = {}


def _defaults(owner: type[Noun]) -> dict[str, Any]:
    """The value of each field that is not given."""
    if owner not in _DEFAULTS:
        _DEFAULTS[owner] = {each.name: each.default for each in fields(owner)}
    return _DEFAULTS[owner]


def _read(spec: Spec, value: Any, pointer: str) -> Any:
    """The value of one key, or `WRONG` when it has another type than the declaration's."""
    if spec.kind in LISTS:
        return _read_nouns(spec, value, pointer) if spec.kind is Kind.NOUNS else read_texts(value)
    if value is None:
        return WRONG if spec.kind is Kind.NOUN and spec.need == MANDATORY else None
    if spec.kind is Kind.NOUN:
        return spec.noun().read(value, pointer) if isinstance(value, dict) else WRONG
    if spec.kind is Kind.COUNT and isinstance(value, float) and value.is_integer():
        return int(value)  # 24.0 is an integer to JSON Schema
    return value if type(value) is _WANTED.get(spec.kind, str) else WRONG


_WANTED: Mapping[Kind, type] = {Kind.FLAG: bool, Kind.COUNT: int}


def _read_nouns(spec: Spec, value: Any, pointer: str) -> Any:
    if not isinstance(value, (list, NoneType)):
        return WRONG
    read_all, found = spec.noun().read_all, []
    for index, item in enumerate(value or ()):
        if isinstance(item, dict):
            found += read_all(item, f"{pointer}/{index}")
    return tuple(found)


def read_texts(value: Any) -> Any:
    """One text or a list of texts as a tuple; `WRONG` for anything else."""
    items = [] if value is None else value if isinstance(value, list) else [value]
    return tuple(items) if {str}.issuperset(map(type, items)) else WRONG


def one_or_many(values: list[Any]) -> Any:
    """The inverse of `read_texts`: None, the only value, or the list."""
    return None if not values else values[0] if len(values) == 1 else values


def _write(spec: Spec, value: Any) -> Any:
    match spec.kind:
        case Kind.NOUN:
            return None if value is None else value.to_data()
        case Kind.NOUNS:
            return spec.noun().write_all(value)
        case Kind.TEXTS if spec.key != "jours":
            return one_or_many(list(value))
        case Kind.TEXTS | Kind.CODES:
            return list(value)
        case _:
            return value
