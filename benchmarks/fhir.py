"""Measures saving to FHIR servers: HAPI, Medplum, and one that is 30 ms away.

    NODE_PATH=... RORCLI_HAPI=... python benchmarks/fhir.py [--quick] [--out FILE]

A push (read, write, read again) of a hundred changed units stands beside a bare loop of `requests`
doing the same PUTs and nothing else. Servers that are not there are left out, and that is said.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import date
from itertools import count
from pathlib import Path
from time import perf_counter

import pytest
import requests

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.bench import Row, ms, table  # noqa: E402
from benchmarks.sync import keep  # noqa: E402
from rorcli.model import Establishment, decode  # noqa: E402
from rorcli.planning.limits import Thresholds  # noqa: E402
from rorcli.planning.plan import Plan, Sides  # noqa: E402
from rorcli.settings import StoreSettings  # noqa: E402
from rorcli.stores.fhir.store import FhirStore  # noqa: E402
from rorcli.stores.fhir.transport import Transport  # noqa: E402
from tests.integration import servers  # noqa: E402
from tests.servers.fake import FakeServer  # noqa: E402

HEADING = "## Saving to a FHIR server"
TODAY, FINESS, UNITS = date(2026, 11, 3), "440099919", 100
AWAY_SECONDS = 0.03
# Every push writes what no other has written.
TURNS = count(1)


def establishment(turn: int, changed: int = UNITS) -> Establishment:
    """A hundred UOs in one pole; the first `changed` bear the number of the turn."""
    units = [
        {"type": "uo", "id": f"52/{number:07}", "mode_prise_en_charge": "32",
         "nom": f"Consultation {number}, {turn if number < changed else 0}",
         "contacts": [{"nature": "07", "telephone": "02 61 91 00 21"}]}
        for number in range(UNITS)
    ]  # fmt: skip
    pole = {"type": "pole", "id": "52/9999999", "nom": "Pôle", "unites": units}
    eg = {"finess": FINESS, "nom": "Hôpital", "categorie": "355", "unites": [pole]}
    ej = {"finess": "440099901", "raison_sociale": "Centre hospitalier"}
    return decode({"entite_juridique": ej, "etablissement": eg})


class Desk:
    """A server that holds the establishment, and the ways to save it."""

    def __init__(self, url: str, workers: int = 4) -> None:
        settings = StoreSettings(url=f"fhir+{url}")
        self.url, self.turn, self.transport = url, 0, Transport(settings, at_once=workers)
        self.store = FhirStore(settings, self.transport)
        self.store.add(establishment(0), today=TODAY, replace=True)

    def push(self, changed: int = UNITS) -> float:
        """Seconds of a whole push; it must hold what was asked for."""
        self.turn = next(TURNS)
        start = perf_counter()
        plan = self.plan(establishment(self.turn, changed))
        after = self.store.apply(plan, today=TODAY, author="")
        again = self.store.fetch(FINESS)
        taken = perf_counter() - start
        if again is None or again.version != after.version:
            raise SystemExit("read again, the server holds something else")
        return taken

    def write(self) -> float:
        """Seconds of the writes alone."""
        plan = self.plan(establishment(next(TURNS)))
        start = perf_counter()
        self.store.apply(plan, today=TODAY, author="")
        return perf_counter() - start

    def plan(self, wanted: Establishment) -> Plan:
        """What there is to write, after a reading."""
        held = self.store.fetch(FINESS)
        if held is None:
            raise SystemExit("the server lost the establishment")
        sides = Sides.of(wanted, held.establishment, None)
        return sides.plan(FINESS, held.version, Thresholds())

    def requests(self, changed: int) -> int:
        """How many requests a push takes."""
        self.push(changed)  # so that the others rest
        before = self.transport.requests
        self.push(changed)
        return self.transport.requests - before

    def bare(self) -> float:
        """Seconds of the same PUTs in a loop, and nothing else."""
        self.turn = next(TURNS)
        held = [each for each in self.store._held[FINESS].resources  # noqa: SLF001
                if each["resourceType"] == "HealthcareService"]  # fmt: skip
        with requests.Session() as session:
            start = perf_counter()
            for each in held:
                body = {**each, "name": f"{each['name']} bis {self.turn}"}
                url = f"{self.url}/HealthcareService/{each['id']}"
                headers = {"Content-Type": "application/fhir+json"}
                session.put(url, json=body, headers=headers, timeout=60).raise_for_status()
            return perf_counter() - start


def against_servers(rounds: int) -> Iterator[Row]:
    """Units a second on real servers, and requests a changed unit."""
    for name, start in (("HAPI 8.8, H2", servers.hapi), ("Medplum 5.2", servers.medplum)):
        with ExitStack() as held:
            try:
                url = held.enter_context(start())
            except pytest.skip.Exception as missing:
                print(f"{name} is left out: {missing}", file=sys.stderr)
                continue
            desk = Desk(url)
            held.callback(desk.store.close)
            pairs = [(desk.push(), desk.bare()) for _ in range(rounds + 1)][1:]
            ratio = statistics.median(ours / bare for ours, bare in pairs)
            ours, bare = (statistics.median(times) for times in zip(*pairs, strict=True))
            note = f"{UNITS / ours:.0f} units/s against {UNITS / bare:.0f}"
            yield Row("F1", f"push of 100 changed units, {name}", "bare PUTs", ratio, None, note)
            for changed, most in ((1, None), (UNITS, 3)):  # a read, a write, and a read again
                sent = desk.requests(changed)
                what = f"requests of a push of {changed} changed unit(s) of {UNITS}, {name}"
                yield Row("F2", what, "changed units", sent / changed, most, f"{sent} requests")


def away(rounds: int) -> Iterator[Row]:
    """Target 19: what more workers bring where each answer takes 30 ms."""
    with closing(FakeServer()) as fake:
        one, eight = Desk(fake.url, 1), Desk(fake.url, 8)
        fake.lag = AWAY_SECONDS
        works = (
            ("F3", "19: writes of 100 changed units, 30 ms away, 8 workers", Desk.write, 1 / 6),
            ("F4", "the whole push of them, 8 workers", Desk.push, None),
        )
        for number, what, work, most in works:
            pairs = [(work(eight), work(one)) for _ in range(rounds + 1)][1:]
            ratio = statistics.median(many / single for many, single in pairs)
            note = " against ".join(ms(statistics.median(t)) for t in zip(*pairs, strict=True))
            yield Row(number, what, "1 worker", ratio, most, note)


def main() -> int:
    """Measures, prints, and keeps the figures unless `--quick`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    asked = parser.parse_args()
    rounds = 2 if asked.quick else 7
    rows = [*against_servers(rounds), *away(rounds)]
    lines = ["Written by `python benchmarks/fhir.py`.", "", *table(rows)]
    print("\n".join(lines))
    if not asked.quick:
        keep(asked.out, lines, HEADING)
    return 0


if __name__ == "__main__":
    sys.exit(main())
