"""Files are found, and replaced whole or not at all."""

import errno
import os
import tempfile
from pathlib import Path

import pytest

from rorcli import files
from rorcli.errors import RefusedError, UsageError
from rorcli.text.document import read

TEXT = "format: 1\netablissement: {}\n"


def no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_folder_gives_its_establishments_in_order_and_counts_the_rest(tmp_path):
    for name, text in {"b.yaml": TEXT, "a.yml": "entite_juridique: {}\n", "sub/c.YAML": "\ufeff" + TEXT,
                       "other.yaml": "jobs: {etablissement: 1}\n", "x.txt": TEXT,
                       ".hidden/d.yaml": TEXT, ".e.yaml": TEXT}.items():  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    found = files.find([tmp_path, tmp_path / "b.yaml", tmp_path / "other.yaml"])
    assert [p.name for p in found.paths] == ["a.yml", "b.yaml", "other.yaml", "c.YAML"]
    assert (found.skipped, found.unreadable) == (1, ())


def test_a_file_named_in_two_ways_is_one(tmp_path, monkeypatch):
    (tmp_path / "b.yaml").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    targets = [Path("b.yaml"), tmp_path / "b.yaml", Path("sub/../b.yaml"), Path()]
    assert files.find(targets).paths == (Path("b.yaml"),)


def test_a_file_that_is_protected_is_not_replaced(tmp_path):
    path = tmp_path / "etab.yaml"
    path.write_text("format: 1\n")
    path.chmod(0o444)
    before = files.read_file(path)
    with pytest.raises(UsageError, match="etab.yaml : ce fichier est protégé en écriture"):
        files.save(path, before, read("format: 2\n", str(path)))
    assert path.read_text() == "format: 1\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path):
    (tmp_path / "a.yaml").write_text(TEXT)
    os.mkfifo(tmp_path / "b.yaml")
    assert [p.name for p in files.find([tmp_path]).paths] == ["a.yaml"]


def test_of_a_file_that_is_too_big_no_more_is_read_than_tells_so(tmp_path):
    with (tmp_path / "a.yaml").open("wb") as file:
        file.truncate(1 << 40)  # a terabyte, none of it on the disk
    [fault] = files.read_file(tmp_path / "a.yaml").faults
    assert "plus de 16 Mo" in fault.message
    assert files.find([tmp_path]).skipped == 1


def test_what_is_not_there_is_an_error_beside_what_is(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.yaml").write_text(TEXT)
    found = files.find([tmp_path / "a.yaml", tmp_path / "absent", tmp_path / "empty"])
    assert [p.name for p in found.paths] == ["a.yaml"]
    assert ["n'existe pas" in e.message for e in found.unreadable] == [True, False]
    assert "aucun établissement" in found.unreadable[1].message


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("440099919", "vouliez-vous dire {}/440099919.yaml ?"),
        ("440099919.yml", "vouliez-vous dire {}/440099919.yaml ?"),
        ("490099918.yaml", "vérifiez le chemin ; rorcli pull 490099918 écrit ce fichier"),
        ("tilleuls.csv", "vérifiez le chemin"),
        ("nulle/part.yaml", "vérifiez le chemin"),
    ],
)
def test_what_is_not_there_is_told_with_what_was_meant(tmp_path, name, said):
    (tmp_path / "440099919.yaml").write_text(TEXT)
    (tmp_path / "tilleuls.txt").write_text(TEXT)
    [error] = files.find([tmp_path / name]).unreadable
    assert error.remedy.startswith(said.format(tmp_path))


def test_a_file_that_somebody_changed_meanwhile_is_not_replaced(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(TEXT)
    before = files.read_file(path)
    after = files.read_file(path)
    path.write_text(TEXT + "# quelqu'un\n")
    with pytest.raises(RefusedError, match="a changé"):
        files.save(path, before, after)
    assert path.read_text() == TEXT + "# quelqu'un\n"


def test_a_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path):
    path, link = tmp_path / "a.yaml", tmp_path / "link.yaml"
    path.write_text(TEXT)
    path.chmod(0o640)
    link.symlink_to(path)
    files.write(link, "nouveau\n")
    assert link.is_symlink()
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("nouveau\n", 0o640)
    files.write(tmp_path / "deep/private.json", "{}", mode=files.PRIVATE)
    assert (tmp_path / "deep/private.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, step):
    path = tmp_path / "a.yaml"
    path.write_text(TEXT)

    monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), no_room)
    with pytest.raises(UsageError, match="disque plein"):
        files.write(path, "nouveau\n")
    assert path.read_text() == TEXT
    assert [p.name for p in tmp_path.iterdir()] == ["a.yaml"]


@pytest.fixture
def three(tmp_path):
    """Three files that are to be written: (path, as read, as it shall be)."""
    listed = []
    for name in "abc":
        path = tmp_path / f"{name}.yaml"
        path.write_text(TEXT)
        before = files.read_file(path)
        listed.append((path, before, read(f"{TEXT}# neuf\n", before.path)))
    return listed


def test_several_files_are_written_together(three):
    files.save_all(three)
    assert [path.read_text() for path, *_ in three] == [f"{TEXT}# neuf\n"] * 3


@pytest.mark.parametrize("obstacle", ["changed", "no room", "held open"])
def test_one_that_cannot_be_written_leaves_them_all(three, tmp_path, monkeypatch, obstacle):
    last, calls = three[2][0], []

    def refuse(temporary: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) == 3:
            raise PermissionError(errno.EACCES, "used by another program")
        temporary.replace(target)

    def fill(_descriptor: int) -> None:
        calls.append(last)
        if len(calls) == 3:
            no_room()

    if obstacle == "changed":
        last.write_text(TEXT * 2)
    elif obstacle == "no room":
        monkeypatch.setattr(os, "fsync", fill)
    else:
        monkeypatch.setattr(files, "replace_file", refuse)
    with pytest.raises((RefusedError, UsageError), match="c.yaml"):
        files.save_all(three)
    texts = [path.read_text() for path, *_ in three]
    assert texts == [TEXT, TEXT, TEXT * 2 if obstacle == "changed" else TEXT]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_file_that_is_held_for_an_instant_on_windows_is_tried_again(tmp_path, monkeypatch):
    path, tries = tmp_path / "a.yaml", []
    whole = Path.replace

    def held(self: Path, target: Path) -> Path:
        tries.append(target)
        if len(tries) < 3:
            raise PermissionError
        return whole(self, target)

    monkeypatch.setattr(Path, "replace", held)
    monkeypatch.setattr(files, "REPLACE_PAUSE_S", 0)
    monkeypatch.setattr(files, "_IS_WINDOWS", True)
    files.write(path, TEXT)
    assert (path.read_text(), len(tries)) == (TEXT, 3)
    tries.clear()
    monkeypatch.setattr(files, "_IS_WINDOWS", False)
    with pytest.raises(UsageError, match="accès refusé"):
        files.write(path, "nouveau\n")


def test_what_cannot_be_opened_says_why(tmp_path):
    with pytest.raises(UsageError, match="c'est un dossier"):
        files.read_file(tmp_path)
    with pytest.raises(UsageError, match="introuvable"):
        files.read_file(tmp_path / "absent.yaml")
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(UsageError, match="écriture impossible"):
        files.write(blocker / "under.yaml", "")


def test_one_command_at_a_time_replaces_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LOCK_WAIT_S", 0.05)
    path = tmp_path / "a.yaml"
    path.write_text(TEXT)
    before, after = (read(text, str(path)) for text in (TEXT, TEXT * 2))
    with (
        files._turn([path]),
        pytest.raises(RefusedError, match="une autre commande rorcli"),
    ):
        files.save(path, before, after)
    assert path.read_text() == TEXT
    files.save(path, before, after)
    assert path.read_text() == TEXT * 2


def test_a_desk_that_takes_no_lock_stops_no_save(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "a.yaml" / "below a file"))
    path = tmp_path / "a.yaml"
    path.write_text(TEXT)
    files.save(path, read(TEXT, str(path)), read(TEXT * 2, str(path)))
    assert path.read_text() == TEXT * 2
