"""A national bulk export, put in order on the disk: a bag of any size in little memory.

The resources of one establishment are scattered over the files of an export, in any order. They
go, packed, into a temporary SQLite file that knows them by reference and by what they hang from;
each establishment is then read out of it by itself.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from rorcli.errors import StoreUnavailableError
from rorcli.stores.fhir import organizations
from rorcli.stores.fhir.bag import is_active, parent
from rorcli.stores.fhir.moments import paris_time
from rorcli.stores.fhir.ndjson import Line, lines
from rorcli.stores.fhir.profiles import PROFILES, Resource
from rorcli.stores.fhir.reading import UNEXPECTED, Tree, read

#: How many resources are taken between two signs of life, and how many faults are told one by one.
BATCH, FAULTS_TOLD = 1000, 100

_SCHEMA = """
    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;
    CREATE TABLE held (address TEXT PRIMARY KEY, above TEXT, is_site INTEGER, moment REAL,
                       body BLOB, file INTEGER, line INTEGER);"""
# Of several versions the latest counts, of those of one moment the last.
_PUT = """
    INSERT INTO held VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (address) DO UPDATE
    SET (above, is_site, moment, body, file, line) = (excluded.above, excluded.is_site,
        excluded.moment, excluded.body, excluded.file, excluded.line)
    WHERE excluded.moment >= held.moment"""
_INDEX = """
    CREATE INDEX held_above ON held (above) WHERE above IS NOT NULL;
    CREATE INDEX held_site ON held (is_site) WHERE is_site;"""
_GET = "SELECT body FROM held WHERE address = ?"
_BELOW = "SELECT body FROM held WHERE above = ? ORDER BY file, line"
_COUNT = "SELECT count(*) FROM held WHERE is_site"
_SITES = "SELECT address, file, line FROM held WHERE is_site ORDER BY file, line"
_ORPHANS = """
    SELECT file, line, address, above FROM held h WHERE above IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM held p WHERE p.address = h.above) ORDER BY file, line"""


class Fault(NamedTuple):
    """What of an export could not be taken: where, and a French message."""

    path: Path
    line: int
    message: str


class ExportBag:
    """A `Bag` of the resources of some files; `fill` it, then read its `sites`.

    Attributes:
        faults: The first lines that could not be taken.
        fault_count: How many there were.
        others: How many resources were of a kind that an establishment is not made of.
        unnamed: How many EGs had no FINESS number, which is the key of an establishment.
    """

    def __init__(self) -> None:
        # The empty name is a file of SQLite's own, in its folder for temporary files.
        self._base = sqlite3.connect("")
        self._base.executescript(_SCHEMA)
        self._files: list[Path] = []
        self.faults: list[Fault] = []
        self.fault_count = self.others = self.unnamed = 0

    def fill(self, files: Iterable[Path]) -> Iterator[int]:
        """Takes what the files hold; tells each time that some more resources are in.

        Raises:
            StoreUnavailableError: The disk has no room for them.
        """
        for path in files:
            self._files.append(path)
            rows = self._rows(path)
            while batch := list(islice(rows, BATCH)):
                with _room_told():
                    self._base.executemany(_PUT, batch)
                yield len(batch)
        with _room_told():
            self._base.executescript(_INDEX)

    def get(self, reference: str) -> Resource | None:
        """See `Bag`."""
        row = self._base.execute(_GET, (reference,)).fetchone()
        return _unpacked(row) if row else None

    def below(self, reference: str) -> Iterable[Resource]:
        """See `Bag`."""
        return map(_unpacked, self._base.execute(_BELOW, (reference,)).fetchall())

    def site_count(self) -> int:
        """How many EGs there are."""
        return int(self._base.execute(_COUNT).fetchone()[0])

    def sites(self) -> Iterator[tuple[Path, Tree]]:
        """Each EG with a FINESS number as it was read, with the file that holds it."""
        for key, number, line in self._base.execute(_SITES).fetchall():
            path = self._files[number]
            try:
                tree = read(self, self.get(key) or {})
            except UNEXPECTED:
                self._fault(path, line, f"{key}, ou ce qui en dépend : forme inattendue")
                continue
            if tree.establishment.finess:
                yield path, tree
            else:
                self.unnamed += 1

    def orphans(self) -> Iterator[Fault]:
        """What hangs from a resource that no file holds, and thus from no establishment."""
        for number, line, key, above in self._base.execute(_ORPHANS):
            yield Fault(self._files[number], line, f"{key} dépend de {above}, qui manque")

    def close(self) -> None:
        """Lets go of the temporary file."""
        self._base.close()

    def _rows(self, path: Path) -> Iterator[tuple[Any, ...]]:
        number = len(self._files) - 1
        try:
            for line in lines(path):
                row = self._row(line)
                if isinstance(row, str):
                    self._fault(path, line.number, row)
                elif row:
                    yield (*row, number, line.number)
        except OSError as error:
            self._fault(path, 0, f"lecture impossible ({error.strerror})")

    def _row(self, line: Line) -> tuple[str, str | None, bool, float, bytes] | str | None:
        """What is kept of a line, None when it is of no use, or a message."""
        if line.content is None:
            return line.fault
        try:
            resource = json.loads(line.content)
        except (ValueError, RecursionError):
            return "ce n'est pas du JSON"
        kind, key = _named(resource)
        if not (kind and key):
            return "ce n'est pas une ressource FHIR : il manque resourceType ou id"
        if kind not in PROFILES:
            self.others += 1
            return None
        try:
            is_held = is_active(resource)
            is_site = kind == "Organization" and organizations.level(resource) == "eg"
            above = parent(resource) if is_held and not is_site else None
            moment = _moment(resource)
            f"{key}{above}".encode()  # half a character is none that a base could hold
        except UNEXPECTED:
            return f"{kind}/{ascii(key)[1:-1]} : forme inattendue"
        return f"{kind}/{key}", above, is_site and is_held, moment, zlib.compress(line.content, 1)

    def _fault(self, path: Path, line: int, message: str) -> None:
        self.fault_count += 1
        if len(self.faults) < FAULTS_TOLD:
            self.faults.append(Fault(path, line, message))


def _named(resource: Any) -> tuple[str, str]:
    """Kind and id of a resource; empty when it has none."""
    held = resource if isinstance(resource, dict) else {}
    kind, key = held.get("resourceType"), held.get("id")
    return (kind if isinstance(kind, str) else "", key if isinstance(key, str) else "")


def _moment(resource: Resource) -> float:
    """When the server last wrote it, in seconds; 0 when it does not say."""
    found = paris_time((resource.get("meta") or {}).get("lastUpdated"))
    return found.timestamp() if found else 0.0


@contextmanager
def _room_told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailableError(
            f"l'export ne tient pas dans le dossier temporaire ({error}) ; rien n'a été chargé",
            remedy="libérez de la place sur ce disque, puis relancez la commande",
        ) from error


def _unpacked(row: tuple[bytes]) -> Resource:
    found: Resource = json.loads(zlib.decompress(row[0]))
    return found
