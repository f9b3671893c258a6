"""The bag on the disk finds what the bag in memory finds."""

import json
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rorcli.errors import StoreUnavailableError
from rorcli.stores.fhir import ndjson
from rorcli.stores.fhir.bulk import ExportBag
from tests.fhir import storable, tree_of, written
from tests.fhir_samples import RESOURCES


@settings(
    max_examples=25, suppress_health_check=list(HealthCheck), phases=[Phase.reuse, Phase.generate]
)
@given(storable(), st.integers())
def test_the_order_of_the_lines_does_not_count_for_what_hangs_from_what(
    tmp_path_factory, wanted, seed
):
    resources = written(wanted)
    Random(seed).shuffle(resources)
    path = tmp_path_factory.mktemp("export") / "tout.ndjson"
    path.write_text("\n".join(json.dumps(each) for each in resources), "utf-8")
    bag = ExportBag()
    assert sum(bag.fill([path])) == len(resources)
    [(_, tree)] = bag.sites()
    assert tree.establishment == tree_of(resources, "").establishment
    assert (list(bag.orphans()), bag.faults) == ([], [])
    bag.close()


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        (None, None, "second"),
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z", "second"),
        ("2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z", "second"),
        ("2026-03-02T10:00:00Z", "2026-03-01T10:00:00Z", "first"),
        ("2026-03-01T10:00:00-05:00", "2026-03-01T11:00:00+01:00", "first"),
        ("2026-03-01T10:00:00Z", None, "first"),
        ("2026-03-01T10:00:00Z", "n'importe quoi", "first"),
    ],
)
def test_the_latest_of_two_versions_counts_whatever_file_holds_it(tmp_path, first, second, counts):
    eg = {"resourceType": "Organization", "id": "1", "partOf": {"reference": "Organization/2"}}
    number = [{"system": "https://finess.esante.gouv.fr", "value": "440099919"}]
    files = []
    for name, moment in (("first", first), ("second", second)):
        meta = {"meta": {"lastUpdated": moment}} if moment else {}
        files.append(tmp_path / f"{name}.ndjson")
        files[-1].write_text(json.dumps({**eg, **meta, "identifier": number, "name": name}))
    bag = ExportBag()
    list(bag.fill(files))
    [(path, tree)] = bag.sites()
    assert (tree.establishment.etablissement.nom, path.stem) == (counts, counts)
    bag.close()


def test_a_full_disk_is_told_with_what_to_do(tmp_path):
    path = tmp_path / "tout.ndjson"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in RESOURCES * 50), "utf-8")
    bag = ExportBag()
    bag._base.execute("PRAGMA max_page_count = 4")
    with pytest.raises(StoreUnavailableError, match="database or disk is full"):
        list(bag.fill([path]))
    bag.close()


def test_lines_are_read_across_blocks_with_their_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(ndjson, "_BLOCK", 7)
    path = tmp_path / "a.ndjson"
    path.write_bytes(b'{"a": 1}\r\n\n   \n{"b": 2}\n{"c": 3}')
    found = [(each.number, each.content) for each in ndjson.lines(path)]
    assert found == [(1, b'{"a": 1}\r'), (4, b'{"b": 2}'), (5, b'{"c": 3}')]


def test_a_line_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(ndjson, "MAX_LINE", 3 << 20)
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"{}\n" + b"x" * (5 << 20))
    assert [(each.number, each.fault) for each in ndjson.lines(path)] == [
        (1, ""), (2, "la suite du fichier n'est pas lue : ligne de plus de 3 Mo"),
    ]  # fmt: skip


HOSTILE = [
    '{"resourceType": [], "id": "x"}',
    '{"resourceType": "Organization", "id": 7}',
    '{"resourceType": "Organization", "id": "\\ud800"}',
    '{"resourceType": "HealthcareService", "id": "x", "providedBy": {"reference": "Organization/\\ud800"}}',
]


def test_lines_that_no_base_could_hold_are_told_and_the_others_are_taken(tmp_path):
    path = tmp_path / "a.ndjson"
    path.write_text("\n".join([*HOSTILE, json.dumps({"resourceType": "Basic", "id": "b"}), ""]))
    bag = ExportBag()
    assert sum(bag.fill([path])) == 0
    assert [fault.line for fault in bag.faults] == [1, 2, 3, 4]
    assert bag.others == 1
    bag.close()
