"""What holds for any establishment and any edit: nothing is lost, nothing else is changed."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings

from rorcli.files import read_file
from rorcli.model import Establishment, decode, to_data
from rorcli.planning.changes import apply_changes, merge
from rorcli.planning.facts import assemble, doubles, facts
from rorcli.planning.plan import Sides
from rorcli.text import edits, render
from rorcli.text.document import read
from tests.mutations import mutated
from tests.strategies import establishments

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))
some = settings(max_examples=40, deadline=None)


def held(establishment: Establishment) -> Establishment:
    """What a store holds of a file: values only."""
    return assemble(facts(establishment, doubles(establishment)).values)


@some
@given(establishments())
def test_an_establishment_goes_to_data_and_back(made):
    assert decode(to_data(made)) == made


@some
@given(establishments())
def test_an_establishment_is_written_as_text_and_read_back(made):
    document = read(render.document(to_data(made), "s"), "x")
    assert document.data == to_data(made)
    assert (document.faults, document.ambiguous) == ((), ())


@some
@given(establishments())
def test_facts_are_assembled_again(made):
    whole = held(made)
    known = facts(whole, doubles(whole))
    assert facts(assemble(known.values), doubles(whole)).values == known.values


@pytest.mark.parametrize("seed", range(40))
def test_applying_a_comparison_makes_the_store_say_what_the_file_says(seed):
    theirs = held(decode(read_file(EXAMPLES[seed % len(EXAMPLES)]).data))
    ours = mutated(theirs, seed, times=8)
    sides = Sides.of(ours, theirs, None)
    assert merge(sides.theirs, sides.theirs, None).ours == ()
    found = merge(sides.ours, sides.theirs, None)
    after = Sides.of(ours, apply_changes(theirs, found.ours, sides.doubled), None)
    assert merge(after.ours, after.theirs, None).ours == ()
    touched = {change.path for change in found.ours}
    kept = {p: v for p, v in after.theirs.values.items() if p not in touched}
    assert kept.items() <= sides.theirs.values.items()


@pytest.mark.parametrize("seed", range(40))
def test_a_random_edit_changes_its_lines_and_no_other(seed):
    chance = Random(seed)
    before = read_file(EXAMPLES[seed % len(EXAMPLES)])
    pointers = [p for p, mark in before.marks.items() if mark.style in {"plain", "double"}]
    pointer = chance.choice(
        [p for p in pointers if isinstance(edits.value_at(before.data, p), str)]
    )
    once = edits.set_value(before, pointer, f"valeur {seed}")
    assert edits.set_value(once, pointer, f"valeur {seed}") is once
    old, new = before.text.splitlines(), once.text.splitlines()
    line = before.position(pointer)[0] - 1
    assert (old[:line], old[line + 1 :]) == (new[:line], new[line + 1 :])
    back = edits.set_value(once, pointer, edits.value_at(before.data, pointer))
    assert back.data == before.data


@pytest.mark.parametrize("seed", range(40))
def test_items_come_and_go_without_a_trace(seed):
    chance = Random(seed)
    before = read_file(EXAMPLES[seed % len(EXAMPLES)])
    lists = [p for p in before.marks if isinstance(edits.value_at(before.data, p), list)]
    pointer = chance.choice(lists)
    items = edits.value_at(before.data, pointer)
    more = edits.append_item(before, pointer, items[0] if items else "x")
    back = edits.remove_item(more, f"{pointer}/{len(items)}")
    assert back.data == before.data
    if items:
        assert back.text == before.text
