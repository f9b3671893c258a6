"""FHIR dates and instants as days and times: those of Paris, everywhere."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from rorcli.stores.fhir.lenses import Iso


@cache
def _paris() -> ZoneInfo:
    return ZoneInfo("Europe/Paris")


def paris_day(moment: Any) -> date | None:
    """The day of a FHIR date, dateTime or instant; None for anything coarser, or no date at all.

    A time without zone is taken as it stands.
    """
    found = paris_time(moment)
    return found.date() if found else None


def paris_time(moment: Any) -> datetime | None:
    """The same with its time in Paris, midnight when there is none."""
    try:
        if len(moment) == 10:  # noqa: PLR2004 - YYYY-MM-DD
            return datetime.combine(date.fromisoformat(moment), time(), _paris())
        found = datetime.fromisoformat(moment)
    except (TypeError, ValueError):
        return None
    if len(moment) < 10:  # noqa: PLR2004 - 1998 would not parse, 19980101 would
        return None
    return found.astimezone(_paris()) if found.tzinfo else found.replace(tzinfo=_paris())


def _day(moment: Any) -> str | None:
    found = paris_day(moment)
    return found.isoformat() if found else None


#: A FHIR date or dateTime as a day of the file.
DAY = Iso(_day, str)


def _whole(moment: str) -> str:
    """A day, or an instant with what FHIR asks of one: seconds, and a zone, else that of Paris."""
    if "T" not in moment:
        return moment
    found = datetime.fromisoformat(moment)
    if found.tzinfo is None:
        return found.replace(tzinfo=_paris()).isoformat()
    return moment if re.search(r"T\d\d:\d\d:", moment) else found.isoformat()


#: A day or an instant of the file as a FHIR dateTime.
MOMENT = Iso(str, _whole)
