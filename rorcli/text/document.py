"""YAML text -> Document: plain data, what could not be read, and the place of every value.

The reader takes libyaml's events and settles by itself what YAML 1.1 and 1.2 readers dispute:
`0123`, `no`, `12:30`, dates stay text; only true, false, null and canonical decimal numbers
convert. Aliases, anchors, tags, merge keys, second documents and complex keys are refused, so that
no reader sees another document than we do, and no bomb can unfold. Bad content never raises:
it becomes a `Fault`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import yaml

from rorcli.fields import Kind, specs
from rorcli.model import Capacite, EntiteGeographique, Unite

try:
    from yaml._yaml import CParser as _Parser
except ImportError:  # a PyYAML built without libyaml: same events, forty times slower
    from yaml import SafeLoader as _Parser  # type: ignore[assignment]

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 100
MAX_DIGITS = 15
DAY_KEYS = frozenset(
    key
    for noun in (Capacite, EntiteGeographique, Unite)
    for key, spec in specs(noun).items()
    if spec.kind is Kind.DAY
)

_INTEGER = re.compile(r"-?(0|[1-9]\d*)")
_DECIMAL = re.compile(r"-?(0|[1-9]\d*)\.\d+")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([Tt ].*)?")
# What a YAML 1.1 or 1.2 reader takes for something else than text (yaml.org type repository;
# YAML 1.2.2, 10.3.2), beyond the canonical forms that we convert.
_DISPUTED = re.compile(
    r"""[-+]?[\d][\d_]*(\.[\d_]*)?([eE][-+]?\d+)?   # 0123, 1_000, +33, 1e3
      | [-+]?\.\d[\d_]*([eE][-+]?\d+)? | [-+]?\.(inf|Inf|INF) | \.(nan|NaN|NAN)
      | [-+]?0[bxo][\dA-Fa-f_]+
      | [-+]?\d[\d_]*(:[0-5]?\d)+(\.[\d_]*)?        # 12:30 in base sixty
      | \d{4}-\d{1,2}-\d{1,2}([Tt\ \t].*)?
      | [yYnN] | yes|Yes|YES|no|No|NO | on|On|ON|off|Off|OFF | <<|=
    """,
    re.VERBOSE,
)
_WORDS: Mapping[str, bool | None] = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "null": None, "Null": None, "NULL": None, "~": None, "": None,
}  # fmt: skip
_SUSPECT = frozenset("0123456789+-.yYnNoO<=")

_PROBLEMS = {
    "mapping values are not allowed": "« : » est mal placé : une valeur qui contient « : » "
    "s'écrit entre guillemets, et une clé est alignée avec ses voisines",
    "found a tab character": "une tabulation sert de retrait : YAML n'admet que des espaces",
    "character that cannot start any token": "ce caractère ne peut pas commencer une valeur : "
    "mettez-la entre guillemets",
    "did not find expected key": "le retrait de cette ligne ne correspond à aucune liste ni clé",
    "did not find expected '-' indicator": "cette ligne devrait commencer par « - » "
    "ou être décalée",
    "did not find expected ',' or": "une virgule ou une fermeture manque",
    "found unexpected end of stream": "des guillemets ne sont pas refermés",
    "found unknown escape character": "séquence « \\ » inconnue entre guillemets doubles",
    "could not find expected ':'": "« : » manque après cette clé",
    "exceeded max": f"plus de {MAX_DEPTH} niveaux imbriqués",
    "undefined alias": "les alias ne sont pas admis",
}


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
        start = self.text.rfind("\n", 0, offset) + 1
        bom = int(start == 0 and offset > 0 and self.text.startswith("\ufeff"))
        return self.text.count("\n", 0, offset) + 1, offset - start + 1 - bom

    def source(self, pointer: str) -> str:
        """The value as it is written, quotes included; "" for an absent one."""
        mark = self.marks.get(pointer)
        return "" if mark is None else self.text[mark.start : mark.end]


def read(content: bytes | str, path: str) -> Document:
    """A Document of any content; `path` is what messages call it."""
    if len(content) > MAX_BYTES:
        return _unreadable(path, "", 0, f"fichier de plus de {MAX_BYTES >> 20} Mo",
                           "un fichier décrit un seul établissement")  # fmt: skip
    if isinstance(content, str):
        return _parsed(content, path)
    if b"\0" in content[:4096] or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _unreadable(path, "", 0, "fichier binaire, ou en UTF-16", _ENCODING)
    try:
        return _parsed(content.decode("utf-8"), path)
    except UnicodeDecodeError as error:
        text = content[: error.start].decode("utf-8") + "?"
        return _unreadable(path, text, len(text) - 1, "ce caractère n'est pas en UTF-8", _ENCODING)


def _parsed(text: str, path: str) -> Document:
    reader = _Reader(text).run()
    broken = any(fault.rule != "ROR102" for fault in reader.faults)
    data = None if broken else reader.data
    return Document(path, text, data, tuple(reader.faults), tuple(reader.ambiguous))


def is_text_when_plain(value: str) -> bool:
    """True when every YAML reader takes `value`, written without quotes, for text."""
    if value in _WORDS:
        return False
    return value[0] not in _SUSPECT or not any(
        shape.fullmatch(value) for shape in (_INTEGER, _DECIMAL, _DISPUTED)
    )


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
        self.data: Any = None
        self.faults: list[Fault] = []
        self.ambiguous: list[tuple[str, str]] = []
        self.marks: dict[str, Mark] = {}
        # Open collections, outermost first: container, key being filled, start, flow, key marks.
        self.stack: list[list[Any]] = []

    def run(self) -> _Reader:
        """Walks the whole text, or up to the first thing that cannot be read."""
        try:
            self._walk(_Parser(self.text))
        except _Stop:
            pass
        except yaml.reader.ReaderError as error:
            shown = f"U+{ord(error.character):04X}" if isinstance(error.character, str) else (
                f"U+{error.character:04X}")  # fmt: skip
            self._fault("ROR101", error.position, f"caractère de commande {shown}", "retirez-le")
        except yaml.MarkedYAMLError as error:
            self._syntax(error)
        return self

    def _walk(self, parser: Any) -> None:
        handlers = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._open,
            yaml.SequenceStartEvent: self._open,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
        }
        documents = 0
        next_event = parser.get_event
        while True:
            event = next_event()
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)
            elif type(event) is yaml.StreamEndEvent:
                break
            elif type(event) is yaml.AliasEvent:
                self._refuse(event, "alias YAML (« * »)", "recopiez la valeur")
            elif type(event) is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self._refuse(event, "second document YAML (« --- »)",
                                 "un fichier, un établissement", "ROR101")  # fmt: skip
        if not documents or self.data is None:
            self._fault("ROR101", 0, "fichier vide", "écrivez-y un établissement, ou tirez-en un : "
                        "rorcli pull FINESS -f FICHIER")  # fmt: skip

    def _scalar(self, event: Any) -> None:
        value = event.value
        if event.anchor is not None or (event.tag is not None and event.tag != "!"):
            self._refuse(event, "ancre ou étiquette YAML (« & », « ! »)", "écrivez la valeur seule")
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame[1] is None:
            self._key(frame, event, value)
            return
        if event.implicit[0] and not event.style:
            value = self._plain(frame, value)
        if self.marking:
            self._mark(event.start_mark.index, event.end_mark.index, _STYLES[event.style])
        self._place(frame, value)

    def _plain(self, frame: list[Any] | None, value: str) -> Any:
        """The value of a scalar written without quotes."""
        if value in _WORDS:
            return _WORDS[value]
        if value[0] not in _SUSPECT:
            return value
        if _INTEGER.fullmatch(value):
            return int(value) if len(value) <= MAX_DIGITS else value
        if _DECIMAL.fullmatch(value):
            return float(value)
        dated = frame is not None and frame[1] in DAY_KEYS and _DATE.fullmatch(value)
        if not dated and _DISPUTED.fullmatch(value):
            self.ambiguous.append((self._pointer(), value))
        return value

    def _key(self, frame: list[Any], event: Any, value: str) -> None:
        if value == "<<" and not event.style:
            self._refuse(event, "fusion YAML (« << »)", "recopiez les clés")
        frame[1] = value
        frame[4] = (event.start_mark.index, event.end_mark.index)
        if value in frame[0]:
            self._fault("ROR102", event.start_mark.index, f"clé « {value} » écrite deux fois",
                        "gardez-en une", self._pointer())  # fmt: skip

    def _open(self, event: Any) -> None:
        if event.anchor is not None or event.tag is not None:
            self._refuse(event, "ancre ou étiquette YAML (« & », « ! »)", "écrivez la valeur seule")
        if len(self.stack) >= MAX_DEPTH:
            self._refuse(event, f"plus de {MAX_DEPTH} niveaux imbriqués",
                         "retirez les crochets en trop", "ROR101")  # fmt: skip
        mapping = type(event) is yaml.MappingStartEvent
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame[1] is None:
            self._refuse(event, "clé qui n'est pas un texte", "écrivez une clé simple")
        made: Any = {} if mapping else []
        key = None if mapping else -1
        self.stack.append([made, key, event.start_mark.index, bool(event.flow_style), (-1, -1)])

    def _close(self, event: Any) -> None:
        made, _, start, flow, _ = self.stack.pop()
        if self.marking:
            style = "mapping" if isinstance(made, dict) else "sequence"
            self._mark(start, event.end_mark.index, style, flow=flow)
        self._place(self.stack[-1] if self.stack else None, made)

    def _place(self, frame: list[Any] | None, value: Any) -> None:
        if frame is None:
            self.data = value
        elif isinstance(frame[0], dict):
            frame[0].setdefault(frame[1], value)
            frame[1] = None
        else:
            frame[0].append(value)

    def _mark(self, start: int, end: int, style: str, *, flow: bool = False) -> None:
        """Notes the place of the value about to be placed."""
        keys = self.stack[-1][4] if self.stack else (-1, -1)
        key_start, key_end = (at + self.shift if at >= 0 else -1 for at in keys)
        mark = Mark(start + self.shift, end + self.shift, key_start, key_end, style, flow)
        self.marks.setdefault(self._pointer(), mark)

    def _pointer(self) -> str:
        """Pointer of the value being read."""
        return "".join(
            f"/{len(made) if isinstance(made, list) else key}" for made, key, *_ in self.stack
        )

    def _fault(self, rule: str, offset: int, message: str, remedy: str, pointer: str = "") -> None:
        self.faults.append(Fault(rule, offset + self.shift, message, remedy, pointer))

    def _refuse(self, event: Any, what: str, remedy: str, rule: str = "ROR103") -> None:
        self._fault(rule, event.start_mark.index, what, remedy)
        raise _Stop

    def _syntax(self, error: yaml.MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or ""
        known = next((said for key, said in _PROBLEMS.items() if key in problem), None)
        offset = 0 if mark is None else min(mark.index, max(len(self.text) - 1, 0))
        message = known or "la syntaxe YAML est rompue ici ou juste au-dessus"
        self._fault("ROR101", offset, message, "corrigez cette ligne, puis relancez la commande")


_STYLES = {None: "plain", "": "plain", "'": "single", '"': "double", "|": "literal", ">": "folded"}
