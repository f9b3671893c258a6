"""What no schema can say of a file: whether it is coherent (3xx).

A rule is a small pure function over a `View` and stands in the table `CHECKS`, here, in `numbers`
or in `plausibility`; `check_comments` looks at the text, `validation.across` at several files. Each
yields issues that point at the key concerned, present or not. Severities and sources are in
`validation.findings.RULES`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any

from rorcli import codes
from rorcli.fields import specs
from rorcli.items import Capacite, Contact, Horaire, Lieu, Patientele, Praticien, Telecom
from rorcli.model import (
    DIRECTEUR,
    LEVELS,
    EntiteGeographique,
    Unite,
    age_in_days,
    spec_at,
)
from rorcli.text.document import Document
from rorcli.text.render import scalar
from rorcli.validation.findings import Issue
from rorcli.validation.view import Check, View, day_of, keys, named


def check_order(view: View) -> Iterator[Issue]:
    """ROR301: a level never stands below a lower one; two units of one level may nest."""
    for unit, above in ((placed.unit, placed.above[-1]) for placed in view.units if placed.above):
        levels = [LEVELS.index(each.type) for each in (above, unit) if each.type in LEVELS]
        if levels != sorted(levels):
            message = f"niveaux inversés : {named(unit)} sous {named(above)}"
            remedy = "l'ordre est pôle, service, UF, UO : déplacez l'unité ou changez son « type »"
            yield Issue("ROR301", f"{unit.pointer}/type", message, remedy)


# What tells items of a list apart (design), as a message says it.
_IDENTITY: Mapping[type, tuple[str, ...]] = {
    Contact: ("fonction", "nature", "nom"), Telecom: ("canal", "valeur"),
    Horaire: ("jours", "debut"), Praticien: ("rpps", "specialite"),
    Capacite: ("nature", "statut", "temporalite", "affectation", "genre"),
    Lieu: ("id", "nom"), Unite: ("type", "nom"),
}  # fmt: skip


def check_doubles(view: View) -> Iterator[Issue]:
    """ROR302 within each list."""
    for noun in view.nouns:
        for spec in keys(type(noun)).lists:
            items = getattr(noun, spec.key)
            if len(items) < 2:  # noqa: PLR2004 - one is no double
                continue
            seen: set[str] = set()
            told: set[str] = set()  # one item of the file may be several nouns, as hours are
            for index, item in enumerate(items):
                identity = _identity(item)
                where = getattr(item, "pointer", f"{noun.pointer}/{spec.key}/{index}")
                if identity in seen and where not in told:
                    told.add(where)
                    message = f"« {spec.label} » : deux fois {_shown(item)}"
                    yield Issue("ROR302", where, message, "gardez-en un")
                elif identity:
                    seen.add(identity)


def _identity(item: Any) -> str:
    """What no other item of the list may have; "" for none yet, or when another rule judges it."""
    match item:
        case str():
            return item
        case Unite(id=str()) | Praticien(rpps=None):
            return ""
        case Praticien():
            return f"{item.rpps} {item.specialite}"
        case Contact():
            return item.identity
    identified = any(getattr(item, key) for key in _IDENTITY[type(item)])
    return item.identity if identified else ""


def _shown(item: Any) -> str:
    if isinstance(item, str):
        return f'"{item}"'
    values = {key: getattr(item, key) for key in _IDENTITY[type(item)]}
    words = (f"{key} {'+'.join(v) if key == 'jours' else v}" for key, v in values.items() if v)
    return ", ".join(words) or "ni fonction, ni nature, ni nom"


def check_identities(view: View) -> Iterator[Issue]:
    """ROR302 across the file: an id names one unit, a lieu is described once, one director."""
    units: set[str] = set()
    for placed in view.units:
        if placed.unit.id in units:
            message = f"une autre unité a déjà l'identifiant {placed.unit.id}"
            remedy = "corrigez-le, ou retirez-le d'une unité à créer"
            yield Issue("ROR302", f"{placed.unit.pointer}/id", message, remedy)
        units |= {placed.unit.id} if placed.unit.id else set()
    described: dict[str, str] = {}
    for lieu in view.all_of(Lieu):
        if not lieu.id or lieu.managed <= {"id"}:
            continue
        around = lieu.pointer.rpartition("/")[0]
        if described.setdefault(lieu.id, around) != around:
            message = f"le lieu {lieu.id} est décrit deux fois"
            yield Issue("ROR302", f"{lieu.pointer}/id", message, "ne gardez ici que son id")
    for contact in view.establishment.etablissement.contacts:
        if contact.fonction == DIRECTEUR:
            message = "le directeur est décrit deux fois"
            yield Issue("ROR302", f"{contact.pointer}/fonction", message, "gardez « directeur »")


def check_ages(view: View) -> Iterator[Issue]:
    """ROR303, after conversion to days."""
    for ages in view.all_of(Patientele):
        try:
            inverted = age_in_days(ages.age_min or "") > age_in_days(ages.age_max or "")
        except ValueError:
            continue
        if inverted:
            message = f"âge minimal {ages.age_min}, âge maximal {ages.age_max}"
            yield Issue("ROR303", f"{ages.pointer}/age_max", message, "échangez ou corrigez-les")


def check_closed_codes(view: View) -> Iterator[Issue]:
    """ROR304."""
    for noun in view.nouns:
        for spec in keys(type(noun)).codes:
            held = getattr(noun, spec.key)
            if not held:
                continue
            closed = _closed(spec.table, view.today)
            is_listed = spec.table in codes.TABLES
            listed = f" ; la liste : rorcli codes {spec.table}" if is_listed else ""
            for index, value in enumerate((held,) if isinstance(held, str) else held):
                if code := closed.get(value):
                    where = f"{noun.pointer}/{spec.key}" + (f"/{index}" if spec.is_list else "")
                    since = f'"{value}" ({code.label}) est fermé depuis le {code.ends_on}'
                    message = f"« {spec.label} » : {since}"
                    yield Issue("ROR304", where, message, f"choisissez un code ouvert{listed}")


@cache
def _closed(table: str, today: date) -> Mapping[str, codes.Code]:
    ending = codes.table(table).ending
    return {code: each for code, each in ending.items() if each.is_closed(today)}


_PAIR = re.compile(r"""(?:([a-z_]+):|-)\s+\[?["']?(\w+)(?!\w*:)""")


@cache
def _tables(key: str) -> tuple[codes.Table, ...]:
    """The code tables of a key, whatever its noun; those of lists of codes for an item, ""."""
    every = (Contact, Telecom, Praticien, Capacite, Unite, EntiteGeographique)
    found = (spec for owner in every for spec in specs(owner).values() if spec.table)
    names = (spec.table for spec in found if (spec.key == key if key else spec.is_list))
    return tuple(codes.table(name) for name in dict.fromkeys(names))


def check_comments(document: Document) -> Iterator[Issue]:
    """ROR305: an end-of-line comment that is the label of another code than those of its line.

    The text is looked at line by line; places are asked for only where a line is suspect.
    """
    text, at = document.text, document.text.find(" #")
    while at >= 0:
        start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
        end = len(text) if end < 0 else end
        said = text[at + 2 : end].strip()
        if said and _is_suspect(text[start:at].strip(), said):
            yield from _contradicted(document, start, at, said)
        at = text.find(" #", end)


def _is_suspect(code: str, said: str) -> bool:
    # Nearly always the comment is the label of the first code of its line, and files repeat both.
    first = _PAIR.search(code)
    return not (first and _is_label(said, *first.groups())) and _is_odd(code, said)


@lru_cache(maxsize=4096)
def _is_label(said: str, key: str | None, value: str) -> bool:
    return any(table.label(value) == said for table in _tables(key or ""))


def _is_odd(code: str, said: str) -> bool:
    pairs = [(table, value) for key, value in _PAIR.findall(code) for table in _tables(key)]
    if any(table.label(value) == said for table, value in pairs):
        return False
    return any(table.by_label(said) for table, _ in pairs)


def _contradicted(document: Document, start: int, end: int, said: str) -> Iterator[Issue]:
    held = [
        (pointer, codes.table(spec.table), document.source(pointer).strip("\"'"))
        for pointer, mark in document.marks.items()
        if start <= mark.start and mark.end <= end and (spec := spec_at(pointer)) and spec.table
    ]
    if any(codes.fold(table.label(value) or "") == codes.fold(said) for _, table, value in held):
        return
    for pointer, table, value in held:
        if (other := table.by_label(said)) and value in table.codes:
            message = f'"{value}" est {table.label(value)}, le commentaire dit {other.label}'
            both = (f"{scalar(c.code)}  # {c.label}" for c in (table.codes[value], other))
            remedy = f"écrivez {', ou '.join(both)}"
            yield Issue("ROR305", pointer, message, remedy, mend=value)
            return


_COUNTED, _HELD = ("disponible", "occupe", "reserve"), ("installe", "supplementaire")


def check_sums(view: View) -> Iterator[Issue]:
    """ROR306, per lieu, nature, time, assignment and gender; only where the file says installe."""
    for lieu in view.all_of(Lieu):
        groups: defaultdict[tuple[str | None, ...], Counter[str]] = defaultdict(Counter)
        for each in lieu.capacites:
            key = (each.nature, each.temporalite or "01", each.affectation or "01", each.genre)
            groups[key][each.statut or ""] += each.nombre or 0
        for (nature, *_), counts in groups.items():
            used, held = (sum(counts[s] for s in kind) for kind in (_COUNTED, _HELD))
            if used > held and "installe" in counts:
                message = (
                    f"{nature} : {used} disponibles, occupés ou réservés pour {held} installés"
                )
                yield Issue("ROR306", f"{lieu.pointer}/capacites", message, "recomptez-les")


def check_dates(view: View) -> Iterator[Issue]:
    """ROR308."""
    for noun in view.nouns:
        for spec in keys(type(noun)).days:
            value = getattr(noun, spec.key)
            if value and day_of(value) is None:
                message = f"« {spec.label} » : {value} n'existe pas au calendrier"
                yield Issue("ROR308", f"{noun.pointer}/{spec.key}", message, "corrigez la date")


CHECKS: tuple[Check, ...] = (
    check_order, check_doubles, check_identities, check_ages,
    check_closed_codes, check_sums, check_dates,
)  # fmt: skip
