"""Capacities by FHIRPath Patch of a Location: the one write that the national ROR takes.

A measure that changes is deleted and added in one request; its path is as narrow as its identity
(ROR model 2.6: nature, status, temporality, assignment, gender).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rorcli.stores.fhir.locations import CAPACITY
from rorcli.stores.fhir.profiles import Resource

_IDENTITY = ("capacityType", "capacityStatus", "temporalityCapacity", "temporaryAssignement")
_GENDER = "genderCapacityAvailable"


def capacity_patch(before: Resource, after: Resource) -> dict[str, Any] | None:
    """The Parameters that lead from one to the other; None when more than capacities differs."""
    if _without_capacities(before) != _without_capacities(after):
        return None
    old, new = _capacities(before), _capacities(after)
    gone = [_operation("delete", _path(each)) for each in old if each not in new]
    come = [addition("Location", each) for each in new if each not in old]
    return {"resourceType": "Parameters", "parameter": [*gone, *come]}


def is_applied(wanted: Resource, held: Resource) -> bool:
    """Whether a server understood the patch: HAPI 8.8 keeps one part of those of the same name."""
    return _told(wanted) == _told(held)


def _told(location: Resource) -> list[str]:
    """The measures, in whatever order."""
    return sorted(json.dumps(each, sort_keys=True) for each in _capacities(location))


def _capacities(location: Resource) -> list[Mapping[str, Any]]:
    return [each for each in location.get("extension") or () if each.get("url") == CAPACITY]


def _without_capacities(location: Resource) -> Resource:
    others = [each for each in location.get("extension") or () if each.get("url") != CAPACITY]
    return {**location, "extension": others}


def _operation(kind: str, path: str, *more: Mapping[str, Any]) -> dict[str, Any]:
    first = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    return {"name": "operation", "part": [*first, *more]}


def addition(kind: str, extension: Mapping[str, Any]) -> dict[str, Any]:
    """The operation that adds an extension to a resource of that type."""
    name = {"name": "name", "valueString": "extension"}
    return _operation("add", kind, name, {"name": "value", "part": [*_parts(extension)]})


def _parts(extension: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """An extension spelled as parts: it can be the value of none."""
    for key, value in extension.items():
        if key == "url":
            yield {"name": "url", "valueUri": value}
        elif key == "extension":
            yield from ({"name": "extension", "part": [*_parts(each)]} for each in value)
        elif key.startswith("value"):
            yield {"name": "value", key: value}


def _path(extension: Mapping[str, Any]) -> str:
    """The path of one measure: what is absent from its identity must be absent there too."""
    codes: dict[str, Mapping[str, Any]] = {
        part.get("url"): next(iter(part.get("valueCodeableConcept", {}).get("coding") or ()), {})
        for part in extension.get("extension") or ()
    }
    tests = [
        f".where(extension.where(url='{name}').value.coding.code='{codes[name].get('code')}')"
        if name in codes
        else f".where(extension.where(url='{name}').empty())"
        for name in (*_IDENTITY, _GENDER)
    ]
    return f"Location.extension.where(url='{CAPACITY}')" + "".join(tests)
