"""The lines of a bulk export (`$export`): NDJSON files, plain or compressed, read as a stream.

What is read is never held whole, and a file that blows up when it is unpacked is refused.
Format: HL7 FHIR Bulk Data Access, one resource a line.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

SUFFIXES, _ALIKE = (".ndjson", ".ndjson.gz"), (".json", ".json.gz", ".zip", ".tar", ".tgz", ".gz")
_BLOCK = 1 << 20
#: The longest line, and how many times its size a compressed file may hold (zlib's limit is 1032;
#: resources of the ROR, which repeat their URLs, pack thirty times).
MAX_LINE, MAX_RATIO = 16 << 20, 250


class Line(NamedTuple):
    """A line of a file, from 1; `content` is None when `fault`, in French, says why."""

    number: int
    content: bytes | None
    fault: str = ""


def export_files(target: Path) -> list[Path]:
    """The files of an export: the target itself, or what a folder holds; [] when it is none."""
    return [each for each in _files(target) if each.name.lower().endswith(SUFFIXES)]


def passed_over(target: Path) -> list[Path]:
    """What stands beside the files of an export, or is alone there and might be one."""
    held = _files(target)
    others = [each for each in held if not each.name.lower().endswith(SUFFIXES)]
    is_alone = all(each.name.lower().endswith(_ALIKE) for each in held)
    return others if len(others) < len(held) or is_alone else []


def _files(target: Path) -> list[Path]:
    """The file itself, those of a folder, or those below a folder that holds only folders."""
    try:
        found = sorted(target.iterdir()) if target.is_dir() else [target]
        held = [each for each in found if each.is_file()]
        held = held or [each for each in sorted(target.rglob("*")) if each.is_file()]
    except OSError:
        return []
    return [each for each in held if not each.name.startswith(".")]


def lines(path: Path) -> Iterator[Line]:
    """Every line that is not blank; the last one is a fault when the rest cannot be read.

    Raises:
        OSError: The file cannot be opened.
    """
    number = 0
    with path.open("rb") as file:
        blocks = _unpacked(file) if path.name.lower().endswith(".gz") else _plain(file)
        try:
            for number, content in enumerate(_split(blocks), 1):
                if content.strip():
                    yield Line(number, content)
        except (_BrokenError, OSError, EOFError, zlib.error) as error:
            yield Line(number + 1, None, f"la suite du fichier n'est pas lue : {error}")


class _BrokenError(Exception):
    """What follows is not to be read."""


def _split(blocks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(b"\n")
        yield from whole
        if len(rest) > MAX_LINE:
            raise _BrokenError(f"ligne de plus de {MAX_LINE >> 20} Mo")
    yield rest


def _plain(file: BufferedReader) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        yield block


def _unpacked(file: BufferedReader) -> Iterator[bytes]:
    size = 0
    with gzip.GzipFile(fileobj=file) as unpacked:
        while block := unpacked.read1(_BLOCK):
            size += len(block)
            if size > MAX_RATIO * max(file.tell(), _BLOCK):
                raise _BrokenError(f"plus de {MAX_RATIO} fois sa taille une fois décompressé")
            yield block
