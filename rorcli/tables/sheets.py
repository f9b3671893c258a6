"""Rows <-> the bytes of a CSV or XLSX file, for whoever opens and saves them in a spreadsheet.

Out: a text that a spreadsheet would take for a formula stays a text, codes and phones keep their
zeros. In: encoding and separator are found out, macros never run, a formula is no value, and a file
made to exhaust the machine is refused. A row that comes back untouched is equal to what went out.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from rorcli.errors import UsageError

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

#: Limits of what is read: 100 000 rows pass with room.
MAX_BYTES, MAX_UNPACKED, MAX_RATIO = 64 << 20, 512 << 20, 200
MAX_ROWS, MAX_COLUMNS = 200_000, 100
#: Characters of a cell: what Excel takes, and what is read from a CSV file.
MAX_CELL, MAX_FIELD = 32_767, 1 << 20
#: The day before the first one of Excel's calendar, which holds a 29 February 1900.
ORIGIN, MAC_ORIGIN = date(1899, 12, 30), date(1904, 1, 1)
INSTALL = 'pip install "rorcli[xlsx]"'
SEPARATORS = ";\t,|"

# What makes a spreadsheet take a text for a formula, whatever apostrophes shield it already.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_SHIELDED = re.compile(r"'+[=+\-@\t\r]")
# What a spreadsheet saves of a cell that could not be worked out, or was too narrow to be shown.
_ERROR = re.compile(r"#(?:N/[AD]|[A-ZÉ]+(?:/0)?[!?]|#+)")
# What XML cannot hold, and what an escape for it looks like (ECMA-376 part 1, 22.9.2.19).
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SAMPLE, _SNIFFED, _PADDING, _WIDEST = 200, 20, 2, 60


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table to write: its name, its headers, its rows of texts, numbers, or None."""

    name: str
    headers: Sequence[str]
    rows: Iterable[Sequence[str | int | None]]


class Row(NamedTuple):
    """A row that was read: its number as a spreadsheet shows it, and its cells as texts."""

    number: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet that was read; `name` is "" in a CSV file. The rows can be walked once.

    `origin` is the day that a date kept as a bare number counts from.
    """

    name: str
    rows: Iterator[Row]
    origin: date = ORIGIN


class Formula(str):
    """A cell that computes, or that shows the error of one: it holds no value to read."""

    __slots__ = ()


def csv_bytes(sheet: Sheet) -> bytes:
    """The sheet as Excel in French opens it: semicolons, CRLF, UTF-8 with byte-order mark."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(sheet.headers)
    writer.writerows([shielded(cell) for cell in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig")


def xlsx_bytes(sheets: Iterable[Sheet]) -> bytes:
    """The sheets as a workbook: frozen header, columns as wide as their texts, cells of text.

    UsageError when the extra `xlsx` is not installed, and for a text that no cell can take.
    """
    with _openpyxl():
        from openpyxl import Workbook
    book = Workbook(write_only=True)
    book.properties.creator = "rorcli"
    for sheet in sheets:
        _write_sheet(book, sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(content: bytes, path: str) -> list[Grid]:
    """The sheets of a file of any usual kind, told by its content; `path` is for messages.

    UsageError says what cannot be read and how to save it instead; reading the rows may raise it
    too.
    """
    if len(content) > MAX_BYTES:
        raise UsageError(f"{path} : fichier de plus de {MAX_BYTES >> 20} Mo", remedy=_SPLIT)
    if content.startswith(b"PK\x03\x04"):
        return _read_workbook(content, path)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise UsageError(f"{path} : ancien format .xls, ou classeur protégé par un mot de passe",
                         remedy=_SAVE_AS)  # fmt: skip
    return [Grid("", _limited(_csv_rows(_decoded(content, path), path), path))]


def column_letters(index: int) -> str:
    """The name of a column, from 0: A, B, … Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def shielded(cell: str | int | None) -> str | int | None:
    """A cell of a CSV file that no spreadsheet takes for a formula; `unshielded` undoes it."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def unshielded(cell: str) -> str:
    """The text that was shielded, or a `Formula`."""
    if _SHIELDED.match(cell):
        return cell[1:]
    return Formula(cell) if cell.startswith("=") or _ERROR.fullmatch(cell) else cell


_SPLIT = "partagez le tableau en plusieurs fichiers"
_SAVE_AS = (
    "dans le tableur : Enregistrer sous, « Classeur Excel (.xlsx) » "
    "ou « CSV UTF-8 (délimité par des virgules) »"
)


@contextmanager
def _openpyxl() -> Iterator[None]:
    """Around its import: both packages of the extra, or how to install them."""
    try:
        import defusedxml  # noqa: F401 - openpyxl parses through it once it is there
        import openpyxl  # noqa: F401

        yield
    except ImportError as error:
        raise UsageError(
            "les classeurs .xlsx demandent un complément qui n'est pas installé",
            remedy=f"{INSTALL} ; ou passez par un fichier .csv",
        ) from error


def _write_sheet(book: Workbook, sheet: Sheet) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    page: Any = book.create_sheet(sheet.name)
    rows = iter(sheet.rows)
    sample = list(islice(rows, _SAMPLE))
    page.freeze_panes = "A2"
    for index, header in enumerate(sheet.headers):
        column = page.column_dimensions[column_letters(index)]
        texts = [header, *(str(row[index] or "") for row in sample)]
        column.width = min(max(map(len, texts)) + _PADDING, _WIDEST)
        # What is typed into an empty cell of the column is a text as well: 0261… keeps its zero.
        column.number_format = "@"
    # One cell serves all, since each is written when it is appended.
    head, text, number = (WriteOnlyCell(page) for _ in range(3))
    head.font = Font(bold=True)
    head.number_format = text.number_format = "@"
    page.append(_filled(head, cell) for cell in sheet.headers)
    for row in chain(sample, rows):
        page.append(_filled(number if isinstance(c, int) else text, c) for c in row)


def _filled(cell: Any, value: str | int | None) -> Any:
    """The cell with this value; a text is one, whatever it begins with."""
    if isinstance(value, str):
        written = _UNWRITABLE.sub(_escape, value)
        if len(written) > MAX_CELL:
            raise UsageError(f"« {value[:20]}… » : texte trop long pour une cellule de classeur",
                             remedy="écrivez plutôt un fichier .csv")  # fmt: skip
        cell.value = written
        cell.data_type = "s"
    else:
        cell.value = value
    return cell


def _escape(found: re.Match[str]) -> str:
    return f"_x{ord(found[0][0]):04X}_{found[0][1:]}"


def _read_workbook(content: bytes, path: str) -> list[Grid]:
    _check_archive(content, path)
    with _openpyxl():
        from openpyxl import load_workbook
        from openpyxl.utils.datetime import MAC_EPOCH
    with _as_usage_error(path):
        # Never `keep_vba`, never linked workbooks: what is not a cell is left unread.
        book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        origin = MAC_ORIGIN if book.epoch == MAC_EPOCH else ORIGIN
        pages = [page for page in book.worksheets if page.sheet_state == "visible"]
        return [Grid(p.title, _limited(_page_rows(p, path), path), origin) for p in pages]


def _check_archive(content: bytes, path: str) -> None:
    """Refuses what is no workbook, and what unpacks to more than a table can be."""
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
    except (BadZipFile, ValueError, NotImplementedError) as error:
        raise UsageError(f"{path} : classeur endommagé ou incomplet", remedy=_SAVE_AS) from error
    if "xl/workbook.xml" not in {info.filename for info in infos}:
        raise UsageError(f"{path} : ce n'est pas un classeur .xlsx", remedy=_SAVE_AS)
    # A reader of zip never gives more than the size that is declared here.
    unpacked = sum(info.file_size for info in infos)
    if unpacked > min(MAX_UNPACKED, max(MAX_RATIO * len(content), 1 << 20)):
        said = f"{path} : ce classeur se déplie en {unpacked >> 20} Mo, trop pour un tableau"
        raise UsageError(f"{said} ; il n'a pas été ouvert", remedy=_SPLIT)


@contextmanager
def _as_usage_error(path: str) -> Iterator[None]:
    """What openpyxl, defusedxml and zipfile raise on bad content has no common base."""
    try:
        yield
    except (UsageError, MemoryError):
        raise
    except Exception as error:
        raise UsageError(f"{path} : classeur illisible ({type(error).__name__})",
                         remedy=_SAVE_AS) from error  # fmt: skip


def _page_rows(page: Any, path: str) -> Iterator[Row]:
    import warnings

    # A sheet may lie about its dimensions, or give none.
    page.reset_dimensions()
    with _as_usage_error(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, cells in enumerate(page.iter_rows(max_col=MAX_COLUMNS), 1):
            yield Row(number, _stripped([_page_cell(cell) for cell in cells]))


def _page_cell(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in {"f", "e"}:
        return Formula(value if isinstance(value, str) else "=")
    if isinstance(value, str):
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value) if "_x" in value else value
    return _shown(value)


def _shown(value: object) -> str:
    """A number, day or truth value as text; a whole number has no decimals."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        at_midnight = value.time() == datetime.min.time()
        return value.date().isoformat() if at_midnight else value.isoformat()
    return str(value)


def _stripped(cells: list[str]) -> list[str]:
    """Without the empty cells at the end."""
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _limited(rows: Iterator[Row], path: str) -> Iterator[Row]:
    """The rows that are not empty, up to the limit."""
    count = 0
    for row in rows:
        if not any(row.cells):
            continue
        count += 1
        if count > MAX_ROWS + 1:  # and the headers
            said = f"{path} : plus de {MAX_ROWS:_} lignes".replace("_", " ")
            raise UsageError(f"{said} ; rien n'a été écrit", remedy=_SPLIT)
        yield row


def _decoded(content: bytes, path: str) -> str:
    """The text in the encodings that spreadsheets and exports write."""
    encodings = ["utf-8-sig", "cp1252"]
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        encodings = ["utf-16"]
    elif b"\0" in content[:2]:  # UTF-16 without a mark: the empty byte tells which
        encodings = ["utf-16-be" if content[:1] == b"\0" else "utf-16-le"]
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            return content.decode(encoding)
    raise UsageError(f"{path} : ni un classeur .xlsx, ni un texte dans un codage connu",
                     remedy=_SAVE_AS)  # fmt: skip


def _csv_rows(text: str, path: str) -> Iterator[Row]:
    skipped = 0
    separator = re.match(r"sep=(.)\r?\n", text)  # Excel's own way to name it
    if separator:
        text, skipped = text[separator.end() :], 1
    reader = _reader(text, separator[1] if separator else _separator(text))
    suspect = {"'", "=", "#"}
    try:
        for number, cells in enumerate(reader, 1 + skipped):
            if not suspect.isdisjoint([cell[:1] for cell in cells]):
                cells = [unshielded(cell) for cell in cells]  # noqa: PLW2901 - the same row
            yield Row(number, _stripped(cells[:MAX_COLUMNS]))
    except csv.Error as error:
        raise UsageError(
            f"{path}, ligne {reader.line_num + skipped} : guillemets mal fermés, ou cellule de "
            f"plus de {MAX_FIELD >> 20} Mo",
            remedy="corrigez cette ligne, ou celle où des guillemets s'ouvrent",
        ) from error


def _reader(text: str, separator: str) -> Any:
    csv.field_size_limit(MAX_FIELD)
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _separator(text: str) -> str:
    """The separator under which most of the first rows have one width, and the widest."""

    def regular(separator: str) -> int:
        widths: Counter[int] = Counter()
        with suppress(csv.Error):
            widths.update(len(row) for row in islice(_reader(text, separator), _SNIFFED))
        return max((times * (width - 1) for width, times in widths.items()), default=0)

    return max(SEPARATORS, key=regular)
