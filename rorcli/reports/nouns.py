"""How a person, a contact, an address, a measure or a single value reads, in the portal's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rorcli import codes
from rorcli.fields import Kind, Spec, specs
from rorcli.items import (
    CANAUX,
    SHORT,
    Adresse,
    Capacite,
    Contact,
    Horaire,
    Patientele,
    Praticien,
    Telecom,
)
from rorcli.validation.view import day_of

_NATURE, _STATUT = specs(Capacite)["nature"], specs(Capacite)["statut"]
_CHANNELS = {canal: SHORT[key].label for key, canal in CANAUX.items()}


def channel_label(canal: str) -> str:
    """Téléphone, Courriel…: the short key's label, else the code's."""
    return _CHANNELS.get(canal) or label("canaux", canal)


def words(spec: Spec, value: Any) -> str:
    """A scalar in words: label of a code, portal's word, day; "" for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if spec.kind is Kind.DAY:
        return french_day(value)
    return label(spec.table, value) if spec.table else spec.words.get(value, str(value))


def label(table: str, code: str | None) -> str:
    """The label of a code; the code itself when the table does not know it, "" for none."""
    return (codes.table(table).label(code) or code) if code else ""


def french_day(day: str) -> str:
    """10/05/2026, from a date or an instant; other text as it is."""
    found = day_of(day)
    return f"{found:%d/%m/%Y}" if found else day


def joined(separator: str, parts: Iterable[str | None]) -> str:
    """The parts that hold something."""
    return separator.join(part for part in parts if part)


def practitioner(person: Praticien) -> str:
    """As the portal: civility, title, first name, NAME - profession / specialty / sector."""
    titre = label("titres", person.titre)
    if titre and person.civilite:
        titre = f"le {titre}"
    what = (
        label("professions", person.profession),
        label("specialites", person.specialite),
        words(specs(Praticien)["secteur"], person.secteur),
    )
    return joined(" - ", (_name(person, titre), joined(" / ", what)))


def contact(held: Contact) -> str:
    """Who answers and how to reach them, without what the contact is for."""
    return joined(" ; ", (_name(held), held.description, *map(telecom, held.telecoms)))


def purpose(held: Contact) -> str:
    """What a contact is for: its function, its nature."""
    kinds = (label("fonctions-contact", held.fonction), label("natures-contact", held.nature))
    return joined(" / ", kinds) or "Contact"


def telecom(held: Telecom) -> str:
    """téléphone 02 61 91 00 16 (la nuit)."""
    channel = channel_label(held.canal or "")
    said = channel if channel == _CHANNELS["MSSANTE"] else channel[:1].lower() + channel[1:]
    return joined(" ", (said, held.valeur, f"({held.usage})" if held.usage else ""))


def address(held: Adresse) -> str:
    """On one line, from the door to the town."""
    street = joined(" ", (held.numero, held.extension, held.voie))
    town = joined(" ", (held.code_postal, held.commune))
    return joined(", ", (held.point_remise, held.complement, street, held.lieu_dit,
                         held.mention_distribution, town))  # fmt: skip


def opening(held: Horaire) -> str:
    """lundi, mardi : 09:00 - 17:00."""
    return f"{', '.join(held.jours)} : {held.debut or '?'} - {held.fin or '?'}"


def ages(held: Patientele) -> str:
    """De 15 ans à 120 ans."""
    return f"de {held.age_min or '?'} à {held.age_max or '?'}"


def measure(held: Capacite) -> str:
    """24 lits installés, 8 salles installées."""
    nature, statut = words(_NATURE, held.nature) or "?", words(_STATUT, held.statut) or "?"
    number = "?" if held.nombre is None else held.nombre
    feminine = "e" if held.nature != "lit" and statut.endswith("é") else ""
    many = "s" if (held.nombre or 0) > 1 else ""
    return f"{number} {nature.lower()}{many} {statut.lower()}{feminine}{many}"


def _name(person: Praticien | Contact, titre: str = "") -> str:
    civilite = label("civilites", person.civilite)
    return joined(" ", (civilite, titre, person.prenom, (person.nom or "").upper()))
