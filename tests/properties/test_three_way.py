"""Any two sides and their base: the outcome is the textbook's, nobody's half item ever results.

The oracle flattens the establishments and merges them by itself, from the design's tables.
"""

from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from rorcli.fields import Kind, specs
from rorcli.model import Establishment, decode, to_data
from rorcli.nouns import Noun
from rorcli.planning.changes import Choice, rebase
from rorcli.planning.facts import Facts, assemble, doubles, facts
from rorcli.planning.limits import Thresholds
from rorcli.planning.plan import Plan, Sides

Flat = dict[tuple[str, ...], Any]

CONTACTS = ("06", "07", "08")
PLACES = ("L1", "L2", "L3")
UNITS = {"52/1": "pole", "52/2": "pole", "52/3": "service", "52/4": "service",
         "52/5": "uo", "52/6": "uo"}  # fmt: skip


def made_up(chance: Random) -> dict[str, Any]:
    """The data of a small establishment, all of whose parts may be missing."""
    described = {place: _place(chance, place) for place in PLACES}
    site: dict[str, Any] = {"finess": "440099919", "nom": _word(chance), "contacts": _contacts(chance),
            "unites": []}  # fmt: skip
    if chance.random() < 0.5:
        site["adresse"] = {"voie": _word(chance), "commune": _word(chance)}
    homes: dict[str, Any] = {"": site["unites"]}
    for key, kind in UNITS.items():
        if chance.random() < 0.25:
            continue
        unit: dict[str, Any] = {"type": kind, "id": key, "nom": _word(chance),
                                "contacts": _contacts(chance), "unites": []}  # fmt: skip
        home = chance.choice([k for k in homes if UNITS.get(k, "") != "uo"])
        homes[home].append(unit)
        homes[key] = unit["unites"]
        if kind == "uo":
            unit["activites"] = [c for c in ("053", "022", "001") if chance.random() < 0.5]
            held = [place for place in PLACES if chance.random() < 0.4]
            unit["lieux"] = [described.pop(p, {"id": p}) for p in held]
    return {"entite_juridique": {"finess": "440099901"}, "etablissement": site}


def _word(chance: Random) -> str:
    return chance.choice("ab")


def _contacts(chance: Random) -> list[dict[str, Any]]:
    return [
        {"nature": nature, "description": chance.choice([None, "a", "b"]),
         "telecoms": [{"canal": "2", "valeur": value, "confidentialite": _word(chance)}
                      for value in ("1", "2") if chance.random() < 0.5]}
        for nature in CONTACTS if chance.random() < 0.5
    ]  # fmt: skip


def _place(chance: Random, key: str) -> dict[str, Any]:
    measures = [
        {"nature": "lit", "statut": statut, "nombre": chance.randrange(2), "temporalite": "01"}
        for statut in ("installe", "occupe") if chance.random() < 0.6
    ]  # fmt: skip
    return {"id": key, "nom": _word(chance), "capacites": measures}


def edited(chance: Random, data: dict[str, Any]) -> dict[str, Any]:
    """Some of the parts as another made-up establishment has them."""
    other = made_up(chance)["etablissement"]
    copy = deepcopy(data)
    for key in ("nom", "adresse", "contacts", "unites"):
        if chance.random() < 0.3 and key in other:
            copy["etablissement"][key] = other[key]
    for unit in list(_units(copy["etablissement"]["unites"])):
        if chance.random() < 0.2:
            unit["nom"] = _word(chance)
        if chance.random() < 0.2:
            unit["contacts"] = _contacts(chance)
    return copy


def _units(units: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for unit in units:
        yield unit
        yield from _units(unit["unites"])


def managing_all(noun: Noun) -> Noun:
    """The noun with every key managed: what is not there is said to be none."""
    values: dict[str, Any] = {}
    for key, spec in specs(type(noun)).items():
        value = getattr(noun, key)
        if spec.kind is Kind.NOUN and value is not None:
            value = managing_all(value)
        elif spec.kind is Kind.NOUNS:
            value = tuple(managing_all(each) for each in value)
        values[key] = value
    return type(noun)(managed=frozenset(values), **values)


def side(data: dict[str, Any]) -> Establishment:
    made = managing_all(decode(data))
    assert isinstance(made, Establishment)
    return made


IDENTITY = {
    "contacts": ("fonction", "nature", "nom"),
    "telecoms": ("canal", "valeur"),
    "capacites": ("nature", "statut", "temporalite", "affectation", "genre"),
}


def flat(establishment: Establishment) -> Flat:
    """Paths and values, by the identities of the design; units and lieux stand by themselves."""
    found: Flat = {("eg",): "there"}
    data = to_data(establishment)["etablissement"]
    _flatten(data, ("eg",), found)
    return found


def _flatten(data: dict[str, Any], here: tuple[str, ...], found: Flat) -> None:
    for key, value in data.items():
        if isinstance(value, dict):
            found[*here, key] = "there"
            _flatten(value, (*here, key), found)
        elif isinstance(value, list):
            for item in value:
                _flatten_item(key, item, here, found)
        elif value is not None:
            found[*here, key] = value


def _flatten_item(key: str, item: Any, here: tuple[str, ...], found: Flat) -> None:
    if isinstance(item, str):
        found[*here, key, item] = "there"
        return
    place = _place_of(key, item, here)
    if key == "unites":
        found[*place, "above"] = here[1] if here[0] == "unit" else ""
    elif key == "lieux":
        found[*here, key, item["id"]] = "there"
    found[place] = "there"
    _flatten(item, place, found)


def _place_of(key: str, item: dict[str, Any], here: tuple[str, ...]) -> tuple[str, ...]:
    if key in {"unites", "lieux"}:
        return ({"unites": "unit", "lieux": "lieu"}[key], item["id"])
    return (*here, key, "|".join(item.get(part) or "" for part in IDENTITY[key]))


def textbook(base: Flat, ours: Flat, theirs: Flat) -> tuple[Flat, bool]:
    """The merge path by path, and whether somebody has to settle something."""
    merged: Flat = {}
    disputed = False
    for path in base | ours | theirs:
        was, now, there = base.get(path), ours.get(path), theirs.get(path)
        alien = is_alien(path, ours)
        value = there if alien or now == was else now
        disputed |= not alien and len({was, now, there}) == 3
        if value is not None:
            merged[path] = value
    merged = without_empty_lieux(merged)
    return merged, disputed or not is_whole(merged)


def is_alien(path: tuple[str, ...], ours: Flat) -> bool:
    """True in lieux that no unit of ours works in, and in measures that we do not list."""
    measure = path[2:3] == ("capacites",) and path[:4] not in ours
    return path[0] == "lieu" and (measure or path[:2] not in ours)


def without_empty_lieux(held: Flat) -> Flat:
    used = {path[3] for path in held if path[2:3] == ("lieux",)}
    return {path: value for path, value in held.items() if path[0] != "lieu" or path[1] in used}


def is_whole(held: Flat) -> bool:
    """True when each thing stands in a thing that is there."""
    for path, value in held.items():
        needed = {path[:n] for n in range(2, len(path)) if _is_thing(path[:n])}
        if path[2:] == ("above",) and value:
            needed.add(("unit", value))
        if path[2:3] == ("lieux",):
            needed.add(("lieu", path[3]))
        if not needed <= held.keys():
            return False
    return True


def _is_thing(path: tuple[str, ...]) -> bool:
    start = 2 if path[0] in {"unit", "lieu"} else 1
    rest = list(path[start:])
    while rest:
        width = {"contacts": 2, "telecoms": 2, "capacites": 2, "activites": 2, "lieux": 2}
        taken = rest[: width.get(rest[0], 1)]
        if len(taken) < width.get(rest[0], 1):
            return False
        del rest[: len(taken)]
    return True


def sides(seed: int) -> tuple[Establishment, Establishment, Establishment]:
    chance = Random(seed)
    base = made_up(chance)
    return side(edited(chance, base)), side(edited(chance, base)), side(base)


def plan_of(ours: Establishment, theirs: Establishment, base: Facts, choice: Choice) -> Plan:
    return Sides.of(ours, theirs, base).plan("440099919", "1", Thresholds(), choice)


NOBODY, US, THEM = Choice(), Choice(ours=frozenset("*")), Choice(theirs=frozenset("*"))
SEEDS = range(150)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_outcome_is_the_textbook_s(seed):
    ours, theirs, base = sides(seed)
    merged, disputed = textbook(flat(base), flat(ours), flat(theirs))
    plan = plan_of(ours, theirs, facts(base), NOBODY)
    assert bool(plan.conflicts) == disputed
    if not disputed:
        assert flat(plan.result(theirs)) == merged


@pytest.mark.parametrize("choice", [US, THEM], ids=["ours", "theirs"])
@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_is_chosen_nothing_is_left_by_half_and_no_third_value_appears(seed, choice):
    ours, theirs, base = sides(seed)
    plan = plan_of(ours, theirs, facts(base), choice)
    after = flat(plan.result(theirs))
    assert plan.conflicts == ()
    assert is_whole(after)
    mine, other = flat(ours), flat(theirs)
    assert {p: v for p, v in after.items() if v not in {mine.get(p), other.get(p)}} == {}
    was = flat(base)
    chosen = mine if choice is US else other
    changed = {p for p in was | chosen if was.get(p) != chosen.get(p) and not is_alien(p, mine)}
    # A lieu or measure that the base does not know has no former value; a lieu that all have left
    # is no more.
    changed = {p for p in changed if p[0] != "lieu" or (p[:2] in after and p[:4] in was)}
    assert {p: after.get(p) for p in changed} == {p: chosen.get(p) for p in changed}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_second_push_writes_nothing_and_still_tells_what_is_theirs(seed):
    ours, theirs, base = sides(seed)
    first = Sides.of(ours, theirs, facts(base))
    plan = plan_of(ours, theirs, facts(base), NOBODY)
    if plan.conflicts:
        return
    after = plan.result(theirs)
    kept = rebase(first.base, first.ours, facts(after, doubles(ours, after)))
    again = plan_of(ours, after, kept, NOBODY)
    assert again.changes == ()
    assert again.conflicts == ()
    assert {c.path for c in again.theirs} == {c.path for c in plan.theirs}


@pytest.mark.parametrize("seed", range(50))
def test_sides_are_held_whole_by_a_store(seed):
    ours, _, _ = sides(seed)
    assert flat(assemble(facts(ours).values)) == flat(ours)


FORGOTTEN = ("nom", "adresse", "contacts", "description", "telecoms", "activites", "lieux",
             "unites", "capacites", "confidentialite")  # fmt: skip


def forgetful(chance: Random, data: Any) -> Any:
    """The same data without some of the keys that a file may leave out."""
    if isinstance(data, dict):
        kept = {k: v for k, v in data.items() if k not in FORGOTTEN or chance.random() < 0.8}
        return {key: forgetful(chance, value) for key, value in kept.items()}
    return [forgetful(chance, each) for each in data] if isinstance(data, list) else data


def mentions(
    data: dict[str, Any], here: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Everything that the data of an establishment describes, with its place."""
    yield here, data
    for key, value in data.items():
        if isinstance(value, dict):
            yield from mentions(value, (*here, key))
        for item in value if isinstance(value, list) else ():
            if isinstance(item, dict):
                yield from mentions(item, _place_of(key, item, here))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("known", [True, False], ids=["base", "no base"])
def test_what_the_file_does_not_manage_is_left_as_it_is(seed, known):
    chance = Random(seed)
    base = made_up(chance)
    data = forgetful(chance, edited(chance, base))
    theirs = side(edited(chance, base))
    former = facts(side(base)) if known else None
    plan = Sides.of(decode(data), theirs, former).plan("440099919", "1", Thresholds(), US)
    before, after = flat(theirs), flat(plan.result(theirs))
    written = list(mentions(data["etablissement"], ("eg",)))
    managed = {(*here, key) for here, held in written for key in held}
    places = {(*here, key) for here, _ in written for key in FORGOTTEN if here in after}
    for place in places - managed:
        below = [p for p in before | after if p[: len(place)] == place and place[:-1] in before]
        assert [(p, after.get(p)) for p in below] == [(p, before.get(p)) for p in below]
