"""The base comes back as it was kept, private, and one that was damaged is refused."""

from datetime import date
from pathlib import Path

import pytest

from rorcli.basefile import Base, base_path, load_base, save_base
from rorcli.errors import UsageError
from rorcli.files import read_file
from rorcli.model import decode
from rorcli.planning.facts import doubles, facts

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))


def base_of(path: Path) -> Base:
    made = decode(read_file(path).data)
    known = facts(made, doubles(made))
    return Base(made.finess, "sqlite:/a", "7", date(2026, 11, 25), known)


@pytest.mark.parametrize("example", EXAMPLES, ids=[e.stem for e in EXAMPLES])
def test_a_base_comes_back_as_it_was_kept(tmp_path, example):
    kept = base_of(example)
    save_base(tmp_path / "etab.yaml", kept)
    assert load_base(tmp_path / "etab.yaml", kept.finess) == kept
    path = base_path(tmp_path / "etab.yaml", kept.finess)
    assert path == tmp_path / ".rorcli/base" / f"{kept.finess}.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert max(map(len, path.read_text("utf-8").splitlines())) < 400


def test_a_file_may_have_none(tmp_path):
    assert load_base(tmp_path / "etab.yaml", "440099919") is None


DAMAGES = {
    "tronquée": lambda text: text[: len(text) // 2],
    "vide": lambda text: "",
    "autre schéma": lambda text: text.replace("rorcli/base/v1", "rorcli/base/v9"),
    "valeur d'un autre type": lambda text: text.replace('" value": true', '" value": [1]', 1),
    "date": lambda text: text.replace("2026-11-25", "hier"),
    "liste": lambda text: "[]",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_base_is_refused_with_what_to_do(tmp_path, damage):
    kept = base_of(EXAMPLES[0])
    save_base(tmp_path / "etab.yaml", kept)
    path = base_path(tmp_path / "etab.yaml", kept.finess)
    path.write_text(damage(path.read_text("utf-8")), "utf-8")
    with pytest.raises(UsageError, match="base illisible") as refused:
        load_base(tmp_path / "etab.yaml", kept.finess)
    assert "--allow no-base" in refused.value.remedy


def test_the_base_of_another_establishment_is_refused(tmp_path):
    kept = base_of(EXAMPLES[0])
    save_base(tmp_path / "etab.yaml", kept)
    other = base_path(tmp_path / "etab.yaml", "490099918")
    base_path(tmp_path / "etab.yaml", kept.finess).rename(other)
    with pytest.raises(UsageError, match=kept.finess):
        load_base(tmp_path / "etab.yaml", "490099918")
