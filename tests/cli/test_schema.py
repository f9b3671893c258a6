"""`schema`: printed, or placed where files look for it."""

import json
from pathlib import Path

from rorcli import schemafile
from tests.cli.harness import run

PUBLISHED = Path(__file__).parents[2] / "schemas" / "etablissement.schema.json"


def test_it_is_printed_as_published():
    assert run(["schema"]) == (0, PUBLISHED.read_text("utf-8"), "")
    assert json.loads(run(["schema"]).out)["title"]


def test_it_is_placed_once_and_again_for_another_version(tmp_path):
    copy = tmp_path / schemafile.BESIDE
    placed = run(["schema", "--to", tmp_path])
    assert (placed.code, placed.out) == (0, "")
    assert f"{copy} : écrit." in placed.err
    assert f"$schema={schemafile.BESIDE}" in placed.err
    assert copy.read_bytes() == PUBLISHED.read_bytes()
    assert "déjà à jour" in run(["schema", "--to", tmp_path]).err
    copy.write_text("{}", "utf-8")
    assert "écrit" in run(["schema", "--to", tmp_path]).err
    assert copy.read_bytes() == PUBLISHED.read_bytes()


def test_a_folder_that_is_not_there_is_not_made(tmp_path):
    result = run(["schema", "--to", tmp_path / "absent"])
    assert (result.code, "n'existe pas" in result.err) == (2, True)
    assert not (tmp_path / "absent").exists()
