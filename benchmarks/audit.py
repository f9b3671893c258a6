"""Measures `audit`, `search` and `show` on an embedded directory of a million units.

    python benchmarks/audit.py [--quick] [--units N] [--store FILE] [--out FILE]

The directory is made of establishments of generate.py, copied under other numbers and days. It
takes minutes to write: `--store` keeps it. Beside each figure stands plain SQL on the same file, by
the `sqlite3` shell; each is the median of the ratios of commands run in turn, as in run.py. What it
finds goes into RESULTS.md under a heading of its own; the rest of that page stays as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.bench import ENVIRONMENT, PYTHON, RORCLI, Row, seconds, table  # noqa: E402
from benchmarks.generate import establishment  # noqa: E402 - from a script's own folder
from benchmarks.sync import keep  # noqa: E402
from rorcli.identifiers import closing_digit  # noqa: E402
from rorcli.model import Establishment, decode, to_data  # noqa: E402
from rorcli.stores.sqlite import _PUT_NODE, open_sqlite  # noqa: E402
from rorcli.stores.sqlite_index import NodeRow, days_of_load  # noqa: E402
from rorcli.text.document import read  # noqa: E402

HEADING = "## A directory of a million units"
TODAY, LIMIT = date(2026, 11, 25), date(2026, 5, 25)
PATTERNS, SIZE, EACH_COMMIT = 60, 47_000, 1_000
LATE_SHARE, LATE_DAYS, OLDEST_DAYS = 0.15, 185, 900
TOWNS = ("Nantes", "Angers", "Laval", "Le Mans", "Cholet", "Saumur", "Rezé", "Pornic", "Ancenis")
NUMBER = "§§§§§§"

_LATE = f"coalesce(closed_on > '{TODAY}', 1) AND dated_on < '{LIMIT}'"
_SUMS = f"""SELECT finess, e.nom, departement, e.categorie, count(*), sum({_LATE})
    FROM nodes JOIN establishments e USING (finess) GROUP BY finess"""  # noqa: S608
_LISTED = f"""SELECT n.finess, e.nom, n.type, n.path, n.key, dated_on, ask_role, ask_mail, ask_phone
    FROM nodes n JOIN establishments e USING (finess) WHERE {_LATE}
    ORDER BY dated_on, n.finess, path"""  # noqa: S608
_WORDS = """SELECT e.finess, e.nom, n.path FROM nodes n JOIN establishments e USING (finess)
    WHERE n.offer LIKE '% neurologie%' AND n.site LIKE '% pornic%' ORDER BY e.rank LIMIT 20"""
_TOWN = (
    "SELECT finess, nom FROM establishments WHERE commune LIKE '%pornic%' ORDER BY rank LIMIT 20"
)
_SOME = f"""SELECT finess, {", ".join(NodeRow._fields)} FROM nodes
    WHERE finess IN (SELECT finess FROM establishments LIMIT 7000)"""  # noqa: S608
_UNPACK = """
import json, sqlite3, sys, zlib
rows = sqlite3.connect(sys.argv[1]).execute("SELECT data FROM versions")
print(sum(len(json.loads(zlib.decompress(data))) for data, in rows))
"""


@dataclass(frozen=True)
class Case:
    """A command of ours, and what is run in turn with it."""

    number: str
    what: str
    words: Sequence[str]
    against: str
    theirs: Sequence[str]
    target: float | None = None
    rounds: int = 0


def patterns() -> list[str]:
    """Establishments as JSON, in which NUMBER stands for one of their own."""
    made = []
    for index in range(PATTERNS):
        rng = random.Random(index)  # noqa: S311 - a benchmark wants the same data again
        text = "".join(f"{line}\n" for line in establishment(rng, index, SIZE).lines)
        found = json.dumps(to_data(decode(read(text, "etab.yaml").data)), ensure_ascii=False)
        for place in ('"52/', '"53/'):
            found = found.replace(f"{place}{index:05}", f"{place}{NUMBER}")
        made.append(found)
    return made


def copies(units: int) -> Iterator[Establishment]:
    """Establishments until they hold that many units."""
    made, held, number = patterns(), 0, 0
    rng = random.Random(0)  # noqa: S311
    while held < units:
        data = json.loads(made[number % PATTERNS].replace(NUMBER, f"{number:06}"))
        legal, eg = data["entite_juridique"], data["etablissement"]
        eg["finess"] = f"44{number:06}" + closing_digit(f"44{number:06}")
        legal["finess"] = f"49{number // 8:06}" + closing_digit(f"49{number // 8:06}")
        eg["adresse"]["commune"] = rng.choice(TOWNS)
        eg["verifie_le"] = None
        _date(eg["unites"], rng)
        found = decode(data)
        held += sum(1 for _ in found.units())
        number += 1
        yield found


def _date(units: Sequence[dict[str, Any]], rng: random.Random) -> None:
    """A UO bears a day, late for some; what is above it has that of the load."""
    for unit in units:
        is_late = rng.random() < LATE_SHARE
        days = rng.randrange(LATE_DAYS, OLDEST_DAYS) if is_late else rng.randrange(LATE_DAYS - 5)
        is_uo = unit["type"] == "uo"
        unit["verifie_le"] = (TODAY - timedelta(days=days)).isoformat() if is_uo else None
        _date(unit.get("unites", ()), rng)


def build(path: Path, units: int) -> None:
    """The directory, in transactions of a thousand establishments."""
    store = open_sqlite(path, create=True)
    connection = store._connection  # noqa: SLF001 - `add` asks for each whether it is there
    connection.execute("BEGIN")
    for number, each in enumerate(copies(units), 1):
        store._write(each, 1, days_of_load(each, TODAY), TODAY, "bench")  # noqa: SLF001
        if number % EACH_COMMIT == 0:
            connection.execute("COMMIT")
            connection.execute("BEGIN")
    connection.execute("COMMIT")
    store.close()


def cases(path: Path) -> Iterator[Case]:
    """What is measured on the directory."""

    def shell(sql: str) -> Sequence[str]:
        return ["sqlite3", "-csv", str(path), sql]

    one = next(copies(1)).finess
    by_age = ["audit", "--check", "age"]
    unpack = [*PYTHON, "-c", _UNPACK, str(path)]
    yield Case("15", "`audit --check age --vue region`", [*by_age, "--vue", "region"],
               "the sums of each establishment", shell(_SUMS), 6)  # fmt: skip
    yield Case("15", "`audit --check age -o csv`", [*by_age, "-o", "csv"],
               "the same rows as CSV", shell(_LISTED), 2.5)  # fmt: skip
    yield Case("16", "`search neurologie pornic --limit 20`",
               ["search", "neurologie", "pornic", "--limit", "20"],
               "`LIKE` scan", shell(_WORDS), 0.05)  # fmt: skip
    yield Case("", "`search --ou pornic --limit 20`", ["search", "--ou", "pornic", "--limit", "20"],
               "`LIKE` scan", shell(_TOWN))  # fmt: skip
    yield Case("", "`show` of one", ["show", one], "its row",
               shell(f"SELECT hex(data) FROM versions WHERE finess = '{one}'"))  # fmt: skip  # noqa: S608
    yield Case("", "`audit --vue region`, all requirements", ["audit", "--vue", "region"],
               "unpacking every document", unpack, rounds=1)  # fmt: skip


def measured(path: Path, rounds: int) -> Iterator[Row]:
    """A line for each case: time, and peak memory."""
    for each in cases(path):
        ours = [*RORCLI, *each.words, "--store", f"sqlite:{path}"]
        times = each.rounds or rounds
        if times > 1:  # a warm-up
            _run(ours)
            _run(each.theirs)
        pairs = [(_run(ours), _run(each.theirs)) for _ in range(times)]
        ratio = statistics.median(a[0] / b[0] for a, b in pairs)
        mine, other = (statistics.median(pair[side][0] for pair in pairs) for side in (0, 1))
        memory = max(a[1] for a, _ in pairs)
        note = f"{mine:.3g} s, {memory:.0f} MB at most, against {other:.3g} s"
        yield Row(each.number, each.what, each.against, ratio, each.target, note)


def again(path: Path, rounds: int) -> Row:
    """Storing rows that are there already; a blind upsert writes each once more."""
    store = open_sqlite(path)
    connection = store._connection  # noqa: SLF001
    held: dict[str, list[NodeRow]] = {}
    for finess, *cells in connection.execute(_SOME):
        held.setdefault(finess, []).append(NodeRow._make(cells))
    flat = [(finess, *row) for finess, rows in held.items() for row in rows]

    def ours() -> None:
        with store._writing():  # noqa: SLF001
            for finess, rows in held.items():
                store._write_nodes(finess, rows)  # noqa: SLF001

    def theirs() -> None:
        with store._writing():  # noqa: SLF001
            connection.executemany(_PUT_NODE, flat)

    for warm in (ours, theirs):
        warm()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    store.close()
    ratio = statistics.median(a / b for a, b in pairs)
    mine, other = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    note = f"{mine:.3g} s against {other:.3g} s"
    return Row("17", f"{len(flat):,} unchanged rows stored again", "blind upsert", ratio, 0.5, note)


def _run(line: Sequence[str]) -> tuple[float, float]:
    """Seconds that a command takes, and its peak memory in MB."""
    start = time.perf_counter()
    with subprocess.Popen(
        line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT, cwd=ROOT
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 1}:
        raise SystemExit(f"{line[-6:]} exited {process.returncode}")
    return time.perf_counter() - start, used.ru_maxrss / 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Builds what is missing, measures, prints, and keeps the figures unless `--quick`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer units and rounds")
    parser.add_argument("--units", type=int, default=0)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    asked = parser.parse_args(arguments)
    units = asked.units or (20_000 if asked.quick else 1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        path = (asked.store or Path(folder) / "annuaire.sqlite").resolve()
        if not path.exists():
            build(path, units)
        open_sqlite(path).close()
        found = []
        for each in measured(path, 3 if asked.quick else 7):
            print(f"{each.number} {each.what}: {each.ratio:.3g} {each.note}", file=sys.stderr)
            found.append(each)
        found.append(again(path, 3 if asked.quick else 7))
        size = path.stat().st_size >> 20
    lines = [f"Written by `python benchmarks/audit.py`: {size} MB; SQL by the `sqlite3` shell.", ""]
    lines += table(found)
    print("\n".join(lines))
    if not asked.quick:
        keep(asked.out, lines, HEADING)
    return 0


if __name__ == "__main__":
    sys.exit(main())
