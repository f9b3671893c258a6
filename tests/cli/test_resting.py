"""Files that moved on neither side are not read, and whatever may have moved is looked at."""

import shutil
from pathlib import Path

import pytest

from rorcli import basefile, files
from rorcli.text.document import Document
from tests.cli.harness import make_store, run

EXAMPLES = Path(__file__).parents[2] / "examples"
FINESS = "490099918"
FILES = [EXAMPLES / f"{name}.yaml"
         for name in ("ehpad-les-tilleuls", "service-accompagnement-les-cedres")]  # fmt: skip


class Desk:
    """A folder of two files in step with a store, and a colleague's copy of the first."""

    def __init__(self, folder: Path) -> None:
        self.store = make_store(folder, *FILES)
        self.mine, self.other = folder / "mine", folder / "other"
        for place in (self.mine, self.other):
            assert run(["pull", "--all", "--to", place], store=self.store).code == 0
        self.file = self.mine / f"{FINESS}.yaml"

    def diff(self) -> tuple[int, str, str]:
        return run(["diff", "--exit-code", self.mine], store=self.store)

    def edit(self, place: Path, assignment: str) -> None:
        run(["edit", place / f"{FINESS}.yaml", assignment])


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture
def read(monkeypatch) -> list[Path]:
    """The files that were read as documents, in their order."""
    seen: list[Path] = []
    whole = files.read_file

    def noted(path: Path) -> Document:
        seen.append(path)
        return whole(path)

    monkeypatch.setattr(files, "read_file", noted)
    return seen


def test_nothing_is_read_of_what_moved_on_neither_side(desk, read):
    assert (desk.diff().code, read) == (0, [])
    pushed = run(["push", "--yes", desk.mine], store=desk.store)
    assert (pushed.code, pushed.err.splitlines()[-1], read) == (0, "2 inchangés.", [])


def test_only_the_file_that_changed_is_read(desk, read):
    desk.edit(desk.mine, "nom=Autre nom")
    read.clear()
    assert desk.diff().code == 3
    assert read == [desk.file]
    run(["push", "--yes", desk.mine], store=desk.store)
    read.clear()
    assert (desk.diff().code, read) == (0, [])


def test_another_line_ending_is_no_change(desk, read):
    desk.file.write_bytes(desk.file.read_bytes().replace(b"\n", b"\r\n"))
    assert (desk.diff().code, read) == (0, [])


def test_what_the_directory_changed_is_told_as_ever(desk, read):
    desk.edit(desk.other, "nom=Nom de l'autre")
    run(["push", "--yes", desk.other], store=desk.store)
    read.clear()
    for _ in range(2):
        assert "Nom de l'autre" in desk.diff().err
    assert read == [desk.file] * 2
    run(["push", "--yes", desk.mine], store=desk.store)
    assert "Nom de l'autre" in desk.diff().err


def test_what_a_merge_left_to_be_pushed_is_told_as_ever(desk):
    desk.edit(desk.other, "nom=Nom de l'autre")
    run(["push", "--yes", desk.other], store=desk.store)
    desk.edit(desk.mine, "site_internet=https://autre.example")
    assert run(["pull", "--merge", "--all", "--to", desk.mine], store=desk.store).code == 0
    assert "autre.example" in desk.diff().out


def test_a_file_of_another_store_or_with_a_choice_is_looked_at(desk, read, tmp_path):
    (tmp_path / "b").mkdir()
    elsewhere = make_store(tmp_path / "b", *FILES)
    told = run(["diff", desk.mine], store=elsewhere)
    assert "vient d'un autre annuaire" in told.err
    read.clear()
    run(["push", "--yes", desk.mine, "--ours", "*"], store=desk.store)
    assert len(read) == 2


@pytest.mark.parametrize(
    "damage", ["", "{", '{"schema": 1,', '{"schema": "rorcli/base/v1",\n"finess": 1,\n']
)
def test_a_damaged_base_vouches_for_nothing(desk, damage):
    path = basefile.base_path(desk.file, FINESS)
    path.write_text(damage)
    result = desk.diff()
    assert result.code == 2
    assert "base illisible" in result.err


def test_a_copy_elsewhere_without_its_base_is_looked_at(desk, read, tmp_path):
    copy = shutil.copy(desk.file, tmp_path / "copie.yaml")
    run(["diff", copy], store=desk.store)
    assert read == [Path(copy)]
