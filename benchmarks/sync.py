"""Measures comparing, saving and merging: does the cost follow the change?

    python benchmarks/sync.py [--quick] [--out FILE]

Each figure is the median of the ratios of works done in turn, as in run.py. What it finds goes into
RESULTS.md under a heading of its own; the rest of that page stays as it is.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.bench import (  # noqa: E402
    ENVIRONMENT,
    PHONES,
    Row,
    Work,
    ms,
    rorcli,
    seconds,
    table,
)
from benchmarks.generate import SIZES, establishment  # noqa: E402 - from a script's own folder

HEADING = "## Comparing, saving, merging"
HUNDRED_UNITS = 177_000  # bytes of a file that describes about so many


class Desk:
    """A folder of so many establishments of a hundred units, in step with a store."""

    def __init__(self, folder: Path, count: int, size: int = HUNDRED_UNITS) -> None:
        self.folder, self.store = folder / "files", f"sqlite:{folder / 'annuaire.sqlite'}"
        self.folder.mkdir(parents=True)
        for index in range(count):
            page = establishment(random.Random(index), index, size)  # noqa: S311
            lines = "".join(f"{line}\n" for line in page.lines)
            (self.folder / f"etab-{index:04}.yaml").write_text(lines, encoding="utf-8")
        self.run("load", self.folder)()

    @property
    def first(self) -> Path:
        """The file that changes."""
        return self.folder / "etab-0000.yaml"

    def run(self, *words: object, ok: tuple[int, ...] = (0,)) -> Work:
        """A command on the store of this desk."""
        return rorcli(*words, "--store", self.store, ok=ok)

    def change(self) -> None:
        """Gives the first file another phone number; a line of it, and no other byte."""
        text = self.first.read_text(encoding="utf-8")
        number = re.compile(r'(telephone: )"[^"]*"')
        self.first.write_text(number.sub(rf'\1"{next(PHONES)}"', text, count=1), encoding="utf-8")

    def written(self) -> set[str]:
        """What a push of one change writes beside the store: names of the bases."""
        bases = self.folder / ".rorcli" / "base"
        before = {path.name: path.stat().st_mtime_ns for path in bases.iterdir()}
        self.change()
        self.run("push", "--yes", self.folder)()
        return {p.name for p in bases.iterdir() if p.stat().st_mtime_ns != before.get(p.name)}


def nothing() -> None:
    """No preparation."""


def row(  # noqa: PLR0913, PLR0917 - a line of the table
    number: str, what: str, against: str, ours: Work, theirs: Work, rounds: int,
    ready: Work = nothing,
) -> Row:  # fmt: skip
    """A measured line: median of the ratios; `ready` is done before each round, untimed."""
    pairs = []
    for _ in range(rounds + 1):  # the first time warms up
        ready()
        pairs.append((seconds(ours), seconds(theirs)))
    del pairs[0]
    ratio = statistics.median(a / b for a, b in pairs)
    medians = (statistics.median(times) for times in zip(*pairs, strict=True))
    return Row(number, what, against, ratio, None, " against ".join(map(ms, medians)))


def many(folder: Path, counts: tuple[int, ...]) -> Iterator[Row]:
    """One changed field among so many establishments of a hundred units."""
    for count in counts:
        desk = Desk(folder / f"of-{count}", count)
        rounds = 1 if count >= 1_000 else 3 if count >= 100 else 9  # noqa: PLR2004
        diff, validate = desk.run("diff", desk.folder), desk.run("validate", desk.folder)
        push = desk.run("push", "--yes", desk.folder)
        changed = f"{count}, 1 field changed"
        yield row("S1", f"`diff` of {changed}", "`validate`", diff, validate, rounds, desk.change)
        yield row("S2", f"`push` of {changed}", "`diff`", push, diff, rounds, desk.change)
        bases = len(desk.written())
        yield Row("S3", f"bases that a push of 1 field among {count} writes", "none", bases, 1)


def merging(folder: Path, rounds: int) -> Iterator[Row]:
    """A file of 300 KB takes what the directory changed: one value, and a hundred."""
    from rorcli import exchange
    from rorcli.files import read_file
    from rorcli.merging import splice
    from rorcli.model import decode
    from rorcli.planning.changes import merge
    from rorcli.planning.facts import facts
    from rorcli.planning.plan import Sides
    from rorcli.text.document import read

    desk = Desk(folder / "merge", 1, SIZES["xl"])
    other = Desk.__new__(Desk)
    other.folder, other.store = folder / "other", desk.store
    finess = decode(read_file(desk.first).data).finess
    desk.run("pull", finess, "-f", other.folder / "etab-0000.yaml")()

    def changed() -> None:
        other.change()
        other.run("push", "--yes", other.first)()

    merged, validated = desk.run("pull", "--merge", desk.first), desk.run("validate", desk.first)
    what = f"`pull --merge` of 1 value, {desk.first.stat().st_size // 1_000} KB"
    yield row("S4", what, "`validate`", merged, validated, rounds, changed)

    text = desk.first.read_text(encoding="utf-8")
    base = decode(read(text, "l.yaml").data)

    def taking(count: int) -> Callable[[], object]:
        number = re.compile(r'(telephone: )"[^"]*"')
        there = decode(
            read(number.sub(lambda m: f'{m[1]}"{next(PHONES)}"', text, count=count), "x").data
        )
        sides = Sides.of(base, there, facts(base))
        changes = merge(sides.ours, sides.theirs, sides.base).theirs
        house = exchange.tidy(there)
        return lambda: splice(read(text, "l.yaml"), changes, house, sides.doubled)

    hundred, one, rounds = taking(100), taking(1), 3 * rounds
    what = "splice of 100 numbers into it, in process"
    yield row("S5", what, "splice of 1", hundred, one, rounds)
    what = "splice of 1 number into it, in process"
    yield row("S5", what, "reading it", one, lambda: read(text, "l.yaml"), rounds)
    yield from planning(desk, rounds)


def planning(desk: Desk, rounds: int) -> Iterator[Row]:
    """What comparing adds to reading, in one process, for an establishment where nothing moved."""
    from rorcli import sync
    from rorcli.files import read_file
    from rorcli.planning.limits import Thresholds
    from rorcli.stores import open_store

    store = open_store(desk.store, read_only=True)
    document = read_file(desk.first)

    def prepare() -> object:
        return sync.prepare(desk.first, document, (), store, Thresholds())

    what = "three sides fetched and compared, in process"
    yield row("S6", what, "reading the file", prepare, lambda: read_file(desk.first), rounds)
    store.close()


def keep(page: Path, lines: list[str], heading: str = HEADING) -> None:
    """The section under that heading, in the place of the former one or at the end of the page."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    before, _, rest = text.partition(f"{heading}\n")
    after = re.search(r"^## ", rest, re.MULTILINE)
    section = "\n".join([heading, "", *lines, ""])
    following = f"\n{rest[after.start() :]}" if after else ""
    page.write_text(f"{before.rstrip()}\n\n{section}{following}", encoding="utf-8")


def main() -> int:
    """Measures, prints, and keeps the figures unless `--quick`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds and files")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    asked = parser.parse_args()
    counts = (1, 20) if asked.quick else (1, 100, 1_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ENVIRONMENT["PYTHONPYCACHEPREFIX"] = str(folder / "pycache")
        rows = []
        for row in (*many(folder, counts), *merging(folder, 3 if asked.quick else 9)):
            print(f"{row.number} {row.what}: {row.ratio:.3g} {row.note}", file=sys.stderr)
            rows.append(row)
    lines = [
        "Written by `python benchmarks/sync.py`; establishments of about 100 units, 177 KB.",
        "",
    ]
    lines += table(rows)
    print("\n".join(lines))
    if not asked.quick:
        keep(asked.out, lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
