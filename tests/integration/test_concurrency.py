"""Two commands at once on one store: nothing is overwritten unseen, and whoever waits is told."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from rorcli.stores.sqlite import open_sqlite
from tests.cli.harness import Result, make_store, run

pytestmark = pytest.mark.timeout(300)
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "service-accompagnement-les-cedres.yaml"
FINESS = "850099912"
# Both have planned before either writes: each says so on stdout, and waits for a line.
DRIVER = """
import sys
from rorcli import sync
from rorcli.__main__ import main

whole = sync.apply

def apply(*words, **options):
    print("ready", flush=True)
    sys.stdin.readline()
    return whole(*words, **options)

sync.apply = apply
main()
"""


class Desk:
    """A person's file, and the commands on it."""

    def __init__(self, folder: Path, store: str) -> None:
        self.file, self.store = folder / f"{FINESS}.yaml", store
        assert run(["pull", FINESS, "-f", self.file], store=store).code == 0

    def run(self, *words: str) -> Result:
        return run([*words, self.file], store=self.store)

    def edit(self, assignment: str) -> None:
        assert run(["edit", self.file, assignment], store=self.store).code == 0

    def start(self, *, together: bool) -> "subprocess.Popen[str]":
        program = ["-c", DRIVER] if together else ["-m", "rorcli"]
        return subprocess.Popen(
            [sys.executable, *program, "push", "--yes", "--store", self.store, str(self.file)],
            cwd=ROOT, text=True, encoding="utf-8", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path, EXAMPLE)


def desks(folder: Path, store: str, count: int) -> list[Desk]:
    return [Desk(folder / str(number), store) for number in range(count)]


def finished(processes: "list[subprocess.Popen[str]]", *, together: bool) -> list[int]:
    """The exit codes; with `together`, none writes before all have planned."""
    for process in processes if together else ():
        assert process.stdout is not None
        while process.stdout.readline() != "ready\n":
            assert process.poll() is None
    # `communicate` ends their wait: it closes their stdin.
    said = [process.communicate() for process in processes]
    assert not [text for text in said if "Traceback" in text[1]]
    return [process.returncode for process in processes]


FIELDS = ("directeur.nom", "directeur.prenom", "site_internet")


@pytest.mark.parametrize("together", [True, False])
def test_people_who_push_different_fields_at_once_lose_nothing(tmp_path, store, together):
    people = desks(tmp_path, store, 3)
    for turn in range(2):
        values = [f"https://w{turn}.example", f"NOM-{turn}", f"Prénom {turn}"]
        for person, field, value in zip(people, reversed(FIELDS), values, strict=True):
            assert person.run("pull", "--merge").code == 0
            person.edit(f"{field}={value}")
        codes = finished([p.start(together=together) for p in people], together=together)
        assert set(codes) <= {0, 5}
        assert 0 in codes
        for person in people:
            assert person.run("push", "--yes").code == 0
        held = run(["show", FINESS, "-o", "yaml"], store=store).out
        assert [value for value in values if value not in held] == []


def test_people_who_push_the_same_field_at_once_are_told_of_the_conflict(tmp_path, store):
    people = desks(tmp_path, store, 2)
    for name, person in zip("AB", people, strict=True):
        person.edit(f"directeur.nom={name * 9}")
    codes = finished([p.start(together=True) for p in people], together=True)
    assert sorted(codes) == [0, 5]
    loser = people[codes.index(5)]
    assert loser.run("push", "--yes").code == 5
    kept = "AB"[codes.index(0)] * 9
    assert kept in run(["show", FINESS, "-o", "yaml"], store=store).out
    assert loser.run("pull", "--merge", "--theirs", FINESS).code == 0
    assert kept in loser.file.read_text("utf-8")


@pytest.fixture
def impatient(monkeypatch):
    """Makes writers of this process give up after so many seconds."""
    return lambda wait: monkeypatch.setattr(
        "rorcli.stores.sqlite.open_sqlite", partial(open_sqlite, wait=wait)
    )


def locked(store: str) -> "closing[sqlite3.Connection]":
    """The store's file, in the hands of a writer."""
    other = sqlite3.connect(store.removeprefix("sqlite:"), check_same_thread=False,
                            isolation_level=None)  # fmt: skip
    other.execute("BEGIN IMMEDIATE")
    return closing(other)


def test_who_waits_for_a_lock_is_told_and_gives_up_politely(tmp_path, store, impatient):
    [person] = desks(tmp_path, store, 1)
    person.edit("directeur.nom=AUTRE")
    impatient(1.5)
    with locked(store):
        assert person.run("diff").code == 0
        result = person.run("push", "--yes")
    assert result.code == 8
    assert " en échec : " in result.out
    assert result.err.count("un autre programme y écrit ; attente, 2 s au plus") == 1
    assert "verrouillée par un autre programme" in result.out
    assert person.run("push", "--yes").code == 0


def test_who_waits_for_a_lock_goes_on_once_it_is_free(tmp_path, store, impatient):
    [person] = desks(tmp_path, store, 1)
    person.edit("directeur.nom=AUTRE")
    impatient(30)
    with locked(store) as other:
        threading.Timer(1.6, other.rollback).start()
        result = person.run("push", "--yes")
    assert result.code == 0
    assert "un autre programme y écrit" in result.err
