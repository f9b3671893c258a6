"""Resources written one by one, so that whatever breaks off can be taken up where it stopped.

Every write is guarded by the version that was read (If-Match); a creation goes to an id made of its
business key, so that repeating it makes no double. When an answer is lost, or says 409 or 412, the
server is asked what it holds: what we wanted (ours went through), what we knew (again), else it is
a conflict. Rules 1 to 7, 11 and 12 of a pushing client.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from rorcli.errors import StoreConflictError, StoreError, StoreUnavailableError
from rorcli.stores.base import side_by_side
from rorcli.stores.fhir.answers import Reply
from rorcli.stores.fhir.bag import address, references
from rorcli.stores.fhir.capabilities import Capabilities
from rorcli.stores.fhir.patches import capacity_patch, is_applied
from rorcli.stores.fhir.profiles import Resource
from rorcli.stores.fhir.transport import LostReplyError, Transport
from rorcli.stores.fhir.writing import Pair, repointed

#: How often a write is tried against states that are not another writer's.
ATTEMPTS = 4
_CONFLICTS = {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}
_ABSENT = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
#: How servers say that they give the ids themselves.
_NO_IDS = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
ORDER = ("Organization", "Location", "Practitioner", "HealthcareService", "PractitionerRole")


class Writer:
    """Writes pairs; `held` are the resources as the server has them then, by `Type/id`.

    `moved` leads from planned ids to those that the server gave.
    """

    def __init__(self, transport: Transport, capabilities: Capabilities) -> None:
        self._transport, self._capabilities = transport, capabilities
        self.held: dict[str, Resource] = {}
        self.moved: dict[str, str] = {}
        self._failure: StoreError | None = None

    def write(self, pairs: Sequence[Pair]) -> None:
        """Everything, targets before what refers to them.

        Raises:
            StoreError: The first one met, saying how much was done; nothing follows it.
        """
        for wave in waves(pairs):
            at_once = min(self._transport.at_once, len(wave))
            for _ in side_by_side(self._try, wave, at_once):
                pass
            if self._failure:
                raise self._told(self._failure, len(pairs))

    def _try(self, pair: Pair) -> None:
        """Nothing new is begun once something failed."""
        if self._failure:
            return
        try:
            planned = target(pair)
            now = self._put(pair)
        except StoreError as error:
            self._failure = self._failure or error
            return
        self.held[address(now)] = now
        if address(now) != address(planned):
            self.moved[address(planned)] = address(now)

    def _told(self, error: StoreError, total: int) -> StoreError:
        if not self.held:
            return error
        return type(error)(
            f"{error.message} ; écritures déjà faites : {len(self.held)} sur {total}",
            remedy="relancez rorcli push : il reprend où il s'est arrêté, sans doublon",
        )

    def _put(self, pair: Pair) -> Resource:
        wanted = repointed(target(pair), self.moved)
        if pair.before is not None:
            return self._replace(pair.before, wanted)
        if not self._capabilities.takes_ids(wanted["resourceType"]):
            return self._create_unnamed(wanted)
        there = self._look(wanted)
        return self._take_over(there, wanted) if there else self._create(wanted)

    def _take_over(self, there: Resource, wanted: Resource) -> Resource:
        """What stands at an id of ours already: it broke off once, or was closed."""
        whole = {**there, **{key: value for key, value in wanted.items() if key != "meta"}}
        whole.pop("active", None)
        return there if same(there, whole) else self._replace(there, whole)

    def _replace(self, before: Resource, wanted: Resource) -> Resource:
        patch = self._patch(before, wanted)
        path, known = address(before), before

        def attempt() -> Reply:
            guard = {"If-Match": f'W/"{version}"'} if (version := version_of(known)) else {}
            if patch:
                return self._transport.write("PATCH", path, patch, guard)
            return self._transport.write("PUT", path, _body(wanted), guard)

        for _ in range(ATTEMPTS):
            reply = self._settled(attempt)
            if reply is not None and reply.status not in _CONFLICTS:
                taken = self._taken("PATCH" if patch else "PUT", wanted, reply)
                if patch and not is_applied(wanted, taken):
                    raise StoreUnavailableError(
                        f"{path} : le serveur a compris le PATCH autrement, et ne tient pas les "
                        "capacités demandées",
                        remedy="vérifiez-les sur le portail ; signalez-le à l'équipe qui tient le "
                        "serveur : rorcli doctor --write-test le montre",
                    )
                return taken
            there = self._look(before)
            if there is not None and (same(there, wanted) or (patch and is_applied(wanted, there))):
                return there
            if there is None or not same(there, before):
                break
            known = there
        raise StoreConflictError(
            f"{path} : a changé sur le serveur depuis la lecture",
            remedy="voyez ce qui reste à faire, rorcli diff, puis relancez rorcli push",
        )

    def _create(self, wanted: Resource) -> Resource:
        for _ in range(ATTEMPTS):
            reply = self._settled(
                lambda: self._transport.write("PUT", address(wanted), _body(wanted), {})
            )
            if reply is not None and reply.status in _NO_IDS:
                return self._create_unnamed(wanted)
            if reply is not None and reply.status not in _CONFLICTS:
                return self._taken("PUT", wanted, reply)
            if (there := self._look(wanted)) is not None:
                return self._take_over(there, wanted)
        raise StoreUnavailableError(f"{address(wanted)} : le serveur ne prend pas la création")

    def _create_unnamed(self, wanted: Resource) -> Resource:
        """By conditional create, where the server gives the ids: one at most per business key."""
        kind, key = wanted["resourceType"], _business_key(wanted)
        body = {name: value for name, value in _body(wanted).items() if name != "id"}
        for _ in range(ATTEMPTS):
            reply = self._settled(
                lambda: self._transport.write("POST", kind, body, {"If-None-Exist": key})
            )
            if reply is None:
                continue
            if reply.status == HTTPStatus.PRECONDITION_FAILED:
                raise StoreUnavailableError(
                    f"{kind}?{key} : le serveur en tient plusieurs ; rien n'est créé",
                    remedy="signalez ce doublon à l'équipe qui tient le serveur",
                )
            there = self._taken("POST", {**wanted, "id": reply.named or wanted["id"]}, reply)
            return self._take_over(there, {**wanted, "id": there["id"]})
        raise StoreUnavailableError(f"{kind} : le serveur ne prend pas la création")

    def _settled(self, attempt: Callable[[], Reply]) -> Reply | None:
        """None when the answer was lost: what became of it must be looked up."""
        try:
            return attempt()
        except LostReplyError:
            return None

    def _taken(self, method: str, wanted: Resource, reply: Reply) -> Resource:
        """What the server holds after a write that it took: as it answered, else read again."""
        if reply.status >= HTTPStatus.BAD_REQUEST:
            raise self._transport.refused(method, address(wanted), reply)
        told = dict(reply.resource)
        if told.get("resourceType") == wanted["resourceType"] and version_of(told):
            return told
        there = self._look(wanted)
        if there is None:
            raise StoreUnavailableError(f"{address(wanted)} : écrit, mais introuvable ensuite")
        return there

    def _look(self, resource: Resource) -> Resource | None:
        """The resource as the server holds it now; None when it has none there."""
        reply = self._transport.get(address(resource))
        if reply.status in _ABSENT:
            return None
        if reply.status >= HTTPStatus.BAD_REQUEST:
            raise self._transport.refused("GET", address(resource), reply)
        return dict(reply.resource)

    def _patch(self, before: Resource, wanted: Resource) -> Mapping[str, Any] | None:
        """The patch to send instead of the whole, where the server takes no whole Location."""
        kind = before["resourceType"]
        if kind != "Location" or self._capabilities.can(kind, "update"):
            return None
        return capacity_patch(before, wanted)


def target(pair: Pair) -> Resource:
    """What shall stand there; a removal leaves it closed, since no ROR deletes."""
    if pair.after is not None:
        return pair.after
    return {**(pair.before or {}), "active": False}


def waves(pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
    """The pairs in groups whose members may be written at once.

    New organizations go one by one: each may hang from the one before.
    """
    for kind in ORDER:
        some = [pair for pair in pairs if target(pair)["resourceType"] == kind]
        new = [pair for pair in some if pair.before is None]
        alone = new if kind == "Organization" else []
        yield from ([pair] for pair in alone)
        if together := [pair for pair in some if pair not in alone]:
            yield together


def version_of(resource: Mapping[str, Any]) -> str:
    """The opaque version of a resource, "" when it bears none."""
    return str((resource.get("meta") or {}).get("versionId") or "")


def same(one: Resource, other: Resource) -> bool:
    """True when they say the same: what the server writes itself is not compared."""
    return _content(one) == _content(other)


def _content(resource: Resource) -> dict[str, Any]:
    return {k: v for k, v in resource.items() if k not in {"id", "meta", "text"}}


def _body(resource: Resource) -> dict[str, Any]:
    """Without what only the server may say."""
    meta = {k: v for k, v in (resource.get("meta") or {}).items()
            if k not in {"versionId", "lastUpdated", "source"}}  # fmt: skip
    plain = {key: value for key, value in resource.items() if key != "meta"}
    return {**plain, "meta": meta} if meta else plain


def _business_key(resource: Resource) -> str:
    """The search that finds this resource and no other."""
    from urllib.parse import urlencode

    for each in resource.get("identifier") or ():
        if each.get("value"):
            return urlencode({"identifier": f"{each.get('system', '')}|{each['value']}"})
    found = {
        parameter: ",".join(references(resource.get(element)))
        for parameter, element in (
            ("service", "healthcareService"),
            ("practitioner", "practitioner"),
        )
        if element in resource
    }
    if not found:
        raise StoreUnavailableError(
            f"{resource['resourceType']} : ce serveur donne lui-même les identifiants, et rien ne "
            "désignerait celui-ci",
            remedy="donnez un id au lieu dans le fichier",
        )
    return urlencode(found)
