"""`load` and `doctor`, from keystroke to exit code."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.harness import make_store, run

EXAMPLES = Path(__file__).parents[2] / "examples"
SAULES = EXAMPLES / "ch-des-saules.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the valid examples."""
    copies = tmp_path / "etablissements"
    copies.mkdir()
    for path in EXAMPLES.glob("*.yaml"):
        shutil.copy(path, copies)
    return copies


@pytest.fixture
def store(tmp_path) -> str:
    """The address of a store that is not there yet."""
    return f"sqlite:{tmp_path / 'neuf' / 'annuaire.sqlite'}"


def edited(path: Path, old: str, new: str) -> Path:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


def statuses(result) -> dict[str, str]:
    return {each["path"].rpartition("/")[2]: each["status"]
            for each in json.loads(result.out)["establishments"]}  # fmt: skip


class TestLoad:
    def test_a_folder_is_loaded_and_can_be_searched(self, folder, store):
        result = run(["load", folder], store=store)
        assert result.code == 0
        assert [line.split("\t")[1] for line in result.out.splitlines()] == ["créé"] * 4
        assert result.err == "4 créés\n"
        assert len(run(["search"], store=store).out.splitlines()) == 4

    def test_loading_again_changes_nothing(self, folder, store):
        run(["load", folder], store=store)
        result = run(["load", folder], store=store)
        assert (result.code, result.out) == (0, "")
        assert "4 déjà à jour" in result.err

    def test_what_is_there_and_different_is_refused_unless_replaced(self, folder, store):
        run(["load", folder], store=store)
        path = edited(folder / "ch-des-saules.yaml", "02 61 91 00 01", "02 61 91 00 77")
        result = run(["load", folder, "-o", "json"], store=store)
        assert result.code == 7
        assert statuses(result)["ch-des-saules.yaml"] == "refused"
        assert "--replace" in result.err
        result = run(["load", path, "--replace"], store=store)
        assert (result.code, result.out) == (0, f"440099919\tremplacé\t{path}\n")
        assert "02 61 91 00 77" in run(["show", "440099919"], store=store).out

    def test_a_file_with_errors_is_refused_and_the_others_are_loaded(self, folder, store):
        edited(folder / "clinique-du-parc.yaml", 'siret: "99900003700013"', 'siret: "9990"')
        result = run(["load", folder, "-o", "json"], store=store)
        assert result.code == 6
        assert sorted(statuses(result).values()) == ["created", "created", "created", "refused"]
        assert "ROR113 error" in result.err
        assert run(["show", "720099910"], store=store).code == 1

    def test_errors_everywhere_are_exit_1_and_load_nothing(self, folder, store):
        path = edited(folder / "clinique-du-parc.yaml", "format: 1", "format: 9")
        result = run(["load", path], store=store)
        assert result.code == 1
        assert "rorcli validate" in result.err

    def test_a_unit_without_id_is_refused(self, folder, store):
        path = edited(folder / "clinique-du-parc.yaml", "      id: 52/0000501\n", "")
        result = run(["load", path], store=store)
        assert result.code == 1
        assert "Service des urgences" in result.err

    def test_a_file_that_cannot_be_opened_is_exit_2_alone_and_6_with_others(self, folder, store):
        missing = folder / "absent.yaml"
        result = run(["load", missing, "-o", "json"], store=store)
        assert (result.code, json.loads(result.out)["ok"]) == (2, False)
        assert not Path(store.removeprefix("sqlite:")).exists()
        assert run(["load", missing, folder], store=store).code == 6

    def test_without_a_path_it_says_what_to_give(self, store):
        result = run(["load"], store=store)
        assert result.code == 2
        assert "rorcli load etab.yaml" in result.err

    def test_two_files_of_one_establishment_are_not_both_loaded(self, folder, store):
        shutil.copy(SAULES, folder / "copie.yaml")
        result = run(["load", folder], store=store)
        assert result.code == 6
        assert "ROR309" in result.err

    def test_a_loaded_file_can_be_pushed_without_a_pull(self, folder, store):
        run(["load", folder], store=store)
        path = edited(folder / "ch-des-saules.yaml", "02 61 91 00 01", "02 61 91 00 77")
        result = run(["push", path, "--yes"], store=store)
        assert result.code == 0, result
        assert "02 61 91 00 77" in run(["show", "440099919"], store=store).out

    def test_the_age_of_what_is_loaded_is_that_of_its_verification(self, folder, store):
        run(["load", folder], store=store)
        said = run(["show", "440099919", "--unit", "52/0000104"], store=store).out
        assert "Vérification : 10/09/2026 ; Annuaire : 10/09/2026" in said


class TestDoctor:
    def test_it_says_what_runs_and_where_settings_come_from(self, tmp_path):
        store = make_store(tmp_path, SAULES)
        result = run(["doctor"], store=store)
        assert result.code == 0
        for text in ("rorcli : 0.", "python : 3.", "yaml : libyaml", "json_schema : jsonschema-rs ",
                     "store : SQLite 3.",
                     f"store = {store}  (--store)", "audit.older_than = 6mo  (valeur par défaut)",
                     f"{store} : 1 établissement", "activites : 20", "02 44 76 13 90"):  # fmt: skip
            assert text in result.out

    def test_the_age_of_a_level_is_shown_as_it_is_set(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        Path("rorcli.toml").write_text('audit.older_than_uo = "3mo"\n', encoding="utf-8")
        told = run(["doctor"], store=make_store(tmp_path, SAULES)).out
        assert "audit.older_than_uo = 3mo  (" in told
        assert "audit.older_than_uf = non réglé  (valeur par défaut)" in told

    def test_json_is_one_envelope(self, tmp_path):
        said = json.loads(run(["doctor", "-o", "json"], store=make_store(tmp_path, SAULES)).out)
        assert (said["schema"], said["ok"]) == ("rorcli/doctor/v1", True)
        assert said["store"]["reachable"] is True
        assert {
            "key": "region.name",
            "value": "Pays de la Loire",
            "origin": "valeur par défaut",
        } in (said["settings"])
        assert said["region"]["mail"] == "ror.pdl@esante-paysdelaloire.fr"

    def test_an_absent_store_is_no_fault_and_is_not_made(self, store, tmp_path):
        result = run(["doctor", "-o", "json"], store=store)
        said = json.loads(result.out)
        assert (result.code, said["store"]["reachable"]) == (0, False)
        assert "n'existe pas" in said["store"]["message"]
        assert "→ chargez-y vos fichiers, rorcli load FICHIER" in run(["doctor"], store=store).out
        assert list(tmp_path.iterdir()) == []

    def test_a_store_that_is_no_store_is_told_with_its_code(self, tmp_path):
        (tmp_path / "a.sqlite").write_bytes(b"pas une base" * 100)
        result = run(["doctor"], store=f"sqlite:{tmp_path / 'a.sqlite'}")
        assert result.code == 8
        assert "activites : 20" in result.out
        assert "base de rorcli" in result.err

    def test_broken_settings_are_told_beside_the_rest(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "rorcli.toml").write_text("couleur = 1\n")
        result = run(["doctor"])
        assert result.code == 2
        assert "python : 3." in result.out
        assert "couleur" in result.err

    def test_secrets_of_an_address_are_not_printed(self):
        result = run(["doctor"], store="fhir+https://moi:secret@ror.example/fhir")
        assert "secret" not in result.out + result.err
