"""Random pushes to a server that fails: what is said of each must be what the server holds.

Another program writes there too, before a push and while it is prepared: what is its own stays.
"""

from collections import Counter
from copy import deepcopy
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import Any, Self

from rorcli import sync
from rorcli.identifiers import closing_digit
from rorcli.model import Establishment, decode, to_data
from rorcli.planning.facts import facts
from rorcli.planning.limits import GUARDS, Thresholds
from rorcli.settings import StoreSettings
from rorcli.stores.fhir.store import FhirStore
from rorcli.stores.fhir.transport import Patience, Transport
from rorcli.text.document import read
from rorcli.text.render import document as render
from tests.servers.proxy import FAULTS, Proxy
from tests.stores.contract import LATER, LOADED, SAULES, TREE, unit
from tests.stores.fhir_contract import VERIFIED, store_at

RPPS = [f"1009999{n:03}" + closing_digit(f"1009999{n:03}") for n in range(900, 906)]
SPECIALITIES = ("SM19", "SM01", "SM26")
KINDS = ("Organization", "HealthcareService", "Practitioner", "PractitionerRole", "Location")
#: How many requests meet a fault.
SHARE = 0.12
Data = dict[str, Any]


class Desk:
    """A file, pushed through a proxy that fails, and the server as it really is.

    `lieux_have_ids` where the server gives the ids: it finds nothing else again.
    """

    def __init__(
        self,
        url: str,
        folder: Path,
        seed: int,
        silence: float = 1.0,
        *,
        lieux_have_ids: bool = False,
    ) -> None:
        self.random, self.is_calm = Random(seed), False
        self.hand = Hand(self.random, lieux_have_ids=lieux_have_ids)
        # What another program wrote: address, element, item.
        self.planted: list[tuple[str, str, Data]] = []
        self.proxy = Proxy(url, self.choose, slowness=silence + 0.3)
        self.direct = store_at(url)
        self.direct.add(TREE, today=LOADED)
        self.file = folder / f"{SAULES}.yaml"
        self.file.write_text(render(to_data(TREE), ""), "utf-8")
        patience = Patience(seconds=20, attempts=4, longest_wait=0.02, silence=silence,
                            chance=Random(seed))  # fmt: skip
        settings = StoreSettings(url=f"fhir+{self.proxy.url}", verifie_le_url=VERIFIED)
        self.store = FhirStore(settings, Transport(settings, patience=patience))
        self.ends: Counter[str] = Counter()

    def choose(self, method: str, path: str) -> str:
        is_fault = not self.is_calm and self.random.random() < SHARE
        # What only costs time is rarer.
        weights = [0.2 if each == "slow" else 1 for each in FAULTS]
        return self.random.choices(FAULTS, weights)[0] if is_fault else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()
        self.direct.close()
        self.proxy.close()

    @property
    def held(self) -> Establishment:
        held: Establishment = self.direct.fetch(SAULES).establishment
        return held

    def edit(self) -> None:
        data = to_data(decode(read(self.file.read_bytes(), "").data))
        for _ in range(self.random.randint(1, 4)):
            self.hand.change(data)
        self.file.write_text(render(data, ""), "utf-8")

    def prepared(self, store: FhirStore) -> sync.Prepared:
        document = read(self.file.read_bytes(), str(self.file))
        return sync.prepare(self.file, document, [], store, Thresholds(), today=LATER)

    def left(self) -> list[Any]:
        """What the file and the server do not agree on."""
        plan = self.prepared(self.direct).plan
        assert plan
        return [*plan.changes, *plan.theirs, *plan.conflicts]

    def push(self) -> sync.Outcome:
        ready = self.prepared(self.store)
        if not self.is_calm and self.random.random() < 0.2:
            self.plant()
        stopped = sync.stops(ready, self.store, GUARDS)
        if stopped and stopped.status is not sync.Status.UNCHANGED:
            return stopped
        return sync.apply(ready, self.store, today=LATER, author="moi")

    def round(self) -> None:
        """An edit and a push, which ends as it says; then a push in calm weather, if it failed."""
        self.plant()
        before = facts(self.held).values
        self.edit()
        outcome = self.push()
        self.ends[outcome.status] += 1
        if outcome.status in {sync.Status.APPLIED, sync.Status.UNCHANGED}:
            assert self.left() == []
        else:
            wanted = decode(read(self.file.read_bytes(), "").data)
            self.require_halfway(before, facts(self.held).values, facts(wanted).values)
            self.is_calm = True
            calm = self.push()
            assert calm.status in {sync.Status.APPLIED, sync.Status.UNCHANGED}, calm.reason
            self.is_calm = False
            assert self.left() == []
        self.require_no_double()

    def require_halfway(self, before: Any, now: Any, wanted: Any) -> None:
        """Each value that both sides know is the former or the new one."""
        for path in before.keys() & wanted.keys() & now.keys():
            assert now[path] in {before[path], wanted[path]}, path

    def everything(self) -> dict[str, Data]:
        """Every resource of the server, by `Type/id`."""
        search = self.direct._walker.search
        return {f"{kind}/{each['id']}": each for kind in KINDS for each in search(kind)}

    def plant(self) -> None:
        """Another program adds something of its own to a resource, be it closed."""
        held = self.everything()
        at = self.random.choice(sorted(held))
        number = len(self.planted)
        items: list[tuple[str, Data]] = [
            ("extension", {"url": "https://ailleurs.example/x", "valueInteger": number}),
            ("identifier", {"system": "https://ailleurs.example/id", "value": f"x{number}"}),
            ("telecom", {"system": "phone", "value": f"01 99 00 00 {number:02}"}),
        ]  # fmt: skip
        element, item = self.random.choice(items)
        body = {**held[at], element: [*held[at].get(element, ()), item]}
        assert self.direct._transport.write("PUT", at, body, {}).status == HTTPStatus.OK
        self.planted.append((at, element, item))

    def require_no_double(self) -> None:
        """One active resource for each business key on the server, and what others wrote there."""
        held = self.everything()
        active = [each for each in held.values() if each.get("active") is not False]
        keys = Counter(map(key_of, active))
        assert [key for key, count in keys.items() if count > 1] == []
        lost = [(at, item) for at, element, item in self.planted if item not in held[at][element]]
        assert lost == []


def key_of(resource: dict[str, Any]) -> tuple[str, ...]:
    kind = resource["resourceType"]
    if kind == "PractitionerRole":
        said = str(
            sorted(c.get("code", "") for s in resource.get("specialty", ()) for c in s["coding"])
        )
        return (
            kind,
            resource["healthcareService"][0]["reference"],
            resource["practitioner"]["reference"],
            said,
        )
    known = resource.get("identifier") or [{"value": resource.get("name", resource["id"])}]
    return kind, known[0]["value"]


class Hand:
    """Changes a file as a person may; `shelf` holds the units that were closed."""

    def __init__(self, random: Random, *, lieux_have_ids: bool) -> None:
        self.random, self.lieux_have_ids = random, lieux_have_ids
        self.shelf: list[Data] = []

    def change(self, data: Data) -> None:
        every = below(data["etablissement"])
        uo = self.random.choice([each for each in every if each["type"] == "uo"])
        choices = (self.rename, self.call, self.appoint, self.appoint, self.specialise,
                   self.specialise, self.dismiss, self.count, self.open, self.close)  # fmt: skip
        self.random.choice(choices)(data["etablissement"], every, uo)

    def rename(self, eg: Data, every: list[Data], uo: Data) -> None:
        self.random.choice([eg, *every])["nom"] = f"Nom {self.random.randrange(1000)}"

    def call(self, eg: Data, every: list[Data], uo: Data) -> None:
        number = f"02 61 91 00 {self.random.randrange(10, 100)}"
        self.random.choice(every)["contacts"] = [{"nature": "07", "telephone": number}]

    def appoint(self, eg: Data, every: list[Data], uo: Data) -> None:
        """Somebody, instead of all that they did there."""
        rpps = self.random.choice(RPPS)
        others = [p for p in uo.get("praticiens", ()) if p["rpps"] != rpps]
        new = {"rpps": rpps, "nom": f"NOM-{rpps[-3:]}"}
        uo["praticiens"] = [*others, {**new, "specialite": self.random.choice(SPECIALITIES)}]

    def specialise(self, eg: Data, every: list[Data], uo: Data) -> None:
        """Another speciality for somebody, instead of theirs or besides; it may be a former one."""
        people = uo.get("praticiens", [])
        one = self.random.choice(people) if people else None
        held = [p["specialite"] for p in people if one and p["rpps"] == one["rpps"]]
        free = [each for each in SPECIALITIES if each not in held]
        if one and free:
            new = {**one, "specialite": self.random.choice(free)}
            kept = [p for p in people if p is not one or self.random.random() < 0.5]
            uo["praticiens"] = [*kept, new]

    def dismiss(self, eg: Data, every: list[Data], uo: Data) -> None:
        uo["praticiens"] = deepcopy(uo.get("praticiens", ()))[1:]

    def count(self, eg: Data, every: list[Data], uo: Data) -> None:
        name = uo.get("id", uo["nom"])
        beds = {"nature": "lit", "statut": "installe", "nombre": self.random.randrange(100)}
        given = {"id": f"L/{name}"} if self.lieux_have_ids else {}
        uo["lieux"] = [{**given, "nom": f"Étage de {name}", "capacites": [beds]}]

    def open(self, eg: Data, every: list[Data], uo: Data) -> None:
        """A new UO, or a unit that was closed, maybe elsewhere."""
        name = f"UO neuve {self.random.randrange(10**6)}"
        new = unit("uo", name, mode_prise_en_charge="32")
        if self.shelf and self.random.random() < 0.8:
            new = self.shelf.pop(self.random.randrange(len(self.shelf)))
        above = eg
        if new["type"] != "pole":
            above = self.random.choice([each for each in every if each["type"] == "pole"])
        if len(every) < 12:
            above.setdefault("unites", []).append(new)

    def close(self, eg: Data, every: list[Data], uo: Data) -> None:
        above = self.random.choice([each for each in (eg, *every) if each.get("unites")])
        gone = self.random.choice(above["unites"])
        left = {each["type"] for each in every if each not in (gone, *below(gone))}
        if len(self.shelf) < 4 and left >= {"uo", "pole"}:
            above["unites"].remove(gone)
            self.shelf.append(gone)


def below(unit: Data) -> list[Data]:
    """Every unit below one, from the top."""
    inner = unit.get("unites", [])
    return [*inner, *(deeper for each in inner for deeper in below(each))]
