"""From a FINESS number to every resource of the establishment, on any server.

The walk follows references from the EG down: `Organization?partof`, then
`HealthcareService?organization` with what it includes. The national query (one request, by
`organization.identifier:above`) serves where `partof` is not offered, as nationally; it misses
nodes without offre, and its empty answer is no answer. What a server sends beside the question (an
unknown parameter that it ignored) is left out by looking at the references themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus

from rorcli.errors import StoreDeniedError, StoreUnavailableError
from rorcli.model import Establishment
from rorcli.stores.base import side_by_side
from rorcli.stores.fhir import organizations
from rorcli.stores.fhir.answers import is_failure, not_fhir, outcome
from rorcli.stores.fhir.bag import MemoryBag, address, is_active, references
from rorcli.stores.fhir.capabilities import Capabilities
from rorcli.stores.fhir.keys import business_key
from rorcli.stores.fhir.locations import LIEU
from rorcli.stores.fhir.people import PERSON
from rorcli.stores.fhir.profiles import ON_SERVER, Resource
from rorcli.stores.fhir.reading import EJ, Tree, lieu_key
from rorcli.stores.fhir.transport import Transport, broken_off

PAGE = "200"
_ABSENT = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
#: References in one question: an address must stay short enough for every proxy on the way.
AT_ONCE = 40
_PLACES_ALONG = ("_include", "HealthcareService:location")
_PERSON_ALONG = ("_include", "PractitionerRole:practitioner")
_ROLES_ALONG = (
    ("_revinclude", "PractitionerRole:service"),
    ("_include:iterate", "PractitionerRole:practitioner"),
)
_WITH_EJ = ("_include", "Organization:partof")
_UPWARDS = (
    ("_include", "HealthcareService:organization"),
    ("_include:iterate", "Organization:partof"),
)
_PLACE = f"{ON_SERVER}Location/"


class Walker:
    """Reads establishments from a server."""

    def __init__(self, transport: Transport, capabilities: Capabilities) -> None:
        self._transport, self._capabilities = transport, capabilities

    @property
    def is_whole(self) -> bool:
        """False where `partof` is not offered: nodes without offre are not found then."""
        return self._capabilities.searches("Organization", "partof")

    def site(self, finess: str) -> list[Resource]:
        """The EG of that number, then what came with it; [] when the server has none.

        Raises:
            StoreUnavailableError: Several active ones: nobody can say which is meant.
        """
        asked = ("identifier", f"{finess},1{finess}")
        met = {address(e): e for e in self.search("Organization", asked, _WITH_EJ)}
        lens = organizations.site("")
        sites = (each for each in met.values() if _is_site(each))
        eg = _one_of((e for e in sites if lens.get(e).get("finess") == finess), f"EG {finess}")
        return [eg, *(each for each in met.values() if each is not eg)] if eg else []

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
            if legal not in found and (above := self.look(legal)):
                found[legal] = above
            yield each, found.get(legal)

    def tree(self, site: Sequence[Resource]) -> MemoryBag:
        """Every resource of the establishment that `site` found, in a fixed order."""
        eg, found = site[0], {address(site[0]): site[0]}
        legal = next(iter(references(eg.get("partOf"))), "")
        if above := MemoryBag(site).get(legal) or self.look(legal):
            found[legal] = above
        if not self.is_whole:
            found |= self._national(eg)
        if len(found) <= 2:  # noqa: PLR2004 - the EG and its EJ
            found |= self._below(eg)
        return MemoryBag(found[key] for key in sorted(self._completed(found)))

    def met(self, tree: Tree, wanted: Establishment) -> Tree:
        """The tree with the people, lieux and EJ that the server knows from elsewhere.

        An EJ of another number is another EJ: that of the tree, which other EGs share, is left.
        """
        units = [placed.unit for placed in wanted.units()]
        people, lieux, nodes = dict(tree.people), dict(tree.lieux), dict(tree.nodes)
        new = {p.rpps for unit in units for p in unit.praticiens if p.rpps} - people.keys()
        people |= self._people(sorted(new))
        places = {lieu.id for unit in units for lieu in unit.lieux if lieu.id} - lieux.keys()
        for each in self._places(sorted(places)):
            lieux.setdefault(lieu_key("", LIEU.get(each) or {}), each)
        finess = wanted.entite_juridique.finess
        if finess and finess != _finess(nodes.get(EJ)):
            nodes.pop(EJ, None)
            if legal := self._legal(finess):
                nodes[EJ] = legal
        return replace(tree, people=people, lieux=lieux, nodes=nodes)

    def borne(self, ids: Collection[str]) -> set[str]:
        """Those among these ids that a unit bears on the server, be it closed."""
        found = {
            business_key(unit)[1]
            for kind in ("Organization", "HealthcareService")
            for some in batches(ids)
            for unit in self.search(kind, ("identifier", ",".join(some)))
        }
        return found & {*ids}

    def look(self, reference: str) -> Resource | None:
        """The resource of that reference as it is now; None for no reference, or nothing there."""
        reply = self._transport.get(reference) if reference else None
        if reply is None or reply.status in _ABSENT:
            return None
        if reply.status >= HTTPStatus.BAD_REQUEST:
            raise self._transport.refused("GET", reference, reply)
        found = dict(reply.resource)
        if "resourceType" not in found or address(found) != reference:
            raise not_fhir(reference, outcome(found))
        return found

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

    def _people(self, wanted: Sequence[str]) -> dict[str, Resource]:
        """Those of that RPPS: within idNat_PS, or alone, as other directories write it."""
        found: dict[str, dict[str, Resource]] = {rpps: {} for rpps in wanted}
        for some in batches(wanted):
            asked = ",".join(f"8{rpps},{rpps}" for rpps in some)
            for each in self.search("Practitioner", ("identifier", asked)):
                found.get((PERSON.get(each) or {}).get("rpps", ""), {})[address(each)] = each
        chosen = {rpps: _one_of(same.values(), "personne") for rpps, same in found.items()}
        return {rpps: person for rpps, person in chosen.items() if person}

    def _places(self, keys: list[str]) -> Iterator[Resource]:
        for some in batches(key for key in keys if not key.startswith(_PLACE)):
            yield from self.search("Location", ("identifier", ",".join(some)))
        for some in batches(key for key in keys if key.startswith(_PLACE)):
            ids = ",".join(key.removeprefix(_PLACE) for key in some)
            yield from self.search("Location", ("_id", ids))

    def _legal(self, finess: str) -> Resource | None:
        found = self.search("Organization", ("identifier", f"{finess},1{finess}"))
        legal = (each for each in found if organizations.level(each) == "ej")
        return _one_of((each for each in legal if _finess(each) == finess), f"EJ {finess}")

    def _below(self, eg: Resource) -> dict[str, Resource]:
        """Organizations level by level, then their services with what belongs to them."""
        above = {address(eg): eg}
        level = list(above)
        while level:
            found = {address(each): each for each in self._children(level)}
            level = [key for key in found if key not in above]
            above |= found
        asked = self._asked("HealthcareService", "organization", above, *self._along)
        return _hanging(above | {address(each): each for each in asked}, above)

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
            along = (*_UPWARDS, _PLACES_ALONG, *_ROLES_ALONG)
            every = self.search("HealthcareService", asked, *along)
            found = {address(each): each for each in every}
        except StoreDeniedError:
            raise
        except StoreUnavailableError:
            return {}
        return found if _services(found) else {}

    @property
    def _asks_roles(self) -> bool:
        return self._capabilities.searches("PractitionerRole", "service")

    @property
    def _along(self) -> tuple[tuple[str, str], ...]:
        """What comes with services; roles only where they cannot be asked for themselves.

        A server may stop sending along at some number, and says so nowhere.
        """
        return (_PLACES_ALONG,) if self._asks_roles else (_PLACES_ALONG, *_ROLES_ALONG)

    def _completed(self, found: dict[str, Resource]) -> dict[str, Resource]:
        """With the roles of the services, and what is referred to and was not sent along."""
        services = {*_services(found)}
        if self._asks_roles:
            for each in self._asked("PractitionerRole", "service", services, _PERSON_ALONG):
                is_role = each["resourceType"] == "PractitionerRole"
                if not is_role or {*references(each.get("healthcareService"))} & services:
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


def _one_of(found: Iterable[Resource], what: str) -> Resource | None:
    """The active one; None without any. StoreUnavailableError: nobody can say which is meant."""
    active = {address(each): each for each in found if is_active(each)}
    if len(active) > 1:
        raise StoreUnavailableError(
            f"{what} : le serveur en tient plusieurs du même numéro ({', '.join(active)})",
            remedy="signalez ce doublon à l'équipe qui tient le serveur ; rien n'est écrit",
        )
    return next(iter(active.values()), None)


def _finess(legal: Resource | None) -> str | None:
    found: str | None = (organizations.EJ.get(legal) or {}).get("finess")
    return found


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
