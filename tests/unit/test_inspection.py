"""Many files, one or several processes: the same findings in the same order, and none lost."""

import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import date
from pathlib import Path

import pytest

from rorcli import inspection
from rorcli.errors import UsageError
from rorcli.files import read_file
from rorcli.inspection import Terms, inspect
from rorcli.text.document import read
from rorcli.validation import validate_all
from tests.sample import SAMPLE

TODAY = date(2026, 11, 25)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dozen files: two that say the same EG, one broken, one binary, two that disagree."""
    for number in range(12):
        finess = SAMPLE.replace("440099919", f"44009{number:04}")
        (tmp_path / f"{number:02}.yaml").write_text(finess, encoding="utf-8")
    (tmp_path / "03.yaml").write_text(SAMPLE, encoding="utf-8")
    (tmp_path / "09.yaml").write_text(SAMPLE, encoding="utf-8")
    (tmp_path / "04.yaml").write_text("a: [", encoding="utf-8")
    (tmp_path / "05.yaml").write_bytes(b"\x00\xff")
    named = SAMPLE.replace("nom: TARTAMPION", "nom: AUTREMENT").replace("440099919", "440099927")
    (tmp_path / "07.yaml").write_text(named, encoding="utf-8")
    return tmp_path


def paths(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml"))


def findings(folder: Path, processes: int) -> list[object]:
    results = inspect(paths(folder), [], Terms(TODAY), processes)
    return [each for _, found in results for each in (found if isinstance(found, list) else ())]


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_any_number_of_processes_finds_what_one_look_at_all_finds(folder, processes, monkeypatch):
    monkeypatch.setattr(inspection, "BATCH_BYTES", 10_000)
    expected = validate_all([read_file(path) for path in paths(folder)], TODAY)
    found = findings(folder, processes)
    assert found == expected
    assert {each.rule for each in expected} >= {"ROR101", "ROR309", "ROR310"}


def test_processes_may_be_started_afresh_as_windows_does(folder):
    code = (
        "import multiprocessing, sys; from tests.unit import test_inspection as t; "
        "multiprocessing.set_start_method('spawn'); t.inspection.BATCH_BYTES = 10_000; "
        "print(t.findings(t.Path(sys.argv[1]), 2) == t.findings(t.Path(sys.argv[1]), 1))"
    )
    line = [sys.executable, "-c", f"if __name__ == '__main__':\n    {code}", str(folder)]
    done = subprocess.run(line, cwd=Path(__file__).parents[2], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "True"


class Dying:
    """A pool whose first process dies while it works."""

    def __init__(self, *_: object, **__: object) -> None:
        self.inner = ProcessPoolExecutor(1)
        self.left = 1

    def submit(self, *words: object) -> object:
        self.left -= 1
        if self.left < 0:
            raise BrokenProcessPool
        return self.inner.submit(*words)  # type: ignore[arg-type]

    def shutdown(self, **options: bool) -> None:
        self.inner.shutdown(**options)


def forbidden(*_: object, **__: object) -> None:
    raise PermissionError


@pytest.mark.parametrize("pool", [forbidden, Dying])
def test_what_other_processes_cannot_do_is_done_here(folder, pool, monkeypatch):
    expected = findings(folder, 1)
    monkeypatch.setattr(inspection, "BATCH_BYTES", 10_000)
    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", pool)
    assert findings(folder, 2) == expected


@pytest.mark.parametrize("processes", [1, 2])
def test_a_file_that_cannot_be_opened_hides_no_other(folder, processes, monkeypatch):
    monkeypatch.setattr(inspection, "BATCH_BYTES", 10_000)
    asked = [*paths(folder), folder / "06bis.yaml"]
    told = dict(inspect(asked, [], Terms(TODAY), processes))
    assert list(told) == sorted(map(str, asked))
    assert isinstance(told[str(folder / "06bis.yaml")], UsageError)
    assert sum(isinstance(each, list) for each in told.values()) == 12


def test_a_document_from_elsewhere_stands_at_the_place_of_its_name(folder):
    given = read(SAMPLE, str(folder / "08bis.yaml"))
    told = dict(inspect(paths(folder), [given], Terms(TODAY)))
    assert list(told) == sorted(told)
    found = told[given.path]
    assert isinstance(found, list)
    assert "ROR309" in {each.rule for each in found}


def test_a_file_that_vanishes_before_it_is_compared_is_told(folder):
    results = inspect(paths(folder), [], Terms(TODAY), 2)
    for path, found in results:
        (folder / "09.yaml").unlink(missing_ok=True)
        if path.endswith("09.yaml"):
            assert isinstance(found, UsageError)


def test_small_work_stays_in_one_process(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    assert [inspection._worth(size) for size in (0, 900_000, 1_100_000, 10**9)] == [1, 1, 2, 3]
