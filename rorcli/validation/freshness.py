"""How old each node of an establishment is, and who is to be asked about it.

A node, the EG or a unit, is as old as the latest of its effective `verifie_le` and the store's own
day for it. Since `verifie_le` holds for all that is below it, a node's effective one is the latest
of its own and those above: confirming an establishment confirms its units, whatever they say. A
file alone has `verifie_le`, else the day of its base; a node without any day counts as late. What
is closed for good, itself or by what is above it, is never late.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from rorcli import codes
from rorcli.errors import UsageError
from rorcli.items import Contact
from rorcli.model import DIRECTEUR, LEVELS, EntiteGeographique, Unite
from rorcli.validation.view import Node, View, day_of

REFERENT = "12"  # fonction Référent ROR, table `fonctions-contact`
EG = "eg"

# A node and what is above it, the EG last.
Chain = tuple[Node, ...]
# Whether a node of a level is late, by its day.
IsLate = Callable[[str, date | None], bool]

_SPAN = re.compile(r"([0-9]{1,4}) ?(d|w|mo|y|j(?:ours?)?|sem(?:aines?)?|mois|ans?)")
_FRENCH_UNITS = {"j": "d", "s": "w", "a": "y"}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FRENCH_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


@dataclass(frozen=True, slots=True)
class Ask:
    """Who answers for a node: the function, and what the file holds to reach it."""

    role: str
    courriel: str
    telephone: str


@dataclass(frozen=True, slots=True)
class Place:
    """A node as reports name it; the EG has level "eg", an empty path and an empty key.

    `pointer` is where the file holds it, `is_sensitive` says that a report to share leaves it out.
    """

    finess: str
    etablissement: str
    level: str
    path: str
    key: str
    pointer: str = ""
    is_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Aged:
    """An open node and the day that somebody last looked at it, None when no day is known."""

    at: Place
    dated_on: date | None
    ask: Ask | None
    is_late: bool = True


@dataclass(frozen=True, slots=True)
class Dates:
    """The days known beside the file: the store's, by node key, and that of the base.

    `written_at` is when the store wrote the node alone, apart from what it is made of.
    """

    changed_on: Mapping[str, date] = field(default_factory=dict)
    saved_on: date | None = None
    written_at: Mapping[str, datetime] = field(default_factory=dict)

    def of(self, key: str, verified_on: date | None) -> date | None:
        """The day of a node whose effective `verifie_le` is given."""
        known = [day for day in (verified_on, self.changed_on.get(key)) if day]
        return max(known) if known else self.saved_on

    def alone(self, key: str, verified_on: date | None) -> datetime:
        """The time in Paris of a node without its lieux and situations, as the store has it.

        Of a store that tells days it is midnight; so it is of a file, which has its reviews.
        """
        if self.written_at:
            moment = self.written_at.get(key)
            return moment.replace(tzinfo=None) if moment else midnight(None)
        if self.changed_on:
            return midnight(self.changed_on.get(key))
        return midnight(verified_on or self.saved_on)


def midnight(day: date | None) -> datetime:
    """The first moment of a day; without one, that of the calendar."""
    return datetime.combine(day or date.min, time())


def places(view: View) -> list[tuple[Place, Chain]]:
    """Every node with its name and what is above it, in the order of the tree."""
    return [(_place(view, view.site), (view.site,)), *_units(view)]


def aged(nodes: Iterable[tuple[Place, Chain]], view: View, dates: Dates, is_late: IsLate
         ) -> Iterator[Aged]:  # fmt: skip
    """The open nodes, with the day of each and who to ask."""
    for at, chain in nodes:
        if all(view.is_open(node) for node in chain):
            day = _dated_on(chain, at.key, dates)
            yield Aged(at, day, who(chain, view.site), is_late(at.level, day))


def parse_limit(text: str, today: date) -> date:
    """`6mo`, `90d`, `6w`, `1y` before `today`, or a date -> the day that is not late yet.

    `6 mois`, `90j`, `6sem`, `1 an` are the same. Months are those of the calendar; a day that the
    month lacks is its last. UsageError otherwise.
    """
    try:
        if span := _SPAN.fullmatch(text):
            unit = _FRENCH_UNITS.get(span[2][0], span[2][:2])
            return _before(today, int(span[1]), unit)
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
    """A date, 2026-05-10 or 10/05/2026; UsageError otherwise."""
    try:
        return _day(text)
    except ValueError:
        raise UsageError(f"« {text} » n'est pas une date",
                         remedy="écrivez 2026-05-10, ou 10/05/2026") from None  # fmt: skip


def _day(text: str) -> date:
    if french := _FRENCH_DAY.fullmatch(text):
        return date(*map(int, french.group(3, 2, 1)))
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


def _place(view: View, node: Node, path: str = "", key: str = "") -> Place:
    level = EG
    if isinstance(node, Unite):
        level = node.type if node.type in LEVELS else LEVELS[-1]
    is_sensitive = isinstance(node, Unite) and node.unite_sensible is True
    finess, nom = view.establishment.finess, view.site.nom or "?"
    return Place(finess, nom, level, path, key, node.pointer, is_sensitive)


def _units(view: View) -> Iterator[tuple[Place, Chain]]:
    for placed in view.units:
        chain: Chain = (placed.unit, *reversed(placed.above), view.site)
        yield _place(view, placed.unit, placed.path, placed.key), chain


def _dated_on(chain: Chain, key: str, dates: Dates) -> date | None:
    verified = [day for node in chain if (day := day_of(node.verifie_le))]
    return dates.of(key, max(verified, default=None))


def who(chain: Chain, site: EntiteGeographique) -> Ask | None:
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
