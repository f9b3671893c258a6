"""The two ways of the FHIR mapping undo each other, and leave alone what is not theirs."""

from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rorcli.stores.base import same_facts
from tests.fhir import changes, decorated, plain, storable, tree_of, written

# Two establishments take minutes to shrink, which is longer than a test may last.
slow = settings(
    max_examples=60,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@slow
@given(storable())
def test_what_was_written_is_read_back(establishment):
    assert tree_of(written(establishment)).establishment == establishment


@slow
@given(storable(), st.integers())
def test_reading_and_writing_back_changes_no_resource(establishment, seed):
    tree = tree_of(decorated(written(establishment), Random(seed)))
    assert tree.establishment == establishment
    assert not [pair for pair in changes(establishment, tree) if pair.is_changed]


@slow
@given(storable(), storable(), st.integers())
def test_what_we_do_not_know_survives_any_change(before, after, seed):
    bare = written(before)
    adorned = decorated(bare, Random(seed))
    expected, found = changes(after, tree_of(bare)), changes(after, tree_of(adorned))
    # What a pair holds besides, `onto`, works on states of a server: its own tests are the store's.
    sides = [[list(pair[:3]) for pair in pairs] for pairs in (found, expected)]
    assert [plain(pair) for pair in sides[0]] == sides[1]
    for pair in found:
        if pair.before and pair.after:
            for key in ("text", "contained"):
                assert pair.after[key] == pair.before[key]


@slow
@given(storable(), storable())
def test_whatever_was_there_the_server_then_holds_what_was_wanted(before, after):
    held = {(each["resourceType"], each["id"]): each for each in written(before)}
    for pair in changes(after, tree_of(held.values())):
        for each in filter(None, [pair.before]):
            held.pop((each["resourceType"], each["id"]), None)
        for each in filter(None, [pair.after]):
            held[each["resourceType"], each["id"]] = each
    assert same_facts(tree_of(held.values()).establishment, after)
