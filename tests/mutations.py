"""Seeded random edits of an establishment's data, as a colleague makes them in the directory.

Unlike `tests.strategies`, which invents establishments, this starts from a real one and changes a
few things of every kind; a failure is told by its seed.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

from rorcli.items import JOURS
from rorcli.model import Establishment, decode, to_data

# Keys that tell an item apart or that other items refer to: changing one is another item.
IDENTITY = {"id", "rpps", "canal", "valeur", "nature", "fonction", "statut", "temporalite",
            "affectation", "genre", "jours", "debut", "type", "finess", "specialite"}  # fmt: skip
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
NEVER_EMPTY = {"activites", "jours", "unites"}


def mutated(
    establishment: Establishment, seed: int, times: int = 6, *, structure: bool = False
) -> Establishment:
    """The establishment after `times` edits; the same for the same seed.

    With `structure` the last edit adds, removes or moves a unit.
    """
    chance = Random(seed)
    data = deepcopy(to_data(establishment))
    for number in range(times):
        edit, holder, key = chance.choice(list(_possible(data)))
        edit(holder, key, chance, f"{seed}-{number}")
    if structure:
        _restructure(data["etablissement"], chance, f"52/{seed}")
    return decode(data)


def _restructure(site: dict[str, Any], chance: Random, mark: str) -> None:
    holders = [each for each in _mappings(site) if each.get("unites")]
    source = chance.choice(holders)["unites"]
    unit = source[chance.randrange(len(source))]
    verb = chance.choice(["add", "remove", "move"])
    if verb == "add":
        source.append({"type": "uo", "id": mark, "nom": f"Unité {mark}", "unites": []})
        return
    source.remove(unit)
    if verb == "move":
        goals = [
            each for each in _mappings(site) if each is site or ("type" in each and "id" in each)
        ]
        chance.choice(goals).setdefault("unites", []).append(unit)


def _possible(data: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Every edit that can be made: the function, the mapping, the key."""
    for holder in _mappings(data):
        for key, value in holder.items():
            if isinstance(value, list) and key not in NEVER_EMPTY:
                yield _drop, holder, key
                yield _add, holder, key
            elif isinstance(value, str) and key not in IDENTITY | {"nom"} and key != "format":
                yield _change, holder, key
                yield _erase, holder, key
            elif isinstance(value, str) and key == "nom" and "type" in holder:
                yield _change, holder, key
            elif isinstance(value, int) and key == "nombre":
                yield _count, holder, key


def _mappings(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict):
        yield data
        for value in data.values():
            yield from _mappings(value)
    elif isinstance(data, list):
        for value in data:
            yield from _mappings(value)


def _change(holder: dict[str, Any], key: str, chance: Random, mark: str) -> None:
    if _DAY.fullmatch(holder[key]):
        holder[key] = f"20{chance.randrange(10, 26)}-01-{chance.randrange(10, 29)}"
    else:
        holder[key] = f"{holder[key]} {mark}" if chance.random() < 0.7 else f"# {mark}"


def _erase(holder: dict[str, Any], key: str, chance: Random, mark: str) -> None:
    del holder[key]


def _count(holder: dict[str, Any], key: str, chance: Random, mark: str) -> None:
    holder[key] = chance.randrange(100)


def _drop(holder: dict[str, Any], key: str, chance: Random, mark: str) -> None:
    if holder[key]:
        holder[key].pop(chance.randrange(len(holder[key])))


def _add(holder: dict[str, Any], key: str, chance: Random, mark: str) -> None:
    """Another item like the first, under an identity of its own."""
    first = holder[key][0] if holder[key] else None
    if isinstance(first, str):
        holder[key].insert(chance.randrange(len(holder[key]) + 1), f"{mark}")
    elif isinstance(first, dict):
        item = deepcopy(first)
        item.update(_identity(key, chance, mark))
        holder[key].append(item)


def _identity(key: str, chance: Random, mark: str) -> dict[str, Any]:
    made: dict[str, dict[str, Any]] = {
        "contacts": {"nom": f"NOM {mark}"},
        "telecoms": {"valeur": mark},
        "praticiens": {"rpps": mark},
        "lieux": {"id": mark, "nom": f"Lieu {mark}", "capacites": []},
        "capacites": {"genre": mark},
        "horaires": {"jours": [chance.choice(JOURS)], "debut": f"{chance.randrange(10, 20)}:07"},
    }
    return made.get(key, {})
