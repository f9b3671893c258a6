"""Measures rorcli against the lower bounds and the peers that it could be built on.

    python benchmarks/run.py [--quick] [--rounds N] [--processor] [--only NAME...]
                             [--strict] [--check-jsonschema PATH]

Each figure is a ratio of two works done in turn, A B A B, within one run: the median of the ratios
of the rounds, after a warm-up. Milliseconds are those of one machine, ratios travel better. Writes
RESULTS.md beside this file, unless `--quick` (fewer rounds and files) or `--only`.

check-jsonschema is taken from PATH, or installed in an environment of its own that is thrown away.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks import scale
from benchmarks.bench import (
    ENVIRONMENT,
    PHONES,
    PYTHON,
    ROOT,
    RORCLI,
    Bench,
    Row,
    Work,
    command,
    peer,
    processor,
    rorcli,
    table,
)

EXAMPLE = ROOT / "examples" / "ch-des-saules.yaml"
PASS = [*PYTHON, "-c", "pass"]
# What `validate` must not load: each costs more than judging a file.
HEAVY = ("rich", "pydantic", "ruamel", "jsonschema", "requests", "authlib", "keyring", "sqlite3",
         "rorcli.stores")  # fmt: skip
LIBRARIES = ("typer", "PyYAML", "jsonschema-rs", "jsonschema", "ruamel.yaml", "rich")


def start(bench: Bench) -> Iterator[Row]:
    """1, 2, 4: what a command costs before it does anything."""
    empty = command(*PASS)
    for number, words, target in (
        ("1", ("--version",), 6.0),
        ("2", ("validate", str(bench.one("s"))), 9.0),
        ("4", ("--help",), 8.0),
        ("4", ("--color", "always", "--help"), 14.0),
    ):
        shown = " ".join(words).replace(str(bench.one("s")), "s.yaml")
        yield bench.row(number, (f"`{shown}`", "`python -c pass`"), (rorcli(*words), empty), target)


def who(bench: Bench) -> Iterator[Row]:
    """What a login costs a command that needs no network (issue 7)."""
    config = bench.folder / "config.toml"
    auth = '{issuer = "https://idp.example/r", client_id = "rorcli"}'
    config.write_text(f'[store.prod]\nurl = "fhir+https://ror.example"\nauth = {auth}\n', "utf-8")
    works = rorcli("whoami", "--config", config, "--store", "prod", ok=(4,)), rorcli("--version")
    yield bench.row("login", ("`whoami`", "`--version`"), works, 2.0)


def one_file(bench: Bench) -> Iterator[Row]:
    """3: the generic validator on the same file and schema."""
    for size, target in (("xs", None), ("s", 0.35), ("l", None)):
        file = bench.one(size)
        works = rorcli("validate", file), peer(bench, [file])
        yield bench.row("3", (f"`validate` {size}", "check-jsonschema"), works, target)


def modules(bench: Bench) -> Iterator[Row]:
    """5: what `validate` loads for nothing."""
    code = (
        "import sys; from rorcli.cli.app import main; main(sys.argv[1:]); "
        "print(*sys.modules, sep='\\n')"
    )
    line = [*PYTHON, "-c", code, "validate", str(bench.one("s"))]
    shown = subprocess.run(line, check=True, env=ENVIRONMENT, capture_output=True, text=True).stdout
    loaded = [name for name in HEAVY if name in shown.split()]
    yield Row("5", "heavy modules that `validate` loads", "none", len(loaded), 0, ", ".join(loaded))


def reader(bench: Bench) -> Iterator[Row]:
    """6, 7: our reader against PyYAML's, and the schema against our reader."""
    import yaml
    from yaml._yaml import CParser

    from rorcli.text.document import read
    from rorcli.validation.schema import check_schema

    text = bench.one("l").read_text(encoding="utf-8")
    document = read(text, "l.yaml")

    def walk() -> None:
        parser = CParser(text)
        while not isinstance(parser.get_event(), yaml.StreamEndEvent):
            pass

    def ours() -> object:
        return read(text, "l.yaml")

    def safe() -> object:
        return yaml.load(text, yaml.CSafeLoader)

    rounds = 5 * bench.rounds
    yield bench.row("6", ("reader, l", "CSafeLoader"), (ours, safe), 0.45, rounds)
    yield bench.row("6", ("reader, l", "bare event walk"), (ours, walk), 1.5, rounds)
    alone = (ours, lambda: CParser(text).raw_parse())
    yield bench.row("6", ("reader, l", "libyaml alone, no objects"), alone, None, rounds)
    works = (lambda: check_schema(document), ours)
    yield bench.row("7", ("schema stage, valid l", "reading it"), works, 0.15, rounds)


def faulty(bench: Bench) -> Iterator[Row]:
    """12: every file at fault, each fault where it was planted."""
    clean = bench.corpus(f"some-{bench.some}", bench.some)
    spoiled = bench.corpus(f"faulty-{bench.some}", bench.some, faults=3)
    works = rorcli("validate", spoiled, ok=[1]), rorcli("validate", clean)
    names = f"`validate` {bench.some} files, 3 faults each", "the same without faults"
    yield bench.row("12", names, works, 2.5)
    line = [*RORCLI, "validate", "-o", "json", str(spoiled)]
    told = json.loads(
        subprocess.run(line, check=False, env=ENVIRONMENT, capture_output=True).stdout
    )
    found = {
        (Path(each["path"]).name, each["rule"], each["line"], each["column"])
        for each in told["findings"]
    }
    manifest = json.loads((spoiled / "manifest.json").read_text(encoding="utf-8"))
    planted = {tuple(each.values()) for each in manifest}
    lost = len(planted ^ found)
    note = f"{len(planted & found)} of {len(planted)} planted faults, {len(found - planted)} others"
    yield Row("12", "faults not told at their line and column", "none", lost, 0, note)


def edit(bench: Bench) -> Iterator[Row]:
    """14: one field, against a round trip through ruamel.yaml."""
    folder = bench.folder / "edit"
    folder.mkdir()
    for size, source in (("l", bench.one("l")), ("largest example", EXAMPLE)):
        ours, theirs = (Path(shutil.copy(source, folder / name)) for name in ("a.yaml", "b.yaml"))
        before = ours.read_bytes().splitlines()
        works = _edit(ours), _ruamel(theirs)
        target = 0.15 if size == "l" else None
        yield bench.row("14", (f"`edit` {size}", "ruamel.yaml round trip"), works, target)
        names = f"edit {size}, in process", "ruamel.yaml round trip, in process"
        yield bench.row("14", names, _in_process(source), None)
        after = ours.read_bytes().splitlines()
        changed = sum(a != b for a, b in zip(before, after, strict=True)) - 1
        yield Row("14", f"other lines that `edit` {size} changed", "none", changed, 0)


def _edit(file: Path) -> Work:
    def run() -> None:
        rorcli("edit", file, f"telephone={next(PHONES)}")()

    return run


def _ruamel(file: Path) -> Work:
    code = """
import sys; from pathlib import Path; from ruamel.yaml import YAML
path = Path(sys.argv[1]); yaml = YAML(); yaml.preserve_quotes = True; yaml.width = 4096
yaml.indent(mapping=2, sequence=4, offset=2)
data = yaml.load(path); data['etablissement']['contacts'][0]['telephone'] = sys.argv[2]
yaml.dump(data, path)"""

    def run() -> None:
        command(*PYTHON, "-c", code, file, next(PHONES))()

    return run


def _in_process(source: Path) -> tuple[Work, Work]:
    """Reading, splicing and proving the result; loading, changing and dumping."""
    import io

    from ruamel.yaml import YAML

    from rorcli.text.document import read
    from rorcli.text.edits import set_value

    text = source.read_text(encoding="utf-8")
    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, 4096
    yaml.indent(mapping=2, sequence=4, offset=2)

    def ours() -> object:
        where = "/etablissement/contacts/0/telephone"
        return set_value(read(text, source.name), where, next(PHONES))

    def theirs() -> None:
        data = yaml.load(text)
        data["etablissement"]["contacts"][0]["telephone"] = next(PHONES)
        yaml.dump(data, io.StringIO())

    return ours, theirs


def load(bench: Bench) -> Iterator[Row]:
    """18: what the embedded store adds to reading."""
    many = bench.corpus(f"many-{bench.many}", bench.many)
    numbers = iter(range(1_000))

    def fill() -> None:
        store = bench.folder / f"store-{next(numbers)}.sqlite"
        rorcli("load", many, "--store", f"sqlite:{store}")()
        store.unlink()

    names = f"`load` {bench.many} files", "`validate` of them"
    yield bench.row("18", names, (fill, rorcli("validate", many)), 1.4, min(bench.rounds, 7))


def refuse(bench: Bench) -> Iterator[Row]:
    """20: what is made to hurt a reader."""
    small = rorcli("validate", bench.one("s"))
    bomb = ["a0: &a0 [x, x]"]
    bomb += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    hostile = {"alias bomb": "\n".join(bomb), "20 000 brackets": "a: " + "[" * 20_000}
    for name, text in hostile.items():
        file = bench.folder / f"{name.replace(' ', '-')}.yaml"
        file.write_text(text, encoding="utf-8")
        works = rorcli("validate", file, ok=[1]), small
        yield bench.row("20", (f"`validate` {name}", "`validate` s"), works, 3)


GROUPS: tuple[Callable[[Bench], Iterator[Row]], ...] = (
    start, who, one_file, modules, reader, scale.many_files, scale.processes,
    scale.ten_times, faulty, edit, load, refuse,
)  # fmt: skip


def stages(bench: Bench) -> Iterator[str]:
    """Where the time of `validate` goes, in one process, as shares of all stages."""
    from rorcli import validation
    from rorcli.model import decode
    from rorcli.text.document import read
    from rorcli.validation import across, rules
    from rorcli.validation.schema import check_schema
    from rorcli.validation.view import View

    today = datetime.now(UTC).date()
    paths = sorted(bench.corpus(f"some-{bench.some}", bench.some).glob("*.yaml"))
    spent: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        begun = time.process_time()
        made = work()
        spent[stage] = spent.get(stage, 0) + time.process_time() - begun
        return made

    for _ in range(2):  # the first time warms up
        spent.clear()
        met = across.Across()
        for path in paths:
            content = timed("opening", path.read_bytes)
            document = timed("reading YAML", lambda: read(content, path.name))  # noqa: B023 - called now
            timed("schema", lambda: check_schema(document))  # noqa: B023
            establishment = timed("decoding", lambda: decode(document.data))  # noqa: B023
            view = View(establishment, today)
            timed("flattening", lambda: (view.nouns, view.units))  # noqa: B023
            for rule in validation.CHECKS:
                timed(f"rule {rule.__name__}", lambda: list(rule(view)))  # noqa: B023
            timed("rule check_comments", lambda: list(rules.check_comments(document)))  # noqa: B023
            said = timed("claims", lambda: across.claims(establishment))  # noqa: B023
            timed("across files", lambda: list(met.check(path.name, said)))  # noqa: B023
    total = sum(spent.values())
    yield f"| stage of `validate`, {bench.some} files | ms | share |"
    yield "|---|---|---|"
    for stage, seconds in sorted(spent.items(), key=lambda pair: -pair[1]):
        yield f"| {stage} | {seconds * 1000:.0f} | {seconds / total:.0%} |"


def facts(bench: Bench) -> Iterator[str]:
    """What the figures were measured on."""
    found = [f"{name} {version(name)}" for name in LIBRARIES]
    said = subprocess.run([bench.peer, "--version"], check=True, capture_output=True, text=True)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    system = f"{platform.system()} {platform.machine()}"
    yield f"- {datetime.now(UTC):%Y-%m-%d}, {_processor()}, {os.cpu_count()} cores"
    yield f"- {system}, {python}"
    yield f"- {', '.join(found)}; peer: {said.stdout.strip()}"
    if bench.clock is processor:
        yield "- time of processor, all processes together: others were at work on the machine"
    yield f"- {bench.rounds} rounds after a warm-up, A B A B, medians of the rounds' ratios"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _installed_peer(folder: Path) -> str:
    """check-jsonschema from PATH, else from an environment made in `folder`."""
    if found := shutil.which("check-jsonschema"):
        return found
    command(*PYTHON, "-m", "venv", folder)()
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    command(scripts / "python", "-m", "pip", "install", "-q", "check-jsonschema")()
    return str(scripts / "check-jsonschema")


def main() -> int:
    """Measures, prints, and keeps the figures; with `--strict`, 1 when a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds and files")
    parser.add_argument("--rounds", type=int, default=0, help="other than nine")
    parser.add_argument(
        "--processor", action="store_true", help="time of processor, where others work too"
    )
    parser.add_argument("--strict", action="store_true", help="exit 1 when a target is missed")
    parser.add_argument("--only", nargs="+", default=[], choices=[g.__name__ for g in GROUPS])
    parser.add_argument("--check-jsonschema", default="", metavar="PATH")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ENVIRONMENT["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "pycache")
        found = asked.check_jsonschema or _installed_peer(Path(folder) / "peer")
        bench = Bench(Path(folder), found, quick=asked.quick)
        bench.rounds = asked.rounds or bench.rounds
        bench.clock = processor if asked.processor else bench.clock
        groups = [g for g in GROUPS if not asked.only or g.__name__ in asked.only]
        rows = [row for group in groups for row in _shown(group(bench))]
        lines = ["# What rorcli costs", "", "Written by `python benchmarks/run.py`.", ""]
        lines += [*facts(bench), "", *table(rows), "", *stages(bench), ""]
    print("\n".join(lines))
    if not (asked.quick or asked.only):
        page = asked.out.read_text(encoding="utf-8") if asked.out.exists() else ""
        others = re.search(r"^## (?s:.*)", page, re.MULTILINE)  # the sections of other scripts
        lines += [others[0]] if others else []
        asked.out.write_text("\n".join(lines), encoding="utf-8")
    return int(asked.strict and any(row.verdict == "**missed**" for row in rows))


def _shown(rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        print(
            f"{row.number:>3} {row.what}: {row.ratio:.3g} {row.verdict} {row.note}", file=sys.stderr
        )
        yield row


if __name__ == "__main__":
    sys.exit(main())
