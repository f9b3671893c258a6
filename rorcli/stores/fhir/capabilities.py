"""What a FHIR server says that it can do: its CapabilityStatement, taken at its word.

One that lists no resource says nothing (design, Stores): only a listed resource that lacks the
interaction is a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Capabilities:
    """The statement of a server; `{}` when it has none."""

    statement: Mapping[str, Any] = field(default_factory=dict)

    @property
    def software(self) -> str:
        """Name and version of the server, "" when it does not say."""
        told = self.statement.get("software") or {}
        return f"{told.get('name', '')} {told.get('version', '')}".strip()

    @property
    def fhir_version(self) -> str:
        """For example 4.0.1."""
        return str(self.statement.get("fhirVersion") or "")

    @property
    def resources(self) -> dict[str, Mapping[str, Any]]:
        """What is said of each resource type."""
        rests = self.statement.get("rest") or ()
        listed = (each for rest in rests for each in rest.get("resource") or ())
        return {str(each.get("type")): each for each in listed}

    def can(self, kind: str, interaction: str) -> bool:
        """False when the server lists that type without the interaction."""
        listed = self.resources.get(kind)
        return listed is None or interaction in {
            each.get("code") for each in listed.get("interaction") or ()
        }

    def searches(self, kind: str, parameter: str) -> bool:
        """False when the server lists parameters of that type without this one."""
        listed = (self.resources.get(kind) or {}).get("searchParam") or ()
        return not listed or parameter in {each.get("name") for each in listed}

    def includes_back(self, kind: str, link: str) -> bool:
        """True when the server says that it sends along what refers to that type by this link."""
        listed = self.resources.get(kind) or {}
        return bool({link, "*"} & {*(listed.get("searchRevInclude") or ())})

    def takes_ids(self, kind: str) -> bool:
        """False when the server says that it gives the ids itself."""
        return (self.resources.get(kind) or {}).get("updateCreate") is not False

    def creates_once(self, kind: str) -> bool:
        """False when the server says that If-None-Exist does not count."""
        return (self.resources.get(kind) or {}).get("conditionalCreate") is not False

    def guards(self, kind: str) -> bool:
        """True when the server says that If-Match counts: a stale version is refused."""
        return (self.resources.get(kind) or {}).get("versioning") == "versioned-update"
