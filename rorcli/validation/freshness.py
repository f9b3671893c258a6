"""Which nodes of an establishment are late, what they lack, and who to ask: what `audit` tells.

A node, the EG or a unit, is as old as the latest of its effective `verifie_le` and the store's own
day for it. Since `verifie_le` holds for all that is below it, a node's effective one is the latest
of its own and those above: confirming an establishment confirms its units, whatever they say. A
file alone has `verifie_le`, else the day of its base; a node without any day counts as late. What
is closed for good, itself or by what is above it, is never late.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from rorcli import codes
from rorcli.errors import UsageError
from rorcli.items import Contact
from rorcli.model import DIRECTEUR, LEVELS, EntiteGeographique, Establishment
from rorcli.validation.completeness import check_completeness
from rorcli.validation.findings import Issue
from rorcli.validation.view import Node, View, day_of

REFERENT = "12"  # fonction Référent ROR, table `fonctions-contact`
AGE = "age"
# What `--check` may ask for, and the rules of completeness that answer.
CHECKS: Mapping[str, frozenset[str]] = {
    AGE: frozenset(),
    "coordonnees": frozenset({"ROR401", "ROR404", "ROR405"}),
    "praticiens": frozenset({"ROR402"}),
    "capacites": frozenset({"ROR403"}),
}
EG = "eg"
_ORDER = {level: rank for rank, level in enumerate((EG, *LEVELS))}

# A node and what is above it, the EG last.
Chain = tuple[Node, ...]

_SPAN = re.compile(r"([0-9]{1,4})(d|w|mo|y)")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Criteria:
    """What is asked on a day: what is dated before `limit` is late; the checks to answer."""

    today: date
    limit: date
    checks: tuple[str, ...] = tuple(CHECKS)


@dataclass(frozen=True, slots=True)
class Ask:
    """Who answers for a node: the function, and what the file holds to reach it."""

    role: str
    courriel: str
    telephone: str


@dataclass(frozen=True, slots=True)
class Place:
    """A node as reports name it; the EG has level "eg", an empty path and an empty key."""

    finess: str
    etablissement: str
    level: str
    path: str
    key: str


@dataclass(frozen=True, slots=True)
class Late:
    """A node that nobody has looked at since the limit; `dated_on` is None when no day is known."""

    at: Place
    dated_on: date | None
    ask: Ask | None


@dataclass(frozen=True, slots=True)
class Missing:
    """What a rule of completeness misses in a node."""

    at: Place
    issue: Issue


@dataclass(frozen=True, slots=True)
class Dates:
    """The days known beside the file: the store's, by node key, and that of the base."""

    changed_on: Mapping[str, date] = field(default_factory=dict)
    saved_on: date | None = None

    def of(self, key: str, verified_on: date | None) -> date | None:
        """The day of a node whose effective `verifie_le` is given."""
        known = [day for day in (verified_on, self.changed_on.get(key)) if day]
        return max(known) if known else self.saved_on


@dataclass(frozen=True, slots=True)
class Audit:
    """What one establishment has late and missing, and how many nodes are open."""

    finess: str
    nom: str
    nodes: int
    late: tuple[Late, ...]
    missing: tuple[Missing, ...]


def audit(establishment: Establishment, dates: Dates, asked: Criteria) -> Audit:
    """What an establishment has late and missing."""
    view = View(establishment, asked.today)
    nodes = [(_place(view), (view.site,)), *_units(view)]
    opened = [(at, chain) for at, chain in nodes if all(view.is_open(node) for node in chain)]
    late = tuple(
        Late(at, dated_on, _who(chain, view.site))
        for at, chain in (opened if AGE in asked.checks else ())
        if (dated_on := _dated_on(chain, at.key, dates)) is None or dated_on < asked.limit
    )
    rules = frozenset().union(*(CHECKS[check] for check in asked.checks))
    issues = check_completeness(view) if rules else ()
    places = {chain[0].pointer: at for at, chain in nodes}
    missing = tuple(Missing(_around(places, i.pointer), i) for i in issues if i.rule in rules)
    return Audit(establishment.finess, view.site.nom or "", len(opened), late, missing)


def oldest_first(audits: Sequence[Audit]) -> list[Late]:
    """All that is late, those without a day first, then by age."""
    late = (each for one in audits for each in one.late)
    return sorted(late, key=lambda e: (e.dated_on or date.min, e.at.finess, e.at.path))


def by_level(audits: Sequence[Audit]) -> list[Missing]:
    """All that is missing, from the EG down to the UO."""
    missing = (each for one in audits for each in one.missing)
    return sorted(missing, key=lambda e: (_ORDER[e.at.level], e.at.finess))


def parse_limit(text: str, today: date) -> date:
    """`6mo`, `90d`, `6w`, `1y` before `today`, or an ISO date -> the day that is not late yet.

    Months are those of the calendar; a day that the month lacks is its last. UsageError otherwise.
    """
    try:
        if span := _SPAN.fullmatch(text):
            return _before(today, int(span[1]), span[2])
        return _day(text)
    except (ValueError, OverflowError):
        pass  # another form, no such day, or none that far back
    ambiguous = re.fullmatch(r"\d+m", text)
    raise UsageError(
        f"« {text} » est ambigu : des mois s'écrivent « mo »" if ambiguous else
        f"« {text} » n'est ni une durée ni une date",
        remedy=f"écrivez {text}o" if ambiguous else "écrivez 90d (jours), 6w (semaines), "
        "6mo (mois), 1y (années), ou une date : 2026-05-10",
    )  # fmt: skip


def parse_day(text: str) -> date:
    """An ISO date; UsageError otherwise."""
    try:
        return _day(text)
    except ValueError:
        raise UsageError(f"« {text} » n'est pas une date",
                         remedy="écrivez année, mois, jour : 2026-05-10") from None  # fmt: skip


def parse_checks(text: str) -> tuple[str, ...]:
    """`age,praticiens` -> the names of checks, in the order of `CHECKS`; UsageError otherwise."""
    asked = {name.strip() for name in text.split(",")}
    if unknown := sorted(asked - CHECKS.keys()):
        raise UsageError(
            f"« {unknown[0]} » n'est pas un contrôle",
            remedy=f"au choix, séparés par des virgules : {', '.join(CHECKS)}",
        )
    return tuple(name for name in CHECKS if name in asked)


def _day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _before(today: date, number: int, unit: str) -> date:
    if unit in "dw":
        return today - timedelta(days=number * (7 if unit == "w" else 1))
    months = today.year * 12 + today.month - 1 - number * (12 if unit == "y" else 1)
    first = date(months // 12, months % 12 + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(today.day, last.day))


def _place(view: View, level: str = EG, path: str = "", key: str = "") -> Place:
    return Place(view.establishment.finess, view.site.nom or "?", level, path, key)


def _units(view: View) -> Iterator[tuple[Place, Chain]]:
    for placed in view.units:
        level = placed.unit.type if placed.unit.type in LEVELS else LEVELS[-1]
        at = _place(view, level or "", placed.path, placed.key)
        yield at, (placed.unit, *reversed(placed.above), view.site)


def _dated_on(chain: Chain, key: str, dates: Dates) -> date | None:
    verified = [day for node in chain if (day := day_of(node.verifie_le))]
    return dates.of(key, max(verified, default=None))


def _who(chain: Chain, site: EntiteGeographique) -> Ask | None:
    """The référent ROR of the node or of the nearest above, else the director of the EG."""
    contacts = [contact for node in chain for contact in node.contacts]
    named = [(REFERENT, contact) for contact in contacts if contact.fonction == REFERENT]
    named += [(DIRECTEUR, site.directeur)] if site.directeur else []
    asks = (_ask(fonction, contact) for fonction, contact in named)
    return next((ask for ask in asks if ask.courriel or ask.telephone), None)


def _ask(fonction: str, contact: Contact) -> Ask:
    role = codes.table("fonctions-contact").label(fonction) or fonction
    phones = (*contact.values("telephone"), *contact.values("mobile"), "")
    return Ask(role, (*contact.values("courriel"), "")[0], phones[0])


def _around(places: Mapping[str, Place], pointer: str) -> Place:
    """The node that a pointer leads into."""
    while pointer not in places:
        pointer = pointer.rpartition("/")[0]
    return places[pointer]
