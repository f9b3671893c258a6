"""From a bag of resources to an establishment: the tree follows the references."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rorcli.model import Establishment, decode
from rorcli.stores.fhir import organizations, services
from rorcli.stores.fhir.bag import Bag, address, is_active, references
from rorcli.stores.fhir.lenses import Lens
from rorcli.stores.fhir.locations import LIEU
from rorcli.stores.fhir.moments import paris_day
from rorcli.stores.fhir.people import PERSON, SITUATION
from rorcli.stores.fhir.profiles import ON_SERVER, Resource

#: Node keys as `Plan.touched` has them.
EJ, EG = "ej", ""
#: What reading raises of JSON that is no FHIR: a list for a mapping, a mapping for a text.
UNEXPECTED = (AttributeError, TypeError, KeyError, ValueError, RecursionError)


@dataclass
class Tree:
    """An establishment, and the resources that it was read from.

    Attributes:
        establishment: Every key that has a value is managed.
        nodes: The resource of each node, by key: "ej", "" (the EG), else the unit's.
        lieux: The Location of each lieu, by `id`, or by UO and name when it has none.
        people: The Practitioner of each RPPS.
        situations: The PractitionerRoles of each UO, with what was read of each.
        changed_on: The day of each node, "" for the EG: the latest of its resource, its lieux and
            its situations.
        broken: What refers to a resource that is not there, or cannot be placed, in French.
    """

    establishment: Establishment = field(default_factory=Establishment)
    nodes: dict[str, Resource] = field(default_factory=dict)
    lieux: dict[str, Resource] = field(default_factory=dict)
    people: dict[str, Resource] = field(default_factory=dict)
    situations: dict[str, list[tuple[Resource, dict[str, Any]]]] = field(default_factory=dict)
    changed_on: dict[str, date] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    @property
    def own(self) -> Iterator[Resource]:
        """The resources that the establishment is made of."""
        yield from self.nodes.values()
        yield from self.lieux.values()
        yield from self.people.values()
        yield from (role for roles in self.situations.values() for role, _ in roles)


def sites(resources: Iterable[Resource]) -> Iterator[Resource]:
    """The EGs among the resources."""
    for each in resources:
        is_organization = each["resourceType"] == "Organization" and is_active(each)
        if is_organization and organizations.level(each) == "eg":
            yield each


def read(bag: Bag, eg: Resource, verified_url: str = "") -> Tree:
    """The establishment of an EG, as far as the bag holds it."""
    return _Reader(bag, verified_url).read(eg)


def lieu_key(unit: str, lieu: Mapping[str, Any]) -> str:
    """The key of a lieu among all of an establishment: its `id`, else its name within the UO."""
    return lieu.get("id") or f"{unit}#{lieu.get('nom', '')}"


class _Reader:
    def __init__(self, bag: Bag, verified_url: str) -> None:
        self.bag = bag
        self.lenses: Mapping[str, Lens] = {
            "Organization": organizations.unit(verified_url),
            "HealthcareService": services.service(verified_url),
        }
        self.site = organizations.site(verified_url)
        self.tree = Tree()
        self.seen: set[str] = set()

    def read(self, eg: Resource) -> Tree:
        self.tree.nodes[EG] = eg
        self.note(EG, eg)
        site = _held({**(self.site.get(eg) or {}), "unites": self.units(eg)})
        whole = {"entite_juridique": self.legal(eg), "etablissement": site}
        self.tree.establishment = decode(_held(whole))
        return self.tree

    def legal(self, eg: Resource) -> dict[str, Any]:
        ej = next(self.follow(eg, "partOf"), None)
        if ej is None:
            return {}
        self.tree.nodes[EJ] = ej
        return organizations.EJ.get(ej) or {}

    def units(self, above: Resource) -> list[dict[str, Any]]:
        """What hangs from a resource; a resource met twice stands in a circle and is left out."""
        self.seen.add(address(above))
        return [
            unit
            for each in self.bag.below(address(above))
            if each["resourceType"] in self.lenses and address(each) not in self.seen
            for unit in self.unit(each)
        ]

    def unit(self, resource: Resource) -> Iterator[dict[str, Any]]:
        """The unit, or nothing for the double of one."""
        data = self.lenses[resource["resourceType"]].get(resource) or {}
        # What the directory gave no identifier cannot be named; its place on the server can.
        key = data.setdefault("id", f"{ON_SERVER}{address(resource)}")
        if self.is_double(resource, key, self.tree.nodes):
            return
        self.tree.nodes[key] = resource
        self.note(key, resource)
        if resource["resourceType"] == "HealthcareService":
            places = [lieu for each in self.follow(resource, "location")
                      for lieu in self.lieu(key, each)]  # fmt: skip
            people = self.people(key, resource)
            yield _held({"type": "uo", **data, "lieux": places, "praticiens": people})
        else:
            yield _held({"type": "service", **data, "unites": self.units(resource)})

    def lieu(self, unit: str, resource: Resource) -> Iterator[dict[str, Any]]:
        """A lieu, described where it is met first, referred to by its `id` further on."""
        data = LIEU.get(resource) or {}
        key = lieu_key(unit, data)
        self.note(unit, resource)
        if self.is_double(resource, key, self.tree.lieux):
            return
        is_known = key in self.tree.lieux
        self.tree.lieux[key] = resource
        yield {"id": key} if is_known else data

    def is_double(self, resource: Resource, key: str, held: Mapping[str, Resource]) -> bool:
        """True for another resource of the same identifier: which is meant, nobody can say."""
        other = held.get(key, resource)
        if address(other) == address(resource):
            return False
        self.tree.broken.append(
            f"{address(resource)} : a le même identifiant que {address(other)}, {key}"
        )
        return True

    def people(self, unit: str, service: Resource) -> list[dict[str, Any]]:
        """The situations of a UO whose person has an RPPS; the others are not ours to write."""
        found = []
        for role in self.bag.below(address(service)):
            for person in self.follow(role, "practitioner"):
                identity = PERSON.get(person) or {}
                if "rpps" in identity:
                    found.append((role, {**identity, **(SITUATION.get(role) or {})}))
                    self.note(unit, role)
                    self.tree.people[identity["rpps"]] = person
                else:
                    self.tree.broken.append(f"{address(person)} : pas de numéro RPPS")
        self.tree.situations[unit] = found
        return [value for _, value in found]

    def follow(self, source: Resource, element: str) -> Iterator[Resource]:
        for reference in references(source.get(element)):
            resource = self.bag.get(reference)
            if resource is None:
                self.tree.broken.append(
                    f"{address(source)} : {element} désigne {reference}, qui manque"
                )
            else:
                yield resource

    def note(self, key: str, resource: Resource) -> None:
        """A node is as old as the latest of what it is made of."""
        day = paris_day((resource.get("meta") or {}).get("lastUpdated"))
        if day:
            self.tree.changed_on[key] = max(day, self.tree.changed_on.get(key, day))


def _held(data: dict[str, Any]) -> dict[str, Any]:
    """The keys that have a value: what a store holds of a noun."""
    return {key: value for key, value in data.items() if value not in ({}, [])}
