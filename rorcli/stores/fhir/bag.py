"""Resources as they come out of a server or a file, found again by reference.

A reference may be relative, absolute, or to a version; the server's base is not looked at, since
what we hold came from one server. `urn:uuid:` and logical references do not occur at rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from rorcli.stores.fhir.lenses import Iso
from rorcli.stores.fhir.profiles import Resource

#: The elements of each type that say what the resource hangs from.
PARENTS: Mapping[str, str] = {
    "Organization": "partOf",
    "HealthcareService": "providedBy",
    "PractitionerRole": "healthcareService",
}


class Bag(Protocol):
    """Resources by reference (`Type/id`), and those that hang from one."""

    def get(self, reference: str) -> Resource | None:
        """The resource of that reference, None when the bag lacks it."""

    def below(self, reference: str) -> Iterable[Resource]:
        """Those whose parent (`PARENTS`) is that reference, in the order they came."""


class MemoryBag:
    """A bag for the resources of some establishments; the last of several versions counts."""

    def __init__(self, resources: Iterable[Resource] = ()) -> None:
        self._held: dict[str, Resource] = {}
        for each in resources:
            self._held[address(each)] = each
        self._below: dict[str, list[Resource]] = defaultdict(list)
        for each in self._held.values():
            if is_active(each) and (above := parent(each)):
                self._below[above].append(each)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._held.values())

    def get(self, reference: str) -> Resource | None:
        """See `Bag`."""
        return self._held.get(reference)

    def below(self, reference: str) -> Iterable[Resource]:
        """See `Bag`."""
        return self._below.get(reference, ())


def address(resource: Resource) -> str:
    """`Type/id`."""
    return f"{resource['resourceType']}/{resource.get('id', '')}"


def parent(resource: Resource) -> str | None:
    """The reference that a resource hangs from."""
    return next(iter(references(resource.get(PARENTS.get(resource["resourceType"], "")))), None)


def is_active(resource: Resource) -> bool:
    """False for what the server keeps but no longer counts."""
    return resource.get("active") is not False


def references(element: Any) -> list[str]:
    """The references (`Type/id`) of an element that is a Reference or a list of them."""
    items = element if isinstance(element, list) else [element]
    return [found for each in items if each and (found := REFERENCE.get(each))]


def target(reference: str) -> str:
    """`Type/id` of a reference in any form."""
    return "/".join(reference.partition("/_history/")[0].split("/")[-2:])


def _read(element: Any) -> str | None:
    reference = element.get("reference")
    return target(reference) if isinstance(reference, str) else None


#: A Reference as `Type/id`; one that leads there already keeps its spelling.
REFERENCE = Iso(_read, lambda reference: {"reference": reference})
