"""The embedded store tells ages by itself: the same as an audit that reads all it holds."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rorcli.stores.base import Query
from rorcli.stores.sqlite import open_sqlite
from rorcli.stores.sqlite_file import MIGRATIONS
from rorcli.validation.auditing import Criteria, account, audit_all
from rorcli.validation.freshness import Dates
from tests.stores.contract import LOADED, TREE
from tests.strategies import establishments


@pytest.fixture
def path(tmp_path):
    return tmp_path / "annuaire.sqlite"


@pytest.fixture
def store(path):
    with closing(open_sqlite(path, create=True)) as opened:
        opened.add(TREE, today=LOADED)
        yield opened


def sql(path, statement):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()


def audited(held, criteria):
    """What reading every establishment tells of its ages."""
    seen = [(each.establishment, Dates(each.changed_on)) for each in held]
    return account(audit_all(seen, criteria, is_whole=True))


def late(store, criteria):
    return [*store.ages(Query(), criteria).late]


@given(st.lists(establishments(), min_size=1, max_size=3), st.dates(), st.dates(), st.dates())
def test_ages_are_those_of_an_audit_that_reads_everything(held, today, limit, of_uo):
    criteria = Criteria(today, limit, ("age",), {"uo": of_uo})
    with TemporaryDirectory() as folder:
        store = open_sqlite(Path(folder) / "a.sqlite", create=True)
        for number, each in enumerate(held):
            eg = replace(each.etablissement, finess=f"44009991{number}")
            store.add(replace(each, etablissement=eg), today=date(2026, 10, 1), replace=True)
        ages = store.ages(Query(), criteria)
        assert ages
        read = audited(store.fetch_each(Query()), criteria)
        # The place in a file, and what to hide in a report to share, are nothing to a list of ages.
        late = [replace(e, at=replace(e.at, pointer="", is_sensitive=False)) for e in read.late]
        assert sorted(ages.late, key=repr) == sorted(late, key=repr)
        assert [(e.site, e.nodes, e.late) for e in ages.every] == [
            (e.site, e.nodes, e.late) for e in read.every
        ]
        store.close()


def test_the_oldest_comes_first_and_a_query_chooses(store):
    criteria = Criteria(date(2030, 1, 1), date(2029, 1, 1), ("age",))
    days = [each.dated_on for each in store.ages(Query(), criteria).late]
    assert days
    assert days == sorted(days)
    nowhere = store.ages(Query(place="Nulle-Part"), criteria)
    assert ([*nowhere.late], nowhere.every) == ([], [])


def test_a_file_of_before_learns_ages_when_it_is_opened_to_write(store, path):
    criteria = Criteria(date(2030, 1, 1), date(2029, 1, 1), ("age",))
    expected = late(store, criteria)
    store.close()
    sql(path, "DROP INDEX nodes_age")
    sql(path, "DROP INDEX nodes_dated")
    for column in ("dated_on", "ask_role", "ask_mail", "ask_phone"):
        sql(path, f"ALTER TABLE nodes DROP COLUMN {column}")
    sql(path, "PRAGMA user_version = 1")
    reader = open_sqlite(path, read_only=True)
    assert reader.ages(Query(), criteria) is None
    assert [*reader.search(Query())]
    reader.close()
    writer = open_sqlite(path)
    assert late(writer, criteria) == expected
    writer.close()
    assert sql(path, "PRAGMA user_version") == [(len(MIGRATIONS),)]
