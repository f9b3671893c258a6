"""Random pushes to a server that fails: what is said of each must be what the server holds."""

from collections import Counter
from copy import deepcopy
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


class Desk:
    """A file, pushed through a proxy that fails, and the server as it really is."""

    def __init__(
        self, url: str, folder: Path, seed: int, share: float = 0.12, silence: float = 1.0
    ) -> None:
        self.random, self.share, self.is_calm = Random(seed), share, False
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
        is_fault = not self.is_calm and self.random.random() < self.share
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
        snapshot = self.direct.fetch(SAULES)
        assert snapshot
        return snapshot.establishment

    def edit(self) -> None:
        data = to_data(decode(read(self.file.read_bytes(), "").data))
        for _ in range(self.random.randint(1, 4)):
            mutate(data, self.random)
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
        stopped = sync.stops(ready, self.store, GUARDS)
        return stopped or sync.apply(ready, self.store, today=LATER, author="moi")

    def round(self) -> None:
        """An edit and a push, which ends as it says; then a push in calm weather, if it failed."""
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

    def require_no_double(self) -> None:
        """One active resource for each business key on the whole server."""
        keys: Counter[tuple[str, ...]] = Counter()
        walker = self.direct._walker
        for kind in (
            "Organization",
            "HealthcareService",
            "Practitioner",
            "PractitionerRole",
            "Location",
        ):
            for each in {e["id"]: e for e in walker.search(kind)}.values():
                if each.get("active") is not False:
                    keys[key_of(each)] += 1
        assert [key for key, count in keys.items() if count > 1] == []


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


def units_of(data: dict[str, Any]) -> list[dict[str, Any]]:
    found, waiting = [], list(data["etablissement"]["unites"])
    while waiting:
        found.append(each := waiting.pop())
        waiting.extend(each.get("unites", ()))
    return found


def mutate(data: dict[str, Any], random: Random) -> None:
    """One change that a person may make."""
    every = units_of(data)
    uo = random.choice([each for each in every if each["type"] == "uo"])
    match random.randrange(8):
        case 0:
            random.choice(every)["nom"] = f"Unité {random.randrange(1000)}"
        case 1:
            data["etablissement"]["nom"] = f"Hôpital {random.randrange(1000)}"
        case 2:
            number = f"02 61 91 00 {random.randrange(10, 100)}"
            random.choice(every)["contacts"] = [{"nature": "07", "telephone": number}]
        case 3 | 4:
            rpps = random.choice(RPPS)
            others = [p for p in uo.get("praticiens", ()) if p["rpps"] != rpps]
            new = {
                "rpps": rpps,
                "nom": f"NOM-{rpps[-3:]}",
                "specialite": random.choice(SPECIALITIES),
            }
            uo["praticiens"] = [*others, new]
        case 5:
            uo["praticiens"] = deepcopy(uo.get("praticiens", ()))[1:]
        case 6:
            count = {"nature": "lit", "statut": "installe", "nombre": random.randrange(100)}
            uo["lieux"] = [{"nom": f"Étage de {uo.get('id', uo['nom'])}", "capacites": [count]}]
        case _:
            if len(every) < 12:
                above = random.choice([each for each in every if each["type"] == "pole"])
                new = unit("uo", f"UO neuve {random.randrange(10**6)}", mode_prise_en_charge="32")
                above.setdefault("unites", []).append(new)
