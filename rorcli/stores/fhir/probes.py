"""What a server really does with writes, tried on a scratch resource: a claim is no proof.

`doctor --write-test` runs them (reference, rule 3): versions, stale If-Match, PATCH, rollback. The
scratch Organization is deleted at the end, or closed where the server does not delete.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from rorcli.errors import StoreError
from rorcli.stores.fhir.answers import Reply
from rorcli.stores.fhir.patches import addition
from rorcli.stores.fhir.transport import Transport
from rorcli.stores.fhir.writes import version_of

_TAKEN = {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT}
_STALE = {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}
_SCRATCH = {
    "url": "https://rorcli.example/essai",
    "extension": [{"url": "un", "valueInteger": 1}, {"url": "deux", "valueString": "2"}],
}
_GIVEN = {"resourceType": "Organization", "active": True}


@dataclass(frozen=True, slots=True)
class Probe:
    """What was tried, whether it went as rorcli likes it, and what to expect."""

    name: str
    is_ok: bool
    said: str


def write_test(transport: Transport) -> Iterator[Probe]:
    """The probes, one after the other; StoreError as soon as the server does not answer."""
    scratch = _Scratch(transport)
    try:
        yield scratch.created()
        if scratch.exists:
            yield scratch.versions()
            yield scratch.guarded()
            yield scratch.patched()
            yield scratch.rolled_back()
    finally:
        if scratch.exists:
            scratch.removed()


class _Scratch:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.id = f"ror-essai-{secrets.token_hex(6)}"
        self.path = f"Organization/{self.id}"
        self.exists = self.has_second = False

    def created(self) -> Probe:
        status = self._put("Essai de rorcli").status
        self.exists = status in _TAKEN
        return _probe(
            "création", self.exists, "rorcli choisit les identifiants : pas de doublon",
            f"refusée ({status}) : rorcli créera à condition que rien n'existe, ou ne créera pas",
        )  # fmt: skip

    def versions(self) -> Probe:
        before, reply = version_of(self._held()), self._put("Essai de rorcli, deux")
        after = version_of(self._held())
        return _probe(
            "versions", reply.status in _TAKEN and before != after != "",
            "chaque écriture en fait une",
            "le serveur n'en tient pas : ce qu'une autre personne change au même moment peut être "
            "perdu",
        )  # fmt: skip

    def guarded(self) -> Probe:
        stale = version_of(self._held())
        self._put("Essai de rorcli, trois")
        status = self._put("Essai de rorcli, périmé", {"If-Match": f'W/"{stale}"'}).status
        return _probe(
            "If-Match", status in _STALE, f"une version périmée est refusée ({status})",
            "une version périmée est acceptée : deux personnes peuvent s'écraser au même instant ; "
            "rorcli relit avant et après chaque écriture, à moins que le serveur n'affirme "
            "(versioning = versioned-update) qu'il la refuse",
        )  # fmt: skip

    def patched(self) -> Probe:
        """Capacities are extensions of several parts: it must take such a one."""
        body = {"resourceType": "Parameters", "parameter": [addition("Organization", _SCRATCH)]}
        status = self._transport.write("PATCH", self.path, body, {}).status
        return _probe(
            "PATCH", status in _TAKEN and _SCRATCH in self._held().get("extension", ()),
            "FHIRPath Patch est compris : --only capacites peut servir",
            f"FHIRPath Patch n'est pas compris ({status}), ou pas pour une extension à plusieurs "
            "parties : les capacités passeront par PUT, si le serveur le prend",
        )  # fmt: skip

    def rolled_back(self) -> Probe:
        """A new resource and a stale write in one transaction: neither may stay."""
        stale = f'W/"{version_of(self._held())}"'
        self._put("Essai de rorcli, cinq")
        entries = [
            {"resource": {**self._body("Essai de rorcli, six"), "id": f"{self.id}-2"},
             "request": {"method": "PUT", "url": f"{self.path}-2"}},
            {"resource": self._body("Essai de rorcli, sept"),
             "request": {"method": "PUT", "url": self.path, "ifMatch": stale}},
        ]  # fmt: skip
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        status = self._transport.write("POST", "", bundle, {}).status
        self.has_second = self._transport.get(f"{self.path}-2").status in _TAKEN
        return _probe(
            "transaction", status not in _TAKEN and not self.has_second,
            "ce qui échoue est annulé en entier",
            "ce qui échoue laisse des traces ; rorcli écrit ressource par ressource, et n'en "
            "dépend pas",
        )  # fmt: skip

    def removed(self) -> None:
        """Deletes the scratch, else closes it; what the server refuses is left to its keepers."""
        for path in [self.path, *[f"{self.path}-2"][: self.has_second]]:
            with suppress(StoreError):
                reply = self._transport.write("DELETE", path, None, {})
                if reply.status >= HTTPStatus.BAD_REQUEST:
                    closed = {**self._body("Essai de rorcli"), "id": path.partition("/")[2]}
                    self._transport.write("PUT", path, {**closed, "active": False}, {})

    def _put(self, name: str, headers: Mapping[str, str] | None = None) -> Reply:
        return self._transport.write("PUT", self.path, self._body(name), headers or {})

    def _body(self, name: str) -> dict[str, Any]:
        return {**_GIVEN, "id": self.id, "name": name}

    def _held(self) -> dict[str, Any]:
        return dict(self._transport.get(self.path).resource)


def _probe(name: str, is_ok: bool, good: str, bad: str) -> Probe:  # noqa: FBT001 - what was found out
    return Probe(name, is_ok, good if is_ok else bad)
