"""Which breaches of the schema one mistake makes: a finding a cause, not one a consequence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from rorcli.fields import Kind, Spec
from rorcli.model import UO_KEYS, Establishment, keys_of, meant_key, spec_at

ROOT = Spec("", Kind.NOUN, "Fichier", "", noun=lambda: Establishment)
UNKNOWN = "additionalProperties"


class Breach(NamedTuple):
    """One constraint that the data break; `key` is the missing or unknown key, if that is it."""

    pointer: str
    keyword: str
    key: str | None = None

    @property
    def place(self) -> str:
        """Pointer of the value concerned, present or not."""
        return self.pointer if self.key is None else f"{self.pointer}/{self.key}"


def value_at(data: Any, pointer: str) -> Any:
    """The value that a JSON pointer leads to, through keys of the schema."""
    for step in pointer.split("/")[1:]:
        data = data[int(step) if isinstance(data, list) else step]
    return data


def cause(breach: Breach, held: Any) -> str:
    """What one finding is enough for: one place, or all that stands wrong for one reason.

    `held` is the value at the breach's pointer. The keys of another level in one unit are one
    cause, and so are a key left empty and the keys below it that are not indented.
    """
    if breach.keyword == "falseSchema":
        return breach.pointer.rpartition("/")[0]
    if breach.keyword == UNKNOWN and (empty := emptied(breach, held)):
        return f"{breach.pointer}/{empty}"
    is_of_uo = breach.keyword == UNKNOWN and breach.key in UO_KEYS
    return f"{breach.pointer}/uo" if is_of_uo else breach.place


def emptied(breach: Breach, held: Mapping[str, Any]) -> str:
    """The empty key beside an unknown one that is its own: both have the same indent; or ""."""
    known = keys_at(breach.pointer).values()
    empty = (spec for spec in known if breach.key in strays(spec, breach.pointer, held))
    return next((spec.key for spec in empty), "")


def strays(spec: Spec, pointer: str, held: Mapping[str, Any]) -> list[str]:
    """The keys that lack their indent: those of an empty noun, unknown in what holds it."""
    if spec.kind is not Kind.NOUN or held.get(spec.key, 0) is not None:
        return []
    known = keys_at(pointer)
    return [key for key in held if key not in known and key in keys_of(spec.noun())]


def keys_at(pointer: str) -> Mapping[str, Spec]:
    """The keys that the mapping at a pointer may hold."""
    return keys_of((spec_at(pointer) or ROOT).noun())


def strangers(breaches: Iterable[Breach], data: Any) -> dict[str, str]:
    """Items that are of another list: pointer -> the key whose line is missing above them.

    Such an item has keys that its list does not know, and none that the other one lacks.
    """
    unknown = Counter(each.pointer for each in breaches if each.keyword == UNKNOWN)
    found: dict[str, str] = {}
    for pointer, count in unknown.items():
        item = value_at(data, pointer)
        if pointer.rpartition("/")[2].isdigit() and (count > 1 or count == len(item)):
            lists, around = _lists_at(holder(pointer)), value_at(data, holder(pointer))
            own = (key for key, keys in lists.items() if key not in around and item.keys() <= keys)
            found |= {pointer: key for key in islice(own, 1)}  # noqa: B035 - one at most
    return found


def holder(item: str) -> str:
    """The pointer of what holds the list of an item."""
    return item.rsplit("/", 2)[0]


def _lists_at(pointer: str) -> Mapping[str, Collection[str]]:
    """The keys of the items of each list that the mapping at a pointer may hold."""
    lists = (spec for spec in keys_at(pointer).values() if spec.kind is Kind.NOUNS)
    return {spec.key: keys_of(spec.noun()).keys() for spec in lists}


def typo(breach: Breach, around: Mapping[str, Any]) -> str:
    """The known key, absent `around`, that an unknown one was probably meant to be; "" for none."""
    if breach.keyword != UNKNOWN:
        return ""
    known = [*keys_at(breach.pointer), *([] if breach.pointer else ["format"])]
    absent = (key for key in known if key not in around)
    return meant_key(breach.key or "", absent, likeness=0.75)
