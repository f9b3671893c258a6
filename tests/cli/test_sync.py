"""diff, push, history: the plan that is shown is what is written, and every ending has its code."""

import json
import re
import shutil
from pathlib import Path

import pytest

from rorcli.basefile import base_path
from rorcli.planning.limits import GUARDS
from rorcli.stores import open_store
from tests.cli.harness import run

EXAMPLES = Path(__file__).parents[2] / "examples"
EHPAD, SERVICE = "490099918", "850099912"


class Desk:
    """A person's folder with the files of two establishments, and the store they share."""

    def __init__(self, folder: Path, store: str) -> None:
        self.folder, self.store = folder, store
        self.ehpad, self.service = folder / f"{EHPAD}.yaml", folder / f"{SERVICE}.yaml"

    def run(self, *words: object, **how):
        return run([str(word) for word in words], store=self.store, **how)

    def edit(self, *words: object) -> None:
        assert self.run("edit", self.ehpad, *words).code == 0


@pytest.fixture
def desks(tmp_path):
    """Two people who pulled the same establishments from one store."""
    store = f"sqlite:{tmp_path / 'a.sqlite'}"
    charges = tmp_path / "charges"
    charges.mkdir()
    for name in ("ehpad-les-tilleuls", "service-accompagnement-les-cedres"):
        shutil.copy(EXAMPLES / f"{name}.yaml", charges)
    assert run(["load", charges], store=store).code == 0
    made = [Desk(tmp_path / name, store) for name in "ab"]
    for desk in made:
        assert desk.run("pull", "--all", "--to", desk.folder).code == 0
    return made


def version(desk: Desk, finess: str = EHPAD) -> str:
    store = open_store(desk.store, read_only=True)
    snapshot = store.fetch(finess)
    store.close()
    assert snapshot is not None
    return snapshot.version


def test_nothing_to_write_prints_nothing_and_is_success(desks):
    a, _ = desks
    for words in (["diff"], ["diff", "--exit-code"], ["push", "--yes"]):
        result = a.run(*words, a.folder)
        assert (result.code, result.out) == (0, "")
    assert "Rien à enregistrer" in a.run("diff", a.folder).err
    assert (
        "2 inchangés" in a.run("push", a.folder).err or "2 inchangé" in a.run("push", a.folder).err
    )


def test_a_change_is_shown_then_written_and_nothing_is_left(desks):
    a, _ = desks
    a.edit("telephone=02 61 91 40 77")
    shown = a.run("diff", a.ehpad)
    give_up = f'rorcli pull --discard "*" {a.ehpad}'
    hint = f"  → rorcli push {a.ehpad} l'enregistre ; {give_up} l'abandonne\n"
    assert (shown.code, shown.err) == (0, hint)
    assert shown.out.splitlines() == [
        f"{EHPAD} EHPAD Les Tilleuls ({a.ehpad})",
        "  Établissement",
        "    ~ Contact Accueil (01), Téléphone : 02 61 91 40 01 → 02 61 91 40 77",
    ]
    assert a.run("diff", "--exit-code", a.ehpad).code == 3
    assert a.run("push", "--dry-run", a.ehpad).out.startswith(shown.out)
    assert version(a) == "1"
    pushed = a.run("push", "--yes", a.ehpad)
    assert pushed.code == 0
    assert pushed.out == f"{shown.out}{EHPAD} enregistré\n"
    assert pushed.err.endswith("1 enregistré.\n")
    assert a.run("push", "--yes", a.ehpad).code == 0
    assert version(a) == "2"


@pytest.mark.parametrize(
    ("answer", "code", "after"), [("o\n", 0, "2"), ("n\n", 7, "1"), ("", 7, "1")]
)
def test_the_person_is_asked_once(desks, answer, code, after):
    a, _ = desks
    a.edit("telephone=02 61 91 40 77")
    result = a.run("push", a.ehpad, stdin=answer, tty=True)
    assert result.code == code
    assert "Enregistrer 1 modification dans 1 établissement ?" in result.err
    assert version(a) == after


def test_off_a_terminal_push_wants_yes(desks):
    a, _ = desks
    a.edit("telephone=02 61 91 40 77")
    result = a.run("push", a.ehpad)
    assert (result.code, version(a)) == (2, "1")
    assert "--yes" in result.err


def test_two_people_s_changes_both_stay_and_theirs_is_shown_until_it_is_merged(desks):
    a, b = desks
    a.edit("telephone=02 61 91 40 77")
    b.edit("directeur.nom=AUTRE")
    assert a.run("push", "--yes", a.ehpad).code == 0
    for _ in range(3):
        result = b.run("push", "--yes", b.ehpad)
        assert result.code == 0
        assert "02 61 91 40 01 → 02 61 91 40 77" in result.err
        assert f"pull --merge {b.ehpad}" in result.err
    assert b.run("diff", "--exit-code", b.ehpad).code == 0
    before = b.ehpad.read_text("utf-8")
    assert b.run("pull", "--merge", b.ehpad).code == 0
    assert b.ehpad.read_text("utf-8") == before.replace('"02 61 91 40 01"', '"02 61 91 40 77"')
    assert b.run("diff", b.ehpad).err == "Rien à enregistrer.\n"
    assert a.run("pull", "--merge", a.ehpad).code == 0
    assert a.ehpad.read_text("utf-8") == b.ehpad.read_text("utf-8")


@pytest.mark.parametrize(
    ("side", "kept"), [("--ours", "https://b.example"), ("--theirs", "https://a.example")]
)
def test_a_conflict_blocks_its_establishment_until_a_side_is_chosen(desks, side, kept):
    a, b = desks
    a.edit("site_internet=https://a.example")
    b.edit("site_internet=https://b.example", "directeur.nom=AUTRE")
    assert a.run("push", "--yes", a.ehpad).code == 0
    hint = f"conflit : rorcli push {b.ehpad} --ours UNITÉ"
    shown = b.run("diff", b.ehpad).err
    assert hint in shown
    assert f"ici : {EHPAD}\n" in shown
    assert "l'enregistre" not in shown
    assert b.run("edit", b.service, "telephone=02 61 91 70 77").code == 0
    blocked = b.run("push", "--yes", b.folder)
    assert blocked.code == 6
    assert f"{EHPAD} en conflit" in blocked.out
    assert f"{SERVICE} enregistré" in blocked.out
    assert b.run("push", "--yes", b.ehpad).code == 5
    assert b.run("diff", "--exit-code", b.ehpad).code == 3
    assert b.run("pull", "--merge", b.ehpad).code == 5
    assert b.run("push", "--yes", side, EHPAD, b.ehpad).code == 0
    assert kept in b.run("show", EHPAD).out
    assert "AUTRE" in b.run("show", EHPAD).out
    # The file still holds the value that was given up: the same choice takes it out.
    assert b.run("pull", "--merge", side, EHPAD, b.ehpad).code == 0
    assert kept in b.ehpad.read_text("utf-8")


def test_a_guard_stops_its_establishment_only_and_says_how_to_lift_it(desks):
    a, _ = desks
    a.edit("categorie=354")
    assert a.run("edit", a.service, "telephone=02 61 91 70 77").code == 0
    result = a.run("push", "--yes", a.folder)
    assert result.code == 6
    assert f"{EHPAD} refusé : identity : l'identité change : catégorie" in result.out
    assert "--allow identity" in result.out
    assert a.run("push", "--yes", a.ehpad).code == 7
    assert a.run("push", "--yes", "--allow", "identity", a.ehpad).code == 0
    assert a.run("push", "--yes", "--allow", "tout", a.ehpad).code == 2


def test_errors_in_the_units_to_change_refuse_and_others_do_not(desks):
    a, _ = desks
    text = a.ehpad.read_text("utf-8")
    siret = re.search(r'siret: "(\d{13})(\d)"', text)
    assert siret is not None
    broken = text.replace(siret[0], f'siret: "{siret[1]}{(int(siret[2]) + 1) % 10}"')
    a.ehpad.write_text(broken, "utf-8")
    refused = a.run("push", "--yes", a.ehpad)
    assert refused.code == 1
    assert "ROR203" in refused.err
    assert version(a) == "1"


def test_the_structure_is_the_regional_team_s_and_ids_come_back_when_it_is_allowed(desks):
    a, _ = desks
    text = a.ehpad.read_text("utf-8")
    a.ehpad.write_text(text + "    - {type: service, nom: Service neuf}\n", "utf-8")
    refused = a.run("push", "--yes", a.ehpad)
    assert refused.code == 7
    assert f"→ rorcli dossier {a.ehpad} rédige la demande" in refused.out
    assert "une fois qu'elle l'a acceptée : --allow structure\n" in refused.out
    allowed = a.run("push", "--yes", "--allow", "structure", a.ehpad)
    assert allowed.code == 0
    assert re.search(r"\{type: service, id: \S+, nom: Service neuf\}", a.ehpad.read_text("utf-8"))
    assert a.run("diff", "--exit-code", a.ehpad).code == 0


def test_a_new_uo_with_a_new_lieu_is_read_again_under_the_id_that_it_got(desks):
    a, _ = desks
    text = a.ehpad.read_text("utf-8")
    beds = "{nature: lit, statut: installe, nombre: 4}"
    must = (
        'type_offre: "157", champ_activite: "01", mode_prise_en_charge: "28", unite_sensible: false'
    )
    ages = "patientele: {age_min: 15 ans, age_max: 120 ans}"
    lieu = f"{{nom: Étage, capacites: [{beds}]}}"
    new = f'{{type: uo, nom: UO neuve, {must}, {ages}, activites: ["053"], lieux: [{lieu}]}}'
    a.ehpad.write_text(text + f"    - {new}\n", "utf-8")
    done = a.run("push", "--yes", "--allow", "structure", a.ehpad)
    assert done.code == 0, done
    assert a.run("diff", "--exit-code", a.ehpad).code == 0


def test_without_a_base_replacing_needs_leave(desks):
    a, _ = desks
    a.edit("telephone=02 61 91 40 77", "mobile=06 39 98 00 77")
    base_path(a.ehpad, EHPAD).unlink()
    result = a.run("push", "--yes", a.ehpad)
    assert result.code == 7
    assert "--allow no-base" in result.out
    assert a.run("push", "--yes", "--allow", "no-base", a.ehpad).code == 0


@pytest.mark.parametrize(
    "content", ["", "{", '{"schema": "autre"}', '{"schema": "rorcli/base/v1"}', "[]"]
)
def test_a_base_that_cannot_be_read_is_told_and_the_others_go_on(desks, content):
    a, _ = desks
    a.edit("telephone=02 61 91 40 77")
    assert a.run("edit", a.service, "telephone=02 61 91 70 77").code == 0
    base_path(a.ehpad, EHPAD).write_text(content, "utf-8")
    result = a.run("push", "--yes", a.folder)
    assert result.code == 6
    assert "base illisible" in result.out
    assert (version(a), version(a, SERVICE)) == ("1", "2")


def test_an_establishment_that_the_store_does_not_know_is_not_created(desks, tmp_path):
    a, _ = desks
    other = shutil.copy(EXAMPLES / "clinique-du-parc.yaml", tmp_path)
    result = a.run("push", "--yes", other)
    assert result.code == 1
    assert "rorcli load" in result.out + result.err


def test_everything_is_told_to_programs_too(desks):
    a, _ = desks
    a.edit("telephone=02 61 91 40 77")
    plan = json.loads(a.run("diff", "-o", "json", a.ehpad).out)
    assert (plan["schema"], plan["ok"]) == ("rorcli/plan/v1", True)
    assert {c["kind"] for c in plan["plans"][0]["changes"]} == {"create", "delete"}
    done = json.loads(a.run("push", "--yes", "-o", "json", a.folder).out)
    assert [e["status"] for e in done["establishments"]] == ["applied", "unchanged"]


def test_the_history_says_who_changed_what_and_the_past_can_be_seen(desks):
    a, _ = desks
    a.edit("telephone=02 61 91 40 77")
    a.run("push", "--yes", a.ehpad)
    told = a.run("history", EHPAD).out.splitlines()
    assert told[0] == "version 2, le 25/11/2026, par essai@banc"
    assert told[2] == "    ~ Contact Accueil (01), Téléphone : 02 61 91 40 01 → 02 61 91 40 77"
    assert told[-1] == "  première version"
    versions = json.loads(a.run("history", a.ehpad, "-o", "json").out)["versions"]
    assert [v["version"] for v in versions] == ["2", "1"]
    assert a.run("history", EHPAD, "--unit", "Secrétariat").code in {0, 2}
    assert a.run("show", EHPAD, "--at", "2026-11-24").code == 1
    assert "02 61 91 40 77" in a.run("show", EHPAD, "--at", "2026-11-25").out


def test_a_unit_that_is_no_more_or_had_another_name_still_has_its_history(desks):
    a, _ = desks
    [uo] = re.findall(r"id: (\S+)\n +nom: Accueil de jour\n", a.ehpad.read_text("utf-8"))
    a.edit("--unit", uo, "nom=Autre nom")
    a.run("push", "--yes", a.ehpad)
    a.ehpad.write_text(
        a.ehpad.read_text("utf-8").partition("  unites:")[0] + "  unites: []\n", "utf-8"
    )
    allowed = [word for guard in GUARDS for word in ("--allow", guard)]
    assert a.run("push", "--yes", *allowed, a.ehpad).code == 0
    for name in (uo, "Autre nom", "Accueil de jour"):
        told = a.run("history", EHPAD, "--unit", name).out.splitlines()
        assert [line for line in told if line.startswith("version")] == [
            "version 3, le 25/11/2026, par essai@banc", "version 2, le 25/11/2026, par essai@banc"
        ]  # fmt: skip


def test_a_value_that_comes_back_is_saved_again(desks):
    a, b = desks
    for number in ("02 61 91 40 77", "02 61 91 40 01", "02 61 91 40 77", "02 61 91 40 01"):
        a.edit(f"telephone={number}")
        assert a.run("push", "--yes", a.ehpad).code == 0
        assert f"téléphone {number}" in a.run("show", EHPAD).out
        assert a.run("diff", a.ehpad).err == "Rien à enregistrer.\n"
    assert b.run("diff", b.ehpad).err == "Rien à enregistrer.\n"


def test_an_item_that_comes_back_is_saved_again(desks):
    a, _ = desks
    uo = re.search(r"type: uo\n +id: (\S+)", a.ehpad.read_text("utf-8"))
    assert uo is not None
    for command in ("add-activity", "remove-activity", "add-activity"):
        assert a.run(command, a.ehpad, uo[1], "001").code == 0
        assert a.run("push", "--yes", a.ehpad).out.endswith("enregistré\n")
        assert a.run("diff", "--exit-code", a.ehpad).code == 0
        assert ("Addictologie" in a.run("show", EHPAD).out) == (command == "add-activity")


def test_a_value_cannot_forge_a_line_of_the_account(desks):
    a, _ = desks
    a.edit(f"nom=Vrai\n{SERVICE} enregistré")
    for words in (["diff"], ["push", "--yes"]):
        lines = a.run(*words, a.ehpad).out.splitlines()
        assert not [line for line in lines if line.startswith(SERVICE)]
