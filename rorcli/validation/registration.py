"""Who of a file's practitioners the Annuaire santé does not know (ROR411): gone, or a wrong number.

Only `audit` asks: it takes the register's extract, which is no part of a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rorcli.identifiers import rpps_ok
from rorcli.items import Praticien
from rorcli.model import Unite
from rorcli.validation.completeness import Demand
from rorcli.validation.findings import Issue
from rorcli.validation.view import View, named

RULE = "ROR411"


def registrations(view: View, is_registered: Callable[[str], bool]) -> Iterator[Demand]:
    """A point for each practitioner of an open unit that the register knows.

    A number with a wrong key is `validate`'s to tell.
    """
    for unit in (placed.unit for placed in view.open_units):
        for person in unit.praticiens:
            if person.rpps and rpps_ok(person.rpps):
                yield _registration(unit, person, known=is_registered(person.rpps))


def _registration(unit: Unite, person: Praticien, *, known: bool) -> Demand:
    if known:
        return Demand(RULE, 1)
    name = " ".join(part for part in (person.prenom, person.nom, f"({person.rpps})") if part)
    message = f"{named(unit)} : {name} n'est pas, ou plus, dans l'Annuaire santé"
    remedy = "vérifiez son n° RPPS ; s'il n'exerce plus, rorcli remove-practitioner"
    return Demand(RULE, 1, 1, Issue(RULE, f"{person.pointer}/rpps", message, remedy))
