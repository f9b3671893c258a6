"""`load` of a bulk export: NDJSON files of a FHIR server, as they come."""

import gzip
import json
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rorcli.model import decode
from rorcli.stores import open_store
from rorcli.stores.base import valued
from tests.cli.harness import run
from tests.fhir_samples import DATA, RESOURCES


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:{tmp_path / 'annuaire.sqlite'}"


def export(
    folder: Path, resources: list[dict[str, Any]] = RESOURCES, *, packed: bool = False
) -> Path:
    """One file a type, as `$export` gives them, the types in no useful order."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in {each["resourceType"] for each in resources}:
        lines = "".join(
            f"{json.dumps(each)}\n" for each in resources if each["resourceType"] == kind
        )
        if packed:
            (folder / f"{kind}.ndjson.gz").write_bytes(gzip.compress(lines.encode()))
        else:
            (folder / f"{kind}.ndjson").write_text(lines, "utf-8")
    return folder


def held(url: str) -> Any:
    store = open_store(url, read_only=True)
    try:
        return store.fetch("440099919")
    finally:
        store.close()


@pytest.mark.parametrize("packed", [False, True])
def test_an_export_becomes_establishments_as_old_as_the_export_says(tmp_path, store, packed):
    folder = export(tmp_path / "export", packed=packed)
    result = run(["load", folder], store=store)
    assert (result.code, result.err) == (0, "1 créé\n")
    assert (
        result.out
        == f"440099919\tcréé\t{folder / 'Organization.ndjson'}{'.gz' if packed else ''}\n"
    )
    snapshot = held(store)
    assert snapshot.establishment == valued(decode(DATA))
    assert set(snapshot.changed_on.values()) == {date(2026, 9, 1)}


def test_one_file_may_hold_all_types(tmp_path, store):
    path = tmp_path / "tout.ndjson"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in reversed(RESOURCES)), "utf-8")
    assert run(["load", path], store=store).code == 0
    assert held(store).establishment.finess == "440099919"


def test_the_next_export_brings_its_dates_even_where_nothing_else_moved(tmp_path, store):
    run(["load", export(tmp_path / "export")], store=store)
    later = deepcopy(RESOURCES)
    for each in later:
        each["meta"]["lastUpdated"] = "2026-10-01T10:00:00Z"
    result = run(["load", export(tmp_path / "export", later)], store=store)
    assert (result.code, result.out) == (0, "")
    assert held(store).version == "1"
    assert set(held(store).changed_on.values()) == {date(2026, 10, 1)}


def test_what_differs_is_replaced_only_when_asked(tmp_path, store):
    run(["load", export(tmp_path / "export")], store=store)
    later = deepcopy(RESOURCES)
    later[1]["name"] = "CLINIQUE DES GRANDS TILLEULS"
    folder = export(tmp_path / "export", later)
    assert run(["load", folder], store=store).code == 7
    assert run(["load", "--replace", folder], store=store).code == 0
    assert held(store).establishment.etablissement.nom == "CLINIQUE DES GRANDS TILLEULS"


def test_bad_lines_are_told_with_their_place_and_the_others_loaded(tmp_path, store):
    folder = export(tmp_path / "export")
    path = folder / "Location.ndjson"
    path.write_text(f'{path.read_text("utf-8")}\n{{"resourceType": "Location",\n[1]\n"x"\n{{"id": "1"}}\n'
                    '{"resourceType": "Organization", "id": "z", "type": 7}\n', "utf-8")  # fmt: skip
    result = run(["load", folder], store=store)
    assert result.code == 6
    assert [line for line in result.err.splitlines() if line.startswith("Erreur")] == [
        f"Erreur : {path}:3 : ce n'est pas du JSON",
        *(f"Erreur : {path}:{n} : ce n'est pas une ressource FHIR : il manque resourceType ou id"
          for n in (4, 5, 6)),
        f"Erreur : {path}:7 : Organization/z : forme inattendue",
    ]  # fmt: skip
    assert held(store) is not None


def test_a_broken_archive_gives_what_stands_before_the_break(tmp_path, store):
    folder = export(tmp_path / "export")
    packed = gzip.compress((folder / "Location.ndjson").read_bytes())
    (folder / "Location.ndjson.gz").write_bytes(packed[:-20])
    result = run(["load", folder], store=store)
    assert result.code == 6
    assert f"{folder / 'Location.ndjson.gz'}:1 : la suite du fichier n'est pas lue" in result.err


def test_an_archive_that_blows_up_is_refused(tmp_path, store, monkeypatch):
    monkeypatch.setattr("rorcli.stores.fhir.ndjson.MAX_RATIO", 5)
    folder = export(tmp_path / "export")
    (folder / "bombe.ndjson.gz").write_bytes(gzip.compress(b" " * (9 << 20), 9))
    result = run(["load", folder], store=store)
    assert result.code == 6
    assert "plus de 5 fois sa taille une fois décompressé" in result.err
    assert held(store) is not None


def test_what_leads_nowhere_is_told(tmp_path, store):
    resources = deepcopy(RESOURCES)
    del resources[3]  # the UF that both UO hang from
    folder = export(tmp_path / "export", resources)
    result = run(["load", folder], store=store)
    assert result.code == 0
    path = folder / "HealthcareService.ndjson"
    for line, key in ((1, "hc"), (2, "cs")):
        assert (
            f"{path}:{line} : HealthcareService/{key} dépend de Organization/uf, qui manque"
            in result.err
        )
    assert [each.unit.nom for each in held(store).establishment.units()] == ["Pôle Femme"]


def test_a_place_that_is_not_there_is_noted_with_its_establishment(tmp_path, store):
    resources = [each for each in RESOURCES if each["resourceType"] != "Location"]
    result = run(["load", export(tmp_path / "export", resources)], store=store)
    assert result.code == 0
    assert (
        "440099919 : HealthcareService/hc : location désigne Location/lieu, qui manque"
        in result.err
    )


def test_what_is_no_establishment_is_counted(tmp_path, store):
    cabinet = {"resourceType": "Organization", "id": "cabinet",
               "type": deepcopy(RESOURCES[1]["type"])}  # fmt: skip
    task = {"resourceType": "Task", "id": "anomalie"}
    result = run(["load", export(tmp_path / "export", [*RESOURCES, cabinet, task])], store=store)
    assert result.code == 0
    assert "Laissé de côté : 1 ressource d'un autre type" in result.err
    assert "Laissé de côté : 1 établissement sans numéro FINESS" in result.err


def test_an_export_in_json_tells_its_bad_lines(tmp_path, store):
    folder = export(tmp_path / "export")
    (folder / "Task.ndjson").write_text("?\n", "utf-8")
    result = run(["load", "-o", "json", folder], store=store)
    told = json.loads(result.out)
    assert (told["schema"], told["ok"]) == ("rorcli/load/v1", False)
    assert [each["status"] for each in told["establishments"]] == ["created"]
    assert [each["message"] for each in told["unreadable"]] == [
        f"{folder / 'Task.ndjson'}:1 : ce n'est pas du JSON"
    ]


def test_it_is_told_how_far_the_reading_is(tmp_path, store, monkeypatch):
    monkeypatch.setattr("rorcli.cli.terminal.PROGRESS_AFTER_S", -1.0)
    result = run(["load", export(tmp_path / "export")], store=store, tty=True)
    assert "Milliers de ressources lues : 1" in result.err


def test_what_stands_beside_an_export_is_named_and_folders_of_folders_are_looked_into(
    tmp_path, store
):
    folder = export(tmp_path / "export" / "2026-11")
    (folder / "manifest.json").write_text("{}")
    (folder / "etab.yaml").write_text("format: 1\n")
    done = run(["load", tmp_path / "export"], store=store)
    assert done.code == 0
    assert "laissé de côté : etab.yaml, manifest.json" in done.err
    assert held(store).establishment.finess == "440099919"


@pytest.mark.parametrize("name", ["Organization.json", "export.zip"])
def test_an_export_in_another_shape_is_told_what_shape_it_has(tmp_path, store, name):
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / name).write_bytes(b"PK\x03\x04")
    done = run(["load", tmp_path / "e"], store=store)
    assert done.code == 2
    assert f"tient en fichiers .ndjson ou .ndjson.gz, une ressource par ligne ; ici : {name}" in (
        done.err
    )


def test_a_folder_of_establishments_is_no_export_whatever_else_it_holds(tmp_path, store):
    example = Path(__file__).parents[2] / "examples" / "ehpad-les-tilleuls.yaml"
    (tmp_path / "fiches" / "vieux").mkdir(parents=True)
    (tmp_path / "fiches" / "e.yaml").write_bytes(example.read_bytes())
    (tmp_path / "fiches" / "notes.json").write_text("{}")
    export(tmp_path / "fiches" / "vieux")
    done = run(["load", tmp_path / "fiches"], store=store)
    assert (done.code, done.err) == (0, "1 créé\n")
