"""Resources written one by one, so that whatever breaks off can be taken up where it stopped.

Every write is guarded by the version that was read (If-Match); where that does not count, the
server is asked before and after it. A creation goes to an id made of its business key, or follows a
search for that key, so that repeating it makes no double. When an answer is lost, or says 409 or
412, the server is asked what it holds: what we wanted (ours went through), what we knew (again),
else it is a conflict. Rules 1 to 7, 11 and 12 of a pushing client.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from rorcli.errors import StoreConflictError, StoreError, StoreUnavailableError
from rorcli.stores.base import side_by_side
from rorcli.stores.fhir.answers import Reply, meant_as_fhir
from rorcli.stores.fhir.bag import address, is_active, parent
from rorcli.stores.fhir.capabilities import Capabilities
from rorcli.stores.fhir.keys import business_key, condition, question
from rorcli.stores.fhir.patches import capacity_patch, is_applied
from rorcli.stores.fhir.profiles import Resource
from rorcli.stores.fhir.transport import LostReplyError, Transport
from rorcli.stores.fhir.walk import Walker, batches
from rorcli.stores.fhir.writing import Pair

#: How often a write is tried against states that are not another writer's.
ATTEMPTS = 4
_CONFLICTS = {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}
#: Codes of `meta.tag` by which servers say that they show a part only.
_PARTIAL = {"SUBSETTED", "REDACTED", "MASKED"}
#: How servers say that they give the ids themselves.
_NO_IDS = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
ORDER = ("Organization", "Location", "Practitioner", "HealthcareService", "PractitionerRole")


class Writer:
    """Writes pairs; `held` are the resources as the server has them then, by `Type/id`.

    `moved` leads from planned ids to those that the server gave. With `is_filtered`, what was read
    may lack what our access profile does not see: capacities are patched, and nothing sent whole.
    """

    def __init__(
        self, transport: Transport, capabilities: Capabilities, *, is_filtered: bool = False
    ) -> None:
        self._transport, self._capabilities = transport, capabilities
        self._walker = Walker(transport, capabilities)
        self._is_filtered = is_filtered
        self.held: dict[str, Resource] = {}
        self.moved: dict[str, str] = {}
        self._gives_ids: set[str] = set()
        # What stands for new units already, by planned address; units that were taken over.
        self._standing: dict[str, Resource] = {}
        self._reopened: set[str] = set()
        self._failure: StoreError | None = None

    def write(self, pairs: Sequence[Pair]) -> None:
        """Everything, targets before what refers to them.

        Raises:
            StoreError: The first one met, saying how much was done; nothing follows it.
        """
        with meant_as_fhir("ce que le serveur tient déjà"):
            self._look_ahead(pairs)
        for wave in waves(pairs):
            at_once = min(self._transport.at_once, len(wave))
            for _ in side_by_side(self._try, wave, at_once):
                pass
            if self._failure:
                raise self._told(self._failure, len(pairs))

    def _look_ahead(self, pairs: Sequence[Pair]) -> None:
        """Nothing is begun where what is to be new is in use elsewhere on the server."""
        new = [target(pair) for pair in pairs if pair.before is None]
        for kind in ("Organization", "HealthcareService"):
            some = {business_key(each): each for each in new if each["resourceType"] == kind}
            for keys in batches(value for key in some for value in filter(None, key[1:])):
                for there in self._walker.search(kind, ("identifier", ",".join(keys))):
                    if (wanted := some.get(business_key(there))) and is_active(there):
                        _require_same(there, wanted)
                        self._standing[address(wanted)] = there

    def _try(self, pair: Pair) -> None:
        """Nothing new is begun once something failed."""
        if self._failure:
            return
        planned = target(pair)
        try:
            with meant_as_fhir(address(planned)):
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
        again = "relancez rorcli push : il reprend où il s'est arrêté, sans doublon"
        return type(error)(
            f"{error.message} ; écritures déjà faites : {len(self.held)} sur {total}",
            remedy=error.remedy if isinstance(error, StoreConflictError) else again,
        )

    def _put(self, pair: Pair) -> Resource:
        wanted = pair.onto(target(pair), self.moved) if self.moved else target(pair)
        if pair.before is not None:
            return self._replace(pair.before, wanted)
        kind = wanted["resourceType"]
        if kind in self._gives_ids or not self._capabilities.takes_ids(kind):
            return self._create_unnamed(pair, wanted)
        there = self._standing.get(address(wanted))
        if kind == "PractitionerRole" and parent(wanted) in self._reopened:
            # Whoever closed the unit may have left its situations.
            there = self._found(wanted)
        there = there or self._walker.look(address(wanted))
        return self._take_over(there, pair, wanted) if there else self._create(pair, wanted)

    def _take_over(self, there: Resource, pair: Pair, wanted: Resource) -> Resource:
        """What stands at a new one's place: it broke off once, or was closed; or is another's."""
        if is_active(there):
            _require_same(there, wanted)
        self._reopened.add(address(there))
        whole = pair.onto(there, self.moved)
        if not is_active(whole):
            whole = {key: value for key, value in whole.items() if key != "active"}
        return there if same(there, whole) else self._replace(there, whole)

    def _replace(self, before: Resource, wanted: Resource) -> Resource:
        patch, path = self._patch(before, wanted), address(before)
        method, body = ("PATCH", patch) if patch else ("PUT", _body(wanted))

        def is_done(held: Resource) -> bool:
            return same(held, wanted) or bool(patch and is_applied(wanted, held))

        known = before if self._is_guarded(before) else self._expected(before, is_done)
        for _ in range(ATTEMPTS):
            if is_done(known):
                return known
            guard = {"If-Match": f'W/"{version}"'} if (version := version_of(known)) else {}
            reply = self._settled(method, path, body, guard)
            if reply is not None and reply.status not in _CONFLICTS:
                taken = self._taken(method, wanted, reply)
                if patch and not is_applied(wanted, taken):
                    raise _misunderstood(path)
                return taken
            known = self._expected(before, is_done)
        if is_done(known):
            return known
        raise _moved(path)

    def _expected(self, before: Resource, is_done: Callable[[Resource], bool]) -> Resource:
        """What stands there now: what was read, or what we want; a conflict when it is neither."""
        there = self._walker.look(address(before))
        if there is None or not (same(there, before) or is_done(there)):
            raise _moved(address(before))
        return there

    def _create(self, pair: Pair, wanted: Resource) -> Resource:
        path, body = address(wanted), _body(wanted)
        for _ in range(ATTEMPTS):
            reply = self._settled("PUT", path, body, {"If-None-Match": "*"})
            if reply is not None and reply.status in _NO_IDS:
                self._gives_ids.add(wanted["resourceType"])
                return self._create_unnamed(pair, wanted)
            if reply is not None and reply.status not in _CONFLICTS:
                return self._taken("PUT", wanted, reply)
            if (there := self._walker.look(address(wanted))) is not None:
                return self._take_over(there, pair, wanted)
        raise StoreUnavailableError(f"{path} : le serveur ne prend pas la création")

    def _create_unnamed(self, pair: Pair, wanted: Resource) -> Resource:
        """Where the server gives the ids: what bears the business key is taken over, if any does.

        What a search by that key finds is compared here, and what If-None-Exist answers as well:
        servers leave out parameters that they do not know.
        """
        kind = wanted["resourceType"]
        once = condition(wanted) if self._capabilities.creates_once(kind) else ""
        body = {name: value for name, value in _body(wanted).items() if name != "id"}
        for _ in range(ATTEMPTS):
            if there := self._found(wanted):
                return self._take_over(there, pair, {**wanted, "id": there["id"]})
            reply = self._settled("POST", kind, body, {"If-None-Exist": once} if once else {})
            if reply is None:
                continue
            if reply.status != HTTPStatus.PRECONDITION_FAILED:
                there = self._taken("POST", {**wanted, "id": reply.named or wanted["id"]}, reply)
                if business_key(there) == business_key(wanted):
                    return self._take_over(there, pair, {**wanted, "id": there["id"]})
            # Others suit the condition, and none of them is ours.
            once = ""
        raise StoreUnavailableError(f"{kind} : le serveur ne prend pas la création")

    def _found(self, wanted: Resource) -> Resource | None:
        """What bears that business key on the server: the active one, else one that was closed."""
        kind, asked = wanted["resourceType"], question(wanted)
        if not asked:
            raise StoreUnavailableError(
                f"{kind} : ce serveur donne lui-même les identifiants, et rien ne désignerait "
                "celui-ci",
                remedy="donnez un id au lieu dans le fichier",
            )
        key = business_key(wanted)
        found = {address(e): e for e in self._walker.search(kind, *asked) if business_key(e) == key}
        active = [each for each in found.values() if is_active(each)]
        if len(active) > 1:
            raise StoreUnavailableError(
                f"{', '.join(map(address, active))} : le serveur tient la même chose plusieurs "
                "fois ; rien n'est créé",
                remedy="signalez ce doublon à l'équipe qui tient le serveur",
            )
        return next(iter(active or [found[each] for each in sorted(found)]), None)

    def _settled(
        self, method: str, path: str, body: Resource, headers: Mapping[str, str]
    ) -> Reply | None:
        """None when the answer was lost: what became of it must be looked up."""
        try:
            return self._transport.write(method, path, body, headers)
        except LostReplyError:
            return None

    def _taken(self, method: str, wanted: Resource, reply: Reply) -> Resource:
        """What the server holds after a write that it took: as it answered, else read again."""
        if reply.status >= HTTPStatus.BAD_REQUEST:
            raise self._transport.refused(method, address(wanted), reply)
        told = dict(reply.resource)
        if told.get("resourceType") == wanted["resourceType"] and self._is_guarded(told):
            return told
        there = self._walker.look(address(wanted))
        if there is None:
            raise StoreUnavailableError(f"{address(wanted)} : écrit, mais introuvable ensuite")
        return there

    def _patch(self, before: Resource, wanted: Resource) -> Resource | None:
        """The patch to send instead of the whole, where a whole Location is not to be sent."""
        kind = before["resourceType"]
        can_whole = self._capabilities.can(kind, "update") and not self._is_filtered
        if kind != "Location" or (can_whole and not is_cut(before)):
            return None
        return capacity_patch(before, wanted)

    def _is_guarded(self, resource: Resource) -> bool:
        """True where If-Match counts; else the server is asked before and after each write."""
        return self._capabilities.guards(resource["resourceType"]) and bool(version_of(resource))


def target(pair: Pair) -> Resource:
    """What shall stand there; a removal leaves it closed, since no ROR deletes."""
    if pair.after is not None:
        return pair.after
    return {**(pair.before or {}), "active": False}


def waves(pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
    """The pairs in groups whose members may be written at once; what goes, last and from below.

    Whatever breaks off, nothing in use hangs from what is closed: no reading would find it again.
    New organizations go one by one, each may hang from the one before; so do those that close.
    """
    gone = [pair for pair in pairs if pair.after is None]
    rest = [pair for pair in pairs if pair.after is not None]
    for some, kinds in ((rest, ORDER), (gone, ORDER[::-1])):
        for kind in kinds:
            mine = [pair for pair in some if target(pair)["resourceType"] == kind]
            alone = [p for p in mine if kind == "Organization" and not (p.before and p.after)]
            yield from ([pair] for pair in alone)
            if together := [pair for pair in mine if pair not in alone]:
                yield together


def version_of(resource: Mapping[str, Any]) -> str:
    """The opaque version of a resource, "" when it bears none."""
    return str((resource.get("meta") or {}).get("versionId") or "")


def state_of(resource: Resource) -> str:
    """What moves whenever the resource does: its version, else a digest of what it says."""
    said = json.dumps(_content(resource), sort_keys=True)
    return version_of(resource) or sha256(said.encode()).hexdigest()


def is_cut(resource: Resource) -> bool:
    """Whether the server says that it shows a part of the resource only."""
    tags = (resource.get("meta") or {}).get("tag") or ()
    return any(tag.get("code") in _PARTIAL for tag in tags)


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


def _require_same(there: Resource, wanted: Resource) -> None:
    """StoreConflictError when it stands for something else, or hangs from something else."""
    if business_key(there) != business_key(wanted) or parent(there) != parent(wanted):
        raise StoreConflictError(
            f"{address(there)} : en service ailleurs, ou pour autre chose ; rien n'y est écrit",
            remedy="un autre établissement a-t-il une unité du même id ? corrigez celui du "
            "fichier, sinon signalez-le à l'équipe qui tient le serveur",
        )


def _moved(path: str) -> StoreConflictError:
    return StoreConflictError(
        f"{path} : a changé sur le serveur depuis la lecture",
        remedy="voyez ce qui reste à faire, rorcli diff, puis relancez rorcli push",
    )


def _misunderstood(path: str) -> StoreUnavailableError:
    return StoreUnavailableError(
        f"{path} : le serveur a compris le PATCH autrement, et ne tient pas les capacités "
        "demandées",
        remedy="vérifiez-les sur le portail ; signalez-le à l'équipe qui tient le serveur : rorcli "
        "doctor --write-test le montre",
    )
