"""A command that dies anywhere is finished by the same command, and nothing is half done.

The command runs in a process of its own, on a real SQLite file. One that is to die at its nth step
ends itself there as a kill would, with no word and no clean-up; steps are what changes something
outside the process: each statement of SQL, each whole file, each rename. Others are killed from
here, at a random moment.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from rorcli import basefile, files
from rorcli.model import Establishment, decode
from rorcli.planning import facts as model
from rorcli.stores import open_store
from tests.cli.harness import run

pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).parents[2]
FINESS = "850099912"
DEAD = 99
DRIVER = """
import os, sys, types
from rorcli import files
from rorcli.stores import sqlite
from rorcli.__main__ import main

left = int(sys.argv.pop(1))
steps = []

def step(what):
    global left
    steps.append(what)
    left -= 1
    if left == 0:
        os._exit({dead})

def around(module, name):
    whole = getattr(module, name)
    def stepped(*words, **options):
        step(name)
        made = whole(*words, **options)
        step(name)
        return made
    setattr(module, name, stepped)

around(files, "replace_file")
around(files, "write")
connect = sqlite.connect

def traced(*words, **options):
    made = connect(*words, **options)
    made.set_trace_callback(step)
    return made

sqlite.connect = traced
try:
    code = main()
except SystemExit as ended:
    code = ended.code
print(len(steps), file=sys.stderr)
sys.exit(code)
"""


class Scene(NamedTuple):
    """A folder that can be put back as it was: two desks, a store that the other one changed."""

    folder: Path
    saved: Path
    command: tuple[str, ...]

    @property
    def file(self) -> Path:
        return self.folder / "a" / f"{FINESS}.yaml"

    @property
    def url(self) -> str:
        return f"sqlite:{self.folder / 'annuaire.sqlite'}"

    def reset(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.saved, self.folder)

    def start(self, steps: int = 0) -> "subprocess.Popen[bytes]":
        line = [sys.executable, "-c", DRIVER.format(dead=DEAD), str(steps), *self.command]
        return subprocess.Popen(
            [*line, "--store", self.url, str(self.file)], cwd=ROOT,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *words: str) -> str:
        """A command that must succeed; what it prints."""
        done = run([*words, self.file], store=self.url)
        assert done.code == 0, done
        return done.out

    def held(self) -> tuple[str, Establishment]:
        """The version and the establishment of the store."""
        store = open_store(self.url, read_only=True)
        snapshot = store.fetch(FINESS)
        store.close()
        assert snapshot is not None
        return snapshot.version, snapshot.establishment


PUSH = ("push", "--yes", "--allow", "structure")
MERGE = ("pull", "--merge")


@pytest.fixture(params=[PUSH, MERGE], ids=["push", "merge"])
def scene(request, tmp_path):
    """Both sides changed; the file also proposes a unit, so that a push gives it an id."""
    made = Scene(tmp_path / "live", tmp_path / "saved", request.param)
    other = made.folder / "b" / f"{FINESS}.yaml"
    example = ROOT / "examples" / "service-accompagnement-les-cedres.yaml"
    assert run(["load", shutil.copy(example, tmp_path)], store=made.url).code == 0
    for file in (made.file, other):
        assert run(["pull", FINESS, "-f", file], store=made.url).code == 0
    assert run(["edit", other, "directeur.nom=AUTRE"], store=made.url).code == 0
    assert run(["push", "--yes", other], store=made.url).code == 0
    assert run(["edit", made.file, "telephone=02 61 91 70 99"], store=made.url).code == 0
    proposed = "    - type: service  # proposé\n      nom: Service neuf\n"
    made.file.write_text(made.file.read_text("utf-8") + proposed, "utf-8")
    shutil.copytree(made.folder, made.saved)
    return made


def values(establishment: Establishment) -> dict[model.Path, model.Value]:
    return model.facts(establishment, model.doubles(establishment)).values


def end(scene: Scene, code: int | None) -> str:
    """The text of the file once the same command has run to its end."""
    check_consistency(scene)
    if code != 0:
        scene.run(*scene.command)
    done = (scene.held(), scene.file.read_text("utf-8"))
    scene.run(*scene.command)
    assert (scene.held(), scene.file.read_text("utf-8")) == done
    return done[1]


def check_consistency(scene: Scene) -> None:
    document = files.read_file(scene.file)
    assert document.faults == ()
    assert document.data["etablissement"]["finess"] == FINESS
    base = basefile.load_base(scene.file, FINESS)
    assert base is not None
    version, establishment = scene.held()
    assert (version, values(establishment)) in [(v, values(e)) for v, e in WHOLE[scene.command]]


WHOLE: dict[tuple[str, ...], list[tuple[str, Establishment]]] = {}


def rehearse(scene: Scene) -> tuple[int, str]:
    """How many steps the command has, and the file at its end; the whole versions of the store."""
    before = scene.held()
    process = scene.start()
    _, said = process.communicate()
    assert process.returncode == 0, said
    WHOLE[scene.command] = [before, scene.held()]
    return int(said.split()[-1]), end(scene, 0)


def settled(scene: Scene) -> None:
    """After all that, both sides have everything, once."""
    scene.run("push", "--yes", "--allow", "structure")
    scene.run("pull", "--merge")
    assert scene.run("diff", "--exit-code") == ""
    _, establishment = scene.held()
    assert establishment.etablissement.directeur is not None
    assert establishment.etablissement.directeur.nom == "AUTRE"
    assert establishment.etablissement.contacts[0].values("telephone") == ("02 61 91 70 99",)
    assert [u.nom for u in establishment.etablissement.unites].count("Service neuf") == 1
    ours = values(decode(files.read_file(scene.file).data))
    assert ours.items() <= values(establishment).items()


def test_a_command_that_dies_at_any_step_is_finished_by_the_next_one(scene):
    count, wanted = rehearse(scene)
    assert count > 5
    for step in range(1, count + 1):
        scene.reset()
        process = scene.start(step)
        process.communicate()
        assert process.returncode == DEAD, step
        assert end(scene, DEAD) == wanted, step
    settled(scene)


def kill_at_random(scene: Scene, times: int) -> None:
    chance = Random(times)
    _, wanted = rehearse(scene)
    killed = 0
    for _ in range(times):
        scene.reset()
        process = scene.start()
        try:
            process.communicate(timeout=0.15 + chance.random() * 0.35)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            killed += 1
        assert end(scene, process.returncode) == wanted
    assert killed
    settled(scene)


def test_a_command_that_is_killed_at_any_moment_is_finished_by_the_next_one(scene):
    kill_at_random(scene, 15)


@pytest.mark.long
def test_a_command_that_is_killed_five_hundred_times(scene):
    kill_at_random(scene, 500)
