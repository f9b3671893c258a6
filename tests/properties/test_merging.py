"""Taking the directory's changes into a file: afterwards they agree, and our lines are untouched."""

from pathlib import Path

import pytest

from rorcli.exchange import text_of, tidy
from rorcli.files import read_file
from rorcli.merging import splice
from rorcli.model import Establishment, decode
from rorcli.planning.changes import merge
from rorcli.planning.facts import assemble, doubles, facts
from rorcli.planning.plan import Sides
from rorcli.text.document import read
from tests.mutations import mutated

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))


def held(establishment: Establishment) -> Establishment:
    """What a store holds of a file."""
    return assemble(facts(establishment, doubles(establishment)).values)


@pytest.mark.parametrize("seed", range(60))
def test_after_a_merge_nothing_of_theirs_is_left(seed: int) -> None:
    before = held(decode(read_file(EXAMPLES[seed % len(EXAMPLES)]).data))
    after = held(mutated(before, seed))
    document = read(text_of(tidy(before)), "etab.yaml")
    ours = decode(document.data)
    compared = Sides.of(ours, after, facts(ours, doubles(ours)))
    found = merge(compared.ours, compared.theirs, compared.base)
    assert not found.ours
    merged = splice(document, found.theirs, tidy(after), compared.doubled)
    again = Sides.of(decode(merged.data), after, None)
    assert merge(again.ours, again.theirs, again.base).ours == ()
