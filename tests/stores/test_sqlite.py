"""What only the embedded store has: one file, its locks, its versions, and what may befall it."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import zlib
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from rorcli.errors import (
    ExitCode,
    StoreConflictError,
    StoreUnavailableError,
    UsageError,
)
from rorcli.stores import open_store
from rorcli.stores.base import Query
from rorcli.stores.sqlite import SqliteStore, open_sqlite
from rorcli.stores.sqlite_file import MIGRATIONS
from tests.stores.contract import (
    LATER,
    LOADED,
    SAULES,
    TREE,
    changed,
    establishment,
    plan_to,
    rename_cardio,
    unit,
)

ROOT = Path(__file__).parents[2]
RENAMED = changed(TREE, rename_cardio)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "annuaire.sqlite"


@pytest.fixture
def store(path):
    with closing(open_sqlite(path, create=True, wait=0.1)) as opened:
        opened.add(TREE, today=LOADED)
        yield opened


@pytest.fixture
def closed(path):
    """The path of a filled store that nobody has open."""
    with closing(open_sqlite(path, create=True)) as opened:
        opened.add(TREE, today=LOADED)
    return path


@pytest.fixture
def shared():
    """A folder that other users of the machine can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def ordinary_user():
    """Not root, whom no permission stops."""
    if os.name == "nt":
        pytest.skip("permissions of POSIX")
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(mine)


@contextmanager
def child(code: str, path: Path):
    """Another process running `code` with a connection `db`; it has said what it prints first."""
    start = f"import sqlite3, sys; db = sqlite3.connect({str(path)!r}, isolation_level=None)\n"
    with subprocess.Popen(
        [sys.executable, "-c", start + code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.communicate("\n")


def sql(path: Path, statement: str):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()


def files_of(folder: Path):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


HOLD = "db.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.readline()"


# -- versions


def test_every_version_is_kept_with_its_day_and_author(store, path):
    store.apply(plan_to(store, RENAMED), today=LATER, author="M. Durand")
    store.add(TREE, today=LATER, replace=True)
    rows = sql(path, "SELECT version, written_on, author, data FROM versions ORDER BY version")
    assert [row[:3] for row in rows] == [
        (1, "2026-05-12", "rorcli load"),
        (2, "2026-11-03", "M. Durand"),
        (3, "2026-11-03", "rorcli load"),
    ]
    names = [json.loads(zlib.decompress(data))["etablissement"]["unites"][0]["unites"][0]["nom"]
             for *_, data in rows]  # fmt: skip
    assert names == [f"Consultations de {what}logie" for what in ("cardio", "rythmo", "cardio")]


def test_a_conflict_tells_who_wrote_and_when(store):
    late = plan_to(store, changed(TREE, lambda eg: eg.update(nom="Autre")))
    store.apply(plan_to(store, RENAMED), today=LATER, author="M. Durand")
    with pytest.raises(StoreConflictError, match=r"version 2, écrite le 2026-11-03 par M\. Durand"):
        store.apply(late, today=LATER, author="")


def test_the_cost_of_a_write_follows_the_change(store):
    units = [unit("pole", f"Pôle {number:03}", f"52/{number}") for number in range(100)]
    store.add(establishment(units=units), today=LOADED, replace=True)
    wanted = establishment(units=[*units[:50], {**units[50], "nom": "Renommé"}, *units[51:]])
    touched: list[str] = []
    store._connection.set_trace_callback(touched.append)
    store.apply(plan_to(store, wanted), today=LATER, author="")
    assert len({each for each in touched if "INTO nodes (" in each}) == 1


def test_the_word_index_agrees_with_the_rows(store):
    store.apply(plan_to(store, RENAMED), today=LATER, author="")
    store.apply(plan_to(store, establishment()), today=LATER, author="")
    store.add(TREE, today=LOADED, replace=True)
    store._connection.execute(
        "INSERT INTO nodes_fts (nodes_fts, rank) VALUES ('integrity-check', 1)"
    )
    store._connection.execute("VACUUM")
    (hit,) = store.search(Query(what="coeur"))
    assert [key for key, _ in hit.units] == ["52/0000004"]


# -- opening


def test_reading_makes_no_file(path):
    for read_only in (True, False):
        with pytest.raises(UsageError) as raised:
            open_sqlite(path, read_only=read_only)
        assert str(path) in raised.value.message
        assert "rorcli load" in raised.value.remedy
    assert not list(path.parent.iterdir())


def test_a_store_without_establishments_is_nothing_to_look_at(path):
    open_sqlite(path, create=True).close()
    with pytest.raises(UsageError, match="elle est vide"):
        open_sqlite(path)


def test_an_empty_file_is_filled_only_to_load(path):
    path.touch()
    with pytest.raises(UsageError):
        open_sqlite(path)
    assert path.stat().st_size == 0
    open_sqlite(path, create=True).close()
    assert path.stat().st_size


def test_missing_folders_are_made_private_to_load(tmp_path):
    path = tmp_path / "data" / "rorcli" / "annuaire.sqlite"
    open_sqlite(path, create=True).close()
    assert os.name == "nt" or stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_folder_is_no_store(tmp_path):
    with pytest.raises(UsageError, match="c'est un dossier"):
        open_sqlite(tmp_path, create=True)


def test_a_name_may_hold_what_an_address_may_not(tmp_path):
    path = tmp_path / "été #1 ? 100%.sqlite"
    open_sqlite(path, create=True).close()
    assert path.exists()


def test_many_may_create_at_once(path):
    failures: list[BaseException] = []

    def create():
        try:
            open_sqlite(path, create=True).close()
        except BaseException as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sql(path, "PRAGMA user_version") == [(len(MIGRATIONS),)]


@pytest.mark.parametrize("content", [b"format: 1\n" * 50, b"SQLite format 3\0" + b"\xff" * 500])
def test_another_kind_of_file_is_left_alone(path, content):
    path.write_bytes(content)
    for create in (True, False):
        with pytest.raises(StoreUnavailableError, match=r"ce n'est pas une base|abîmée"):
            open_sqlite(path, create=create)
    assert files_of(path.parent) == {path.name: content}


def test_the_database_of_another_program_is_left_alone(path):
    sql(path, "CREATE TABLE theirs (a)")
    sql(path, "PRAGMA journal_mode = WAL")
    before = files_of(path.parent)
    for create in (True, False):
        with pytest.raises(StoreUnavailableError, match="ce n'est pas une base de rorcli"):
            open_sqlite(path, create=create)
    assert files_of(path.parent) == before


def test_the_store_of_a_newer_rorcli_is_left_alone(closed):
    sql(closed, "PRAGMA user_version = 99")
    before = files_of(closed.parent)
    for create in (True, False):
        with pytest.raises(StoreUnavailableError, match="format 99"):
            open_sqlite(closed, create=create)
    assert files_of(closed.parent) == before


# -- reading without the right to write


def test_a_read_only_store_reads_and_cannot_write(closed):
    with closing(open_sqlite(closed, read_only=True)) as store:
        plan = plan_to(store, RENAMED)
        assert list(store.search(Query(what="coeur")))
        with pytest.raises(StoreUnavailableError, match="en lecture seule"):
            store.apply(plan, today=LATER, author="")
    assert closed.read_bytes()[:16] == b"SQLite format 3\0"


def test_a_read_only_store_sees_what_a_writer_has_just_done(store, path):
    store.apply(plan_to(store, RENAMED), today=LATER, author="")
    with closing(open_sqlite(path, read_only=True)) as reader:
        assert reader.fetch(SAULES) == store.fetch(SAULES)


def test_reading_in_a_folder_where_nothing_can_be_written(shared):
    path = shared / "annuaire.sqlite"
    with closing(open_sqlite(path, create=True)) as store:
        store.add(TREE, today=LOADED)
    before = files_of(shared)
    with ordinary_user():
        with closing(open_sqlite(path, read_only=True)) as store:
            assert store.fetch(SAULES)
        with pytest.raises(StoreUnavailableError, match="en lecture seule") as raised:
            open_sqlite(path)
    assert raised.value.exit_code is ExitCode.UNAVAILABLE
    assert "droits" in raised.value.remedy
    assert files_of(shared) == before


def test_a_file_or_folder_that_is_forbidden(shared):
    path = shared / "private" / "annuaire.sqlite"
    with closing(open_sqlite(path, create=True)) as store:
        store.add(TREE, today=LOADED)
    with ordinary_user():
        for place in (path, shared / "new" / "annuaire.sqlite"):
            with pytest.raises(StoreUnavailableError, match=r"accès interdit|lecture seule"):
                open_sqlite(place, create=True)
    path.parent.chmod(0o755)
    path.chmod(0)
    with ordinary_user(), pytest.raises(StoreUnavailableError, match="impossible à ouvrir"):
        open_sqlite(path)


# -- locks and accidents


def test_a_writer_gives_up_on_a_lock_and_names_the_file(store, path):
    plan = plan_to(store, RENAMED)
    with child(HOLD, path):
        for write in (
            lambda: store.add(RENAMED, today=LATER, replace=True),
            lambda: store.apply(plan, today=LATER, author=""),
        ):
            with pytest.raises(StoreUnavailableError, match="verrouillée") as raised:
                write()
            assert str(path) in raised.value.message
        assert list(store.search(Query(what="cardiologie")))
    assert store.apply(plan, today=LATER, author="").version == "2"


def test_a_writer_waits_for_another_one(path, closed):
    code = "import time; db.execute('BEGIN IMMEDIATE'); print(flush=True); time.sleep(0.3)"
    with closing(open_sqlite(path, wait=30)) as patient, child(code, closed):
        assert patient.add(RENAMED, today=LATER, replace=True) == "replaced"


def test_readers_do_not_wait_for_a_writer(closed):
    with child(HOLD, closed), closing(open_sqlite(closed, wait=0)) as store:
        assert store.fetch(SAULES)


@pytest.mark.parametrize("moment", ["INSERT INTO versions", "INSERT INTO nodes", "COMMIT"])
def test_a_kill_leaves_the_former_version(closed, moment):
    before = files_of(closed.parent)
    code = f"""
import os, signal
from pathlib import Path
from rorcli.stores.sqlite import open_sqlite
from tests.stores.contract import LATER, TREE, changed, plan_to, rename_cardio
store = open_sqlite(Path({str(closed)!r}))
def die(statement):
    if {moment!r} in " ".join(statement.split()):
        os.kill(os.getpid(), {int(getattr(signal, "SIGKILL", signal.SIGTERM))})
plan = plan_to(store, changed(TREE, rename_cardio))
store._connection.set_trace_callback(die)
store.apply(plan, today=LATER, author="")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode != 0
    assert closed.read_bytes() == before[closed.name]
    with closing(open_sqlite(closed)) as store:
        assert plan_to(store, RENAMED).version == "1"
        assert list(store.search(Query(what="cardiologie")))
        assert store.apply(plan_to(store, RENAMED), today=LATER, author="").version == "2"


def test_a_full_disk_leaves_the_former_version(store):
    before = store.fetch(SAULES)
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    many = [unit("pole", f"Pôle {number}", f"52/{number}") for number in range(500)]
    with pytest.raises(StoreUnavailableError, match="disque plein"):
        store.add(establishment(units=many), today=LATER, replace=True)
    assert store.fetch(SAULES) == before
    store._connection.execute("PRAGMA max_page_count = 100000")
    assert store.add(establishment(units=many), today=LATER, replace=True) == "replaced"


def test_a_damaged_file_is_told(closed):
    content = closed.read_bytes()
    closed.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(StoreUnavailableError, match="abîmée"):
        open_sqlite(closed)


def test_damaged_data_are_told(store, path):
    sql(path, "UPDATE versions SET data = x'00'")
    with pytest.raises(StoreUnavailableError, match="abîmée") as raised:
        store.fetch(SAULES)
    assert "sauvegarde" in raised.value.remedy


def test_whatever_else_sqlite_says_is_told(store, path):
    sql(path, "DROP TABLE nodes_fts")
    with pytest.raises(StoreUnavailableError, match="no such table"):
        list(store.search(Query(what="x")))


# -- addresses


def test_an_address_opens_its_store(closed):
    with closing(open_store(f"sqlite:{closed}")) as store:
        assert isinstance(store, SqliteStore)
        assert store.url == f"sqlite:{closed}"
        assert store.fetch(SAULES)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:", "n'est pas l'adresse"),
        ("sqlite:annuaire.sqlite", "le chemin de la base doit être complet"),
        ("annuaire.sqlite", "n'est pas l'adresse"),
        ("postgres://x/y", "n'est pas l'adresse"),
        ("fhir://x/y", "n'est pas l'adresse"),
    ],
)
def test_an_address_that_opens_nothing_says_what_to_write(url, message):
    with pytest.raises(UsageError, match=message) as raised:
        open_store(url, create=True)
    assert "sqlite:" in raised.value.remedy


@pytest.mark.skipif(os.name != "nt", reason="drives are of Windows")
def test_an_address_may_begin_with_a_drive(closed):
    assert closed.drive
    open_store(f"sqlite:{closed}").close()


@pytest.mark.parametrize(
    "data",
    [b"", b"pas du zlib", zlib.compress(b"\xff\xfe"), zlib.compress(b"{")],
    ids=["empty", "not zlib", "not text", "not JSON"],
)
def test_a_damaged_version_is_told_and_nothing_is_made_up(closed, data):
    with closing(sqlite3.connect(closed)) as raw, raw:
        raw.execute("UPDATE versions SET data = ?", (data,))
    with closing(open_sqlite(closed)) as damaged:
        for read in (damaged.fetch, lambda key: list(damaged.history(key))):
            with pytest.raises(StoreUnavailableError, match="base"):
                read(TREE.finess)
