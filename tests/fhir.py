"""Establishments and resources for the tests of the FHIR mapping."""

import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from itertools import count
from random import Random
from typing import Any

from hypothesis import strategies as st

from rorcli.model import UO_KEYS, Establishment, decode, to_data
from rorcli.stores.base import valued
from rorcli.stores.fhir.bag import MemoryBag
from rorcli.stores.fhir.reading import Tree, read, sites
from rorcli.stores.fhir.writing import Pair, pairs
from tests.strategies import establishments

VERIFIED = "https://rorcli.example/verifie-le"
TODAY = date(2026, 11, 25)
FOREIGN = "https://autre-logiciel.example/"


def storable() -> st.SearchStrategy[Establishment]:
    """What a FHIR server can hold: ages are numbers, hours are hours, every node has its id."""
    return establishments().map(at_home)


def at_home(establishment: Establishment) -> Establishment:
    data = to_data(valued(establishment))
    numbers, people = count(1), dict[str, Any]()
    for key, each in _items(data):
        if key == "unites":
            _as_unit(each)
        if key in {"unites", "lieux"}:
            each["id"] = f"52/{next(numbers)}"
        if key == "lieux":
            each.setdefault("nom", "Site")  # an `id` alone refers to a lieu described elsewhere
        if key == "praticiens":
            _as_known(each, people)
        for age in {"age_min", "age_max"} & each.keys():
            each[age] = f"{len(each[age])} mois"
        if "capacites" in each:
            each["capacites"] = [m for m in each["capacites"] if {"nature", "statut"} <= m.keys()]
        for rank, hours in enumerate(each.get("horaires", ())):
            hours.update(debut=f"{8 + rank:02}:00", fin=f"{12 + rank:02}:30")
    site = data["etablissement"]
    data["entite_juridique"]["finess"] = f"EJ{site['finess']}"  # numbers of one series differ
    # Nothing tells a bare contact of that nature from the home of the website.
    site["contacts"] = [
        c for c in site.get("contacts", ()) if c.keys() - {"nature", "confidentialite"}
    ]
    return decode(to_data(valued(decode(data))))


def printable(establishment: Establishment) -> Establishment:
    """The same with texts that FHIR takes for codes: white space is one space between words."""

    def walk(held: Any) -> Any:
        if isinstance(held, dict):
            return {key: walk(value) for key, value in held.items()}
        if isinstance(held, list):
            return [walk(each) for each in held]
        return re.sub(r"[^\S ]|^ | $|(?<= ) ", "_", held) if isinstance(held, str) else held

    return decode(walk(to_data(establishment)))


def _items(held: Any, key: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every mapping within, outermost first, with the key that it stands under."""
    for each in held if isinstance(held, list) else [held]:
        if isinstance(each, dict):
            yield key, each
            for inner in list(each):
                if inner in each:
                    yield from _items(each[inner], inner)


def _as_unit(unit: dict[str, Any]) -> None:
    for key in ("unites",) if unit["type"] == "uo" else UO_KEYS:
        unit.pop(key, None)


def _as_known(praticien: dict[str, Any], people: dict[str, Any]) -> None:
    """One civility a person: it is the person's, not the situation's."""
    civilite = people.setdefault(praticien["rpps"], praticien.pop("civilite", None))
    if civilite:
        praticien["civilite"] = civilite


def tree_of(resources: Any, verified_url: str = VERIFIED) -> Tree:
    bag = MemoryBag(resources)
    return read(bag, next(sites(bag)), verified_url)


def changes(wanted: Establishment, tree: Tree) -> list[Pair]:
    return list(pairs(wanted, tree, today=TODAY, verified_url=VERIFIED))


def written(wanted: Establishment) -> list[dict[str, Any]]:
    """The resources of an establishment on a server that had nothing."""
    return [pair.after for pair in changes(wanted, Tree()) if pair.after]


def decorated(resources: list[dict[str, Any]], chance: Random) -> list[dict[str, Any]]:
    """The same with what other software puts there, everywhere that FHIR lets it."""
    resources = deepcopy(resources)
    for resource in resources:
        resource["text"] = {"status": "generated", "div": "<div>Ornée</div>"}
        resource["contained"] = [{"resourceType": "Basic", "id": "x", "code": {"text": FOREIGN}}]
        _decorate(resource, chance)
    return resources


def _decorate(held: Any, chance: Random) -> None:
    if isinstance(held, list):
        for each in held:
            _decorate(each, chance)
    elif isinstance(held, dict):
        for key, value in list(held.items()):
            _decorate(value, chance)
            if key in _INSERTED and isinstance(value, list) and chance.random() < 0.5:
                value.insert(chance.randint(0, len(value)), _INSERTED[key])


_INSERTED: dict[str, Any] = {
    "extension": {"url": f"{FOREIGN}note", "valueString": "à eux"},
    "coding": {"system": f"{FOREIGN}codes", "code": "x"},
    "identifier": {"system": f"{FOREIGN}ids", "value": "7"},
    "telecom": {"system": f"{FOREIGN}pager", "value": "77"},
    "specialty": {"coding": [{"system": f"{FOREIGN}codes", "code": "y"}]},
    "characteristic": {"coding": [{"system": f"{FOREIGN}codes", "code": "z"}]},
    "type": {"coding": [{"system": f"{FOREIGN}codes", "code": "t"}]},
}


def plain(held: Any) -> Any:
    """What is left of decorated resources without the decoration."""
    if isinstance(held, list):
        return [bare for each in held if not _is_foreign(each) and (bare := plain(each)) != {}]
    if isinstance(held, dict):
        bare = {k: plain(v) for k, v in held.items() if k not in {"text", "contained"}}
        return {key: value for key, value in bare.items() if value not in ([], {})}
    return held


def _is_foreign(item: Any) -> bool:
    inner = item.get("coding") if isinstance(item, dict) else None
    if isinstance(item, dict) and inner and all(map(_is_foreign, inner)):
        return True
    return isinstance(item, dict) and any(
        str(item.get(key, "")).startswith(FOREIGN) for key in ("url", "system")
    )
