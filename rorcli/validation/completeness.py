"""What is still missing for the region and for the national requirements (4xx).

Only warnings: a file may be written and saved in several sittings. What is closed for good, itself
or by what is above it, is left alone. A key that the file does not manage counts as
missing, since nobody can check it there. Each thing that is looked at is worth a point, so that
completeness is a plain share: points kept of points there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from rorcli.items import Lieu
from rorcli.model import CONSULTATION, HOSPITALISATION_COMPLETE, LEVELS, EntiteGeographique, Unite
from rorcli.validation.findings import Issue
from rorcli.validation.view import Node, View, named

_COORDINATES = {"téléphone": {"1", "2"}, "courriel": {"3"}, "MSSanté": {"MSSANTE"}}


class Demand(NamedTuple):
    """What a rule asks of a node, in `points`; `lost` of them are what `issue` tells."""

    rule: str
    points: int
    lost: int = 0
    issue: Issue | None = None


def check_completeness(view: View) -> Iterator[Issue]:
    """ROR401 to ROR406."""
    return (demand.issue for demand in demands(view) if demand.issue)


def demands(view: View) -> Iterator[Demand]:
    """What the rules ask, met or not: one point each, three for the coordinates of a node."""
    lieux = described(view)
    if view.is_open(view.site):
        yield _category(view.site)
        yield _coordinates(view.site)
    for unit in (placed.unit for placed in view.open_units):
        if unit.type in LEVELS:
            yield _coordinates(unit)
        if unit.is_uo:
            yield _contacts(unit)
            yield from _activity(unit, lieux(unit))
            yield from _lieux(unit)


def described(view: View) -> Callable[[Unite], list[Lieu]]:
    """The lieux of a UO: one that it gives by its id alone is described by another UO."""
    every = (lieu for placed in view.units for lieu in placed.unit.lieux)
    known = {each.id: each for each in every if not _is_reference(each)}
    return lambda uo: [
        known.get(each.id, each) if _is_reference(each) else each for each in uo.lieux
    ]


def address_lacks(lieu: Lieu) -> list[str]:
    """The keys that an address must have for CP4."""
    at = lieu.adresse
    parts = {
        "voie (ou lieu_dit)": at and (at.voie or at.lieu_dit),
        "code_postal": at and at.code_postal,
        "commune": at and at.commune,
    }
    return [name for name, value in parts.items() if not value]


def _asked(rule: str, pointer: str, message: str, remedy: str) -> Demand:
    return Demand(rule, 1, 1, Issue(rule, pointer, message, remedy))


def _category(site: EntiteGeographique) -> Demand:
    if site.categorie:
        return Demand("ROR406", 1)
    remedy = "la liste : rorcli codes categories"
    return _asked("ROR406", f"{site.pointer}/categorie", "« Catégorie » manque", remedy)


def _coordinates(node: Node) -> Demand:
    """A pole, service, uf or uo has a box of its own or a contact's; an EG a contact's."""
    contacts = node.contacts
    held = {"MSSANTE"} if isinstance(node, Unite) and node.mssante else set()
    if isinstance(node, EntiteGeographique) and node.directeur:
        contacts = (*contacts, node.directeur)
    held |= {telecom.canal or "" for contact in contacts for telecom in contact.telecoms}
    lacks = [name for name, canaux in _COORDINATES.items() if not held & canaux]
    if not lacks:
        return Demand("ROR401", len(_COORDINATES))
    key = "mssante" if lacks == ["MSSanté"] and isinstance(node, Unite) else "contacts"
    message = f"{named(node)} : il manque {', '.join(lacks)}"
    issue = Issue("ROR401", f"{node.pointer}/{key}", message, f"complétez « {key} »")
    return Demand("ROR401", len(_COORDINATES), len(lacks), issue)


def _contacts(uo: Unite) -> Demand:
    reached = [contact for contact in uo.contacts if contact.telecoms]
    if not reached or any(contact.fonction or contact.nature for contact in reached):
        return Demand("ROR404", 1)
    message = f"{named(uo)} : aucun contact n'a de fonction ni de nature"
    remedy = "ajoutez « nature » ; la liste : rorcli codes natures-contact"
    return _asked("ROR404", f"{uo.pointer}/contacts", message, remedy)


def _activity(uo: Unite, lieux: list[Lieu]) -> Iterator[Demand]:
    if uo.mode_prise_en_charge == CONSULTATION:
        remedy = "ajoutez-les, par exemple avec rorcli add-practitioner"
        message = f"{named(uo)} : consultation sans praticien"
        lacking = _asked("ROR402", f"{uo.pointer}/praticiens", message, remedy)
        yield Demand("ROR402", 1) if uo.praticiens else lacking
    if uo.mode_prise_en_charge == HOSPITALISATION_COMPLETE:
        remedy = "comptez-les, par exemple avec rorcli set-capacity"
        message = f"{named(uo)} : hospitalisation complète sans lit installé"
        lacking = _asked("ROR403", f"{uo.pointer}/lieux", message, remedy)
        yield Demand("ROR403", 1) if any(map(_may_have_beds, lieux)) else lacking


def _lieux(uo: Unite) -> Iterator[Demand]:
    if not uo.lieux:
        remedy = "décrivez où l'unité travaille, avec une adresse"
        yield _asked("ROR405", f"{uo.pointer}/lieux", f"{named(uo)} : aucun lieu", remedy)
    for lieu in (each for each in uo.lieux if not _is_reference(each)):
        lacks = address_lacks(lieu)
        message = f"lieu « {lieu.nom or lieu.id or '?'} » : il manque {', '.join(lacks)}"
        lacking = _asked("ROR405", f"{lieu.pointer}/adresse", message, "complétez « adresse »")
        yield lacking if lacks else Demand("ROR405", 1)


def _is_reference(lieu: Lieu) -> bool:
    """A lieu given by its id alone is described elsewhere, and judged there."""
    return lieu.managed <= {"id"}


def _may_have_beds(lieu: Lieu) -> bool:
    return _is_reference(lieu) or any(
        each.nature == "lit" and each.statut == "installe" and each.nombre
        for each in lieu.capacites
    )
