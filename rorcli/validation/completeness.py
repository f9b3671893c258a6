"""What is still missing for the region and for the national requirements (4xx).

Only warnings: a file may be written and saved in several sittings. Units closed for good are left
alone. A key that the file does not manage counts as missing, since nobody can check it there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rorcli.items import Lieu
from rorcli.model import CONSULTATION, HOSPITALISATION_COMPLETE, LEVELS, EntiteGeographique, Unite
from rorcli.validation.findings import Issue
from rorcli.validation.view import Node, View, named

_COORDINATES = {"téléphone": {"1", "2"}, "courriel": {"3"}, "MSSanté": {"MSSANTE"}}


def check_completeness(view: View) -> Iterator[Issue]:
    """ROR401 to ROR406."""
    lieux = {each.id: each for each in view.all_of(Lieu) if not _is_reference(each)}
    if view.is_open(view.site):
        yield from _check_category(view.site)
        yield from _check_coordinates(view.site)
    for unit in (placed.unit for placed in view.units if view.is_open(placed.unit)):
        if unit.type in LEVELS:
            yield from _check_coordinates(unit)
        if unit.is_uo:
            yield from _check_contacts(unit)
            yield from _check_activity(unit, [_described(each, lieux) for each in unit.lieux])
            yield from _check_lieux(unit)


def _check_category(site: EntiteGeographique) -> Iterator[Issue]:
    if not site.categorie:
        remedy = "la liste : rorcli codes categories"
        yield Issue("ROR406", f"{site.pointer}/categorie", "« Catégorie » manque", remedy)


def _check_coordinates(node: Node) -> Iterator[Issue]:
    """A pole, service, uf or uo has a box of its own or a contact's; an EG a contact's."""
    contacts = node.contacts
    held = {"MSSANTE"} if isinstance(node, Unite) and node.mssante else set()
    if isinstance(node, EntiteGeographique) and node.directeur:
        contacts = (*contacts, node.directeur)
    held |= {telecom.canal or "" for contact in contacts for telecom in contact.telecoms}
    lacks = [name for name, canaux in _COORDINATES.items() if not held & canaux]
    if lacks:
        key = "mssante" if lacks == ["MSSanté"] and isinstance(node, Unite) else "contacts"
        message = f"{named(node)} : il manque {', '.join(lacks)}"
        yield Issue("ROR401", f"{node.pointer}/{key}", message, f"complétez « {key} »")


def _check_contacts(uo: Unite) -> Iterator[Issue]:
    reached = [contact for contact in uo.contacts if contact.telecoms]
    if reached and not any(contact.fonction or contact.nature for contact in reached):
        message = f"{named(uo)} : aucun contact n'a de fonction ni de nature"
        remedy = "ajoutez « nature » ; la liste : rorcli codes natures-contact"
        yield Issue("ROR404", f"{uo.pointer}/contacts", message, remedy)


def _check_activity(uo: Unite, lieux: Iterable[Lieu]) -> Iterator[Issue]:
    if uo.mode_prise_en_charge == CONSULTATION and not uo.praticiens:
        remedy = "ajoutez-les, par exemple avec rorcli add-practitioner"
        message = f"{named(uo)} : consultation sans praticien"
        yield Issue("ROR402", f"{uo.pointer}/praticiens", message, remedy)
    if uo.mode_prise_en_charge == HOSPITALISATION_COMPLETE and not any(map(_may_have_beds, lieux)):
        remedy = "comptez-les, par exemple avec rorcli set-capacity"
        message = f"{named(uo)} : hospitalisation complète sans lit installé"
        yield Issue("ROR403", f"{uo.pointer}/lieux", message, remedy)


def _check_lieux(uo: Unite) -> Iterator[Issue]:
    if not uo.lieux:
        remedy = "décrivez où l'unité travaille, avec une adresse"
        yield Issue("ROR405", f"{uo.pointer}/lieux", f"{named(uo)} : aucun lieu", remedy)
    for lieu in uo.lieux:
        lacks = [] if _is_reference(lieu) else _address_lacks(lieu)
        if lacks:
            message = f"lieu « {lieu.nom or lieu.id or '?'} » : il manque {', '.join(lacks)}"
            yield Issue("ROR405", f"{lieu.pointer}/adresse", message, "complétez « adresse »")


def _is_reference(lieu: Lieu) -> bool:
    """A lieu given by its id alone is described elsewhere, and judged there."""
    return lieu.managed <= {"id"}


def _described(lieu: Lieu, lieux: Mapping[str | None, Lieu]) -> Lieu:
    return lieux.get(lieu.id, lieu) if _is_reference(lieu) else lieu


def _may_have_beds(lieu: Lieu) -> bool:
    return _is_reference(lieu) or any(
        each.nature == "lit" and each.statut == "installe" and each.nombre
        for each in lieu.capacites
    )


def _address_lacks(lieu: Lieu) -> list[str]:
    at = lieu.adresse
    parts = {
        "voie (ou lieu_dit)": at and (at.voie or at.lieu_dit),
        "code_postal": at and at.code_postal,
        "commune": at and at.commune,
    }
    return [name for name, value in parts.items() if not value]
