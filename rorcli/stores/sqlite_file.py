"""The file of the embedded store: its schema, how it is opened, what its failures say.

WAL lets people read while somebody writes. `synchronous=NORMAL` then commits twice as fast as FULL
and cannot corrupt; what a power cut may lose is the last commits, and a push run again makes up
for that, since it plans anew from what the store holds.
"""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from rorcli.errors import StoreError, StoreUnavailableError, UsageError
from rorcli.model import decode
from rorcli.stores.sqlite_index import age_columns

#: Marks our files among those of SQLite (https://www.sqlite.org/fileformat.html#application_id).
APPLICATION_ID = int.from_bytes(b"RORc")
#: How long a writer waits for another one before giving up, and in turns of how long.
WAIT_SECONDS, TURN_SECONDS = 10.0, 1.0

# `nodes.id` is declared, or VACUUM could renumber the rows that the full-text index points to. The
# words come folded and cut from `sqlite_index`: `ascii` takes them as they are, and single words
# need no positions, hence detail=column.
_VERSION_1 = (
    f"PRAGMA application_id = {APPLICATION_ID}",
    """CREATE TABLE establishments (
        finess TEXT PRIMARY KEY, version INTEGER NOT NULL, nom TEXT, categorie TEXT, commune TEXT,
        code_postal TEXT, departement TEXT, code_insee TEXT, finess_ej TEXT, raison_sociale TEXT,
        names TEXT, legal TEXT, rank TEXT) WITHOUT ROWID""",
    """CREATE TABLE versions (
        finess TEXT, version INTEGER, written_on TEXT NOT NULL, author TEXT NOT NULL,
        data BLOB NOT NULL, PRIMARY KEY (finess, version))""",
    """CREATE TABLE nodes (
        id INTEGER PRIMARY KEY, finess TEXT NOT NULL, key TEXT NOT NULL, parent TEXT, type TEXT,
        nom TEXT, path TEXT, mode TEXT, type_offre TEXT, commune TEXT, verifie_le TEXT,
        changed_on TEXT NOT NULL, closed_on TEXT, site TEXT, offer TEXT, UNIQUE (finess, key))""",
    """CREATE VIRTUAL TABLE nodes_fts USING fts5 (
        site, offer, content='nodes', content_rowid='id', tokenize='ascii', detail='column')""",
    """CREATE TRIGGER node_added AFTER INSERT ON nodes BEGIN
        INSERT INTO nodes_fts (rowid, site, offer) VALUES (new.id, new.site, new.offer);
    END""",
    """CREATE TRIGGER node_removed AFTER DELETE ON nodes BEGIN
        INSERT INTO nodes_fts (nodes_fts, rowid, site, offer)
        VALUES ('delete', old.id, old.site, old.offer);
    END""",
    """CREATE TRIGGER node_changed AFTER UPDATE ON nodes
    WHEN old.site IS NOT new.site OR old.offer IS NOT new.offer BEGIN
        INSERT INTO nodes_fts (nodes_fts, rowid, site, offer)
        VALUES ('delete', old.id, old.site, old.offer);
        INSERT INTO nodes_fts (rowid, site, offer) VALUES (new.id, new.site, new.offer);
    END""",
)


def _fill_asks(connection: sqlite3.Connection) -> None:
    """What version 2 adds to each node comes from the documents that the file keeps."""
    for finess, data in connection.execute(_HELD):
        held = decode(json.loads(zlib.decompress(data)))
        values = [(*told, finess, key) for key, told in age_columns(held)]
        connection.executemany(_FILL, values)


_HELD = "SELECT finess, data FROM establishments JOIN versions USING (finess, version)"
_FILL = """UPDATE nodes SET closed_on = ?, ask_role = ?, ask_mail = ?, ask_phone = ?,
    dated_on = max(coalesce(verifie_le, ''), changed_on)
    WHERE finess = ? AND key = ?"""
# For audits by age: the day of a node and who to ask lie beside it. `dated_on` is no generated
# column, since no index on one covers a query before SQLite 3.41. `nodes_age` covers counts by
# establishment, `nodes_dated` finds the oldest.
_VERSION_2 = (
    "ALTER TABLE nodes ADD COLUMN ask_role TEXT",
    "ALTER TABLE nodes ADD COLUMN ask_mail TEXT",
    "ALTER TABLE nodes ADD COLUMN ask_phone TEXT",
    "ALTER TABLE nodes ADD COLUMN dated_on TEXT",
    _fill_asks,
    "CREATE INDEX nodes_age ON nodes (finess, type, dated_on, closed_on)",
    "CREATE INDEX nodes_dated ON nodes (dated_on)",
)
Step = str | Callable[[sqlite3.Connection], None]
#: What leads from each schema version to the next; `PRAGMA user_version` tells a file's own.
MIGRATIONS: tuple[tuple[Step, ...], ...] = (_VERSION_1, _VERSION_2)
#: The version from which the file tells ages without its documents.
WITH_AGES = 2

_RETRY = "attendez qu'il ait fini, ou fermez-le, puis relancez la commande"
_RIGHTS = "vérifiez les droits du fichier et de son dossier, ou choisissez un autre --store"
_OTHER = "vérifiez --store ; ce fichier est resté tel quel"
_RESTORE = "restaurez une sauvegarde, ou rechargez vos fichiers dans une base neuve"
_ROOM = "rien n'a été écrit : libérez de la place, puis relancez la commande"
# Answers of SQLite (https://www.sqlite.org/rescode.html) -> kind of error, what is wrong, remedy.
_FAILURES: dict[int, tuple[type[StoreError], str, str]] = {
    sqlite3.SQLITE_BUSY: (StoreUnavailableError, "verrouillée par un autre programme", _RETRY),
    sqlite3.SQLITE_LOCKED: (StoreUnavailableError, "verrouillée par un autre programme", _RETRY),
    sqlite3.SQLITE_READONLY: (StoreUnavailableError, "en lecture seule", _RIGHTS),
    sqlite3.SQLITE_PERM: (StoreUnavailableError, "accès interdit", _RIGHTS),
    sqlite3.SQLITE_CANTOPEN: (StoreUnavailableError, "impossible à ouvrir", _RIGHTS),
    sqlite3.SQLITE_NOTADB: (StoreUnavailableError, "ce n'est pas une base de rorcli", _OTHER),
    sqlite3.SQLITE_CORRUPT: (StoreUnavailableError, "abîmée", _RESTORE),
    sqlite3.SQLITE_FULL: (StoreUnavailableError, "disque plein", _ROOM),
}
_OF_SYSTEM = {
    errno.EACCES: sqlite3.SQLITE_PERM,
    errno.EPERM: sqlite3.SQLITE_PERM,
    errno.EROFS: sqlite3.SQLITE_READONLY,
    errno.ENOSPC: sqlite3.SQLITE_FULL,
}


def about() -> str:
    """The SQLite that runs, and the newest format of ours, as `doctor` shows them."""
    return f"SQLite {sqlite3.sqlite_version}, format {len(MIGRATIONS)}"


def connect(path: Path, *, create: bool, read_only: bool, wait: float) -> sqlite3.Connection:
    """A connection to our file, up to date; `read_only` gives one that cannot write.

    Raises:
        UsageError: Absent or without establishments, and `create` is false; none is made then.
        StoreUnavailableError: Not a file of ours, of a newer rorcli, or not to be opened.
    """
    if path.is_dir():
        raise _nothing(path, "c'est un dossier")
    if path.exists() and path.stat().st_size:
        _require_ours(path)
    elif not create:
        raise _nothing(path, "elle n'existe pas encore")
    else:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = "ro" if read_only else "rwc" if create else "rw"
    connection = _open(path, f"mode={mode}", wait)
    try:
        _require_known(path, connection)
        if not read_only:
            _bring_up_to_date(connection)
        if not create:
            _require_content(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def begin(connection: sqlite3.Connection, wait: float, said: Callable[[], object]) -> None:
    """Takes the lock of a writer; one who has to wait for it hears of it once, after a turn.

    In turns, or SQLite would keep Ctrl-C waiting too.
    """
    until, is_said = time.monotonic() + wait, False
    while True:
        turn = max(min(until - time.monotonic(), TURN_SECONDS), 0)
        connection.execute(f"PRAGMA busy_timeout = {turn * 1000:.0f}")
        try:
            connection.execute("BEGIN IMMEDIATE")
            break
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() >= until:
                raise
        if not is_said:
            said()
            is_said = True
    connection.execute(f"PRAGMA busy_timeout = {wait * 1000:.0f}")


@contextmanager
def failures_told(path: Path) -> Iterator[None]:
    """Whatever SQLite or the system answers becomes an error of the store, with its remedy."""
    try:
        yield
    except (sqlite3.Error, zlib.error, OSError, ValueError) as error:
        kind, what, remedy = _failure(error)
        raise kind(f"base {path} : {what}", remedy=remedy) from error


def _failure(error: Exception) -> tuple[type[StoreError], str, str]:
    if isinstance(error, OSError):
        code = _OF_SYSTEM.get(error.errno or 0, sqlite3.SQLITE_CANTOPEN)
    elif isinstance(error, (zlib.error, ValueError)):
        # Bytes that are no text, text that is no JSON: the file was damaged.
        code = sqlite3.SQLITE_CORRUPT
    else:
        # The low byte is the primary code, the others tell variants apart.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    other = StoreUnavailableError, f"elle ne répond pas ({error})", "diagnostic : rorcli doctor"
    return _FAILURES.get(code, other)


def _open(path: Path, options: str, wait: float) -> sqlite3.Connection:
    # Three slashes at least: a Windows drive or share is part of the path, never a host.
    posix = path.absolute().as_posix()
    uri = f"file:///{quote(os.fsencode(posix.removeprefix('/')))}?{options}"
    connection = sqlite3.connect(uri, uri=True, timeout=wait, isolation_level=None)
    try:
        connection.execute("PRAGMA user_version").fetchone()
        connection.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.OperationalError:
        connection.close()
        # Reading a WAL file writes beside it. Where we may not, and no WAL tells of a writer,
        # the file alone is whole: nobody is writing.
        if options != "mode=ro" or Path(f"{path}-wal").exists():
            raise
        return _open(path, "mode=ro&immutable=1", wait)
    except BaseException:
        connection.close()
        raise
    return connection


def _require_ours(path: Path) -> None:
    """Look at the header alone, without lock, recovery or WAL, all of which write."""
    # Through SQLite: closing a file that it has open elsewhere in this process drops its locks.
    connection = _open(path, "mode=ro&immutable=1", 0)
    try:
        (found,) = connection.execute("PRAGMA application_id").fetchone()
    finally:
        connection.close()
    if found != APPLICATION_ID:
        kind, what, remedy = _FAILURES[sqlite3.SQLITE_NOTADB]
        raise kind(f"base {path} : {what}", remedy=remedy)


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Run the migrations that are missing, all or none, then allow readers beside a writer."""
    if version_of(connection) < len(MIGRATIONS):
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            # Another process may have done it meanwhile.
            for statements in MIGRATIONS[version_of(connection) :]:
                for step in statements:
                    step(connection) if callable(step) else connection.execute(step)
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    # After the tables: the header must be in the file, and not in the WAL, for `_require_ours`.
    with suppress(sqlite3.OperationalError):  # another process is at it
        connection.execute("PRAGMA journal_mode = WAL")


def _require_known(path: Path, connection: sqlite3.Connection) -> None:
    version = version_of(connection)
    if version > len(MIGRATIONS):
        raise StoreUnavailableError(
            f"base {path} : format {version}, ce rorcli s'arrête au {len(MIGRATIONS)}",
            remedy="installez la dernière version de rorcli",
        )


def _require_content(path: Path, connection: sqlite3.Connection) -> None:
    if not connection.execute("SELECT 1 FROM establishments LIMIT 1").fetchone():
        raise _nothing(path, "elle est vide")


def _nothing(path: Path, what: str) -> UsageError:
    return UsageError(
        f"base {path} : {what}",
        remedy="chargez-y vos fichiers, rorcli load FICHIER, ou vérifiez --store",
    )


def version_of(connection: sqlite3.Connection) -> int:
    """The schema version of a file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
