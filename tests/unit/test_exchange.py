"""What a pulled file keeps of the store, and what becomes of a file that is there already."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from rorcli import exchange
from rorcli.basefile import base_path, load_base
from rorcli.errors import DataError, ExitCode, RefusedError, UsageError
from rorcli.exchange import Exchange, Status
from rorcli.files import read_file
from rorcli.items import Contact, Lieu
from rorcli.model import decode
from rorcli.planning.facts import doubles, facts
from rorcli.stores.base import Snapshot
from rorcli.validation import validate
from tests.stores.memory import MemoryStore

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))
TODAY = date(2026, 11, 25)
STORE = "sqlite:/srv/annuaire.sqlite"


def telecom(canal, valeur, **more):
    return {"canal": canal, "valeur": valeur, **more}


def tidied(**contact):
    return exchange.tidy(Contact.read(contact, "")).to_data()


def held(path: Path) -> Snapshot:
    """The establishment of a file as a store gives it back."""
    store = MemoryStore()
    store.add(decode(read_file(path).data), today=TODAY)
    [versions] = store.versions.values()
    return replace(versions[-1], version="7")


def pull(snapshot, path, **options):
    options = {"today": TODAY, "availability": False, **options}
    return exchange.pull(snapshot, path, STORE, **options)


@pytest.mark.parametrize(
    ("contact", "short"),
    [
        ({"nature": "07", "telecoms": [telecom("2", "02 61 91 00 20", confidentialite="1")]},
         {"nature": "07", "telephone": "02 61 91 00 20"}),
        ({"nom": "DURAND", "telecoms": [telecom("3", "a@ch.example", confidentialite="2")]},
         {"nom": "DURAND", "courriel": "a@ch.example"}),
        ({"telecoms": [telecom("MSSANTE", "a@ch.mssante.example", confidentialite="2")]},
         {"mssante": "a@ch.mssante.example"}),
        ({"telecoms": [telecom("2", "02 61 91 00 20"), telecom("2", "02 61 91 00 21")]},
         {"telephone": ["02 61 91 00 20", "02 61 91 00 21"]}),
        ({"telephone": "02 61 91 00 20"}, {"telephone": "02 61 91 00 20"}),
    ],
    ids=["public", "named", "mssante", "two", "short"],
)  # fmt: skip
def test_a_telecom_that_says_the_default_is_written_short(contact, short):
    assert tidied(**contact) == short


@pytest.mark.parametrize(
    "kept",
    [
        telecom("2", "02 61 91 00 20", confidentialite="2"),
        telecom("MSSANTE", "a@ch.mssante.example", confidentialite="1"),
        telecom("2", "02 61 91 00 20", confidentialite="1", usage="La nuit"),
        telecom("8", "02 61 91 00 20", confidentialite="1"),
    ],
    ids=["other", "public-mssante", "usage", "no-short-key"],
)
def test_a_telecom_that_says_more_stays_long(kept):
    short = telecom("3", "a@ch.example", confidentialite="1")
    said = tidied(nature="07", telecoms=[short, kept])
    assert said == {"nature": "07", "courriel": "a@ch.example", "telecoms": [kept]}


def test_counts_of_bed_management_are_left_out_unless_asked_for():
    measures = [
        {"nature": "lit", "statut": "installe", "nombre": 24},
        {"nature": "lit", "statut": "ferme", "nombre": 2, "source": "01"},
        {"nature": "lit", "statut": "supplementaire", "nombre": 1, "source": "02"},
        {"nature": "lit", "statut": "disponible", "nombre": 3},
    ]
    lieu = Lieu.read({"id": "52/1", "capacites": measures}, "")
    assert exchange.tidy(lieu, availability=False).to_data()["capacites"] == measures[:2]
    assert exchange.tidy(lieu).to_data()["capacites"] == measures
    alone = Lieu.read({"id": "52/1", "capacites": measures[3:]}, "")
    assert exchange.tidy(alone, availability=False).to_data() == {"id": "52/1"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("availability", [False, True])
def test_a_pulled_example_validates_and_is_already_so_the_second_time(
    example, availability, tmp_path
):
    snapshot, path = held(example), tmp_path / "out" / "etab.yaml"
    assert pull(snapshot, path, availability=availability).status is Status.WRITTEN
    document = read_file(path)
    assert [f for f in validate(document, TODAY) if f.severity != "info"] == []
    before = path.read_bytes()
    assert pull(snapshot, path, availability=availability).status is Status.UNCHANGED
    assert path.read_bytes() == before


def test_pull_places_the_schema_and_the_base_beside_the_file(tmp_path):
    path = tmp_path / "etab.yaml"
    pull(held(EXAMPLES[0]), path)
    assert path.read_text("utf-8").startswith(
        "# yaml-language-server: $schema=.rorcli/etablissement.schema.json\nformat: 1\n"
    )
    assert '"$defs"' in (tmp_path / ".rorcli/etablissement.schema.json").read_text("utf-8")
    base = load_base(path, "440099919")
    assert base is not None
    assert (base.store, base.version, base.saved_on) == (STORE, "7", TODAY)
    written = decode(read_file(path).data)
    assert base.facts == facts(written, doubles(written))


@pytest.mark.parametrize("change", [
    lambda text: text.replace("Nantes", "Rezé"),
    lambda text: text.replace("  unites:\n", "  unites:\n    - {type: pole, nom: Neuf}\n", 1),
    lambda text: text.replace("  verifie_le: 2026-06-15\n", ""),
    lambda _: "",
    lambda _: "pas un: [établissement",
    lambda text: text.replace("440099919", "440099901"),
], ids=["edited", "added", "not-managed", "empty", "broken", "another"])  # fmt: skip
def test_pull_never_overwrites_a_file_that_says_otherwise(change, tmp_path):
    snapshot, path = held(EXAMPLES[0]), tmp_path / "etab.yaml"
    pull(snapshot, path)
    text = change(path.read_text("utf-8"))
    path.write_text(text, "utf-8")
    done = pull(snapshot, path)
    assert done.status is Status.REFUSED
    assert isinstance(done.problem, RefusedError)
    assert "rorcli diff" in done.problem.remedy
    assert path.read_text("utf-8") == text


def test_a_file_that_agrees_gets_the_base_it_lacks_and_keeps_the_one_it_has(tmp_path):
    snapshot, path = held(EXAMPLES[0]), tmp_path / "etab.yaml"
    path.write_bytes(EXAMPLES[0].read_bytes())
    assert pull(snapshot, path).status is Status.UNCHANGED
    before = base_path(path, "440099919").read_bytes()
    pull(snapshot, path, today=date(2026, 12, 1))
    assert base_path(path, "440099919").read_bytes() == before
    base_path(path, "440099919").write_text("{")
    pull(snapshot, path)
    assert base_path(path, "440099919").read_bytes() == before


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    done = pull(held(EXAMPLES[0]), tmp_path / "file" / "etab.yaml")
    assert isinstance(done.problem, UsageError)


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        ([], ExitCode.OK),
        ([(Status.CREATED, None), (Status.UNCHANGED, None)], ExitCode.OK),
        ([(Status.REFUSED, DataError), (Status.UNCHANGED, None)], ExitCode.FINDINGS),
        ([(Status.REFUSED, DataError), (Status.REFUSED, RefusedError)], ExitCode.REFUSED),
        ([(Status.REFUSED, DataError), (Status.WRITTEN, None)], ExitCode.PARTIAL),
    ],
)
def test_the_exit_code_follows_from_all_establishments(ends, code):
    made = [Exchange("", Path(), status, kind("x") if kind else None) for status, kind in ends]
    assert exchange.exit_code(made) is code
