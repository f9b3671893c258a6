"""From a FINESS number to every resource of the establishment, on any server.

The walk follows references from the EG down: `Organization?partof`, then
`HealthcareService?organization` with what it includes. The national query (one request, by
`organization.identifier:above`) serves where `partof` is not offered, as nationally; it misses
nodes without offre, and its empty answer is no answer. What a server sends beside the question (an
unknown parameter that it ignored) is left out by looking at the references themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from rorcli.errors import StoreDeniedError, StoreUnavailableError
from rorcli.model import Establishment
from rorcli.stores.base import side_by_side
from rorcli.stores.fhir import organizations
from rorcli.stores.fhir.answers import is_failure, outcome
from rorcli.stores.fhir.bag import MemoryBag, address, is_active, references
from rorcli.stores.fhir.capabilities import Capabilities
from rorcli.stores.fhir.locations import LIEU
from rorcli.stores.fhir.people import PERSON
from rorcli.stores.fhir.profiles import ON_SERVER, Resource
from rorcli.stores.fhir.reading import EJ, Tree, lieu_key
from rorcli.stores.fhir.transport import Transport, broken_off

PAGE = "200"
#: References in one question: an address must stay short enough for every proxy on the way.
AT_ONCE = 40
_OFFERS = (
    ("_include", "HealthcareService:location"),
    ("_revinclude", "PractitionerRole:service"),
    ("_include:iterate", "PractitionerRole:practitioner"),
)
_WITH_EJ = ("_include", "Organization:partof")
_UPWARDS = (
    ("_include", "HealthcareService:organization"),
    ("_include:iterate", "Organization:partof"),
)
_NATIONAL_PERSON = "urn:oid:1.2.250.1.71.4.2.1|8"
_PLACE = f"{ON_SERVER}Location/"
#: Deeper trees are a circle: there are four levels.
_DEPTH = 12


class Walker:
    """Reads establishments from a server."""

    def __init__(self, transport: Transport, capabilities: Capabilities) -> None:
        self._transport, self._capabilities = transport, capabilities

    def site(self, finess: str) -> list[Resource]:
        """The EG of that number, then what came with it; [] when the server has none.

        Raises:
            StoreUnavailableError: Several active ones: nobody can say which is meant.
        """
        asked = ("identifier", f"{finess},1{finess}")
        met = {address(e): e for e in self.search("Organization", asked, _WITH_EJ)}
        lens = organizations.site("")
        found = [k for k, e in met.items() if _is_site(e) and lens.get(e).get("finess") == finess]
        if len(found) > 1:
            raise StoreUnavailableError(
                f"{finess} : plusieurs établissements portent ce numéro ({', '.join(found)})",
                remedy="signalez ce doublon à l'équipe qui tient le serveur ; rien n'est écrit",
            )
        return [*(met.pop(key) for key in found), *met.values()] if found else []

    def sites(self, finess: Iterable[str] = ()) -> Iterator[tuple[Resource, Resource | None]]:
        """Those EGs, or every one, with their EJ."""
        found: dict[str, Resource] = {}
        for numbers in batches(finess) or [[]]:
            both = ",".join(f"{each},1{each}" for each in numbers)
            asked = [("identifier", both)] if numbers else []
            for each in self.search("Organization", *asked):
                if organizations.level(each) in {"ej", "eg"}:
                    found[address(each)] = each
        for each in [*filter(_is_site, found.values())]:
            legal = next(iter(references(each.get("partOf"))), "")
            if legal not in found and (above := self._read(legal)):
                found[legal] = above
            yield each, found.get(legal)

    def tree(self, site: Sequence[Resource]) -> MemoryBag:
        """Every resource of the establishment that `site` found, in a fixed order."""
        eg, found = site[0], {address(site[0]): site[0]}
        legal = next(iter(references(eg.get("partOf"))), "")
        if above := MemoryBag(site).get(legal) or self._read(legal):
            found[legal] = above
        if not self._capabilities.searches("Organization", "partof"):
            found |= self._national(eg)
        if len(found) <= 2:  # noqa: PLR2004 - the EG and its EJ
            found |= self._below(eg)
        return MemoryBag(found[key] for key in sorted(self._completed(found)))

    def met(self, tree: Tree, wanted: Establishment) -> Tree:
        """The tree with the people, lieux and EJ that the server knows from elsewhere."""
        units = [placed.unit for placed in wanted.units()]
        people, lieux, nodes = dict(tree.people), dict(tree.lieux), dict(tree.nodes)
        new = {p.rpps for unit in units for p in unit.praticiens if p.rpps} - people.keys()
        for rpps in batches(sorted(new)):
            asked = ",".join(f"{_NATIONAL_PERSON}{each}" for each in rpps)
            for each in self.search("Practitioner", ("identifier", asked)):
                people.setdefault((PERSON.get(each) or {}).get("rpps", ""), each)
        places = {lieu.id for unit in units for lieu in unit.lieux if lieu.id} - lieux.keys()
        for each in self._places(sorted(places)):
            lieux.setdefault(lieu_key("", LIEU.get(each) or {}), each)
        finess = wanted.entite_juridique.finess
        if EJ not in nodes and finess and (legal := self._legal(finess)):
            nodes[EJ] = legal
        return replace(tree, people=people, lieux=lieux, nodes=nodes)

    def search(self, kind: str, *asked: tuple[str, str]) -> Iterator[Resource]:
        """The resources that the server finds, and those that it includes; outcomes are none.

        StoreUnavailableError when an outcome says that something failed: more may be missing.
        """
        for bundle in self._transport.pages(kind, [*asked, ("_count", PAGE)]):
            for entry in bundle.get("entry") or ():
                resource = entry.get("resource")
                if not isinstance(resource, dict):
                    continue
                if resource.get("resourceType") != "OperationOutcome":
                    yield resource
                elif is_failure(resource):
                    raise broken_off(kind, f"une erreur y est jointe{outcome(resource)}")

    def _places(self, keys: list[str]) -> Iterator[Resource]:
        for some in batches(key for key in keys if not key.startswith(_PLACE)):
            yield from self.search("Location", ("identifier", ",".join(some)))
        for some in batches(key for key in keys if key.startswith(_PLACE)):
            ids = ",".join(key.removeprefix(_PLACE) for key in some)
            yield from self.search("Location", ("_id", ids))

    def _legal(self, finess: str) -> Resource | None:
        found = self.search("Organization", ("identifier", f"{finess},1{finess}"))
        legal = (each for each in found if organizations.level(each) == "ej")
        return next(
            (e for e in legal if (organizations.EJ.get(e) or {}).get("finess") == finess), None
        )

    def _read(self, reference: str) -> Resource | None:
        reply = self._transport.get(reference) if reference else None
        return dict(reply.resource) if reply and reply.resource.get("id") else None

    def _below(self, eg: Resource) -> dict[str, Resource]:
        """Organizations level by level, then their services with what belongs to them."""
        above = {address(eg): eg}
        level = list(above)
        for _ in range(_DEPTH):
            found = {address(each): each for each in self._children(level)}
            level = [key for key in found if key not in above]
            above |= found
            if not level:
                break
        held = dict(above)
        asked = self._asked("HealthcareService", "organization", above, *_OFFERS)
        held |= {address(each): each for each in asked}
        return _hanging(held, above)

    def _asked(
        self, kind: str, parameter: str, keys: Iterable[str], *more: tuple[str, str]
    ) -> Iterator[Resource]:
        """What refers to those keys; some questions at once."""

        def answered(some: list[str]) -> list[Resource]:
            return [*self.search(kind, (parameter, ",".join(some)), *more)]

        for found in side_by_side(answered, batches(keys), self._transport.at_once):
            yield from found

    def _children(self, above: Iterable[str]) -> Iterator[Resource]:
        """The organizations that are part of those, whatever else the server sends."""
        keys = {*above}
        for each in self._asked("Organization", "partof", keys):
            if {*references(each.get("partOf"))} & keys:
                yield each

    def _national(self, eg: Resource) -> dict[str, Resource]:
        """What the one national request finds; nothing where it is not understood."""
        finess = organizations.site("").get(eg)["finess"]
        asked = ("organization.identifier:above", f"1{finess}")
        try:
            every = self.search("HealthcareService", asked, *_UPWARDS, *_OFFERS)
            found = {address(each): each for each in every}
        except StoreDeniedError:
            raise
        except StoreUnavailableError:
            return {}
        return found if _services(found) else {}

    def _completed(self, found: dict[str, Resource]) -> dict[str, Resource]:
        """With what is referred to and was not sent along, and roles where none came unasked."""
        services = {*_services(found)}
        is_known = self._capabilities.includes_back("HealthcareService", "PractitionerRole:service")
        if not is_known and not any(key.startswith("PractitionerRole/") for key in found):
            for each in self._asked("PractitionerRole", "service", services):
                if {*references(each.get("healthcareService"))} & services:
                    found[address(each)] = each
        wanted = {
            target
            for each in found.values()
            for element in ("location", "practitioner")
            for target in references(each.get(element))
        }
        for kind in ("Location", "Practitioner"):
            start = f"{kind}/"
            missing = (key for key in wanted - found.keys() if key.startswith(start))
            ids = sorted(key.removeprefix(start) for key in missing)
            found |= {address(each): each for each in self._asked(kind, "_id", ids)}
        return found


def batches(keys: Iterable[str]) -> list[list[str]]:
    """The keys, as many as one question may hold at once."""
    listed = list(keys)
    return [listed[start : start + AT_ONCE] for start in range(0, len(listed), AT_ONCE)]


def _services(found: Iterable[str]) -> list[str]:
    return [key for key in found if key.startswith("HealthcareService/")]


def _is_site(resource: Resource) -> bool:
    is_organization = resource["resourceType"] == "Organization" and is_active(resource)
    return is_organization and organizations.level(resource) == "eg"


def _hanging(found: Mapping[str, Resource], above: Mapping[str, Resource]) -> dict[str, Resource]:
    """Without organizations and services of others, and roles there, that nobody asked for."""
    services = {
        key for key in _services(found) if {*references(found[key].get("providedBy"))} & {*above}
    }
    parents = {
        "Organization": ("partOf", {*above}),
        "HealthcareService": ("providedBy", {*above}),
        "PractitionerRole": ("healthcareService", services),
    }

    def belongs(key: str, each: Resource) -> bool:
        element, wanted = parents.get(each["resourceType"], ("", set()))
        return key in above or not element or bool({*references(each.get(element))} & wanted)

    return {key: each for key, each in found.items() if belongs(key, each)}
