"""What the benchmarks share: commands to be timed, generated files, rows of the table."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "schemas" / "etablissement.schema.json"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled
PYTHON = [sys.executable]
RORCLI = [*PYTHON, "-c", "import sys; from rorcli.__main__ import main; sys.exit(main())"]
# So that each edit has something to change.
PHONES = cycle(f"02 61 91 99 {last}" for last in range(10, 99))

Work = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """One line of the table; `target` is the most that `ratio` may be, None when only told."""

    number: str
    what: str
    against: str
    ratio: float
    target: float | None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Met, missed, or nothing to meet."""
        return "" if self.target is None else "ok" if self.ratio <= self.target else "**missed**"


class Bench:
    """The corpus, the peers and the number of rounds of a run."""

    def __init__(self, folder: Path, peer: str, *, quick: bool) -> None:
        self.folder, self.peer = folder, peer
        self.rounds = 3 if quick else 9
        self.many, self.some = (100, 20) if quick else (1_000, 200)
        self.clock = time.perf_counter

    def corpus(self, name: str, files: int = 1, size: str = "", faults: int = 0) -> Path:
        """A folder of generated files, written at its first use."""
        folder = self.folder / name
        if not folder.exists():
            from benchmarks.generate import write

            write(folder, files, size, faults)
        return folder

    def one(self, size: str) -> Path:
        """One clean file of a size."""
        return self.corpus(size, size=size) / "etab-00000.yaml"

    def ratio(self, ours: Work, theirs: Work, rounds: int = 0) -> tuple[float, float, float]:
        """Median of the ratios of the rounds, and median seconds of each."""
        if (rounds or self.rounds) > 1:
            ours(), theirs()
        pairs = [
            (seconds(ours, self.clock), seconds(theirs, self.clock))
            for _ in range(rounds or self.rounds)
        ]
        ratio = statistics.median(a / b for a, b in pairs)
        return ratio, statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)

    def row(
        self, number: str, names: tuple[str, str], works: tuple[Work, Work], target: float | None,
        rounds: int = 0,
    ) -> Row:  # fmt: skip
        """A measured line of the table."""
        ratio, ours, theirs = self.ratio(*works, rounds)
        return Row(number, *names, ratio, target, f"{ms(ours)} against {ms(theirs)}")


def command(*words: object, ok: Sequence[int] = (0,)) -> Work:
    """A whole command; fails loudly when it does not do its work."""
    line = [str(word) for word in words]

    def run() -> None:
        done = subprocess.run(
            line, check=False, cwd=ROOT, env=ENVIRONMENT,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        if done.returncode not in ok:
            raise SystemExit(f"{line} exited {done.returncode}: {done.stderr.decode()[-600:]}")

    return run


def rorcli(*words: object, ok: Sequence[int] = (0,)) -> Work:
    """One of our commands."""
    return command(*RORCLI, *words, ok=ok)


def peer(bench: Bench, paths: Sequence[Path]) -> Work:
    """check-jsonschema on these files, with our schema."""
    return command(bench.peer, "--schemafile", SCHEMA, *paths)


def ms(seconds: float) -> str:
    """Three digits are all that a shared machine gives."""
    return f"{seconds * 1000:.3g} ms"


def seconds(work: Work, clock: Callable[[], float] = time.perf_counter) -> float:
    """What a work takes."""
    begun = clock()
    work()
    return clock() - begun


def processor() -> float:
    """Seconds of processor of this process and of the commands that it waited for."""
    import resource

    held = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in held)


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The rows as markdown."""
    yield "| # | what | against | ratio | target | | medians |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        target = "" if row.target is None else f"≤ {row.target:g}"
        cells = (row.number, row.what, row.against, f"{row.ratio:.3g}", target, row.verdict)
        yield f"| {' | '.join((*cells, row.note))} |"
