"""Whatever is done to a file's data, our schema stage and the reference agree on the verdict."""

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rorcli.files import read_file
from rorcli.model import to_data
from rorcli.text.document import Document, read
from rorcli.validation import validate
from rorcli.validation.schema import SCHEMA, check_schema, python_engine
from tests.sample import SAMPLE, TODAY
from tests.strategies import establishments

ROOT = Path(__file__).parents[2]
PUBLISHED = json.loads((ROOT / "schemas/etablissement.schema.json").read_text("utf-8"))
REFERENCE = Draft202012Validator(PUBLISHED)
EXAMPLES = [read_file(path).data for path in sorted((ROOT / "examples").glob("*.yaml"))]
SMALL = read(SAMPLE, "s.yaml").data
# Every type, and texts of every form that some key has or nearly has.
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 24.0, 2.5, [], {}, [None], [1], ["a"], [[]], [{}], {"nom": "a"}, "", " ",
    "a", "01", "053", "53", "DEF", "uo", "pole", "UO", "lundi", "lit", "installe", "2026-05-10", "2026-5-10",
    "2026-05-10T08:30", "09:00", "9:00", "24:00", "15 ans", "1 an", "15ans", "440099919", "2A0099917",
    "44000", "10099999996", "é", "a b", "\u0660\u0669:00", "\ufeff", "\u00a0",
]  # fmt: skip
KEYS = [
    "nom",
    "id",
    "type",
    "unites",
    "horaires",
    "telecoms",
    "telephone",
    "fonction",
    "note",
    "a/b",
    "",
]


def containers(data: Any) -> Iterator[Any]:
    """Every mapping and list that is not empty."""
    if isinstance(data, (dict, list)) and data:
        yield data
        for each in data.values() if isinstance(data, dict) else data:
            yield from containers(each)


def mutated(whole: Any, seed: int) -> Any:
    """The data after one to three edits of values, keys and items; the same for the same seed."""
    chance = Random(seed)
    data = deepcopy(whole)
    for _ in range(chance.randint(1, 3)):
        holder = chance.choice(list(containers(data)) or [{}])
        spot = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        match chance.randrange(4):
            case 0:
                del holder[spot]
            case 1 if isinstance(holder, dict):
                holder[chance.choice(KEYS)] = deepcopy(chance.choice(VALUES))
            case 2 if isinstance(holder, list):
                holder.insert(spot, deepcopy(chance.choice(VALUES)))
            case _:
                holder[spot] = deepcopy(chance.choice(VALUES))
    return data


def document(data: Any) -> Document:
    """A document with these data: JSON is YAML."""
    made = read(json.dumps(data, ensure_ascii=False, indent=1), "s.yaml")
    assert made.data == data
    return made


@cache
def fallback():
    return python_engine(SCHEMA.read_text("utf-8"))


@pytest.mark.parametrize(
    "seeds", [range(start, start + 100) for start in range(0, 1000, 100)], ids=str
)
def test_the_verdict_on_an_edited_establishment_is_the_reference_s(seeds):
    for seed in seeds:
        data = mutated(SMALL, seed)
        made = document(data)
        checked = check_schema(made)
        assert (checked.issues == []) is REFERENCE.is_valid(data), seed
        assert check_schema(made, fallback()) == checked, seed


def test_the_edits_make_valid_and_invalid_files():
    verdicts = [REFERENCE.is_valid(mutated(SMALL, seed)) for seed in range(200)]
    assert 20 < sum(verdicts) < 180


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_verdict_on_an_edited_example_is_the_reference_s(number):
    for seed in range(15):
        data = mutated(EXAMPLES[number], seed)
        assert (check_schema(document(data)).issues == []) is REFERENCE.is_valid(data), seed


def test_the_verdict_without_any_one_value_is_the_reference_s():
    for rank, holder in enumerate(containers(SMALL)):
        for spot in list(holder) if isinstance(holder, dict) else range(len(holder)):
            data = deepcopy(SMALL)
            del list(containers(data))[rank][spot]
            assert (check_schema(document(data)).issues == []) is REFERENCE.is_valid(data), spot


@settings(max_examples=60, deadline=None)
@given(establishments())
def test_the_verdict_on_any_establishment_is_the_reference_s(made):
    data = to_data(made)
    assert (check_schema(document(data)).issues == []) is REFERENCE.is_valid(data)


plain = st.recursive(
    st.sampled_from([each for each in VALUES if each not in ([], {})]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*KEYS, "format", "etablissement", "entite_juridique"]), inner
        )
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(plain.filter(lambda data: data is not None))
def test_any_document_has_the_reference_s_verdict(data):
    assert (check_schema(document(data)).issues == []) is REFERENCE.is_valid(data)


@pytest.mark.parametrize("seed", range(200))
def test_every_finding_on_an_edited_file_can_be_shown(seed):
    made = document(mutated(SMALL, seed))
    lines = made.text.splitlines()
    for found in validate(made, TODAY):
        assert 1 <= found.line <= len(lines)
        assert 1 <= found.column <= len(lines[found.line - 1]) + 1
        assert found.message
        assert found.remedy
    shown = [(each.rule, each.field) for each in validate(made, TODAY)]
    assert len(shown) == len(set(shown))
