"""What becomes of a push when its base is lost, damaged, somebody else's, or from the future."""

import json
import re
import shutil
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from rorcli import basefile
from rorcli.basefile import base_path
from rorcli.errors import UsageError
from tests.cli.harness import Result, make_store, run

EXAMPLES = Path(__file__).parents[2] / "examples"
FINESS, OTHER, UNIT = "490099918", "850099912", "Hébergement permanent"
FILES = [EXAMPLES / f"{name}.yaml"
         for name in ("ehpad-les-tilleuls", "service-accompagnement-les-cedres")]  # fmt: skip


class Desk:
    """A person's file of one establishment, with its base, and what is typed there."""

    def __init__(self, folder: Path) -> None:
        self.store, self.file = make_store(folder, *FILES), folder / "etab.yaml"
        assert self.run("pull", FINESS, "-f").code == 0
        assert self.run("edit", "directeur.nom=AUTRE").code == 0
        self.base = base_path(self.file, FINESS)

    def run(self, verb: str, *words: str, **how: Any) -> Result:
        words = (verb, *words, str(self.file)) if "=" not in "".join(words) else (
            verb, str(self.file), *words)  # fmt: skip
        return run(words, store=how.pop("store", self.store), **how)

    def version(self) -> str:
        found = run(["history", FINESS], store=self.store).out
        return found.split(",")[0].removeprefix("version ")


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_a_merge_that_brings_nothing_says_that_our_changes_stay(desk):
    kept = desk.file.read_bytes()
    told = desk.run("pull", "--merge", "--theirs", "*")
    assert (told.code, desk.file.read_bytes()) == (0, kept)
    assert f"vos modifications restent dans le fichier, rorcli diff {desk.file}" in told.err
    assert desk.run("push", "--yes").code == 0
    assert "vos modifications" not in desk.run("pull", "--merge").err


def test_what_was_changed_may_be_given_up_and_diff_and_pull_say_how(desk):
    pulled = desk.run("pull").err
    assert f'pour abandonner vos modifications : rorcli pull --discard "*" {desk.file}' in pulled
    assert f'rorcli pull --discard "*" {desk.file} l\'abandonne' in desk.run("diff").err
    done = desk.run("pull", "--discard", "*")
    assert (done.code, done.out) == (0, f"{FINESS}\tfusionné\t{desk.file}\n")
    assert "AUTRE" not in desk.file.read_text("utf-8")
    assert desk.run("diff").err == "Rien à enregistrer.\n"
    assert desk.run("pull", "--discard", "*").code == 0


def test_of_one_unit_alone_what_was_changed_is_given_up(desk):
    desk.run("edit", "--unit", UNIT, "mssante=autre@tilleuls.mssante.example")
    assert desk.run("pull", "--discard", UNIT).code == 0
    left = desk.file.read_text("utf-8")
    assert "autre@tilleuls.mssante.example" not in left
    assert "AUTRE" in left
    assert desk.run("pull", "--discard", "absente").code == 2


def test_without_its_base_a_file_adds_freely_and_replaces_only_when_told(desk):
    desk.base.unlink()
    refused = desk.run("push", "--yes")
    assert refused.code == 7
    assert "sans que l'on sache ce que votre fichier en savait" in refused.out
    assert "pas de base" in refused.out
    assert "--allow no-base" in refused.out
    merge = desk.run("pull", "--merge")
    assert merge.code == 5
    assert "pas de base qui dise de quel côté" in merge.err
    assert desk.run("pull", "--merge", "--ours", FINESS).code == 0
    assert desk.run("push", "--yes").code == 0
    assert desk.version() == "2"


def test_without_its_base_a_file_may_take_what_the_directory_holds(desk):
    desk.base.unlink()
    assert desk.run("pull", "--merge", "--theirs", FINESS).code == 0
    assert "AUTRE" not in desk.file.read_text("utf-8")
    assert desk.run("diff", "--exit-code").code == 0
    desk.run("edit", "site_internet=https://www.tilleuls.example")
    assert desk.run("push", "--yes").code == 0


DAMAGES = {
    "vide": lambda text: "",
    "tronquée": lambda text: text[: len(text) // 2],
    "fin perdue": lambda text: text.rstrip()[:-1],
    "pas du JSON": lambda text: "format: 1\n",
    "pas de l'UTF-8": lambda text: text.encode("utf-16"),
    "une liste": lambda text: "[]",
    "version en nombre": lambda text: re.sub(r'"version": "1"', '"version": 1', text),
    "pas de faits": lambda text: json.dumps({**json.loads(text), "facts": []}),
    "faits en texte": lambda text: json.dumps(
        {**json.loads(text), "facts": {"etablissement": "x"}}
    ),
    "clés gérées en texte": lambda text: re.sub(
        r'" managed": \[[^]]*\]', '" managed": "nom"', text
    ),
    "valeur en liste": lambda text: text.replace('" value": true', '" value": [1]', 1),
    "jour impossible": lambda text: text.replace("2026-11-25", "2026-02-30"),
    "trop profonde": lambda text: '{"schema": "rorcli/base/v1", "facts": ' + '{"a": ' * 9_999,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_base_stops_the_push_and_says_what_to_do(desk, damage):
    damaged = damage(desk.base.read_text("utf-8"))
    desk.base.write_bytes(damaged if isinstance(damaged, bytes) else damaged.encode())
    for words in (["push", "--yes"], ["diff"], ["pull", "--merge"]):
        result = desk.run(*words)
        said = result.out + result.err
        assert result.code == 2
        assert "base illisible (tronquée, ou modifiée à la main)" in said
        assert "supprimez-la" in said
    assert desk.version() == "1"
    desk.base.unlink()
    assert desk.run("push", "--yes", "--allow", "no-base").code == 0


@pytest.mark.parametrize("seed", range(30))
def test_a_base_edited_by_hand_never_is_a_crash(desk, seed):
    chance = Random(seed)
    data = json.loads(desk.base.read_text("utf-8"))
    for _ in range(chance.randrange(1, 4)):
        holder, key = chance.choice(list(places(data)))
        if chance.random() < 0.3:
            del holder[key]
        else:
            holder[key] = chance.choice(
                [None, 7, 1.5, "x", [], ["x"], {}, {"x": {" value": "y"}}, True]
            )
    desk.base.write_text(json.dumps(data), "utf-8")
    for words in (["diff"], ["pull", "--merge"], ["push", "--yes"]):
        assert desk.run(*words).code in {0, 2, 5, 7}


def places(data: Any) -> Any:
    """Each mapping or list of the data with each of its keys."""
    keys = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for key in list(keys):
        yield data, key
        yield from places(data[key])


def test_a_base_that_is_no_file_is_told(desk):
    desk.base.unlink()
    desk.base.mkdir()
    result = desk.run("push", "--yes")
    assert result.code == 2
    assert "c'est un dossier" in result.out


@pytest.fixture
def colleague(desk, tmp_path):
    """What somebody else corrects in the directory, and our file lacks."""
    file = tmp_path / "collegue" / f"{FINESS}.yaml"
    assert run(["pull", FINESS, "--to", file.parent], store=desk.store).code == 0
    assert run(["edit", file, "telephone=02 61 91 40 77"], store=desk.store).code == 0
    assert run(["push", "--yes", file], store=desk.store).code == 0


@pytest.mark.usefixtures("colleague")
def test_a_second_file_of_the_establishment_does_not_take_the_base_of_the_first(desk):
    second = desk.file.with_name("autre.yaml")
    told = run(["pull", FINESS, "-f", second], store=desk.store)
    assert (told.code, "celle de etab.yaml" in told.err) == (0, True)
    assert desk.run("push", "--yes").code == 0
    assert "02 61 91 40 77" in run(["show", FINESS], store=desk.store).out
    assert desk.run("pull", "--merge").code == 0
    assert "02 61 91 40 77" in desk.file.read_text("utf-8")


def test_a_file_pulled_beside_the_one_that_was_loaded_is_the_one_that_is_worked_on(tmp_path):
    """As the guide begins: load an example, then pull it in the same folder."""
    loaded, pulled = tmp_path / "exemple.yaml", tmp_path / f"{FINESS}.yaml"
    shutil.copy(FILES[0], loaded)
    store = f"sqlite:{tmp_path / 'a.sqlite'}"
    assert run(["load", loaded], store=store).code == 0
    told = run(["pull", FINESS, "--to", tmp_path], store=store)
    assert (told.code, told.err) == (0, "1 écrit\n")
    assert run(["edit", pulled, "directeur.nom=AUTRE"], store=store).code == 0
    assert run(["push", "--yes", pulled], store=store).code == 0
    again = run(["load", loaded], store=store)  # it is that of another file, and stays so
    assert "déjà dans la base, différent" in again.err
    assert run(["edit", loaded, "directeur.nom=TIERS"], store=store).code == 0
    refused = run(["push", "--yes", loaded], store=store)
    assert (refused.code, f"celle de {pulled.name}" in refused.out) == (2, True)


def test_a_second_file_may_go_on_where_the_first_agrees(desk):
    second = desk.file.with_name("autre.yaml")
    assert run(["pull", FINESS, "-f", second], store=desk.store).err.endswith("1 écrit\n")
    assert run(["diff", second], store=desk.store).code == 0
    assert desk.run("diff").code == 2
    second.unlink()
    assert "HUREAU → AUTRE" in desk.run("diff").out


@pytest.mark.usefixtures("colleague")
def test_a_copy_beside_the_file_undoes_nothing(desk):
    copy = Path(shutil.copy(desk.file, desk.file.with_name("copie.yaml")))
    assert desk.run("pull", "--merge").code == 0
    assert desk.run("push", "--yes").code == 0
    for words in (["push", "--yes"], ["push", "--yes", desk.file], ["diff"], ["pull", "--merge"]):
        refused = run([*words, copy], store=desk.store)
        assert refused.code == 2
        assert "celle de etab.yaml" in refused.out + refused.err
    assert desk.run("diff", "--exit-code").code == 0
    # A file that got another name keeps its base.
    desk.file.unlink()
    renamed = copy.rename(desk.file.with_name("nouveau.yaml"))
    assert run(["diff", renamed], store=desk.store).code == 0


def test_a_copy_that_takes_over_the_base_of_a_file_that_is_gone_is_told(desk):
    copy = Path(shutil.copy(desk.file, desk.file.with_name("copie.yaml")))
    desk.run("edit", "directeur.prenom=Autre")
    assert desk.run("push", "--yes").code == 0
    assert "la base de ce dossier était celle" not in desk.run("diff").err
    desk.file.unlink()
    for words in (["diff"], ["push", "--dry-run"], ["pull", "--merge"]):
        told = run([*words, copy], store=desk.store).err
        assert "la base de ce dossier était celle de etab.yaml, qui n'y est plus" in told, words
        assert "copie.yaml en est une copie ancienne" in told, words
    assert run(["push", "--yes", copy], store=desk.store).code == 0
    assert "était celle de" not in run(["diff", copy], store=desk.store).err


def test_the_base_of_another_establishment_is_refused(desk, tmp_path):
    other = tmp_path / "autre.yaml"
    assert run(["pull", OTHER, "-f", other], store=desk.store).code == 0
    shutil.copy(base_path(other, OTHER), desk.base)
    result = desk.run("push", "--yes")
    assert result.code == 2
    assert f"cette base est celle de l'établissement {OTHER}" in result.out


def test_a_file_pulled_from_one_store_says_nothing_of_another(desk, tmp_path):
    (tmp_path / "autre").mkdir()
    second = make_store(tmp_path / "autre", *FILES)
    note = f"la base de ce fichier vient d'un autre annuaire ({desk.store})"
    shown = desk.run("diff", store=second)
    assert (shown.code, note in shown.err) == (0, True)
    result = desk.run("push", "--yes", store=second)
    assert result.code == 7
    assert note in result.err
    assert "--allow no-base" in result.out
    merge = desk.run("pull", "--merge", store=second)
    assert merge.code == 5
    assert note in merge.err
    assert desk.run("push", "--yes", "--allow", "no-base", store=second).code == 0
    # The first store has not seen the change: its base is gone, so nothing is replaced unasked.
    assert desk.run("push", "--yes").code == 7


@pytest.mark.parametrize("verb", [["diff"], ["push", "--yes"], ["pull", "--merge"]])
def test_a_base_from_the_future_is_told_and_stops_nothing(desk, verb):
    text = desk.base.read_text("utf-8")
    desk.base.write_text(text.replace("2026-11-25", "2027-03-01"), "utf-8")
    result = desk.run(*verb)
    assert result.code == 0
    assert "datée du 01/03/2027, un jour à venir" in result.err


def test_a_base_from_the_future_makes_nothing_young(desk):
    desk.file.write_text(re.sub(r" *verifie_le: .*\n", "", desk.file.read_text("utf-8")), "utf-8")
    assert desk.run("audit", "--check", "age").code == 0
    text = desk.base.read_text("utf-8")
    desk.base.write_text(text.replace("2026-11-25", "2027-03-01"), "utf-8")
    assert desk.run("audit", "--check", "age").code == 1


def test_the_day_of_another_clock_is_no_other_base(desk):
    assert desk.run("push", "--yes", today=date(2031, 1, 1)).code == 0
    before = desk.base.read_bytes()
    assert desk.run("push", "--yes", today=date(2020, 1, 1)).code == 0
    assert desk.base.read_bytes() == before


def test_what_was_saved_is_told_though_its_base_cannot_be_kept(desk, monkeypatch):
    def full(*_: object) -> None:
        raise UsageError(
            "base.json : écriture impossible (disque plein)", remedy="libérez de la place"
        )

    monkeypatch.setattr(basefile, "save_base", full)
    result = desk.run("push", "--yes")
    assert result.code == 6
    assert "enregistré : mais base.json : écriture impossible" in result.out
    assert "relancez la commande" in result.out
    assert desk.version() == "2"
    assert desk.run("push", "--yes").code == 2
    monkeypatch.undo()
    assert desk.run("push", "--yes").code == 0
    assert desk.version() == "2"


def propose(desk: Desk, text: str) -> None:
    desk.file.write_text(desk.file.read_text("utf-8") + text, "utf-8")


NEW = "    - type: service  # demandé par dossier\n      nom: Service neuf\n"


def accept(folder: Path, store: str, times: int = 1) -> None:
    """The regional team creates what was asked for."""
    file = folder / "region.yaml"
    assert run(["pull", FINESS, "-f", file], store=store).code == 0
    for number in range(times):
        text = f"    - {{type: service, id: 52/99{number}, nom: Service neuf}}\n"
        file.write_text(file.read_text("utf-8") + text, "utf-8")
    assert run(["push", "--yes", "--allow", "structure", file], store=store).code == 0


@pytest.mark.parametrize("verb", [["pull", "--merge"], ["push", "--yes"]])
def test_a_unit_that_was_asked_for_gets_its_id_once_it_is_accepted(desk, tmp_path, verb):
    propose(desk, NEW)
    refused = desk.run("push", "--yes")
    assert refused.code == 7
    (tmp_path / "region").mkdir()
    accept(tmp_path / "region", desk.store)
    before = desk.file.read_text("utf-8")
    assert desk.run(*verb).code == 0
    wanted = NEW.replace("dossier\n", "dossier\n      id: 52/990\n")
    assert desk.file.read_text("utf-8") == before.replace(NEW, wanted)
    assert desk.run("push", "--yes").code == 0
    assert desk.run("diff", "--exit-code").code == 0


@pytest.mark.parametrize(("asked", "made"), [(1, 2), (2, 1), (2, 2)])
def test_twins_are_left_to_a_person(desk, tmp_path, asked, made):
    propose(desk, NEW * asked)
    (tmp_path / "region").mkdir()
    accept(tmp_path / "region", desk.store, made)
    shown = desk.run("diff")
    assert "« Service neuf » : plusieurs unités de ce nom et de ce niveau" in shown.err
    # A file that proposes one thing twice is at fault before it is refused.
    assert desk.run("push", "--yes").code == (7 if asked == 1 else 1)
    before = desk.file.read_text("utf-8")
    merged = desk.run("pull", "--merge")
    assert "plusieurs unités de ce nom et de ce niveau" in merged.err
    assert NEW * asked in desk.file.read_text("utf-8")
    assert desk.file.read_text("utf-8").startswith(before)


def test_a_unit_asked_for_below_another_gets_its_id_too(desk, tmp_path):
    inner = "      unites:\n        - {type: uf, nom: UF neuve}\n"
    propose(desk, NEW + inner)
    (tmp_path / "region").mkdir()
    file = tmp_path / "region" / "region.yaml"
    assert run(["pull", FINESS, "-f", file], store=desk.store).code == 0
    file.write_text(file.read_text("utf-8") + NEW + inner, "utf-8")
    assert run(["push", "--yes", "--allow", "structure", file], store=desk.store).code == 0
    assert desk.run("pull", "--merge").code == 0
    ids = re.findall(r"id: ([^\s,]+),?\s+nom: (?:Service|UF) neu", desk.file.read_text("utf-8"))
    assert len(set(ids)) == 2
    assert "neu" not in desk.run("diff").out
