"""Has a file's data the shape of the published schema?

`jsonschema-rs` judges; `jsonschema` does where the other cannot be imported (a desk without its
binary wheel). Both are reduced to the same `Breach`, which `validation.wording` puts in French.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from rorcli.model import UO_KEYS
from rorcli.text.document import Document
from rorcli.validation.causes import Breach, cause, holder, strangers, typo, value_at
from rorcli.validation.findings import Issue
from rorcli.validation.wording import RANK, say, say_homeless, say_unquoted

SCHEMA = Path(__file__).parents[1] / "data" / "etablissement.schema.min.json"

Engine = Callable[[Any], list[Breach]]


@cache
def engine() -> Engine:
    """The schema, compiled at first use."""
    text = SCHEMA.read_text(encoding="utf-8")
    try:
        return rust_engine(text)
    except ImportError:
        return python_engine(text)


def rust_engine(text: str) -> Engine:
    """`jsonschema-rs`: two hundred times the speed of the other."""
    import jsonschema_rs

    validator = jsonschema_rs.Draft202012Validator(text)

    def find(data: Any) -> list[Breach]:
        errors = [] if validator.is_valid(data) else validator.iter_errors(data)
        found = []
        for error in errors:
            kind = error.kind.as_dict()
            keys = kind.get("unexpected") or [kind.get("property")]
            found += [Breach(_join(error.instance_path), error.kind.name, key) for key in keys]
        return found

    return find


def python_engine(text: str) -> Engine:
    """`jsonschema`, the reference implementation, with regular expressions of ECMA 262."""
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def match(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
        if isinstance(value, str) and not re.search(_python_pattern(pattern), value):
            yield ValidationError(pattern)

    def properties(judge: Any, known: Any, value: Any, _: Any) -> Iterator[ValidationError]:
        for key in known.keys() & value if isinstance(value, dict) else ():
            if known[key] is False:  # the library forgets the key of a forbidden value
                yield ValidationError(key, validator="falseSchema", path=(key,))
            else:
                yield from judge.descend(value[key], known[key], path=key, schema_path=key)

    rules = {"pattern": match, "properties": properties}
    validator = extend(Draft202012Validator, rules)(json.loads(text))  # type: ignore[no-untyped-call]

    def find(data: Any) -> list[Breach]:
        found = []
        for error in validator.iter_errors(data):
            keys: list[str | None] = [None]
            if error.validator == "required":
                keys = [key for key in error.validator_value if key not in error.instance]
            elif error.validator == "additionalProperties":
                known = error.schema.get("properties", ())
                keys = [key for key in error.instance if key not in known]
            place = _join(error.absolute_path)
            found += [Breach(place, str(error.validator), key) for key in keys]
        return found

    return find


@cache
def _python_pattern(pattern: str) -> re.Pattern[str]:
    # Python's `$` lets a newline pass, and its \S takes other characters for spaces.
    space = r"\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
    return re.compile(pattern.replace("$", r"\Z").replace(r"\S", f"[^{space}]"))


def _join(steps: Iterable[object]) -> str:
    return "".join(f"/{step}" for step in steps)


class Checked(NamedTuple):
    """What the schema stage saw; `broken` holds the places that later rules must not judge."""

    issues: list[Issue]
    broken: frozenset[str]


def check_schema(document: Document, find: Engine | None = None) -> Checked:
    """Every cause once: of several breaches at one place, only the most telling is said."""
    every = (find or engine())(document.data)
    strange = strangers(sorted(every, key=lambda each: _steps(each.pointer)), document.data)
    breaches = [each for each in every if not _is_within(each.pointer, strange)]
    mistyped = {each.pointer.rpartition("/")[0] for each in breaches if _is_uo_of_units(each)}
    held = {each.pointer: value_at(document.data, each.pointer) for each in breaches}
    first: dict[str, Breach] = {}
    for breach in sorted(breaches, key=lambda each: (RANK[each.keyword], each.place)):
        first.setdefault(cause(breach, held[breach.pointer]), breach)
    around = ((each, held[each.pointer]) for each in first.values())
    meant = {f"{each.pointer}/{key}" for each, held in around if (key := typo(each, held))}
    told = [
        each
        for each in first.values()
        if each.keyword != "required" or (each.place not in meant and each.pointer not in mistyped)
    ]
    issues = [say_homeless(document.data, each, key) for each, key in _first(strange)]
    issues += [say(document, breach) for breach in told]
    untold = (f"{unit}/{key}" for unit in mistyped for key in UO_KEYS)
    missing = (
        f"{each.rpartition('/')[0].rpartition('/')[0]}/{key}" for each, key in strange.items()
    )
    broken = meant.union((breach.place for breach in every), untold, strange, missing)
    unquoted = (say_unquoted(*each) for each in document.ambiguous if each[0] not in broken)
    return Checked([*issues, *(each for each in unquoted if each)], frozenset(broken))


def _steps(pointer: str) -> list[tuple[int, str]]:
    """What sorts pointers as the file has them: the tenth item behind the second."""
    return [(int(step) if step.isdigit() else 0, step) for step in pointer.split("/")]


def _first(strange: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Of the items that miss one line above them, the first."""
    told = set()
    for place, key in strange.items():
        if (holder(place), key) not in told:
            told.add((holder(place), key))
            yield place, key


def _is_within(pointer: str, places: Collection[str]) -> bool:
    """True at one of the places, or below it."""
    return any(pointer == place or pointer.startswith(f"{place}/") for place in places)


def _is_uo_of_units(breach: Breach) -> bool:
    """True where a UO holds units: its `type` is wrong, and what a UO must have is not missing."""
    return breach.keyword == "falseSchema" and breach.pointer.endswith("/unites")
