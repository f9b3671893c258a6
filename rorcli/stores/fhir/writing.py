"""From an establishment back to resources: each as it is on the server, with what differs put in.

Nothing else changes: what the model does not hold stays where and as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from rorcli.fields import Kind, specs
from rorcli.model import Establishment, Unite
from rorcli.nouns import Noun
from rorcli.planning.facts import assemble, doubles, facts
from rorcli.stores.fhir import organizations, services
from rorcli.stores.fhir.bag import REFERENCE, address, is_active
from rorcli.stores.fhir.keys import free_id
from rorcli.stores.fhir.lenses import Each, Key, Lens, Slice, align, changed, record
from rorcli.stores.fhir.locations import LIEU
from rorcli.stores.fhir.people import PERSON, SITUATION
from rorcli.stores.fhir.profiles import CREATED, ON_SERVER, PROFILES, Resource
from rorcli.stores.fhir.reading import EG, EJ, Tree, lieu_key

#: References (`Type/id`) as planned -> as the server gave them, where it gives ids itself.
Moved = Mapping[str, str]


class Said(NamedTuple):
    """What a resource shall say: a value at a lens, and references by element."""

    lens: Lens
    value: dict[str, Any]
    links: Mapping[str, Any] = MappingProxyType({})


def _as_it_is(resource: Resource, moved: Moved) -> Resource:  # noqa: ARG001 - as `Pair.onto`
    return resource


class Pair(NamedTuple):
    """What a resource of a node is and becomes: None before is a creation, None after a removal.

    `node` is a key as `Plan.touched` has it; a resource that stays as it is has two equal sides.
    `onto` puts what is wanted onto any state of the resource, with references that follow `moved`:
    onto `after` itself, or what stands at a new one's place already, whose own parts stay.
    """

    node: str
    before: Resource | None
    after: Resource | None
    onto: Callable[[Resource, Moved], Resource] = _as_it_is

    @property
    def is_changed(self) -> bool:
        """True when there is something to write."""
        return self.before != self.after


def pairs(
    wanted: Establishment, tree: Tree, *, today: date, verified_url: str = ""
) -> Iterator[Pair]:
    """Every resource of the establishment, before and after, in the order in which to write them.

    A target comes before what refers to it; removals come last, the deepest first. A Location is
    never removed: another establishment may work there. Units need an `id`. What `wanted` has as a
    plan without changes would have it is not written, be it something that a file cannot hold, such
    as two contacts of one identity.
    """
    yield from _Writer(wanted, tree, today, verified_url).pairs()


def view(noun: Noun) -> dict[str, Any]:
    """A noun as the plain data of lenses: the keys that have a value, lists item by item."""
    found: dict[str, Any] = {}
    for key, spec in specs(type(noun)).items():
        value = getattr(noun, key)
        if spec.kind is Kind.NOUN and value is not None:
            value = view(value)
        elif spec.kind is Kind.NOUNS:
            value = [shown for item in value if (shown := view(item))]
        elif spec.is_list:
            value = list(value)
        if value is not None and value not in ([], {}):
            found[key] = value
    return found


class _Writer:
    def __init__(self, wanted: Establishment, tree: Tree, today: date, verified_url: str) -> None:
        self.wanted, self.tree, self.today = wanted, tree, today
        self.site = organizations.site(verified_url)
        self.unit = organizations.unit(verified_url)
        self.offer = services.service(verified_url)
        self.lieux, self.people = _described(wanted), _corrected(wanted, tree)
        held = tree.establishment
        unchanged = assemble(facts(held, doubles(held, wanted)).values)
        self.before = {EJ: view(unchanged.entite_juridique), EG: view(unchanged.etablissement)}
        self.before |= {each.key: view(each.unit) for each in unchanged.units()}
        self.lieux_before = _described(unchanged)
        # Ids that are no longer free: a role keeps the one of its first specialty, for example.
        self.taken = {*map(address, tree.own)}
        # The Locations that references were followed to, or lead to from now on.
        self.places = {*map(address, tree.lieux.values())}
        # Where the nodes, lieux and people written so far are: key -> reference.
        self.nodes_at: dict[str, str] = {}
        self.lieux_at: dict[str, str] = {}
        self.people_at: dict[str, str] = {}

    def pairs(self) -> Iterator[Pair]:
        ej, eg = self.wanted.entite_juridique, self.wanted.etablissement
        if legal := view(ej):
            new = self.blank("Organization", str(ej.finess))
            yield self.node(EJ, new, organizations.EJ, legal, {})
        links: dict[str, Any] = {"partOf": self.nodes_at[EJ]} if legal else {}
        yield self.node(EG, self.blank("Organization", str(eg.finess)), self.site, view(eg), links)
        for placed in self.wanted.units():
            above = self.nodes_at[placed.parent_key]
            if placed.unit.is_uo:
                yield from self.service(placed.unit, above)
            else:
                new = self.blank("Organization", placed.key)
                links = {"partOf": above}
                yield self.node(placed.key, new, self.unit, view(placed.unit), links)
        yield from self.removals()

    def service(self, unit: Unite, above: str) -> Iterator[Pair]:
        """A UO behind the lieux that it works in, and before its practitioners."""
        key = str(unit.id)
        places = [lieu_key(key, view(lieu)) for lieu in unit.lieux]
        yield from (self.lieu(key, place) for place in places if place not in self.lieux_at)
        links = {"providedBy": above, "location": [self.lieux_at[place] for place in places]}
        new = self.blank("HealthcareService", key)
        yield self.node(key, new, self.offer, view(unit), links)
        yield from self.situations(key, [view(each) for each in unit.praticiens])

    def node(
        self, key: str, new: Resource, lens: Lens, value: dict[str, Any], links: dict[str, Any]
    ) -> Pair:
        before = self.tree.nodes.get(key)
        if before is not None and before["resourceType"] != new["resourceType"]:
            before = None
        if before is not None:
            value = _moved(self.before.get(key, {}), value, lens.get(before) or {})
        own = {k: v for k, v in value.items() if k != "id" or not v.startswith(ON_SERVER)}
        found = self.pair(key, before, new, Said(lens, own, links))
        self.nodes_at[key] = address(before or new)
        return found

    def lieu(self, unit: str, key: str) -> Pair:
        before, value = self.tree.lieux.get(key), self.lieux[key]
        if before is not None:
            shown = LIEU.get(before) or {}
            # A reference, by `id` alone, says nothing of the lieu itself.
            is_bare = value.keys() <= {"id"}
            value = shown if is_bare else _moved(self.lieux_before.get(key, {}), value, shown)
        new = self.blank("Location", key)
        self.lieux_at[key] = address(before or new)
        self.places.add(self.lieux_at[key])
        return self.pair(unit, before, new, Said(LIEU, value))

    def situations(self, unit: str, wanted: list[dict[str, Any]]) -> Iterator[Pair]:
        """Those that stay are found by RPPS and specialty, then by RPPS alone."""
        known = self.tree.situations.get(unit, [])
        if wanted == self.before.get(unit, {}).get("praticiens", []):
            for role, value in known:
                yield from self.person(unit, value["rpps"])
                yield Pair(unit, role, role)
            return
        held = dict(enumerate(value for _, value in known))
        kept, come = align(held, wanted, (_situation, _rpps))
        for place, value in (*kept.items(), *enumerate(come, len(known))):
            yield from self.person(unit, value["rpps"])
            before = known[place][0] if place in kept else None
            new = self.blank("PractitionerRole", "/".join((unit, *filter(None, _situation(value)))))
            links = {"practitioner": self.people_at[value["rpps"]],
                     "healthcareService": self.nodes_at[unit]}  # fmt: skip
            yield self.pair(unit, before, new, Said(SITUATION, value, links))
        # The double of one that stays is nothing that a file could say: it stays as well.
        staying = {_situation(known[place][1]) for place in kept}
        for place, (role, value) in enumerate(known):
            if place not in kept and _situation(value) not in staying:
                yield Pair(unit, role, None)

    def person(self, unit: str, rpps: str) -> Iterator[Pair]:
        """The person of a situation, at the first one of theirs."""
        if rpps not in self.people_at:
            before = self.tree.people.get(rpps)
            new = self.blank("Practitioner", rpps)
            self.people_at[rpps] = address(before or new)
            yield self.pair(unit, before, new, Said(PERSON, self.people[rpps]))

    def removals(self) -> Iterator[Pair]:
        """What is no longer there: the tree was read from the top, so backwards is from below."""
        kept = {*self.nodes_at.values()}
        for key, before in reversed(self.tree.nodes.items()):
            if address(before) not in kept and key != EJ:
                gone = () if key in self.nodes_at else self.tree.situations.get(key, ())
                yield from (Pair(key, role, None) for role, _ in gone)
                yield Pair(key, before, None)

    def blank(self, kind: str, key: str) -> Resource:
        """A new resource of our profile for that type, with the id that its key stands for."""
        return {
            "resourceType": kind,
            "id": free_id(kind, key, self.taken),
            "meta": {"profile": [PROFILES[kind]]},
            "extension": [{"url": CREATED, "valueDateTime": self.today.isoformat()}],
        }

    def pair(self, node: str, before: Resource | None, new: Resource, said: Said) -> Pair:
        # Of what is new every reference is ours to say; of others, those that we followed.
        ours = None if before is None else self.places
        onto = partial(_put, said=said, ours=ours)
        return Pair(node, before, onto(before or new, {}), onto)


def _put(resource: Resource, moved: Moved, *, said: Said, ours: Container[str] | None) -> Resource:
    """The resource that says so; references in a list stay that are not of `ours`."""
    lens, value, links = said

    def is_ours(item: Any) -> bool:
        return ours is None or REFERENCE.get(item) in ours

    def led(end: Any) -> Any:
        return [*map(led, end)] if isinstance(end, list) else moved.get(end, end)

    lenses: Mapping[str, Lens] = {
        "location": Each(REFERENCE, belongs=is_ours),
        "healthcareService": Slice(REFERENCE),
    }
    if ours is None and is_active(resource):
        # Somebody's: what we say nothing of stays. What was closed comes back as it is asked for.
        value = {**(lens.get(resource) or {}), **value}
    held = record(**{name: Key(name) >> lenses.get(name, REFERENCE) for name in links})
    ends = {name: led(end) for name, end in links.items() if end}
    found: Resource = held.put(changed(lens, resource, value), ends)
    return found


def _moved(before: Mapping[str, Any], wanted: Mapping[str, Any], shown: Mapping[str, Any]) -> Any:
    """What is shown, with the attributes of `wanted` that are not as `before`."""
    same = {key: value for key, value in shown.items() if before.get(key) == wanted.get(key)}
    new = {key: value for key, value in wanted.items() if before.get(key) != value}
    return {**same, **new}


def _rpps(praticien: Mapping[str, Any]) -> Any:
    return praticien.get("rpps")


def _situation(praticien: Mapping[str, Any]) -> tuple[Any, Any]:
    return praticien.get("rpps"), praticien.get("specialite")


def _described(wanted: Establishment) -> dict[str, dict[str, Any]]:
    """Each lieu by key, as the first UO that says more than its `id` has it."""
    found: dict[str, dict[str, Any]] = {}
    for placed in wanted.units():
        for lieu in map(view, placed.unit.lieux):
            key = lieu_key(placed.key, lieu)
            if found.get(key, {}).keys() <= {"id"}:
                found[key] = lieu
    return found


def _corrected(wanted: Establishment, tree: Tree) -> dict[str, dict[str, Any]]:
    """Each person by RPPS, as the first situation that says something else than the tree has it."""
    found: dict[str, dict[str, Any]] = {}
    for praticien in (each for placed in wanted.units() for each in placed.unit.praticiens):
        said = {k: v for k, v in view(praticien).items() if k in PERSON.names}
        rpps = str(praticien.rpps)
        known = PERSON.get(tree.people.get(rpps)) or {"rpps": rpps}
        if found.get(rpps, known) == known:
            found[rpps] = said
    return found
