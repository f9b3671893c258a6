"""Files are found, and replaced whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from rorcli import files
from rorcli.errors import RefusedError, UsageError

TEXT = "format: 1\netablissement: {}\n"


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


def test_what_is_not_there_is_an_error_beside_what_is(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.yaml").write_text(TEXT)
    found = files.find([tmp_path / "a.yaml", tmp_path / "absent", tmp_path / "empty"])
    assert [p.name for p in found.paths] == ["a.yaml"]
    assert ["n'existe pas" in e.message for e in found.unreadable] == [True, False]
    assert "aucun établissement" in found.unreadable[1].message


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

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), full)
    with pytest.raises(UsageError, match="disque plein"):
        files.write(path, "nouveau\n")
    assert path.read_text() == TEXT
    assert [p.name for p in tmp_path.iterdir()] == ["a.yaml"]


def test_what_cannot_be_opened_says_why(tmp_path):
    with pytest.raises(UsageError, match="c'est un dossier"):
        files.read_file(tmp_path)
    with pytest.raises(UsageError, match="introuvable"):
        files.read_file(tmp_path / "absent.yaml")
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(UsageError, match="écriture impossible"):
        files.write(blocker / "under.yaml", "")
