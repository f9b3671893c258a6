"""Which codes the national nomenclatures hold, what they mean, until when they may be used.

One table is one value set of the ROR (JDV) completed by the other codes of its code systems (TRE),
so that a code that exists but is not for the ROR is told from one that does not exist. The files
in `data/codes/` begin with `# key: value` lines: title, value_set, version, dated_on, source and
one `system` per code system; then come code, label, end date, scope and code system, separated by
tabs, empty ones left out. `tools/build_codes.py` writes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from unicodedata import combining, normalize

#: The tables that `rorcli codes` shows, in its order; `table` knows more.
TABLES = (
    "activites",
    "modes",
    "champs",
    "categories",
    "types-offre",
    "specialites",
    "professions",
    "savoir-faire",
    "civilites",
    "titres",
    "natures-contact",
    "fonctions-contact",
    "confidentialite",
    "modalites",
    "temporalites",
)

_FOLDER = Path(__file__).parent / "data" / "codes"
_ABBREVIATION = re.compile(r"\(([A-Z][A-Za-z0-9]*[A-Z][A-Za-z0-9]*)\)")
_REPLACED = str.maketrans({"’": "'", "\u02bc": "'", "œ": "oe", "æ": "ae"})


def fold(text: str) -> str:
    """The text as it is compared: no accents, case, ligatures, kinds of apostrophe or space."""
    text = " ".join(text.casefold().translate(_REPLACED).split())
    if text.isascii():
        return text
    return "".join(letter for letter in normalize("NFD", text) if not combining(letter))


class Code(NamedTuple):
    """One code; `system` is the short name of its code system, `ends_on` its first closed day."""

    code: str
    label: str
    ends_on: date | None
    in_value_set: bool
    system: str

    def is_closed(self, today: date) -> bool:
        """True from the end date on: the NOS withdraw a code, and open its heir, on that day."""
        return self.ends_on is not None and self.ends_on <= today

    def is_open(self, today: date) -> bool:
        """True if the code may be written: it is in the ROR's value set and not closed."""
        return self.in_value_set and not self.is_closed(today)


@dataclass(frozen=True)
class Table:
    """A code table; `rows` are those of its file: code, label, end date, scope, code system.

    `version` and `dated_on` are those of the value set, `source` the publication it was taken from.
    """

    name: str
    title: str
    version: str
    dated_on: date
    source: str
    system: str
    rows: Mapping[str, list[str]]

    @cached_property
    def codes(self) -> Mapping[str, Code]:
        """Every code, first those of the value set, in its order."""
        return MappingProxyType({key: self._decode(row) for key, row in self.rows.items()})

    @cached_property
    def ending(self) -> Mapping[str, Code]:
        """The codes that have an end date; the others are not decoded for it."""
        return {key: self._decode(row) for key, row in self.rows.items() if any(row[2:3])}

    def label(self, code: str) -> str | None:
        """The label of a code, in the value set or not; None for an unknown one."""
        return self.rows[code][1] if code in self.rows else None

    def search(self, words: Iterable[str]) -> list[Code]:
        """The codes, open or not, where each word begins a word of the label or the code.

        A label or code that is exactly the words comes first, then the order of the table.
        """
        wanted = fold(" ".join(words))
        found = [
            (wanted not in (key, label), code)
            for key, label, code in self._folded
            if all(_begins_a_word(word, f"{key} {label}") for word in wanted.split())
        ]
        return [code for _, code in sorted(found, key=lambda pair: pair[0])]

    def by_label(self, text: str) -> Code | None:
        """The value set's first code with this label, whatever its accents and case, or None."""
        return self._by_label.get(fold(text))

    def by_abbreviation(self, text: str) -> Code | None:
        """The only code of the value set whose label holds this in brackets, as (MCO), or None."""
        return self._by_abbreviation.get(text.casefold())

    def with_noughts(self, text: str) -> Code | None:
        """The code of the value set that digits mean without its leading zeros, or None.

        Spreadsheets, YAML and hurried people drop them.
        """
        bare = text.lstrip("0")
        if not (text.isdigit() and text.isascii()) or text in self.codes:
            return None
        alike = (c for c in self.codes.values() if c.in_value_set and c.code.lstrip("0") == bare)
        return next(alike, None)

    def closest(self, text: str) -> Code | None:
        """The code of the value set that was probably meant, by code or label, or None.

        Before likeness comes equality but for leading zeros.
        """
        known: dict[str, Code] = {}
        for key, label, code in self._folded:
            if code.in_value_set:
                known |= {key: code, label: known.get(label, code)}
        wanted = fold(text)
        for key, code in known.items():
            if key.lstrip("0") == wanted.lstrip("0"):
                return code
        from difflib import get_close_matches

        return next((known[key] for key in get_close_matches(wanted, known, n=1)), None)

    def _decode(self, row: list[str]) -> Code:
        code, label, ends_on, scope, system = row + [""] * (5 - len(row))
        ending = date.fromisoformat(ends_on) if ends_on else None
        return Code(code, label, ending, not scope, system or self.system)

    @cached_property
    def _by_label(self) -> Mapping[str, Code]:
        found: dict[str, Code] = {}
        for _, label, code in self._folded:
            if code.in_value_set:
                found.setdefault(label, code)
        return found

    @cached_property
    def _by_abbreviation(self) -> Mapping[str, Code]:
        found: dict[str, list[Code]] = {}
        for code in self.codes.values():
            for short in set(_ABBREVIATION.findall(code.label)) if code.in_value_set else ():
                found.setdefault(short.casefold(), []).append(code)
        return {short: alike[0] for short, alike in found.items() if len(alike) == 1}

    @cached_property
    def _folded(self) -> list[tuple[str, str, Code]]:
        return [(fold(code.code), fold(code.label), code) for code in self.codes.values()]


@cache
def table(name: str) -> Table:
    """The table of that name, one of `TABLES` or one that only files need, read at its first use.

    Raises:
        KeyError: No table has the name.
    """
    try:
        text = (_FOLDER / f"{name}.tsv").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KeyError(name) from None
    lines = text.strip().split("\n")
    about: dict[str, str] = {}
    for line in lines:
        if line.startswith("# "):
            key, _, value = line[2:].partition(": ")
            about.setdefault(key, value)
    rows = (line.split("\t") for line in lines if not line.startswith("# "))
    system = about["system"].partition(",")[0]
    return Table(
        name=name,
        title=about["title"],
        version=about["version"],
        dated_on=date.fromisoformat(about["dated_on"]),
        source=about["source"],
        system=system,
        rows={row[0]: row for row in rows},
    )


def _begins_a_word(word: str, text: str) -> bool:
    start = text.find(word)
    while start > 0 and text[start - 1].isalnum():
        start = text.find(word, start + 1)
    return start >= 0
