"""How a noun of the model declares one of its keys: French label, explanation, kind of value.

One declaration serves the decoder, the JSON Schema, the comparison, the code labels written as
comments, and the words of every message: none of them can drift from the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from functools import cache
from types import MappingProxyType, NoneType
from typing import Any

MANDATORY, EXPECTED, OPTIONAL = "mandatory", "expected", "optional"


class Kind(Enum):
    """What a key holds in the file; lists say so in their name."""

    TEXT = "text"
    TEXTS = "texts"
    CODE = "code"
    CODES = "codes"
    WORD = "word"
    FLAG = "flag"
    DAY = "day"
    COUNT = "count"
    NOUN = "noun"
    NOUNS = "nouns"

    # Members are single: their identity will do, and costs no call into Python.
    __hash__ = object.__hash__


# A tuple: members are found by identity, faster than by their hash.
LISTS = (Kind.TEXTS, Kind.CODES, Kind.NOUNS)


@dataclass(frozen=True, slots=True)
class Spec:
    """One key of a noun: `label` and `help` are French; `shape` is a JSON Schema fragment."""

    key: str
    kind: Kind
    label: str
    help: str
    need: str = OPTIONAL
    table: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    shape: Mapping[str, object] = field(default_factory=dict)
    noun: Callable[[], Any] = NoneType

    @property
    def is_list(self) -> bool:
        """True when the key holds items that come and go one by one."""
        return self.kind in LISTS


def _declare(kind: Kind, label: str, help: str, default: object, **more: Any) -> Any:
    return field(default=default, metadata={"spec": Spec("", kind, label, help, **more)})


def text(label: str, help: str = "", *, need: str = OPTIONAL, **shape: object) -> Any:
    """A text; `shape` adds JSON Schema keywords such as `pattern`."""
    return _declare(Kind.TEXT, label, help, None, need=need, shape=shape)


def texts(label: str, help: str = "", *, need: str = OPTIONAL, **shape: object) -> Any:
    """One text or a list of texts."""
    return _declare(Kind.TEXTS, label, help, (), need=need, shape=shape)


def code(table: str, label: str, help: str = "", *, need: str = OPTIONAL) -> Any:
    """A code of a code table (`rorcli.codes`)."""
    return _declare(Kind.CODE, label, help, None, need=need, table=table)


def codes(table: str, label: str, help: str = "", *, need: str = OPTIONAL) -> Any:
    """A list of codes of a code table."""
    return _declare(Kind.CODES, label, help, (), need=need, table=table)


def word(words: Mapping[str, str], label: str, help: str = "", *, need: str = OPTIONAL) -> Any:
    """One of our own words; `words` gives the portal's label of each."""
    return _declare(Kind.WORD, label, help, None, need=need, words=words)


def flag(label: str, help: str = "", *, need: str = OPTIONAL) -> Any:
    """A boolean, `true` or `false`."""
    return _declare(Kind.FLAG, label, help, None, need=need)


def day(label: str, help: str = "", **shape: object) -> Any:
    """A date, written bare: 2026-05-10."""
    return _declare(Kind.DAY, label, help, None, shape=shape)


def count(label: str, help: str = "", *, need: str = OPTIONAL) -> Any:
    """A whole number, zero or more."""
    return _declare(Kind.COUNT, label, help, None, need=need)


def noun(of: Callable[[], Any], label: str, help: str = "", *, need: str = OPTIONAL) -> Any:
    """A mapping that is a noun of its own."""
    return _declare(Kind.NOUN, label, help, None, need=need, noun=of)


def nouns(of: Callable[[], Any], label: str, help: str = "", *, need: str = OPTIONAL) -> Any:
    """A list of mappings, each a noun."""
    return _declare(Kind.NOUNS, label, help, (), need=need, noun=of)


def specs(owner: type) -> Mapping[str, Spec]:
    """The keys that `owner` declares, in the order of the file."""
    return _specs(owner)


@cache
def _specs(owner: Any) -> Mapping[str, Spec]:
    found: dict[str, Spec] = {}
    for each in fields(owner):
        spec = each.metadata.get("spec")
        if spec is not None:
            found[each.name] = replace(spec, key=each.name)
    return MappingProxyType(found)
