"""Measures tables: reading one beside the csv module, and whether the cost follows the change.

    python benchmarks/tables.py [--quick] [--out FILE]

Each figure is the median of the ratios of works done in turn, as in run.py. What it finds goes into
RESULTS.md under a heading of its own; the rest of that page stays as it is.
"""

from __future__ import annotations

import argparse
import csv
import gc
import io
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.bench import Row, table  # noqa: E402 - from a script's own folder
from benchmarks.generate import establishment  # noqa: E402
from benchmarks.sync import HUNDRED_UNITS, keep, row  # noqa: E402
from rorcli.tables import sheets  # noqa: E402
from rorcli.tables.columns import TABLES, VALEUR  # noqa: E402
from rorcli.tables.entries import rows, shown  # noqa: E402
from rorcli.tables.importing import Way, take  # noqa: E402
from rorcli.text import batches  # noqa: E402
from rorcli.text.document import Document, read  # noqa: E402

HEADING = "## Tables"
DAY = date(2026, 11, 25)
WAY = Way({}, "", replace=False, today=DAY)
Cells = list[list[str | int | None]]


class Region:
    """Establishments of a hundred units, and the rows of `coordonnees` that they give."""

    def __init__(self, count: int) -> None:
        self.documents: list[Document] = []
        self.rows: Cells = []
        while len(self.rows) < count:
            index = len(self.documents)
            page = establishment(random.Random(index), index, HUNDRED_UNITS)  # noqa: S311
            text = "".join(f"{line}\n" for line in page.lines)
            self.documents.append(read(text, f"etab-{index:04}.yaml"))
            self.rows += rows(TABLES["coordonnees"], self.documents[-1:], DAY)
        del self.rows[count:]

    def sheet(self, changed: int = 0) -> sheets.Sheet:
        """The table, with so many phone numbers corrected."""
        columns = shown(TABLES["coordonnees"])
        value = [column.key for column in columns].index(VALEUR)
        cells = [list(each) for each in self.rows]
        phones = [each for each in cells if str(each[value]).startswith("0")]
        for number, each in enumerate(phones[:: max(len(phones) // max(changed, 1), 1)][:changed]):
            each[value] = f"02 61 91 {number // 100:02} {number % 100:02}"
        return sheets.Sheet("coordonnees", [column.header for column in columns], cells)

    def importing(self, content: bytes) -> Callable[[], object]:
        """The work of `import`, from the bytes of a table to the new documents."""

        def work() -> list[Document]:
            documents = [replace(each) for each in self.documents]  # nothing found out before
            intake = take(documents, sheets.read(content, "t"), WAY, "t")
            if intake.problems:
                raise AssertionError(intake.problems[:3])
            return [batches.apply(d, intake.steps.get(d.path, [])) for d in documents]

        return work


def measured(count: int, rounds: int) -> Iterator[Row]:
    """Every line of the section."""
    region = Region(count)
    content = sheets.csv_bytes(region.sheet())

    def plain() -> object:
        text = content.decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))

    def reading() -> object:
        return [list(grid.rows) for grid in sheets.read(content, "t")]

    def files() -> object:
        return [read(each.text, each.path) for each in region.documents]

    untouched = region.importing(content)
    named = f"{count:,} rows of {len(region.documents)} files"
    yield row("T1", f"reading a CSV of {count:,} rows", "csv module", reading, plain, rounds)
    yield row("T2", f"`import` of {named}, untouched", "csv module", untouched, plain, rounds)
    yield row(
        "T2", f"`import` of {named}, untouched", "reading the files", untouched, files, rounds
    )
    first = Region(1)
    first.rows = list(rows(TABLES["coordonnees"], first.documents, DAY))
    one, many = (first.importing(sheets.csv_bytes(first.sheet(n))) for n in (1, 100))
    yield row("T3", "100 corrections of one file", "1 correction", many, one, rounds)
    one, many = (region.importing(sheets.csv_bytes(region.sheet(n))) for n in (1, 400))
    what = f"400 corrections over {len(region.documents)} files"
    yield row("T3", what, "1 correction", many, one, rounds)
    yield from workbooks(region, reading, max(rounds // 3, 1))


def workbooks(region: Region, reading: Callable[[], object], rounds: int) -> Iterator[Row]:
    """What a workbook costs more than a CSV file."""
    content = sheets.xlsx_bytes([region.sheet()])

    def unpacking() -> object:
        return [list(grid.rows) for grid in sheets.read(content, "t")]

    count = f"{len(region.rows):,} rows"
    yield row("T4", f"reading a workbook of {count}", "a CSV file", unpacking, reading, rounds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, and keeps the figures unless `--quick`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rows and rounds")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    asked = parser.parse_args(arguments)
    gc.set_threshold(50_000)  # as rorcli.__main__ does
    found = []
    for each in measured(1_000 if asked.quick else 10_000, 3 if asked.quick else 5):
        print(f"{each.number} {each.what}: {each.ratio:.3g} {each.note}", file=sys.stderr)
        found.append(each)
    lines = ["Written by `python benchmarks/tables.py`; in process, files already read.", ""]
    lines += table(found)
    print("\n".join(lines))
    if not asked.quick:
        keep(asked.out, lines, HEADING)
    return 0


if __name__ == "__main__":
    sys.exit(main())
