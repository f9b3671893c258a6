"""YAML text -> Document: plain data, what could not be read, and the place of every value.

The reader takes libyaml's events and settles by itself what YAML 1.1 and 1.2 readers dispute:
`0123`, `no`, `12:30`, dates stay text; only true, false, null and canonical decimal numbers
convert. Aliases, anchors, tags, merge keys, second documents and complex keys are refused, so that
no reader sees another document than we do, and no bomb can unfold. Bad content never raises:
it becomes a `Fault`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import yaml

from rorcli.fields import Kind, specs
from rorcli.items import Capacite
from rorcli.model import EntiteGeographique, Unite
from rorcli.text.problems import MAX_DEPTH, explain, odd_break

try:
    from yaml._yaml import CParser as _Parser
except ImportError:  # a PyYAML built without libyaml: same events, forty times slower
    from yaml import SafeLoader as _Parser  # type: ignore[assignment]

MAX_BYTES = 16 * 1024 * 1024
MAX_DIGITS = 15
_DATED = (Capacite, EntiteGeographique, Unite)
DAY_KEYS = frozenset(k for n in _DATED for k, s in specs(n).items() if s.kind is Kind.DAY)

_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([Tt ].*)?")
# What begins like a number: the canonical forms, which convert, and what a YAML 1.1 or 1.2 reader
# takes for something else than text (yaml.org type repository; YAML 1.2.2, 10.3.2).
_NUMERIC = re.compile(
    r"""(?P<integer>-?(?:0|[1-9]\d*)) | (?P<decimal>-?(?:0|[1-9]\d*)\.\d+)
      | [-+]?\d[\d_]*(?:\.[\d_]*)?(?:[eE][-+]?\d+)?   # 0123, 1_000, +33, 1e3
      | [-+]?\.\d[\d_]*(?:[eE][-+]?\d+)? | [-+]?\.(?:inf|Inf|INF) | \.(?:nan|NaN|NAN)
      | [-+]?0[bxo][\dA-Fa-f_]+
      | [-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?        # 12:30 in base sixty
      | \d{4}-\d{1,2}-\d{1,2}(?:[Tt\ \t].*)?
    """,
    re.VERBOSE | re.ASCII,
)
_DISPUTED = set("y Y yes Yes YES n N no No NO on On ON off Off OFF << =".split())  # noqa: SIM905 - a word list
_WORDS: Mapping[str, bool | None] = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "null": None, "Null": None, "NULL": None, "~": None, "": None,
}  # fmt: skip
_DIGITS = frozenset("0123456789+-.")
_SUSPECT = _DIGITS | {word[:1] for word in (*_WORDS, *_DISPUTED)}  # begin what may be no text
_FORBIDDEN = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ITEM: Any = object()  # stands for the key in a list
_NO_KEY = (-1, -1)


# What ends a line: a comment, or blanks.
_TAIL = re.compile(r"(?:[ \t]+#(?P<said>[^\r\n]*))?[ \t]*(?=\r?$)", re.MULTILINE)


class Mark(NamedTuple):
    """Where a value stands: character offsets in the text, and how it is written."""

    start: int
    end: int
    key_start: int
    key_end: int
    style: str
    flow: bool


class Fault(NamedTuple):
    """A reason why the text cannot be read as an establishment file."""

    rule: str
    offset: int
    message: str
    remedy: str
    pointer: str = ""


@dataclass(frozen=True)
class Document:
    """One file: its text, its data, its faults. `data` is None when it cannot be read."""

    path: str
    text: str
    data: Any
    faults: tuple[Fault, ...] = ()
    ambiguous: tuple[tuple[str, str], ...] = ()

    @cached_property
    def marks(self) -> Mapping[str, Mark]:
        """JSON pointer -> Mark, for every value; a second walk, made on first use."""
        return {} if self.data is None else _Reader(self.text, marking=True).run().marks

    @property
    def newline(self) -> str:
        """The line ending that the file uses."""
        return "\r\n" if "\r\n" in self.text else "\n"

    @cached_property
    def _breaks(self) -> list[int]:
        return [found.start() for found in re.finditer("\n", self.text)]

    def position(self, pointer: str) -> tuple[int, int]:
        """Line and column, from 1, of a value; of the nearest mapping above when it is absent."""
        while pointer and pointer not in self.marks:
            pointer = pointer.rpartition("/")[0]
        return self.line_column(self.marks[pointer].start if pointer in self.marks else 0)

    def position_of_key(self, pointer: str) -> tuple[int, int]:
        """Line and column of the key that holds a value; of the value when it has no key."""
        mark = self.marks.get(pointer)
        if mark is None or mark.key_start < 0:
            return self.position(pointer)
        return self.line_column(mark.key_start)

    def line_column(self, offset: int) -> tuple[int, int]:
        """Offset in `text` -> line and column, from 1; a byte-order mark takes no column."""
        line = bisect_left(self._breaks, offset)
        start = self._breaks[line - 1] + 1 if line else 0
        bom = int(start == 0 and offset > 0 and self.text.startswith("\ufeff"))
        return line + 1, offset - start + 1 - bom

    def source(self, pointer: str) -> str:
        """The value as it is written, quotes included; "" for an absent one."""
        mark = self.marks.get(pointer)
        return "" if mark is None else self.text[mark.start : mark.end]

    def tail(self, pointer: str) -> re.Match[str] | None:
        """How the line ends on which a value does: `said` behind "#", if so; None without value."""
        mark = self.marks.get(pointer)
        return _TAIL.search(self.text, mark.end) if mark else None

    def comment(self, pointer: str) -> str:
        """What is said behind "#" at the end of that line; "" for nothing."""
        tail = self.tail(pointer)
        return (tail["said"] or "").strip() if tail else ""


def read(content: bytes | str, path: str) -> Document:
    """A Document of any content; `path` is what messages call it."""
    if len(content) > MAX_BYTES:
        return _unreadable(path, "", 0, f"fichier de plus de {MAX_BYTES >> 20} Mo",
                           "un fichier décrit un seul établissement")  # fmt: skip
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")  # an argument may not be UTF-8
    if b"\0" in content[:4096] or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _unreadable(path, "", 0, "fichier binaire, ou en UTF-16", _ENCODING)
    try:
        return _parsed(content.decode("utf-8"), path)
    except UnicodeDecodeError as error:
        text = content[: error.start].decode("utf-8") + "?"
        return _unreadable(path, text, len(text) - 1, "ce caractère n'est pas en UTF-8", _ENCODING)


def _parsed(text: str, path: str) -> Document:
    if odd := odd_break(text):
        return Document(path, text, None, (Fault("ROR101", *odd),))
    reader = _Reader(text).run()
    data = reader.data if all(fault.rule == "ROR102" for fault in reader.faults) else None
    return Document(path, text, data, tuple(reader.faults), tuple(reader.ambiguous))


def is_text_when_plain(value: str) -> bool:
    """True when every YAML reader takes `value`, written without quotes, for text."""
    reserved = value in _WORDS or value in _DISPUTED
    return not reserved and (value[0] not in _DIGITS or not _NUMERIC.fullmatch(value))


_ENCODING = "enregistrez-le en UTF-8 (Bloc-notes : Enregistrer sous, Encodage : UTF-8)"


def _unreadable(path: str, text: str, offset: int, message: str, remedy: str) -> Document:
    return Document(path, text, None, (Fault("ROR101", offset, message, remedy),))


class _Stop(Exception):  # noqa: N818 - not an error: the reader has met what it refuses
    """Ends the walk; the reason is already among the faults."""


class _Reader:
    """One walk over the events: builds the data and, when asked, the marks."""

    def __init__(self, text: str, *, marking: bool = False) -> None:
        self.shift = int(text.startswith("\ufeff"))
        self.text = text[self.shift :]
        self.marking = marking
        self.faults: list[Fault] = []
        self.ambiguous: list[tuple[str, str]] = []
        self.marks: dict[str, Mark] = {}
        # Mappings with a key twice, by id, each with the rank of its fault.
        self.doubled: dict[int, tuple[Any, int]] = {}
        # What is open, outermost first: container, key being filled, start, flow, place of the key,
        # pointer (marking only). The first is no collection of the text: it takes the document.
        self.stack: list[list[Any]] = [[[], _ITEM, 0, False, _NO_KEY, ""]]

    @property
    def data(self) -> Any:
        """The document; None without one."""
        return next(iter(self.stack[0][0]), None)

    def run(self) -> _Reader:
        """Walks the whole text, or up to the first thing that cannot be read."""
        try:
            with suppress(_Stop):
                self._walk(_Parser(self.text))
            if self.data is None and not self.faults:
                self._fault("ROR101", 0, "fichier vide", "écrivez-y un établissement, ou tirez-en "
                            "un : rorcli pull FINESS -f FICHIER")  # fmt: skip
        except yaml.reader.ReaderError:  # it counts bytes; which characters: YAML 1.2.2, 5.1
            at = next(found.start() for found in _FORBIDDEN.finditer(self.text))
            self._fault("ROR101", at, f"caractère interdit U+{ord(self.text[at]):04X}", "ôtez-le")
        except yaml.MarkedYAMLError as error:
            found = explain(self.text, error)
            self._fault("ROR101", *found)
        return self

    def _walk(self, parser: Any) -> None:  # noqa: C901 - calls would be most of what reading costs
        handlers: dict[type, Callable[[Any], None]] = {
            yaml.DocumentStartEvent: self._document,
            yaml.MappingStartEvent: self._open, yaml.SequenceStartEvent: self._open,
            yaml.MappingEndEvent: self._close, yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: lambda e: self._refuse(e, "alias YAML (« * »)", "recopiez la valeur"),
        }  # fmt: skip
        # No call for a plain text; no question of anchor, tag or merge where no sign of them is.
        next_event, scalar, end = parser.get_event, yaml.ScalarEvent, yaml.StreamEndEvent
        stack, marking, suspect = self.stack, self.marking, _SUSPECT
        odd = "&" in self.text or "!" in self.text or "<<" in self.text
        made, key, *_ = frame = stack[-1]
        while True:
            event = next_event()
            kind = type(event)
            if kind is not scalar:
                if kind in handlers:
                    handlers[kind](event)
                    frame = stack[-1]
                    made, key = frame[0], frame[1]
                elif kind is end:
                    break
                continue
            value = event.value
            if odd:
                self._refuse_odd(event)
            if key is None:
                key = frame[1] = value
                if marking or value in made:
                    self._key(frame, event)
                continue
            if not event.style and (not value or value[0] in suspect) and event.implicit[0]:
                value = self._plain(key, value)
            if marking:
                self._mark(event.start_mark.index, event.end_mark.index, _STYLES[event.style])
            if key is _ITEM:
                made.append(value)
            else:
                made.setdefault(key, value)
                key = frame[1] = None

    def _plain(self, key: Any, value: str) -> Any:
        """The value of a scalar written without quotes, that may not be a text."""
        if value in _WORDS:
            return _WORDS[value]
        if key in DAY_KEYS and _DATE.fullmatch(value):
            return value
        number = _NUMERIC.fullmatch(value) if value[0] in _DIGITS else None
        if number and number.lastgroup and len(value) <= MAX_DIGITS:
            return int(value) if number.lastgroup == "integer" else float(value)
        if number or value in _DISPUTED:
            self.ambiguous.append((self._pointer(), value))
        return value

    def _key(self, frame: list[Any], event: Any) -> None:
        frame[4] = (event.start_mark.index, event.end_mark.index)
        if frame[1] in frame[0]:
            self._double(frame[0], frame[1], event.start_mark.index)

    def _double(self, made: Any, key: str, offset: int) -> None:
        """ROR102, once for a mapping: several keys twice are an item that has lost its dash."""
        _, rank = self.doubled.setdefault(id(made), (made, len(self.faults)))
        if rank == len(self.faults):
            message = f"clé « {key} » écrite deux fois"
            self._fault("ROR102", offset, message, "gardez-en une", self._pointer())
            return
        first = self.faults[rank]
        message = first.message.removesuffix(_OTHERS) + _OTHERS
        self.faults[rank] = first._replace(message=message, remedy=_NO_DASH)

    def _refuse_odd(self, event: Any) -> None:
        """What no scalar and no collection bears: an anchor, a tag, and for a key a merge."""
        if event.anchor is not None or event.tag is not None:
            self._refuse(event, "ancre ou étiquette YAML (« & », « ! »)", "écrivez la valeur seule")
        is_key = self.stack[-1][1] is None and isinstance(event, yaml.ScalarEvent)
        if is_key and event.value == "<<" and not event.style:
            self._refuse(event, "fusion YAML (« << »)", "recopiez les clés")

    def _document(self, event: Any) -> None:
        if self.stack[0][0]:
            self._refuse(event, "second document YAML (« --- »)",
                         "un fichier, un établissement", "ROR101")  # fmt: skip

    def _open(self, event: Any) -> None:
        self._refuse_odd(event)
        if len(self.stack) > MAX_DEPTH:
            self._refuse(event, f"plus de {MAX_DEPTH} niveaux imbriqués",
                         "retirez les crochets en trop", "ROR101")  # fmt: skip
        if self.stack[-1][1] is None:
            self._refuse(event, "clé qui n'est pas un texte", "écrivez une clé simple")
        made: Any = ({}, None) if type(event) is yaml.MappingStartEvent else ([], _ITEM)
        around = self._pointer() if self.marking else ""
        self.stack.append([*made, event.start_mark.index, event.flow_style, _NO_KEY, around])

    def _close(self, event: Any) -> None:
        made, _, start, flow, *_ = self.stack.pop()
        if self.marking:
            style = "mapping" if isinstance(made, dict) else "sequence"
            self._mark(start, event.end_mark.index, style, flow=bool(flow))
        frame = self.stack[-1]
        if frame[1] is _ITEM:
            frame[0].append(made)
        else:
            frame[0].setdefault(frame[1], made)
            frame[1] = None

    def _mark(self, start: int, end: int, style: str, *, flow: bool = False) -> None:
        """Notes the place of the value about to be placed."""
        shift, (first, last) = self.shift, self.stack[-1][4]
        first, last = (first + shift, last + shift) if first >= 0 else _NO_KEY
        mark = Mark(start + shift, end + shift, first, last, style, flow)
        self.marks.setdefault(self._pointer(), mark)

    def _pointer(self) -> str:
        """Pointer of the value being read; a marking walk has that of what is around it."""
        if self.marking and len(self.stack) > 1:
            frame = self.stack[-1]
            return f"{frame[5]}/{len(frame[0]) if frame[1] is _ITEM else frame[1]}"
        return "".join(f"/{len(f[0]) if f[1] is _ITEM else f[1]}" for f in self.stack[1:])

    def _fault(self, rule: str, offset: int, message: str, remedy: str, pointer: str = "") -> None:
        self.faults.append(Fault(rule, offset + self.shift, message, remedy, pointer))

    def _refuse(self, event: Any, what: str, remedy: str, rule: str = "ROR103") -> None:
        self._fault(rule, event.start_mark.index, what, remedy)
        raise _Stop


_OTHERS = ", et d'autres ensuite"
_NO_DASH = (
    "si un élément de liste commence ici, mettez « - » devant ; sinon gardez une clé de chaque"
)
_STYLES = {None: "plain", "": "plain", "'": "single", '"': "double", "|": "literal", ">": "folded"}
