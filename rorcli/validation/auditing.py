"""What `audit` finds in an establishment: who is late, what is missing, what the nation asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TypeVar

from rorcli.errors import UsageError
from rorcli.model import LEVELS, Establishment
from rorcli.validation.completeness import Demand, demands
from rorcli.validation.findings import Issue
from rorcli.validation.freshness import EG, Aged, Dates, Place, aged, parse_limit, places
from rorcli.validation.national import CODES, Register, Requirement, Status, requirements
from rorcli.validation.registration import RULE, registrations
from rorcli.validation.view import View

AGE, NATIONAL, REGISTER = "age", "national", "annuaire"
# What `--check` may ask for, and the rules of completeness that answer.
CHECKS: Mapping[str, frozenset[str]] = {
    AGE: frozenset(),
    "coordonnees": frozenset({"ROR401", "ROR404", "ROR405"}),
    "praticiens": frozenset({"ROR402"}),
    "capacites": frozenset({"ROR403"}),
    NATIONAL: frozenset({"ROR406"}),
    REGISTER: frozenset({RULE}),
}
# What is asked when nobody chooses: the register's extract has to be given.
USUAL = tuple(check for check in CHECKS if check != REGISTER)
NODE_LEVELS = (EG, *LEVELS)


@dataclass(frozen=True, slots=True)
class Criteria:
    """What is asked on a day: what is dated before `limit` is late; the checks to answer.

    `levels` holds the limit of the levels that have one of their own; `is_registered` tells whether
    the Annuaire santé knows an RPPS, for the check of that name.
    """

    today: date
    limit: date
    checks: tuple[str, ...] = USUAL
    levels: Mapping[str, date] = field(default_factory=dict)
    is_registered: Callable[[str], bool] | None = None

    def is_late(self, level: str, day: date | None) -> bool:
        """Whether a node of that level is late; without a day it is."""
        return AGE in self.checks and (day is None or day < self.levels.get(level, self.limit))

    @property
    def rules(self) -> frozenset[str]:
        """The rules of completeness that answer."""
        return frozenset().union(*(CHECKS[check] for check in self.checks))


@dataclass(frozen=True, slots=True)
class Missing:
    """What a rule of completeness misses in a node."""

    at: Place
    issue: Issue


@dataclass(frozen=True, slots=True)
class Site:
    """An establishment as a region sorts it."""

    finess: str
    nom: str
    departement: str
    categorie: str
    finess_ej: str
    raison_sociale: str


@dataclass(frozen=True, slots=True)
class Summary:
    """An establishment in numbers: open nodes, those late, what is missing, points of completeness.

    `points` is what the rules asked for look at, `kept` what they find in order; `lacking` names
    the checks that miss something.
    """

    site: Site
    nodes: int
    late: int
    missing: int = 0
    points: int = 0
    kept: int = 0
    requirements: tuple[Requirement, ...] = ()
    lacking: frozenset[str] = frozenset()

    @property
    def score(self) -> int:
        """Completeness in percent, rounded down: 100 only when nothing is missing."""
        return 100 * self.kept // self.points if self.points else 100

    @property
    def gaps(self) -> tuple[Requirement, ...]:
        """The national requirements in écart."""
        return tuple(each for each in self.requirements if each.status is Status.ECART)


@dataclass(frozen=True)
class Audit:
    """What one establishment has late and missing, node by node, in the order of its tree."""

    site: Site
    aged: tuple[Aged, ...]
    missing: tuple[Missing, ...]
    demands: tuple[Demand, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    names: Mapping[str, Place] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    @property
    def finess(self) -> str:
        """FINESS of the EG."""
        return self.site.finess

    @property
    def nodes(self) -> int:
        """The nodes that are open."""
        return len(self.aged)

    @cached_property
    def late(self) -> tuple[Aged, ...]:
        """The nodes that nobody has looked at since the limit."""
        return tuple(each for each in self.aged if each.is_late)

    @cached_property
    def summary(self) -> Summary:
        """The same in numbers."""
        points = sum(each.points for each in self.demands)
        kept = points - sum(each.lost for each in self.demands)
        late, missing = len(self.late), len(self.missing)
        rules = {each.issue.rule for each in self.missing}
        lacking = frozenset(check for check, answering in CHECKS.items() if answering & rules)
        return Summary(
            self.site, self.nodes, late, missing, points, kept, self.requirements, lacking
        )


#: An audit, or what is kept of it.
Judged = TypeVar("Judged", Audit, Summary)


@dataclass(frozen=True)
class Account:
    """What is told of audits: nodes late, oldest first, what is missing, all in numbers.

    `late` may be walked once. `audits` are there when the establishments themselves were read.
    """

    late: Iterable[Aged]
    every: Sequence[Summary]
    missing: Sequence[Missing] = ()
    audits: Sequence[Audit] = ()


def account(audits: Sequence[Audit]) -> Account:
    """The account of establishments that were read."""
    return Account(oldest_first(audits), [one.summary for one in audits], by_level(audits), audits)


def audit(establishment: Establishment, dates: Dates, asked: Criteria) -> Audit:
    """What an establishment has late and missing, and how it meets the requirements but ST3."""
    view = View(establishment, asked.today)
    nodes = places(view)
    rules = asked.rules
    found = tuple(each for each in demands(view) if each.rule in rules) if rules else ()
    if REGISTER in asked.checks and asked.is_registered:
        found += tuple(registrations(view, asked.is_registered))
    at = {chain[0].pointer: place for place, chain in nodes}
    missing = tuple(Missing(_around(at, d.issue.pointer), d.issue) for d in found if d.issue)
    return Audit(
        site_of(establishment),
        tuple(aged(nodes, view, dates, asked.is_late)),
        missing,
        found,
        tuple(requirements(view, dates)) if NATIONAL in asked.checks else (),
        {place.key: place for place, _ in nodes},
    )


def audit_all(
    seen: Iterable[tuple[Establishment, Dates]], asked: Criteria, *, is_whole: bool
) -> list[Audit]:
    """Every audit, ST3 included; `is_whole` says that no establishment is left out."""
    return audit_each(seen, asked, lambda one, _: one, is_whole=is_whole)


def audit_each(
    seen: Iterable[tuple[Establishment, Dates]],
    asked: Criteria,
    keep: Callable[[Audit, Establishment], Judged],
    *,
    is_whole: bool,
) -> list[Judged]:
    """What `keep` makes of each audit: what it leaves need not be held while others are read.

    ST3 comes last, since it compares establishments with one another.
    """
    register = Register(is_whole)
    kept: list[tuple[Judged, str | None]] = []
    for establishment, dates in seen:
        own = register.meet(establishment, asked.today)
        kept.append((keep(audit(establishment, dates, asked), establishment), own))
    if NATIONAL not in asked.checks:
        return [one for one, _ in kept]
    return [with_st3(one, register.judge(one.site.finess, own)) for one, own in kept]


def with_st3(one: Judged, st3: Requirement) -> Judged:
    """The same with that requirement at its place."""
    every = sorted((*one.requirements, st3), key=lambda each: CODES.index(each.code))
    return replace(one, requirements=tuple(every))


def site_of(establishment: Establishment) -> Site:
    """What a region sorts an establishment by."""
    eg, ej = establishment.etablissement, establishment.entite_juridique
    return Site(
        establishment.finess, eg.nom or "", eg.departement, eg.categorie or "",
        ej.finess or "", ej.raison_sociale or "",
    )  # fmt: skip


def oldest_first(audits: Sequence[Audit]) -> list[Aged]:
    """All that is late, those without a day first, then by age."""
    late = (each for one in audits for each in one.late)
    return sorted(late, key=lambda e: (e.dated_on or date.min, e.at.finess, e.at.path))


def by_level(audits: Sequence[Audit]) -> list[Missing]:
    """All that is missing, from the EG down to the UO."""
    missing = (each for one in audits for each in one.missing)
    return sorted(missing, key=lambda e: (NODE_LEVELS.index(e.at.level), e.at.finess))


def failed(every: Iterable[Summary], checks: frozenset[str]) -> bool:
    """Whether one of these checks finds something late, missing or in écart."""
    return any(
        one.lacking & checks or (AGE in checks and one.late) or (NATIONAL in checks and one.gaps)
        for one in every
    )


def parse_checks(text: str) -> tuple[str, ...]:
    """`age,praticiens` -> the names of checks, in the order of `CHECKS`; UsageError otherwise."""
    asked = {name.strip() for name in text.split(",")}
    if unknown := sorted(asked - CHECKS.keys()):
        raise UsageError(
            f"« {unknown[0]} » n'est pas un contrôle",
            remedy=f"au choix, séparés par des virgules : {', '.join(CHECKS)}",
        )
    return tuple(name for name in CHECKS if name in asked)


def parse_levels(limits: Mapping[str, str], today: date) -> dict[str, date]:
    """The limits of levels, as `parse_limit`; a level without one has no part in it."""
    return {level: parse_limit(text, today) for level, text in limits.items() if text}


def _around(nodes: Mapping[str, Place], pointer: str) -> Place:
    """The node that a pointer leads into."""
    while pointer not in nodes:
        pointer = pointer.rpartition("/")[0]
    return nodes[pointer]
