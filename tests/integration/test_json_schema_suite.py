"""The JSON-Schema-Test-Suite, draft 2020-12, through both engines of our schema stage.

As the sources of `jsonschema` carry it: all required cases, but those that fetch schemas from a
server (`refRemote`, and the like) and custom vocabularies, which ours does not use.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from rorcli.validation.schema import python_engine, rust_engine
from tests.integration.need import json_schema_suite

pytestmark = pytest.mark.integration
ENGINES = [rust_engine, python_engine]
LEFT_OUT = {"refRemote", "vocabulary"}
# Cases of dynamicRef and others that fetch.
SERVER = "http://localhost:1234"


def groups() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted((json_schema_suite() / "tests/draft2020-12").glob("*.json")):
        for group in json.loads(file.read_text("utf-8")) if file.stem not in LEFT_OUT else ():
            if SERVER not in json.dumps(group["schema"]):
                yield file.stem, group


def test_the_suite_is_whole():
    assert sum(len(group["tests"]) for _, group in groups()) > 1100


@pytest.mark.parametrize("engine", ENGINES)
def test_the_verdict_is_the_suite_s(engine):
    wrong = []
    for keyword, group in groups():
        find = engine(json.dumps(group["schema"]))
        wrong += [
            (keyword, group["description"], case["description"])
            for case in group["tests"]
            if (find(case["data"]) == []) is not case["valid"]
        ]
    assert wrong == []


def test_both_engines_see_each_breach_alike():
    """Place, keyword and key, for the keywords that our schema uses."""
    alike = {"required", "type", "enum", "const", "minimum", "minItems"}
    for keyword, group in groups():
        if keyword in alike:
            engines = [engine(json.dumps(group["schema"])) for engine in ENGINES]
            for case in group["tests"]:
                one, other = (set(find(case["data"])) for find in engines)
                assert one == other, (keyword, group["description"], case["description"])
