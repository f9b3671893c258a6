"""Measures the extract of the Annuaire santé: how fast is it indexed, and a person then found?

    python benchmarks/annuaire.py [--lines N] [--out FILE]

The extract is made up: as many columns and lines as the published one. What it finds goes into
RESULTS.md under a heading of its own; the rest of that page stays as it is.
"""

from __future__ import annotations

import argparse
import csv
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.bench import Row, ms, table  # noqa: E402 - from a script's own folder
from benchmarks.sync import keep  # noqa: E402
from rorcli.annuaire.index import open_index  # noqa: E402
from tests.annuaire import HEADER, line  # noqa: E402

HEADING = "## The extract of the Annuaire santé"
LINES, LOOKUPS = 2_000_000, 2_000
FIRST = 10_000_000_000
# What the columns that we do not read hold: addresses, labels, about as much as the published ones.
ADDRESS = (
    "CENTRE HOSPITALIER|BATIMENT B|12|BIS|R|Rue|DES SAULES|BP 40012|44093 NANTES CEDEX 1|44093"
)


def write(path: Path, lines: int) -> None:
    """An extract of so many lines, of half as many people."""
    rng = random.Random(0)  # noqa: S311
    models = [
        line(str(FIRST), nom=f"NOM{n}", type_savoir_faire="S", specialite=f"SM{n % 50:02}")
        for n in range(1_000)
    ]
    filled = [model.replace("|" * 11, f"|{ADDRESS}|", 1) for model in models]
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write(f"{HEADER}\n")
        for n in range(lines):
            number = str(FIRST + rng.randrange(lines // 2))
            out.write(f"{filled[n % len(filled)].replace(str(FIRST), number)}\n")


def timed(count: int, begun: float) -> str:
    """A rate for the page; in processor time, which other work on the machine does not change."""
    spent = time.process_time() - begun
    return f"{count / spent:,.0f} lines/s; {spent:.1f} s"


def rows(folder: Path, lines: int) -> Iterator[Row]:
    """Indexing beside the csv module that only reads; then questions."""
    path, cache = folder / "extrait.txt", folder / "cache"
    write(path, lines)
    begun = time.process_time()
    with path.open(encoding="utf-8", newline="") as file:
        count = sum(1 for _ in csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE)) - 1
    alone, reading = time.process_time() - begun, timed(count, begun)
    begun = time.process_time()
    index = open_index(path, cache, lambda blocks, _: blocks, print)
    ours, building = time.process_time() - begun, timed(count, begun)
    size = path.stat().st_size / 1e6
    what = f"index of {count:,} lines, {size:,.0f} MB"
    yield Row("A1", what, "csv module, reading alone", ours / alone, None,
              f"{building} against {reading}")  # fmt: skip
    [kept] = cache.iterdir()
    share = kept.stat().st_size / path.stat().st_size
    yield Row("A2", "size of the index", "the extract", share, None,
              f"{kept.stat().st_size / 1e6:,.0f} MB")  # fmt: skip
    index.close()
    yield asked(path, cache, lines)


def asked(path: Path, cache: Path, lines: int) -> Row:
    """Opening the index and asking for one person, against looking the extract through."""
    rng = random.Random(1)  # noqa: S311
    spent = []
    for _ in range(LOOKUPS):
        begun = time.process_time()
        index = open_index(path, cache, lambda blocks, _: blocks, print)
        index.of(str(FIRST + rng.randrange(lines // 2)))
        index.close()
        spent.append(time.process_time() - begun)
    needle = b"|" + str(FIRST - 1).encode() + b"|"
    begun = time.process_time()
    with path.open("rb") as file:
        sum(needle in each for each in file)
    through, median = time.process_time() - begun, statistics.median(spent)
    return Row("A3", "open the index, find one person", "looking the extract through",
               median / through, None, f"{ms(median)} against {ms(through)}")  # fmt: skip


def main() -> int:
    """Measures, prints, and keeps the figures of a whole extract."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        lines = list(table(list(rows(Path(name), wanted.lines))))
    print("\n".join(lines))
    if wanted.lines == LINES:
        keep(
            wanted.out,
            ["Written by `python benchmarks/annuaire.py`; processor time.", "", *lines],
            HEADING,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
