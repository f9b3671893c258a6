"""Establishments made at random from the declarations of the model, for property-based tests."""

from collections.abc import Callable
from functools import cache
from typing import Any

from hypothesis import strategies as st

from rorcli import codes
from rorcli.fields import Kind, Spec
from rorcli.model import (
    Contact,
    EntiteGeographique,
    EntiteJuridique,
    Establishment,
    Noun,
    Unite,
    decode,
    keys_of,
)

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12) | (
    st.sampled_from(["null", "012", "1e3", "on", "2026-05-10", "a: b", "- x", "à l'est\n", " # "])
)
DAYS = st.dates().map(lambda day: day.isoformat())
# Lists whose items are told apart by what hypothesis may well draw twice.
UNIQUE = {"unites": "id", "lieux": "id", "praticiens": "rpps"}


@cache
def codes_of(table: str) -> list[str]:
    return list(codes.table(table).codes)


def value(spec: Spec, depth: int) -> st.SearchStrategy[Any]:
    match spec.kind:
        case Kind.TEXT:
            return TEXT
        case Kind.TEXTS if spec.key == "jours":
            return st.sampled_from([["lundi"], ["mardi", "jeudi"]])
        case Kind.TEXTS:
            return TEXT | st.lists(TEXT, min_size=1, max_size=2, unique=True)
        case Kind.CODE:
            return st.sampled_from(codes_of(spec.table))
        case Kind.CODES:
            return st.lists(st.sampled_from(codes_of(spec.table)), max_size=3, unique=True)
        case Kind.WORD:
            return st.sampled_from(list(spec.words))
        case Kind.FLAG:
            return st.booleans()
        case Kind.DAY:
            return DAYS
        case Kind.COUNT:
            return st.integers(0, 10_000)
        case Kind.NOUN:
            return noun(spec.noun(), depth)
    return st.lists(noun(spec.noun(), depth), max_size=2, unique_by=identity(spec.noun()))


def identity(owner: type[Noun]) -> Callable[[dict[str, Any]], Any]:
    def of(data: dict[str, Any]) -> Any:
        return [each.identity for each in owner.read_all(data, "")][0]

    return of


def noun(owner: type[Noun], depth: int) -> st.SearchStrategy[dict[str, Any]]:
    """Any keys of a noun; what tells its items apart is always there."""
    known = {
        key: spec
        for key, spec in keys_of(owner).items()
        if key != "unites" or depth
    }
    always = {"jours", "debut", "fin", "canal", "valeur", "rpps", "id", "type"} & known.keys()
    if owner in {EntiteGeographique, EntiteJuridique}:
        always |= {"finess"}
    every = {key: value(spec, depth - (owner is Unite)) for key, spec in known.items()}
    some = {key: held for key, held in every.items() if key not in always}
    return st.fixed_dictionaries({key: every[key] for key in always}, optional=some)
