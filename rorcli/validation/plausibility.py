"""What may be true but hardly is: hours, numbers, beds where nobody sleeps, dates to come (3xx).

Rules as in `validation.rules`; all are warnings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from rorcli.items import TIME, Capacite, Horaire
from rorcli.model import CONSULTATION, Unite
from rorcli.validation.findings import Issue
from rorcli.validation.view import Check, View, day_of, named

# The largest hospitals of the country have about two thousand beds on a site.
MOST_BEDS = 5_000
MIDNIGHT = "24:00"
_HOUR = re.compile(TIME)


def check_hours(view: View) -> Iterator[Issue]:
    """ROR313: a span ends after its beginning; 00:00 as an end is midnight."""
    told = set()
    for each in view.all_of(Horaire):
        begin, end = _span(each)
        if begin >= end > "" and each.pointer not in told:
            told.add(each.pointer)  # one item of the file is a noun for each of its days
            message = f"de {begin} à {end} : la fin n'est pas après le début"
            remedy = "corrigez-les ; une nuit s'écrit en deux plages, jusqu'à 00:00 puis dès 00:00"
            yield Issue("ROR313", f"{each.pointer}/fin", message, remedy)


def check_overlaps(view: View) -> Iterator[Issue]:
    """ROR314, once for two items, however many days they share."""
    for unit in view.all_of(Unite):
        spans = sorted((each.jours, *_span(each), each.pointer) for each in unit.horaires)
        told = set()
        for (day, begin, end, _), (other, start, stop, pointer) in pairwise(spans):
            if day == other and begin < start < end and pointer not in told:
                told.add(pointer)
                message = f"{other[0]} : {start}-{stop} chevauche {begin}-{end}"
                yield Issue("ROR314", f"{pointer}/debut", message, "séparez-les")


def _span(each: Horaire) -> tuple[str, str]:
    """Beginning and end; two "" when they are no hours."""
    begin, end = each.debut or "", each.fin or ""
    is_sound = _HOUR.match(begin) and _HOUR.match(end)
    return (begin, MIDNIGHT if end == "00:00" else end) if is_sound else ("", "")


def check_counts(view: View) -> Iterator[Issue]:
    """ROR315."""
    for each in view.all_of(Capacite):
        if (each.nombre or 0) > MOST_BEDS:
            message = f"{each.nombre} : plus de {MOST_BEDS} dans un lieu"
            yield Issue("ROR315", f"{each.pointer}/nombre", message, "vérifiez ce nombre")


def check_beds(view: View) -> Iterator[Issue]:
    """ROR316; a lieu where more than consultations are held may have the beds of the others."""
    units = list(view.all_of(Unite))
    stays = [unit for unit in units if unit.mode_prise_en_charge != CONSULTATION]
    elsewhere = {lieu.id for unit in stays for lieu in unit.lieux if lieu.id}
    for unit in units:
        is_visited = unit.mode_prise_en_charge == CONSULTATION
        for lieu in unit.lieux if is_visited else ():
            for each in () if lieu.id in elsewhere else lieu.capacites:
                if (each.nature, each.statut) == ("lit", "installe") and each.nombre:
                    message = f"{named(unit)} : une consultation, et des lits installés"
                    remedy = "corrigez « mode_prise_en_charge » de l'UO, ou « nature »"
                    yield Issue("ROR316", f"{each.pointer}/nature", message, remedy)


def check_future(view: View) -> Iterator[Issue]:
    """ROR317: what was verified or counted was so before today ended."""
    dated = [(view.site.pointer, "verifie_le", view.site.verifie_le)]
    dated += [(each.pointer, "verifie_le", each.verifie_le) for each in view.all_of(Unite)]
    dated += [(each.pointer, "comptee_le", each.comptee_le) for each in view.all_of(Capacite)]
    for pointer, key, value in dated:
        day = day_of(value)
        if day and day > view.today:
            message = f"{value} est à venir : nous sommes le {view.today}"
            yield Issue("ROR317", f"{pointer}/{key}", message, "écrivez le jour où ce fut fait")


CHECKS: tuple[Check, ...] = (check_hours, check_overlaps, check_counts, check_beds, check_future)
