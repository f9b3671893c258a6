"""The store on a FHIR R4 server that speaks the ROR profiles: the verbs of `stores.base`.

An establishment is read as a tree of resources, which is kept for the write that may follow; its
version is a digest of theirs. What is written is guarded resource by resource (`writes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from hashlib import sha256
from http import HTTPStatus
from itertools import count, islice

from rorcli.errors import DataError, RefusedError, StoreConflictError, StoreUnavailableError
from rorcli.model import Establishment
from rorcli.planning.plan import Plan
from rorcli.settings import StoreSettings
from rorcli.stores.base import (
    Added,
    Hit,
    Query,
    Say,
    Snapshot,
    Written,
    node_keys,
    require_keys,
    same_facts,
    side_by_side,
    silent,
    valued,
)
from rorcli.stores.fhir.answers import meant_as_fhir, not_fhir, outcome
from rorcli.stores.fhir.bag import MemoryBag, address
from rorcli.stores.fhir.capabilities import Capabilities
from rorcli.stores.fhir.moments import paris_time
from rorcli.stores.fhir.patches import capacity_patch
from rorcli.stores.fhir.probes import WriteTest
from rorcli.stores.fhir.profiles import Resource
from rorcli.stores.fhir.reading import EJ, Tree, read
from rorcli.stores.fhir.transport import Transport
from rorcli.stores.fhir.walk import Walker
from rorcli.stores.fhir.writes import ORDER, Writer, is_cut, state_of, target
from rorcli.stores.fhir.writing import Pair, pairs
from rorcli.stores.matching import hit_of, is_there
from rorcli.stores.sqlite_index import site_row, with_ids

_KEPT = 200
_STATEMENT, _R4 = "metadata", "4.0"


@dataclass(frozen=True)
class Held:
    """An establishment as it was read: every resource, and what they say."""

    eg: Resource
    resources: tuple[Resource, ...]
    tree: Tree
    unheld: frozenset[str] = frozenset()
    is_partial: bool = False

    @cached_property
    def version(self) -> str:
        """Moves when any of its resources does."""
        told = sorted({f"{address(each)}@{state_of(each)}" for each in self.tree.own})
        return sha256("\n".join(told).encode()).hexdigest()[:20]

    @property
    def snapshot(self) -> Snapshot:
        """As the Protocol has it."""
        days = {key: day for key, day in self.tree.changed_on.items() if key != EJ}
        times = {
            key: moment
            for key, node in self.tree.nodes.items()
            if key != EJ and (moment := paris_time(node.get("meta", {}).get("lastUpdated")))
        }
        establishment = valued(self.tree.establishment)
        return Snapshot(
            establishment, self.version, days, written_at=times, unheld=self.unheld,
            is_partial=self.is_partial,
        )  # fmt: skip


class FhirStore:
    """One server, through one transport."""

    def __init__(
        self,
        settings: StoreSettings,
        transport: Transport,
        *,
        say: Say = silent,
        read_only: bool = False,
    ) -> None:
        self._settings, self._transport = settings, transport
        self._say, self._read_only = say, read_only
        self._held: dict[str, Held] = {}
        self._fresh: set[str] = set()

    @property
    def url(self) -> str:
        """The server's address; it holds no secret, see `transport.base_of`."""
        return f"fhir+{self._transport.base}"

    @property
    def at_once(self) -> int:
        """As many as the transport lets through."""
        return self._transport.at_once

    @cached_property
    def capabilities(self) -> Capabilities:
        """What the server says of itself; nothing when it says nothing."""
        reply = self._transport.get(_STATEMENT)
        with meant_as_fhir(f"{self.url}/{_STATEMENT}"):
            return Capabilities(reply.resource if reply.status == HTTPStatus.OK else {})

    def describe(self) -> str:
        """The server by its own words, and what it says that it does not take.

        Raises:
            StoreUnavailableError: There is no FHIR R4 server at that address.
        """
        self._require_fhir()
        told = self.capabilities
        name = f"{told.software or 'serveur FHIR'}, FHIR {told.fhir_version or '?'}"
        if not told.kinds:
            return f"{name} ; il ne dit pas ce qu'il prend"
        closed = [kind for kind in ORDER if not told.can(kind, "update")]
        patched = [kind for kind in closed if told.can(kind, "patch")]
        said = [name]
        if closed:
            said.append(f"ne prend pas de modification de {', '.join(closed)}")
        if patched:
            said.append(f"mais un PATCH de {', '.join(patched)}")
        return " ; ".join(said)

    def _require_fhir(self) -> None:
        reply = self._transport.get(_STATEMENT)
        if reply.status >= HTTPStatus.BAD_REQUEST:
            raise StoreUnavailableError(
                f"{self.url}/{_STATEMENT} : le serveur répond {reply.status}"
                f"{outcome(reply.resource)}",
                remedy="vérifiez l'adresse : celle d'un serveur FHIR se termine souvent par /fhir",
            )
        if reply.resource.get("resourceType") != "CapabilityStatement":
            raise not_fhir(f"{self.url}/{_STATEMENT}", outcome(reply.resource))
        version = str(reply.resource.get("fhirVersion") or _R4)
        if not version.startswith(_R4):
            raise StoreUnavailableError(
                f"{self.url} : ce serveur parle FHIR {version}, rorcli FHIR R4 ({_R4})",
                remedy="demandez à l'équipe qui tient le serveur son adresse pour R4",
            )

    def write_test(self) -> WriteTest:
        """What tries writes on a scratch resource; RefusedError on the real directory."""
        if self._settings.production:
            raise RefusedError(
                f"{self.url} : c'est le vrai répertoire (production = true), rien n'y est essayé",
                remedy="essayez un serveur de recette",
            )
        return WriteTest(self._transport)

    def search(self, query: Query) -> Iterator[Hit]:
        """See `Store.search`: EGs are listed, the units of those that are left are read.

        Servers differ too much in what they make of words to be asked for them (reference, rule
        18): what is found is what the embedded store finds.
        """
        if not query.words and not query.what:
            found = (hit for each in self._candidates(query) if (hit := hit_of(each, query)))
            yield from islice(found, query.limit)
            return
        wanted = (each.snapshot.establishment for each in self._each(query))
        yield from islice((hit for each in wanted if (hit := hit_of(each, query))), query.limit)

    def version(self, finess: str) -> str | None:
        """See `Store.version`; it costs a reading, which serves the `fetch` that follows."""
        held = self._read(finess)
        self._fresh.add(finess)
        return held.version if held else None

    def fetch(self, finess: str) -> Snapshot | None:
        """See `Store.fetch`."""
        held = self._held.get(finess) if finess in self._fresh else None
        self._fresh.discard(finess)
        held = held or self._read(finess)
        return held.snapshot if held else None

    def fetch_each(self, query: Query) -> Iterator[Snapshot]:
        """See `Store.fetch_each`; some are read ahead."""
        found = (each.snapshot for each in self._each(query))
        yield from islice(
            (each for each in found if hit_of(each.establishment, query)), query.limit
        )

    def history(self, finess: str) -> Iterator[Written]:
        """The current version alone: a server keeps versions of resources, not of the whole."""
        if held := self.fetch(finess):
            self._say("ce serveur garde l'historique de chaque ressource, non de l'établissement : "
                      "seul l'état actuel est montré")  # fmt: skip
            yield Written(held.version, max(held.changed_on.values()), "", held.establishment)

    def unsupported(self, plan: Plan) -> list[str]:
        """What the server says that it does not take, and what was read in part only."""
        held = self._current(plan)
        if held is None:
            return []
        return self._refusals(self._pairs(held, self._identified(plan, held)[1]))

    def apply(self, plan: Plan, *, today: date, author: str) -> Snapshot:  # noqa: ARG002 - the server knows who calls, and the day
        """See `Store.apply`; what breaks off half-way is finished by the next push."""
        held = self._current(plan)
        if held is None or held.version != plan.version:
            moved = "n'y est plus" if held is None else "y a changé depuis la lecture"
            raise StoreConflictError(
                f"{plan.finess} : sur le serveur, l'établissement {moved}",
                remedy="voyez ce qui reste à faire, rorcli diff, puis relancez rorcli push",
            )
        if not plan.changes:
            return held.snapshot
        wanted, after = self._identified(plan, held)
        require_keys(after)
        written = self._write(held, self._pairs(held, after, today))
        given = dict(zip(node_keys(wanted), node_keys(after), strict=True))
        return replace(
            written.snapshot, given={old: new for old, new in given.items() if old != new}
        )

    def add(
        self, establishment: Establishment, *, today: date, replace: bool = False,
        changed_on: Mapping[str, date] | None = None,  # noqa: ARG002 - the Protocol's
    ) -> Added:  # fmt: skip
        """See `LoadableStore.add`; the days are the server's own."""
        require_keys(establishment)
        new = valued(establishment)
        held = self._read(new.finess)
        if held and same_facts(new, held.snapshot.establishment):
            return "unchanged"
        if held and not replace:
            raise DataError(
                f"{new.finess} : déjà sur le serveur, différent",
                remedy="comparez : rorcli diff FICHIER ; remplacez : rorcli load --replace",
            )
        held = held or Held({}, (), Tree())
        every = self._pairs(held, new, today)
        if refusals := self._refusals(every):
            raise RefusedError(f"{new.finess} : {' ; '.join(refusals)}")
        self._write(held, every)
        return "replaced" if held.eg else "created"

    def close(self) -> None:
        """Lets go of the connections."""
        self._transport.close()

    @cached_property
    def _walker(self) -> Walker:
        return Walker(self._transport, self.capabilities)

    def _read(self, finess: str) -> Held | None:
        """An establishment, kept for the write that may follow."""
        self._held.pop(finess, None)
        held = self._look(finess)
        return self._kept(finess, held) if held else None

    def _look(self, finess: str) -> Held | None:
        with meant_as_fhir(f"{self.url}, {finess}"):
            site = self._walker.site(finess)
            return self._understood(site[0], self._walker.tree(site)) if site else None

    def _kept(self, finess: str, held: Held) -> Held:
        """The last ones only: a region does not fit in memory."""
        self._held[finess] = held
        for oldest in [*self._held][:-_KEPT]:
            self._held.pop(oldest, None)
        return held

    def _understood(self, eg: Resource, bag: MemoryBag) -> Held:
        tree = read(bag, eg, self._settings.verifie_le_url)
        for each in tree.broken:
            self._say(f"{tree.establishment.finess} : {each}")
        # Without its extension there is no place for the day of a check.
        unheld = frozenset() if self._settings.verifie_le_url else frozenset({"verifie_le"})
        is_partial = self._is_filtered or not self._walker.is_whole or any(map(is_cut, bag))
        return Held(eg, tuple(bag), tree, unheld, is_partial)

    def _current(self, plan: Plan) -> Held | None:
        """What the plan was made from, read again when it is not the last that was read."""
        held = self._held.get(plan.finess)
        return held if held and held.version == plan.version else self._read(plan.finess)

    def _candidates(self, query: Query) -> list[Establishment]:
        """The establishments whose own card suits the query, in order, without units."""
        url = self._settings.verifie_le_url
        found = []
        with meant_as_fhir(self.url):
            for eg, ej in self._walker.sites(query.finess):
                bag = MemoryBag([eg, ej] if ej else [eg])
                card = valued(read(bag, eg, url).establishment)
                if card.finess and is_there(site_row(card), query):
                    found.append(card)
        return sorted(found, key=lambda card: (site_row(card).rank, card.finess))

    def _each(self, query: Query) -> Iterator[Held]:
        """The candidates read whole: a few at once, in order."""
        keys = [card.finess for card in self._candidates(query)]
        yield from filter(None, side_by_side(self._look, keys, self.at_once))

    def _identified(self, plan: Plan, held: Held) -> tuple[Establishment, Establishment]:
        """What the plan asks for, and the same with an id for each new unit, never given before.

        It is made of the unit's place and name, so that a push that broke off gives the same again.
        """
        wanted = valued(plan.result(held.snapshot.establishment))
        new = [f"{each.unit.type}:{each.path}" for each in wanted.units() if not each.unit.id]
        names = [f"{name}:{new[:place].count(name)}" for place, name in enumerate(new)]
        ids = {name: _id_of(plan.finess, name) for name in names}
        for turn in count(1):
            borne = self._walker.borne(ids.values())
            if not borne:
                break
            ids |= {n: _id_of(plan.finess, f"{n}:{turn}") for n, id in ids.items() if id in borne}
        return wanted, with_ids(wanted, iter(ids.values()))

    def _pairs(self, held: Held, wanted: Establishment, today: date = date.min) -> list[Pair]:
        """Every resource before and after, once those were met that other establishments share."""
        with meant_as_fhir(f"{self.url}, {wanted.finess}"):
            met = self._walker.met(held.tree, wanted)
            return [*pairs(wanted, met, today=today, verified_url=self._settings.verifie_le_url)]

    def _write(self, held: Held, every: Sequence[Pair]) -> Held:
        """Writes, and tells what the server holds then; what broke off is read again."""
        if self._read_only:
            raise StoreUnavailableError(f"{self.url} : ouvert en lecture seule")
        finess = held.tree.establishment.finess
        writer = Writer(self._transport, self.capabilities, is_filtered=self._is_filtered)
        try:
            writer.write([pair for pair in every if pair.is_changed])
        except BaseException:
            self._held.pop(finess, None)
            raise
        known = (*held.resources, *(pair.before for pair in every if pair.before))
        now = {address(each): each for each in known} | writer.held
        bag = MemoryBag(now[key] for key in sorted(now))
        if not held.eg:
            return held
        return self._kept(finess, self._understood(now[address(held.eg)], bag))

    @property
    def _is_filtered(self) -> bool:
        """Whoever names an access profile is shown what that profile may see (model 2.16)."""
        return bool(self._settings.headers)

    def _refusals(self, every: Iterable[Pair]) -> list[str]:
        changed = (pair for pair in every if pair.is_changed)
        return [*dict.fromkeys(filter(None, map(self._refusal, changed)))]

    def _refusal(self, pair: Pair) -> str:
        """Why the server will not take this, "" when nothing is known against it."""
        kind = target(pair)["resourceType"]
        if self._is_patch(pair):
            return ""
        if pair.before is not None and (self._is_filtered or is_cut(pair.before)):
            return (
                f"{kind} : votre profil d'accès (en-têtes Ror-*) peut n'en lire qu'une partie, "
                "l'écrire perdrait le reste (rorcli push --only capacites reste possible ; pour "
                "tout écrire, un accès sans headers sous [store.NOM])"
            )
        allowed = self.capabilities.can(kind, "update")
        if pair.before is None:
            allowed = allowed or self.capabilities.can(kind, "create")
        return "" if allowed else (
            f"{kind} : ce serveur ne prend pas cette écriture d'un autre logiciel (rorcli push "
            "--only capacites : ce qu'il prend)"
        )  # fmt: skip

    def _is_patch(self, pair: Pair) -> bool:
        if pair.before is None or pair.after is None or pair.before["resourceType"] != "Location":
            return False
        can = self.capabilities.can("Location", "patch")
        return can and capacity_patch(pair.before, pair.after) is not None


def _id_of(finess: str, name: str) -> str:
    return f"{finess}/{sha256(name.encode()).hexdigest()[:10]}"
