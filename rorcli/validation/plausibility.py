"""What may be true but hardly is: hours, numbers, beds where nobody sleeps, dates, hashes (3xx).

Rules as in `validation.rules`; all are warnings. `check_hashes` looks at the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from rorcli.fields import Kind
from rorcli.identifiers import INVISIBLE
from rorcli.items import TIME, Capacite, Horaire
from rorcli.model import CONSULTATION, Unite, spec_at
from rorcli.text.document import Document
from rorcli.text.render import scalar
from rorcli.validation.findings import Issue
from rorcli.validation.view import Check, View, day_of, keys, named

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


def check_sequence(view: View) -> Iterator[Issue]:
    """ROR319: opened, then closed, then opened again, all of it in times that had hospitals."""
    for noun in (view.site, *view.all_of(Unite)):
        dated = [(key, day) for key in _LIFE if (day := day_of(getattr(noun, key, None)))]
        for key, day in dated:
            if not _FIRST_YEAR <= day.year <= view.today.year + _YEARS_AHEAD:
                message = f"{day} : l'année {day.year} est invraisemblable"
                yield Issue("ROR319", f"{noun.pointer}/{key}", message, "corrigez-la")
        for (before, former), (key, day) in pairwise(dated):
            if day < former:
                message = f"{key} {day} : avant {before}, {former}"
                yield Issue("ROR319", f"{noun.pointer}/{key}", message, "corrigez l'une des deux")


_LIFE = ("date_ouverture", "date_fermeture", "date_reouverture")
# The Hôtel-Dieu of Paris, the oldest of the country, is of 651.
_FIRST_YEAR, _YEARS_AHEAD = 651, 50


def check_invisible(view: View) -> Iterator[Issue]:
    """ROR320: what came along when a text was copied, at its ends or within; blanks at its ends."""
    for noun in view.nouns:
        for spec in keys(type(noun)).texts:
            value = getattr(noun, spec.key)
            if not value or spec.key in _ADDRESSES:
                continue
            if (seen := _UNSEEN.sub("", value)) not in ("", value):
                message = f"« {spec.label} » : des caractères qui ne se voient pas y sont restés"
                remedy = f"écrivez {scalar(seen)}"
                yield Issue("ROR320", f"{noun.pointer}/{spec.key}", message, remedy, mend=seen)


_ADDRESSES = ("valeur", "site_internet")  # which have rules of their own
# A line that ends is seen: a text on several lines (|, >) has one behind it.
_BLANKS = rf"(?:[^\S\n]|[{INVISIBLE}])+"
_UNSEEN = re.compile(rf"^{_BLANKS}|[{INVISIBLE}]|{_BLANKS}$")


def check_hashes(document: Document) -> Iterator[Issue]:
    """ROR318: YAML takes " #1" for a comment; rorcli writes comments with a space, "# 1"."""
    for found in re.finditer(r"(?<=\S) #(?=[^\s#])(.*)", document.text):
        for pointer, mark in document.marks.items():
            if mark.end == found.start() and mark.style == "plain" and _is_free(pointer):
                said = document.source(pointer)
                whole = f'"{said} #{found[1].rstrip()}"'
                message = f"« #{found[1].rstrip()} » est lu comme un commentaire : reste « {said} »"
                remedy = (
                    f"écrivez {whole} ; pour un commentaire, une espace : # {found[1].rstrip()}"
                )
                yield Issue("ROR318", pointer, message, remedy)


def _is_free(pointer: str) -> bool:
    spec = spec_at(pointer)
    return spec is not None and spec.kind in {Kind.TEXT, Kind.TEXTS}


CHECKS: tuple[Check, ...] = (
    check_hours, check_overlaps, check_counts, check_beds, check_future, check_sequence,
    check_invisible,
)  # fmt: skip
