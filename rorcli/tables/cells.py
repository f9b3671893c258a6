"""What a cell says: the text of a spreadsheet as a value of the file, or why it is none.

What a spreadsheet spoils (zeros in front, long numbers, days as numbers) is given back when only
one value can have been meant; else the cell is refused, with what to do about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from rorcli import codes
from rorcli.errors import RorcliError
from rorcli.fields import Kind, Spec
from rorcli.identifiers import rpps_ok, usual_phone
from rorcli.tables.sheets import Formula
from rorcli.text.document import MAX_DIGITS
from rorcli.validation.numbers import is_phone

_SPACES = re.compile(r"[\s.-]+")
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d*))?[eE]\+?(\d+)")
_FRENCH_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
# Days from 1954 to 2119 as spreadsheets count them: no other number stands in such a column.
_SERIALS = range(20_000, 80_000)
_YES, _NO = {"oui", "x", "ok", "vu", "vrai", "true"}, {"", "non", "faux", "false"}
_DECIMAL_PHONE = re.compile(r"(\d{9,11})[.,]0")
_AS_TEXT = "mettez la colonne au format Texte, puis retapez la valeur"


class CellError(RorcliError):
    """A cell that cannot be taken: `key` is its column."""

    def __init__(self, key: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.key = key


@dataclass(frozen=True, slots=True)
class Cell:
    """A text to read as a value of `spec`; `now` is what the file holds there, as a table shows it.

    `label` is the cell beside a code and `label_now` what it showed; `origin` counts days from.
    """

    key: str
    spec: Spec
    text: str
    origin: date
    now: str = ""
    label: str = ""
    label_now: str = ""

    def value(self) -> Any:
        """The value for the file; CellError when there is none."""
        if isinstance(self.text, Formula):
            raise CellError(self.key, f"« {self.text} » est une formule, ou l'erreur d'une formule",
                            "collez la valeur à sa place (Collage spécial, Valeurs)")  # fmt: skip
        if self.spec.table:
            return self._code()
        if self.spec.key == "rpps":
            return self._rpps()
        readers = {Kind.WORD: self._word, Kind.COUNT: self._count, Kind.DAY: self._day}
        return readers.get(self.spec.kind, self.text.strip)()

    def phone(self) -> str:
        """A phone number; one in another writing is the one that is there."""
        text = _DECIMAL_PHONE.sub(r"\1", str(self.value()))
        if self.now and same_number(text, self.now):
            return self.now
        if _SCIENTIFIC.fullmatch(text):
            raise CellError(self.key, f"« {self.text} » : le tableur a arrondi ce numéro", _AS_TEXT)
        # Digits alone are what a spreadsheet leaves of a number, often without its zero.
        number = _national(text)
        is_bare = text in {number, number[1:], f"33{number[1:]}"}
        usual = usual_phone(number if is_bare else text)
        return usual if usual and (is_bare or not is_phone(text)) else text

    def verified(self, today: date) -> str:
        """The day of a column « Vérifié le »: a day, « oui » for today, "" for none."""
        said = codes.fold(self.text)
        if said in _NO:
            return ""
        day = today.isoformat() if said in _YES else str(self.value())[:10]
        if day > today.isoformat():
            raise CellError(self.key, f"« {self.text} » : ce jour n'est pas encore venu",
                            "une vérification se date du jour où elle est faite")  # fmt: skip
        return day

    def _code(self) -> str:
        table = codes.table(self.spec.table)
        code = _code_of(table, self.text) if self.text else None
        named = table.by_label(self.label) if self.label else None
        if self.text and code is None:
            close = table.closest(self.text)
            hint = f"vouliez-vous dire {close.code} ({close.label}) ?" if close else ""
            raise CellError(self.key, f"« {self.text} » n'est ni un code, ni un libellé de la "
                            f"table {table.name}", hint or _listing(table.name))  # fmt: skip
        is_renamed = self.now and self.text == self.now and self.label not in ("", self.label_now)
        if named is None and (code is None or is_renamed):
            raise CellError(self.key + "_libelle", f"« {self.label} » : libellé inconnu",
                            "écrivez le code dans la colonne voisine")  # fmt: skip
        if code is None or named is None or table.label(code) == named.label:
            return code or (named.code if named else "")
        if self.now and self.label == self.label_now:
            return code  # the label that was there tells nothing of the new code
        if self.now and self.text == self.now:
            return named.code
        raise CellError(
            self.key,
            f"le code {code} est « {table.label(code)} », le libellé dit « {named.label} »",
            f"pour ce libellé, écrivez {named.code} ; sinon videz le libellé",
        )

    def _rpps(self) -> str:
        text = self.text.strip()
        number = _SPACES.sub("", re.sub(r"[.,]0+$", "", text))
        if found := _SCIENTIFIC.fullmatch(text):
            number = found[1] + (found[2] or "")
            if len(number) != int(found[3]) + 1:
                raise CellError(self.key, f"« {text} » : le tableur a arrondi ce numéro", _AS_TEXT)
        if not rpps_ok(number):
            raise CellError(self.key, f"« {text} » n'est pas un n° RPPS ({len(number)} caractères)",
                            "onze chiffres, le dernier est une clé : recopiez-le")  # fmt: skip
        return number

    def _word(self) -> str:
        said = codes.fold(self.text).replace(" ", "_")
        for word, label in self.spec.words.items():
            if said.removesuffix("s") in {word, codes.fold(label).replace(" ", "_")}:
                return word
        raise CellError(self.key, f"« {self.text} » : valeur inconnue",
                        f"écrivez {', '.join(self.spec.words)}")  # fmt: skip

    def _count(self) -> int:
        number = re.sub(r"[.,]0+$", "", re.sub(r"\s", "", self.text))
        if not (number.isascii() and number.isdigit() and len(number) <= MAX_DIGITS):
            raise CellError(self.key, f"« {self.text} » n'est pas un nombre entier, zéro ou plus")
        return int(number)

    def _day(self) -> str:
        text = self.text.strip()
        if text.isascii() and text.isdigit() and int(text) in _SERIALS:
            return (self.origin + timedelta(days=int(text))).isoformat()
        found = _FRENCH_DAY.fullmatch(text)
        iso = f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}" if found else text
        try:
            moment = datetime.fromisoformat(iso)
        except ValueError as error:
            raise CellError(self.key, f"« {self.text} » n'est pas une date",
                            "AAAA-MM-JJ ou JJ/MM/AAAA attendu") from error  # fmt: skip
        form = str(self.spec.shape.get("pattern", Kind.DAY))
        is_day = moment.time() == time.min or not re.fullmatch(form, moment.isoformat())
        return moment.date().isoformat() if is_day else iso.replace(" ", "T")


def same_but_zeros(text: str, known: Iterable[str]) -> str | None:
    """The only one of `known` that is `text` but for zeros in front, which spreadsheets drop."""
    found = [each for each in known if each.lstrip("0") == text.strip().lstrip("0")]
    return found[0] if len(found) == 1 else None


def same_number(one: str, other: str) -> bool:
    """True for one phone number in two writings."""
    return _national(one) == _national(other)


def _listing(table: str) -> str:
    """Which command lists the codes of a table, if one does."""
    return f"la liste : rorcli codes {table}" if table in codes.TABLES else ""


def _code_of(table: codes.Table, text: str) -> str | None:
    """A code given as such, by its label, or without its zeros."""
    text = text.strip()
    if text in table.rows:
        return text
    named = table.by_label(text)
    return named.code if named else same_but_zeros(text, table.rows)


def _national(text: str) -> str:
    """The digits of a French number as it is dialled inside the country."""
    digits = re.sub(r"[^\d+]", "", text)
    found = re.fullmatch(r"(?:\+33|0033|33)?0?([1-9]\d{8})", digits)
    return f"0{found[1]}" if found else digits
