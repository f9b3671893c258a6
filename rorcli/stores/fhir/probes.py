"""What a server really does with writes, tried on a scratch resource: a claim is no proof.

`doctor --write-test` runs them (reference, rule 3): versions, stale If-Match, PATCH, rollback. What
is on the server at the end is looked up, as an answer may be lost, then deleted, else closed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
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
_ABSENT = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
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


class WriteTest:
    """One try of a server, on scratch resources that are looked for and cleared at its end."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.id = f"ror-essai-{secrets.token_hex(6)}"
        self.path = f"Organization/{self.id}"

    def run(self, tell: Callable[[Probe], None]) -> None:
        """Tells each probe once it is known; the last one says what remains, whatever happened.

        Raises:
            StoreError: The server does not answer.
        """
        try:
            created = self._created()
            tell(created)
            if created.is_ok:
                for probe in (self._versions, self._guarded, self._patched, self._rolled_back):
                    tell(probe())
        finally:
            self._clear(tell)

    def _created(self) -> Probe:
        status = self._put("Essai de rorcli").status
        return _probe(
            "création", status in _TAKEN, "rorcli choisit les identifiants : pas de doublon",
            f"refusée ({status}) : rorcli créera à condition que rien n'existe, ou ne créera pas",
        )  # fmt: skip

    def _versions(self) -> Probe:
        before, reply = version_of(self._held()), self._put("Essai de rorcli, deux")
        after = version_of(self._held())
        return _probe(
            "versions", reply.status in _TAKEN and before != after != "",
            "chaque écriture en fait une",
            "le serveur n'en tient pas : ce qu'une autre personne change au même moment peut être "
            "perdu",
        )  # fmt: skip

    def _guarded(self) -> Probe:
        stale = version_of(self._held())
        self._put("Essai de rorcli, trois")
        status = self._put("Essai de rorcli, périmé", {"If-Match": f'W/"{stale}"'}).status
        return _probe(
            "If-Match", status in _STALE, f"une version périmée est refusée ({status})",
            "une version périmée est acceptée : deux personnes peuvent s'écraser au même instant ; "
            "rorcli relit avant et après chaque écriture, à moins que le serveur n'affirme "
            "(versioning = versioned-update) qu'il la refuse",
        )  # fmt: skip

    def _patched(self) -> Probe:
        """Capacities are extensions of several parts: it must take such a one."""
        body = {"resourceType": "Parameters", "parameter": [addition("Organization", _SCRATCH)]}
        status = self._transport.write("PATCH", self.path, body, {}).status
        return _probe(
            "PATCH", status in _TAKEN and _SCRATCH in self._held().get("extension", ()),
            "FHIRPath Patch est compris : --only capacites peut servir",
            f"FHIRPath Patch n'est pas compris ({status}), ou pas pour une extension à plusieurs "
            "parties : les capacités passeront par PUT, si le serveur le prend",
        )  # fmt: skip

    def _rolled_back(self) -> Probe:
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
        has_second = self._transport.get(f"{self.path}-2").status in _TAKEN
        return _probe(
            "transaction", status not in _TAKEN and not has_second,
            "ce qui échoue est annulé en entier",
            "ce qui échoue laisse des traces ; rorcli écrit ressource par ressource, et n'en "
            "dépend pas",
        )  # fmt: skip

    def _clear(self, tell: Callable[[Probe], None]) -> None:
        """Deletes the scratch, else closes it, and tells what is still there."""
        left = dict.fromkeys([self.path, f"{self.path}-2"], "peut-être")
        try:
            for path in left:
                left[path] = self._cleared(path)
        finally:
            tell(_remains({f"{self._transport.base}/{path}": how for path, how in left.items()}))

    def _cleared(self, path: str) -> str:
        """How the resource is left: open, closed, perhaps there, or "" for not at all."""
        with suppress(StoreError):
            if not self._is_there(path):
                return ""
            with suppress(StoreError):
                self._transport.write("DELETE", path, None, {})
            if not self._is_there(path):
                return ""
            closed = {**self._body("Essai de rorcli"), "id": path.partition("/")[2]}
            with suppress(StoreError):
                self._transport.write("PUT", path, {**closed, "active": False}, {})
            is_closed = self._transport.get(path).resource.get("active") is False
            return "fermée" if is_closed else "ouverte"
        return "peut-être"

    def _is_there(self, path: str) -> bool:
        reply = self._transport.get(path)
        if reply.status in _ABSENT:
            return False
        if reply.status >= HTTPStatus.BAD_REQUEST:
            raise self._transport.refused("GET", path, reply)
        return True

    def _put(self, name: str, headers: Mapping[str, str] | None = None) -> Reply:
        return self._transport.write("PUT", self.path, self._body(name), headers or {})

    def _body(self, name: str) -> dict[str, Any]:
        return {**_GIVEN, "id": self.id, "name": name}

    def _held(self) -> dict[str, Any]:
        return dict(self._transport.get(self.path).resource)


def _probe(name: str, is_ok: bool, good: str, bad: str) -> Probe:  # noqa: FBT001 - what was found out
    return Probe(name, is_ok, good if is_ok else bad)


def _remains(left: Mapping[str, str]) -> Probe:
    said = ", ".join(f"{address} ({how})" for address, how in left.items() if how)
    return _probe(
        "ménage", {*left.values()} <= {"", "fermée"},
        f"il reste, fermé : {said}" if said else "rien ne reste de l'essai sur le serveur",
        f"il reste sur le serveur : {said} ; faites-le effacer par l'équipe qui tient le serveur",
    )  # fmt: skip
