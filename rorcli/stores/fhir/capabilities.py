"""What a FHIR server says that it can do: its CapabilityStatement, taken at its word.

One that lists no resource says nothing (design, Stores): only a listed resource that lacks the
interaction is a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """What is said of one resource type; None where nothing is said.

    Attributes:
        interactions: read, update, patch, …
        parameters: What it can be searched by; empty when none is listed.
        takes_ids: Whether a PUT creates (`updateCreate`).
        creates_once: Whether If-None-Exist counts (`conditionalCreate`).
        is_guarded: Whether If-Match counts: a stale version is refused.
    """

    interactions: frozenset[str]
    parameters: frozenset[str]
    takes_ids: bool | None
    creates_once: bool | None
    is_guarded: bool


class Capabilities:
    """The statement of a server; `{}` when it has none.

    Attributes:
        software: Name and version of the server, "" when it does not say.
        fhir_version: For example 4.0.1.
        kinds: The resource types that it lists.
    """

    def __init__(self, statement: Mapping[str, Any]) -> None:
        told = statement.get("software") or {}
        self.software = f"{told.get('name', '')} {told.get('version', '')}".strip()
        self.fhir_version = str(statement.get("fhirVersion") or "")
        rests = statement.get("rest") or ()
        self.kinds = {
            str(each.get("type")): _kind(each)
            for rest in rests
            for each in rest.get("resource") or ()
        }

    def can(self, kind: str, interaction: str) -> bool:
        """False when the server lists that type without the interaction."""
        told = self.kinds.get(kind)
        return told is None or interaction in told.interactions

    def searches(self, kind: str, parameter: str) -> bool:
        """False when the server lists parameters of that type without this one."""
        told = self.kinds.get(kind)
        return told is None or not told.parameters or parameter in told.parameters

    def takes_ids(self, kind: str) -> bool:
        """False when the server says that it gives the ids itself."""
        told = self.kinds.get(kind)
        return told is None or told.takes_ids is not False

    def creates_once(self, kind: str) -> bool:
        """False when the server says that If-None-Exist does not count."""
        told = self.kinds.get(kind)
        return told is None or told.creates_once is not False

    def guards(self, kind: str) -> bool:
        """True when the server says that If-Match counts."""
        told = self.kinds.get(kind)
        return told is not None and told.is_guarded


def _kind(told: Mapping[str, Any]) -> Kind:
    return Kind(
        frozenset(each.get("code") for each in told.get("interaction") or ()),
        frozenset(each.get("name") for each in told.get("searchParam") or ()),
        told.get("updateCreate"),
        told.get("conditionalCreate"),
        told.get("versioning") == "versioned-update",
    )
