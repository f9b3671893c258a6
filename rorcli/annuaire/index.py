"""An extract as an SQLite file in the user's cache: built once, then a person is found at once.

Its name holds the extract's path, size and time of change: another extract has another index, and
the former one of the same path goes.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from rorcli import files
from rorcli.annuaire.extract import BLOCK, RPPS_LENGTH, Extract, Row, Situation
from rorcli.codes import fold
from rorcli.errors import UsageError
from rorcli.plurals import counted

VERSION = 1
# What goes through the blocks and tells how far: blocks, how many there will be.
Progress = Callable[[Iterable[list[Row]], int], Iterable[list[Row]]]

_FIELDS = ", ".join(Situation._fields)
_TABLE = f"CREATE TABLE situation (rpps INTEGER, {', '.join(Situation._fields[1:])})"
_INSERT = f"INSERT INTO situation VALUES (?{', ?' * (len(Situation._fields) - 1)})"  # noqa: S608 - our own names
_KNOWN = "SELECT 1 FROM situation WHERE rpps = ? LIMIT 1"
_SELECT = f"SELECT DISTINCT {_FIELDS} FROM situation WHERE "  # noqa: S608 - as above


class Index:
    """The people of an extract; every question is answered from the cache."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)

    def of(self, rpps: str) -> list[Situation]:
        """The situations of that number, each once; none when the register lacks it."""
        return self._found("rpps = ? ORDER BY rowid", int(rpps)) if _is_number(rpps) else []

    def named(self, nom: str, prenom: str = "") -> list[Situation]:
        """The situations of everybody of that name (accents and case aside), by number."""
        keys = dict.fromkeys((nom.upper(), fold(nom).upper()))
        found = (row for key in keys for row in self._found("nom = ? ORDER BY rpps", key))
        return [row for row in found if fold(row.prenom).startswith(fold(prenom))]

    def holds(self, rpps: str) -> bool:
        """Whether the register knows that number."""
        return _is_number(rpps) and bool(self._rows(_KNOWN, int(rpps)))

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def _found(self, condition: str, value: int | str) -> list[Situation]:
        rows = self._rows(_SELECT + condition, value)
        return [Situation(f"{rpps:0{RPPS_LENGTH}}", *rest) for rpps, *rest in rows]

    def _rows(self, asked: str, value: int | str) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(asked, (value,)).fetchall()
        except sqlite3.DatabaseError as error:
            raise UsageError(f"{self._path} : index de l'Annuaire santé abîmé",
                             remedy="supprimez ce fichier, il sera refait") from error  # fmt: skip


def open_index(
    extract: Path, cache: Path, progress: Progress, say: Callable[[str], object]
) -> Index:
    """The index of an extract, built if there is none yet; `say` hears of what was left out.

    Raises:
        UsageError: The extract cannot be read (see `Extract`), changed meanwhile, or the cache
            cannot be written.
    """
    path = _place(extract, cache)
    if not path.exists():
        _build(extract, path, progress, say)
    for former in cache.glob(f"{_stem(extract)}-*.sqlite"):
        if former != path:
            with suppress(OSError):  # in use elsewhere
                former.unlink()
    return Index(path)


def _build(extract: Path, path: Path, progress: Progress, say: Callable[[str], object]) -> None:
    """Writes the whole index beside its place, then puts it there: never half of one."""
    read = Extract(extract)
    total = -(-extract.stat().st_size // BLOCK) if extract.is_file() else 0
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        _fill(temporary, progress(read.blocks(), total))
        if _place(extract, path.parent) != path:
            raise UsageError(f"{extract} : cet extrait a changé pendant sa lecture",
                             remedy="attendez la fin de son téléchargement, relancez")  # fmt: skip
        files.replace_file(temporary, path)
    except (OSError, sqlite3.Error) as error:
        why = files.reason(error) if isinstance(error, OSError) else str(error)
        said = f"{path.parent} : l'index de l'Annuaire santé ne peut pas y être écrit ({why})"
        raise UsageError(said, remedy="vérifiez la place libre et vos droits") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    if read.odd:
        say(f"{extract} : {counted(len(read.odd), 'ligne illisible')} de côté, d'abord la ligne "
            f"{read.odd[0]}")  # fmt: skip


def _fill(path: Path, blocks: Iterable[list[Row]]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # Nobody reads it before it is whole, so nothing needs to survive a crash.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(_TABLE)
        connection.execute("BEGIN")
        for block in blocks:
            connection.executemany(_INSERT, block)
        connection.execute("CREATE INDEX by_rpps ON situation (rpps)")
        connection.execute("CREATE INDEX by_nom ON situation (nom)")
        connection.execute("COMMIT")


def _place(extract: Path, cache: Path) -> Path:
    """Where the index of the extract stands, as it is now."""
    try:
        found = extract.stat()
        said = f"{_stem(extract)}-{found.st_size:x}-{found.st_mtime_ns:x}.sqlite"
    except OSError:
        said = f"{_stem(extract)}-absent.sqlite"
    return cache / said


def _stem(extract: Path) -> str:
    whole = os.path.realpath(extract)
    return f"annuaire-{VERSION}-{hashlib.sha256(whole.encode()).hexdigest()[:16]}"


def _is_number(rpps: str) -> bool:
    return len(rpps) == RPPS_LENGTH and rpps.isascii() and rpps.isdigit()
