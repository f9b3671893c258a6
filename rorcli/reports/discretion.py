"""What a report that goes round must not tell: people, reserved numbers, sensitive units."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from rorcli.items import Contact, Praticien
from rorcli.model import Establishment, Unite
from rorcli.validation.view import View

RESERVED = "3"  # for regulation and crisis only, table `confidentialite`


def personal(establishment: Establishment) -> frozenset[str]:
    """Names of practitioners and of sensitive units, telecoms of confidentiality 3 (design 7)."""
    return frozenset(word for word in _words(View(establishment, date.max)) if word)


def _words(view: View) -> Iterator[str | None]:
    for person in view.all_of(Praticien):
        yield from (person.nom, person.prenom)
    for unit in view.all_of(Unite):
        yield unit.nom if unit.unite_sensible else None
    for contact in view.all_of(Contact):
        for telecom in contact.telecoms:
            is_reserved = RESERVED in (contact.confidentialite, telecom.confidentialite)
            yield telecom.valeur if is_reserved else None
