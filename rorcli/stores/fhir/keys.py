"""What tells a resource from every other of its type: its id where we give it, its business key.

Design, Stores: resources are found by business identifier, a situation by service, practitioner and
specialty. An id of ours is only made of that key: it stays when another writer, or a correction,
changes the key.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from hashlib import sha256
from itertools import count
from typing import Any
from urllib.parse import urlencode

from rorcli.stores.fhir import organizations, services
from rorcli.stores.fhir.bag import references
from rorcli.stores.fhir.locations import LIEU, OWN_ID
from rorcli.stores.fhir.people import PERSON, SITUATION
from rorcli.stores.fhir.profiles import Resource

_ID_LENGTH, _DIGEST_LENGTH = 64, 16
#: The search parameters that find a resource without identifier, and the elements behind them.
_LINKS = {"service": "healthcareService", "practitioner": "practitioner"}


def new_id(kind: str, key: str) -> str:
    """`ror-<kind>-<key>`: the same at each attempt, so that a repeated creation makes no double.

    Two keys never share one. Never all digits, which HAPI refuses. "/" becomes "-"; a key with
    other characters that FHIR's id or this rule does not allow, or too long, is told by its digest.
    """
    start = OWN_ID if kind == "Location" and "#" in key else f"ror-{kind.lower()}-"
    name = start + re.sub("[^A-Za-z0-9.]", "-", key)
    if re.fullmatch("[A-Za-z0-9./]*", key) and len(name) <= _ID_LENGTH:
        return name
    digest = sha256(key.encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{name[: _ID_LENGTH - _DIGEST_LENGTH - 1]}-{digest}"


def free_id(kind: str, key: str, taken: Container[str]) -> str:
    """The first of a key's ids that is not `taken` (`Type/id`); the same at each attempt."""
    ids = (new_id(kind, f"{key}~{turn}" if turn else key) for turn in count())
    return next(each for each in ids if f"{kind}/{each}" not in taken)


def business_key(resource: Resource) -> tuple[Any, ...]:
    """What the resource stands for, whatever its id; a lieu without identifier has its name."""
    match resource["resourceType"]:
        case "Organization" if organizations.level(resource) in {"ej", "eg"}:
            return ("finess", (organizations.EJ.get(resource) or {}).get("finess"))
        case "Organization":
            return ("id", organizations.unit("").get(resource).get("id"))
        case "HealthcareService":
            return ("id", (services.service("").get(resource) or {}).get("id"))
        case "Location":
            lieu = LIEU.get(resource) or {}
            return ("lieu", lieu.get("id") or lieu.get("nom"))
        case "Practitioner":
            return ("rpps", (PERSON.get(resource) or {}).get("rpps"))
        case _:
            specialty = (SITUATION.get(resource) or {}).get("specialite")
            return (*_ends(resource), specialty)


def question(resource: Resource) -> list[tuple[str, str]]:
    """The search that finds this resource, and maybe others; [] when nothing would."""
    values = [each["value"] for each in resource.get("identifier") or () if each.get("value")]
    if values:
        return [("identifier", ",".join(values))]
    return [(name, end) for name, end in zip(_LINKS, _ends(resource), strict=True) if end]


def condition(resource: Resource) -> str:
    """If-None-Exist for its creation: as narrow as one search can be, "" when nothing would do."""
    for each in resource.get("identifier") or ():
        if each.get("value"):
            return urlencode({"identifier": f"{each.get('system', '')}|{each['value']}"})
    specialties = [("specialty", f"{coding.get('system', '')}|{coding.get('code', '')}")
                   for concept in resource.get("specialty") or ()
                   for coding in concept.get("coding") or ()]  # fmt: skip
    return urlencode([*question(resource), *specialties])


def _ends(role: Resource) -> Iterator[str]:
    for element in _LINKS.values():
        yield next(iter(references(role.get(element))), "")
