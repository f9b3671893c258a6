"""Any value in any place of a well laid out file: it is written, and nothing else changes."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rorcli.fields import Kind
from rorcli.model import spec_at
from rorcli.text import edits
from rorcli.text.document import Document, read
from tests.sample import SAMPLE
from tests.strategies import TEXT

DRESSES: dict[str, Callable[[str], str]] = {
    "plain": str,
    "BOM": lambda text: "\ufeff" + text,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "no last break": lambda text: text.rstrip("\n"),
    "single quotes": lambda text: text.replace('"', "'"),
}
READ = {name: read(dress(SAMPLE), "x") for name, dress in DRESSES.items()}
PLACES = [p for p in READ["plain"].marks if p.startswith("/e")]
VALUES = TEXT | st.none() | st.booleans() | st.integers(0, 10**9)
documents = st.sampled_from(list(READ.values()))


def scalars(held: Document) -> list[str]:
    return [p for p in PLACES if not isinstance(edits.value_at(held.data, p), (dict, list))]


def lists(held: Document) -> list[str]:
    return [p for p in PLACES if isinstance(edits.value_at(held.data, p), list)]


def untouched(before: Document, after: Document, line: int) -> bool:
    """True when all lines but that one are as they were."""
    old, new = before.text.split("\n"), after.text.split("\n")
    return old[: line - 1] == new[: line - 1] and old[line:] == new[line:]


@given(documents, st.sampled_from(scalars(READ["plain"])), VALUES)
def test_any_value_takes_the_place_of_any_other(before, pointer, value):
    after = edits.set_value(before, pointer, value)
    assert edits.value_at(after.data, pointer) == value
    assert untouched(before, after, before.position(pointer)[0])
    assert edits.set_value(after, pointer, value) is after
    back = edits.set_value(after, pointer, edits.value_at(before.data, pointer))
    assert back.data == before.data


@given(documents, st.sampled_from(lists(READ["plain"])), TEXT)
def test_an_item_comes_to_any_list_and_goes_without_a_trace(before, pointer, text):
    spec = spec_at(pointer)
    assert spec is not None
    item: Any = {"nom": text} if spec.kind is Kind.NOUNS else text
    count = len(edits.value_at(before.data, pointer))
    after = edits.append_item(before, pointer, item)
    assert edits.value_at(after.data, f"{pointer}/{count}") == item
    assert edits.remove_item(after, f"{pointer}/{count}").text == before.text


@given(documents, st.sampled_from(["/etablissement/adresse", "/etablissement/directeur",
                                   "/etablissement/contacts/0", "/etablissement/unites/0"]),
       st.sampled_from(["description", "complement"]), TEXT)  # fmt: skip
def test_a_key_comes_to_any_mapping_on_a_line_of_its_own_or_of_the_mapping(
    before, parent, key, text
):
    after = edits.set_value(before, f"{parent}/{key}", text)
    assert edits.value_at(after.data, f"{parent}/{key}") == text
    kept = [line for line in before.text.split("\n") if line not in after.text.split("\n")]
    assert len(kept) <= 1


@pytest.mark.parametrize("name", READ)
def test_every_value_is_found_where_it_is_written(name):
    held = READ[name]
    for pointer in PLACES:
        value, source = edits.value_at(held.data, pointer), held.source(pointer)
        line, column = held.position(pointer)
        assert held.text.split("\n")[line - 1].removeprefix("\ufeff")[column - 1] == source[0]
        if isinstance(value, str):
            assert source.strip("\"'") == value
