"""Groups of `run.py` about many files: peers, one and several processes, time and memory.

8 and 9 stand against other people's validators on the same files, 10 and 11 against ourselves and
the lower bound. Memory is the largest that any process of the command held.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench import (
    ENVIRONMENT,
    PYTHON,
    RORCLI,
    SCHEMA,
    Bench,
    Row,
    Work,
    command,
    ms,
    peer,
    rorcli,
)  # fmt: skip

AJV = "ajv-cli@5.0.0"
LIBYAML = """
import sys, pathlib; from yaml._yaml import CParser
for path in pathlib.Path(sys.argv[1]).glob('*.yaml'):
    CParser(path.read_bytes()).raw_parse()"""
# So many processes, started in such a way; without the command line around it.
INSPECT = """
import datetime, multiprocessing, pathlib, sys
from rorcli.inspection import Terms, inspect
if __name__ == '__main__':
    multiprocessing.set_start_method(sys.argv[3])
    paths = sorted(pathlib.Path(sys.argv[1]).glob('*.yaml'))
    for path, found in inspect(paths, [], Terms(datetime.date(2026, 11, 25)), int(sys.argv[2])):
        assert found == [], (path, found)"""


def many_files(bench: Bench) -> Iterator[Row]:
    """8, 9, 10: folders, against generic validators and against libyaml alone."""
    some = bench.corpus(f"some-{bench.some}", bench.some)
    works = rorcli("validate", some), peer(bench, sorted(some.glob("*.yaml")))
    names = f"`validate` {bench.some} files", "check-jsonschema"
    yield bench.row("9", names, works, 0.03, min(bench.rounds, 7))
    many = bench.corpus(f"many-{bench.many}", bench.many)
    if ajv := _ajv(bench, many):
        names = f"`validate` {bench.many} files", "ajv-cli"
        yield bench.row("8", names, ajv, 0.85, min(bench.rounds, 7))
    alone = command(*PYTHON, "-c", LIBYAML, many)
    inspect = command(*PYTHON, "-c", INSPECT, many, 1, "spawn")
    ratio, ours, theirs = bench.ratio(inspect, alone)
    size = sum(path.stat().st_size for path in many.glob("*.yaml"))
    note = f"{bench.many / ours:.0f} files/s, {size / ours / 1e6:.1f} MB/s; {ms(ours)}"
    note += f" against {ms(theirs)}"
    yield Row("10", f"{bench.many} files, 1 process", "libyaml alone", ratio, 6, note)


def processes(bench: Bench) -> Iterator[Row]:
    """From where a second process pays, by the way that the system starts one."""
    for start in ("fork", "spawn"):
        for files in (10, 30, 60, 120, 250) if bench.rounds > 3 else (30,):  # noqa: PLR2004 - quick
            folder = bench.corpus(f"pays-{files}", files)
            size = sum(path.stat().st_size for path in folder.glob("*.yaml"))
            one, two = (command(*PYTHON, "-c", INSPECT, folder, n, start) for n in (1, 2))
            names = f"{size / 1e6:.1f} MB, 2 processes ({start})", "1 process"
            yield bench.row("", names, (two, one), None)


def ten_times(bench: Bench) -> Iterator[Row]:
    """11: ten times the files, time and memory."""
    many = bench.corpus(f"many-{bench.many}", bench.many)
    more = bench.corpus(f"more-{10 * bench.many}", 10 * bench.many)
    works = rorcli("validate", more), rorcli("validate", many)
    names = f"`validate` {10 * bench.many} files", f"{bench.many} files"
    yield bench.row("11", names, works, 12, 1)
    held = [_memory([*RORCLI, "validate", str(folder)]) for folder in (more, many)]
    note = f"{held[0]:.0f} MB against {held[1]:.0f} MB"
    yield Row("11", f"memory, {10 * bench.many} files", names[1], held[0] / held[1], 1.5, note)


def _memory(line: list[str]) -> float:
    """Peak memory, in megabytes, of the largest process of a command."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, "
        "stderr=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code, *line], check=True, env=ENVIRONMENT,
                          capture_output=True, text=True)  # fmt: skip
    return int(done.stdout.split()[-1]) / 1024


def _ajv(bench: Bench, many: Path) -> tuple[Work, Work] | None:
    """Both on the same files, their dates in quotes, which ajv-cli takes for dates otherwise."""
    npm = shutil.which("npm")
    if not npm:
        return None
    quoted, tools = bench.folder / "quoted", bench.folder / "ajv"
    quoted.mkdir()
    for path in many.glob("*.yaml"):
        text = re.sub(r"(_le: )([\d-]{10})", r'\1"\2"', path.read_text("utf-8"))
        (quoted / path.name).write_text(text, encoding="utf-8")
    command(npm, "install", "--prefix", tools, "--no-audit", "--no-fund", "--silent", AJV)()
    ajv = tools / "node_modules" / ".bin" / ("ajv.cmd" if os.name == "nt" else "ajv")
    flags = ("--spec=draft2020", "--strict=false", "-s", SCHEMA, "-d", quoted / "*.yaml")
    return rorcli("validate", quoted), command(ajv, "validate", *flags)
