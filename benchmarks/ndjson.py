"""Measures the load of a national bulk export: how fast, and in how much memory?

    python benchmarks/ndjson.py [--resources N] [--out FILE]

The export is made up: the largest example, as the resources that a FHIR server holds of it, again
and again under other numbers, one file a type. What it finds goes into RESULTS.md under a heading
of its own; the rest of that page stays as it is.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.bench import Row, table  # noqa: E402 - from a script's own folder
from benchmarks.sync import keep  # noqa: E402
from rorcli.files import read_file  # noqa: E402
from rorcli.model import decode  # noqa: E402
from rorcli.stores.base import valued  # noqa: E402
from rorcli.stores.fhir.reading import Tree  # noqa: E402
from rorcli.stores.fhir.writing import pairs  # noqa: E402

HEADING = "## The load of a bulk export"
RESOURCES = 1_000_000
EXAMPLE = ROOT / "examples" / "ch-des-saules.yaml"
DAY = date(2026, 9, 1)


def models() -> list[tuple[str, str]]:
    """The resources of the example as lines, with their type."""
    wanted = valued(decode(read_file(EXAMPLE).data))
    held: list[dict[str, Any]] = [
        each.after for each in pairs(wanted, Tree(), today=DAY) if each.after
    ]
    for each in held:
        each["meta"]["lastUpdated"] = f"{DAY}T10:15:00+02:00"
    return [(each["resourceType"], json.dumps(each, ensure_ascii=False)) for each in held]


def write(folder: Path, wanted: int) -> int:
    """An export of whole establishments of at least so many resources; tells how many."""
    lines, count, number = models(), 0, 0
    folder.mkdir()
    with ExitStack() as stack:
        files = {
            kind: stack.enter_context((folder / f"{kind}.ndjson").open("w", encoding="utf-8"))
            for kind in {kind for kind, _ in lines}
        }
        while count < wanted:
            number += 1
            for kind, line in lines:
                files[kind].write(f"{_renumbered(line, number)}\n")
            count += len(lines)
    return count


def _renumbered(line: str, number: int) -> str:
    for old, new in (
        ("440099901", f"44{number:06}1"), ("440099919", f"44{number:06}9"),
        ("52/0000", f"52/{number:05}"), ("52-0000", f"52-{number:05}"),
        ("ror-practitioner-", f"ror-practitioner-{number}-"),
    ):  # fmt: skip
        line = line.replace(old, new)
    return line


def loaded(folder: Path) -> tuple[float, float]:
    """Processor seconds and megabytes of `rorcli load`, in a process and a store of its own."""
    store = folder.with_suffix(".sqlite")
    code = (
        "import resource, sys; from rorcli.cli.app import main; code = main(sys.argv[1:]); "
        "used = resource.getrusage(resource.RUSAGE_SELF); "
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "load", "-q", str(folder), "--store", f"sqlite:{store}"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    store.unlink()
    spent, peak = done.stderr.split()[-2:]
    return float(spent), int(peak) / 1024


def rows(folder: Path, wanted: int) -> Iterator[Row]:
    """Loading beside json.loads of every line; then its memory beside that of a tenth."""
    small, whole = folder / "small", folder / "whole"
    write(small, wanted // 10)
    count = write(whole, wanted)
    begun = time.process_time()
    for path in whole.iterdir():
        with path.open("rb") as file:
            for line in file:
                json.loads(line)
    alone = time.process_time() - begun
    spent, peak = loaded(whole)
    size = sum(each.stat().st_size for each in whole.iterdir()) / 1e6
    what = f"`load` of {count:,} resources, {size:,.0f} MB"
    said = (
        f"{count / spent:,.0f} resources/s against {count / alone:,.0f}; {spent:.0f} s of processor"
    )
    yield Row("N1", what, "json.loads of each line", spent / alone, None, said)
    _, before = loaded(small)
    yield Row("N2", "peak memory of that `load`", "of a tenth of the export", peak / before, None,
              f"{peak:,.0f} MB against {before:,.0f} MB")  # fmt: skip


def main() -> int:
    """Measures, prints, and keeps the figures of a whole export."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--resources", type=int, default=RESOURCES)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        lines = list(table(list(rows(Path(name), wanted.resources))))
    print("\n".join(lines))
    if wanted.resources == RESOURCES:
        keep(wanted.out, ["Written by `python benchmarks/ndjson.py`.", "", *lines], HEADING)
    return 0


if __name__ == "__main__":
    sys.exit(main())
