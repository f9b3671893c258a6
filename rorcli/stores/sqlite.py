"""The embedded store: one SQLite file that keeps every version and finds words in any unit."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from itertools import count, groupby, islice
from pathlib import Path
from typing import Any, NamedTuple

from rorcli.errors import DataError, StoreConflictError
from rorcli.model import LEVELS, Establishment, decode, to_data
from rorcli.planning.plan import Plan
from rorcli.plurals import counted
from rorcli.stores.base import (
    Added,
    Ages,
    Hit,
    Query,
    Say,
    Snapshot,
    Written,
    node_keys,
    require_keys,
    same_facts,
    silent,
    valued,
)
from rorcli.stores.sqlite_file import (
    WAIT_SECONDS,
    WITH_AGES,
    begin,
    connect,
    failures_told,
    version_of,
)
from rorcli.stores.sqlite_index import (
    NodeRow,
    SiteRow,
    days_of_load,
    node_rows,
    select,
    select_ages,
    select_late,
    site_row,
    with_ids,
)
from rorcli.validation.auditing import NODE_LEVELS, Criteria, Site, Summary
from rorcli.validation.freshness import Aged, Ask, Place

UO = LEVELS[-1]
#: Author of what `add` writes.
LOADED = "rorcli load"


def _insert(table: str, columns: tuple[str, ...]) -> str:
    return f"INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


_HELD = """
    SELECT version, written_on, author, data, (
        SELECT json_group_object(key, changed_on) FROM nodes n WHERE n.finess = e.finess)
    FROM establishments e JOIN versions USING (finess, version) WHERE finess = ?"""
_VERSION = "SELECT version FROM establishments WHERE finess = ?"
_PUT_SITE = f"REPLACE {_insert('establishments', ('version', *SiteRow._fields))}"
_HISTORY = """
    SELECT version, written_on, author, data FROM versions WHERE finess = ? ORDER BY version"""
_PUT_VERSION = "INSERT INTO versions VALUES (?, ?, ?, ?, ?)"
_PUT_NODE = f"""
    INSERT {_insert("nodes", ("finess", *NodeRow._fields))} ON CONFLICT (finess, key)
    DO UPDATE SET {", ".join(f"{column} = excluded.{column}" for column in NodeRow._fields)}"""
_NODES = f"SELECT {', '.join(NodeRow._fields)} FROM nodes WHERE finess = ?"  # noqa: S608 - our names


def open_sqlite(
    path: Path, *, create: bool = False, read_only: bool = False, wait: float = WAIT_SECONDS,
    say: Say = silent,
) -> SqliteStore:  # fmt: skip
    """The store of that file; a writer waits `wait` seconds for another one, and says so.

    Only `create` makes a file, or opens one without establishments. With `read_only` SQLite itself
    refuses to write.

    Raises:
        UsageError: Absent or empty, and `create` is false.
        StoreUnavailableError: Not a file of ours, of a newer rorcli, not to be opened, or locked.
    """
    with failures_told(path):
        connection = connect(path, create=create, read_only=read_only, wait=wait)
    return SqliteStore(path, connection, wait, say)


class _Held(NamedTuple):
    """The current version as it lies in the file."""

    version: int
    written_on: str
    author: str
    data: bytes
    changed_on: str

    def snapshot(self) -> Snapshot:
        establishment = decode(json.loads(zlib.decompress(self.data)))
        days = json.loads(self.changed_on)
        changed_on = {key: date.fromisoformat(day) for key, day in days.items()}
        return Snapshot(establishment, str(self.version), changed_on)


class SqliteStore:
    """The embedded store; `open_sqlite` makes one."""

    def __init__(self, path: Path, connection: sqlite3.Connection, wait: float, say: Say) -> None:
        self._path = path
        self._connection = connection
        self._wait, self._say = wait, say

    @property
    def url(self) -> str:
        """`sqlite:` and the path."""
        return f"sqlite:{self._path}"

    @property
    def at_once(self) -> int:
        """One: a connection belongs to its thread."""
        return 1

    def describe(self) -> str:
        """How many establishments it holds."""
        return counted(sum(1 for _ in self.search(Query())), "établissement")

    def search(self, query: Query) -> Iterator[Hit]:
        """See `Store.search`."""
        sql, values = select(query)
        with failures_told(self._path):
            rows: Iterator[tuple[Any, ...]] = self._connection.execute(sql, values)
            for found, nodes in islice(groupby(rows, lambda row: row[:-2]), query.limit):
                units = tuple(row[-2:] for row in nodes)
                # The EG's own row, or none when no words were asked for: the whole is found.
                yield Hit(*(*found, units if all(key for key, _ in units) else ()))

    def version(self, finess: str) -> str | None:
        """See `Store.version`."""
        with failures_told(self._path):
            row = self._connection.execute(_VERSION, (finess,)).fetchone()
            return str(row[0]) if row else None

    def fetch(self, finess: str) -> Snapshot | None:
        """See `Store.fetch`."""
        with failures_told(self._path):
            held = self._held(finess)
            return held.snapshot() if held else None

    def fetch_each(self, query: Query) -> Iterator[Snapshot]:
        """See `Store.fetch_each`; the list is settled first, so that the caller may write."""
        for hit in list(self.search(query)):
            if snapshot := self.fetch(hit.finess):
                yield snapshot

    def ages(self, query: Query, asked: Criteria) -> Ages | None:
        """See `DatedStore.ages`; None in a file of before that was only opened to be read."""
        with failures_told(self._path):
            if version_of(self._connection) < WITH_AGES:
                return None
            rows = self._connection.execute(*select_ages(query, asked))
            every = [Summary(Site(*row[:6]), *row[6:]) for row in rows]
        return Ages(self._late(query, asked), every)

    def _late(self, query: Query, asked: Criteria) -> Iterator[Aged]:
        with failures_told(self._path):
            for row in self._connection.execute(*select_late(query, asked)):
                finess, nom, level, path, key, day, role, mail, phone = row
                at = Place(finess, nom or "?", level if level in NODE_LEVELS else UO, path, key)
                yield Aged(at, date.fromisoformat(day), Ask(role, mail, phone) if role else None)

    def history(self, finess: str) -> Iterator[Written]:
        """See `Store.history`."""
        with failures_told(self._path):
            rows = self._connection.execute(_HISTORY, (finess,)).fetchall()
            kept = [(*row[:3], decode(json.loads(zlib.decompress(row[3])))) for row in rows]
        for version, day, author, held in kept:
            yield Written(str(version), date.fromisoformat(day), author, held)

    def unsupported(self, plan: Plan) -> list[str]:  # noqa: ARG002 - the Protocol's
        """Nothing: this store holds all that a file can."""
        return []

    def apply(self, plan: Plan, *, today: date, author: str) -> Snapshot:
        """See `Store.apply`."""
        with self._writing():
            held = self._require(plan)
            before = held.snapshot()
            if not plan.changes:
                return before
            wanted = valued(plan.result(before.establishment))
            start = f"{plan.finess}/{held.version + 1}"
            after = with_ids(wanted, (f"{start}-{number}" for number in count(1)))
            require_keys(after)
            new_keys = dict(zip(node_keys(wanted), node_keys(after), strict=True))
            days = {
                new: today if old in plan.touched else before.changed_on.get(old, today)
                for old, new in new_keys.items()
            }
            self._write(after, held.version + 1, days, today, author)
            given = {old: new for old, new in new_keys.items() if old != new}
            return Snapshot(after, str(held.version + 1), days, given)

    def add(
        self, establishment: Establishment, *, today: date, replace: bool = False,
        changed_on: Mapping[str, date] | None = None,
    ) -> Added:  # fmt: skip
        """See `LoadableStore.add`; days alone make no version."""
        require_keys(establishment)
        new = valued(establishment)
        days = {**days_of_load(new, today), **(changed_on or {})}
        with self._writing():
            held = self._held(new.finess)
            if held and same_facts(new, held.snapshot().establishment):
                if changed_on:
                    self._write_nodes(new.finess, node_rows(new, days))
                return "unchanged"
            if held and not replace:
                raise DataError(
                    f"{new.finess} : déjà dans la base, différent",
                    remedy="comparez : rorcli diff FICHIER ; remplacez : rorcli load --replace",
                )
            version = held.version + 1 if held else 1
            self._write(new, version, days, today, LOADED)
            return "replaced" if held else "created"

    def close(self) -> None:
        """See `Store.close`."""
        self._connection.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """All or nothing; the lock is taken first, so that what is read stays true."""
        with failures_told(self._path), self._connection:
            begin(self._connection, self._wait, self._told_to_wait)
            yield

    def _told_to_wait(self) -> None:
        self._say(f"base {self._path} : un autre programme y écrit ; attente, {self._wait:.0f} s "
                  "au plus")  # fmt: skip

    def _held(self, finess: str) -> _Held | None:
        row = self._connection.execute(_HELD, (finess,)).fetchone()
        return _Held(*row) if row else None

    def _require(self, plan: Plan) -> _Held:
        held = self._held(plan.finess)
        if held and str(held.version) == plan.version:
            return held
        moved = "n'y est plus" if held is None else (
            f"a changé : version {held.version}, écrite le {held.written_on} par {held.author}, "
            f"et non plus {plan.version}"
        )  # fmt: skip
        raise StoreConflictError(
            f"{plan.finess} : dans la base, l'établissement {moved}",
            remedy="voyez ce qui reste à faire, rorcli diff, puis relancez rorcli push",
        )

    def _write(
        self, written: Establishment, version: int, days: Mapping[str, date], on: date, by: str
    ) -> None:
        site = site_row(written)
        self._connection.execute(_PUT_SITE, (version, *site))
        text = json.dumps(to_data(written), ensure_ascii=False, separators=(",", ":"))
        data = zlib.compress(text.encode(), 1)
        self._connection.execute(_PUT_VERSION, (site.finess, version, on.isoformat(), by, data))
        self._write_nodes(site.finess, node_rows(written, days))

    def _write_nodes(self, finess: str, rows: list[NodeRow]) -> None:
        """Only rows that differ are touched: one unit of a hundred costs one unit."""
        found = self._connection.execute(_NODES, (finess,))
        before = {row.key: row for row in map(NodeRow._make, found)}
        gone = before.keys() - {row.key for row in rows}
        self._connection.executemany(
            "DELETE FROM nodes WHERE finess = ? AND key = ?", [(finess, key) for key in gone]
        )
        changed = [(finess, *row) for row in rows if row != before.get(row.key)]
        self._connection.executemany(_PUT_NODE, changed)
