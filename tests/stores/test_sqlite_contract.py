"""The contract on a real SQLite file, and on the memory store that other tests use."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rorcli.stores.base import LoadableStore, Query
from rorcli.stores.sqlite import open_sqlite
from tests.stores.contract import LOADED, TOWNS, LoadContract, StoreContract
from tests.stores.memory import MemoryStore

WORDS = ["hôpital", "Nantes", "44", "440", "cœur", "l'école", "pôle", "Écume", "2A", "consult"]
TEXTS = st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=3).map(" ".join)


class TestSqlite(StoreContract, LoadContract):
    @pytest.fixture
    def store(self, tmp_path):
        opened: LoadableStore = open_sqlite(tmp_path / "annuaire.sqlite", create=True)
        yield opened
        opened.close()

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(query=st.builds(Query, words=TEXTS, place=TEXTS, what=TEXTS, ej=TEXTS))
    def test_search_finds_what_the_plain_way_finds(self, store, query):
        plain = MemoryStore()
        for each in TOWNS:
            store.add(each, today=LOADED)
            plain.add(each, today=LOADED)
        assert list(store.search(query)) == list(plain.search(query))


class TestMemory(StoreContract, LoadContract):
    @pytest.fixture
    def store(self):
        opened: LoadableStore = MemoryStore()
        return opened
