"""A value in another form than the file's: what was meant, when only one thing can be.

People write 10/5/2026, 9h, 15 Ans, 999 000 011 00018; spreadsheets drop a nought.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date

from rorcli.fields import Kind, Spec
from rorcli.identifiers import INVISIBLE
from rorcli.items import AGE, TIME

_HOUR = re.compile(r"([01]?\d|2[0-3]) ?[hH:] ?([0-5]\d)?")
_MIDNIGHT = re.compile(r"24 ?[hH:] ?(00)?")
_AGE = re.compile(r"(\d{1,3})\s*(ans?|mois|semaines?|jours?)", re.IGNORECASE)
_FRENCH_DAY = re.compile(r"(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})", re.ASCII)
_LOOSE_DAY = re.compile(r"(?P<year>\d{4})[/.-](?P<month>\d{1,2})[/.-](?P<day>\d{1,2})", re.ASCII)
# Numbers that people set apart by blanks; but for the first, they may begin with a nought.
_NUMBERS = ("rpps", "finess", "siren", "siret", "code_postal", "code_insee")
_APART = re.compile(rf"[\s{INVISIBLE}]")


def meant(spec: Spec, text: str) -> str | None:
    """The value of the right form that the text stands for; None when nobody can tell."""
    pattern = spec.shape.get("pattern")
    if spec.kind is Kind.DAY:
        return _day(text)
    if pattern == TIME:
        return _hour(text, is_end=spec.key == "fin")
    if pattern == AGE and (age := _AGE.fullmatch(text)):
        return f"{int(age[1])} {age[2].lower()}"
    bare = _APART.sub("", text)
    return bare if spec.key in _NUMBERS and re.search(str(pattern), bare) else None


def with_nought(spec: Spec, text: str) -> str | None:
    """The number that may have lost the nought in front of it; None for another value."""
    found = f"0{text}"
    fits = spec.key in _NUMBERS[1:] and re.search(str(spec.shape.get("pattern")), found)
    return found if fits else None


def _day(text: str) -> str | None:
    """The day of the calendar that people write 10/5/2026 or 2026-5-10."""
    found = _FRENCH_DAY.fullmatch(text) or _LOOSE_DAY.fullmatch(text)
    with suppress(ValueError):
        return date(*map(int, found.group("year", "month", "day"))).isoformat() if found else None
    return None


def _hour(text: str, *, is_end: bool) -> str | None:
    """The hour that people write 9h; the end of a day, which is 00:00, they write 24h."""
    if is_end and _MIDNIGHT.fullmatch(text):
        return "00:00"
    found = _HOUR.fullmatch(text)
    return f"{found[1]:0>2}:{found[2] or '00'}" if found else None
