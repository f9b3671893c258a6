"""Establishments made at random from the declarations of the model, for property-based tests."""

from itertools import count
from typing import Any

from hypothesis import strategies as st

from rorcli import codes
from rorcli.fields import Kind, Spec
from rorcli.items import Contact, Lieu
from rorcli.model import EntiteGeographique, EntiteJuridique, Establishment, Unite, decode, keys_of
from rorcli.nouns import Noun

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12) | (
    st.sampled_from(["null", "012", "1e3", "on", "2026-05-10", "a: b", "- x", "à l'est\n", " # "])
)
# What tells an item apart in its list, or is of no use when absent.
ALWAYS = {"jours", "debut", "fin", "canal", "valeur", "rpps", "id", "type", "finess"}


def establishments() -> st.SearchStrategy[Establishment]:
    """Any values, known or not to the rules; identities are told apart, as the rules want it."""
    parts = {
        "entite_juridique": nouns(EntiteJuridique, 0),
        "etablissement": nouns(EntiteGeographique, 2),
    }
    return st.fixed_dictionaries(parts).map(with_one_director).map(numbered).map(decode)


def with_one_director(data: dict[str, Any]) -> dict[str, Any]:
    """The director stands in `directeur`: a contact of that function beside it is an error."""
    for contact in data["etablissement"].get("contacts") or ():
        contact.pop("fonction", None)
    return data


def nouns(owner: type[Noun], depth: int) -> st.SearchStrategy[dict[str, Any]]:
    """The data of one noun, with units down to `depth` levels."""
    known = {key: spec for key, spec in keys_of(owner).items() if key != "unites" or depth}
    every = {key: values(spec, depth - 1) for key, spec in known.items()}
    always = {key: every.pop(key) for key in known if key in ALWAYS}
    made = st.fixed_dictionaries(always, optional=every)
    return made.filter(has_distinct_telecoms) if owner is Contact else made


def values(spec: Spec, depth: int) -> st.SearchStrategy[Any]:
    """What a key may hold."""
    if spec.kind is Kind.NOUN:
        return nouns(spec.noun(), depth)
    if spec.kind is Kind.NOUNS:
        owner = spec.noun()
        told = None if owner in {Lieu, Unite} else lambda data: identity(owner, data)
        return st.lists(nouns(owner, depth), max_size=2, unique_by=told)
    if spec.key == "jours":
        return st.sampled_from([["lundi"], ["mardi", "jeudi"]])
    if spec.table:
        one = st.sampled_from(list(codes.table(spec.table).codes))
        return one if spec.kind is Kind.CODE else st.lists(one, max_size=3, unique=True)
    simple = {
        Kind.TEXTS: TEXT | st.lists(TEXT, min_size=1, max_size=2, unique=True),
        Kind.WORD: st.sampled_from(list(spec.words) or [""]),
        Kind.FLAG: st.booleans(),
        Kind.DAY: st.dates().map(lambda day: day.isoformat()),
        Kind.COUNT: st.integers(0, 10_000),
    }
    return simple.get(spec.kind, TEXT)


def identity(owner: type[Noun], data: dict[str, Any]) -> str:
    return next(owner.read_all(data, "")).identity


def has_distinct_telecoms(data: dict[str, Any]) -> bool:
    held = [telecom.identity for telecom in Contact.read(data, "").telecoms]
    return len(held) == len(set(held))


def numbered(data: dict[str, Any]) -> dict[str, Any]:
    """Units and lieux with an `id` of their own: drawn ones might be the same."""
    numbers = count(1)

    def walk(held: Any) -> None:
        if isinstance(held, dict):
            if "id" in held:
                held["id"] = f"52/{next(numbers)}"
            held = list(held.values())
        for each in held if isinstance(held, list) else ():
            walk(each)

    walk(data)
    return data
