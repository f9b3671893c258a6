"""The nouns: what an establishment file holds once read, and the way back to plain data.

Every noun is a frozen dataclass whose fields bear the keys of the file (format 1). `managed` holds
the keys that the file writes: an absent key is *not managed*, hence never compared and never
changed; a managed key whose value is None or empty means "none in the store". `pointer` is the
JSON pointer of the text that the noun was read from.

Attributes and their marks follow the ROR exposition model 3.0.1 as published in
`ans.fhir.fr.ror` 0.7.0; what is MANDATORY there or in the MCO form is so here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import NoneType
from typing import Any, Self, TypeVar

from rorcli.codes import fold
from rorcli.fields import (
    EXPECTED,
    MANDATORY,
    Kind,
    Spec,
    code,
    codes,
    day,
    flag,
    noun,
    nouns,
    specs,
    text,
    texts,
    word,
)
from rorcli.items import AGE, SHORT, Adresse, Contact, Horaire, Lieu, Patientele, Praticien
from rorcli.nouns import Noun

FORMAT = 1
LEVELS = ("pole", "service", "uf", "uo")
LEVEL_LABELS = {
    "pole": "Pôle",
    "service": "Service",
    "uf": "Unité fonctionnelle (UF)",
    "uo": "Unité opérationnelle (UO)",
}
DIRECTEUR = "01"
CONSULTATION, HOSPITALISATION_COMPLETE = "32", "28"

DAYS_PER_AGE_UNIT = {"an": 365.25, "mois": 30.4375, "semaine": 7, "jour": 1}


@dataclass(init=False, repr=False, eq=False)
class Unite(Noun):
    """One node of the tree: pôle, service, UF or UO, told apart by `type`."""

    type: str | None = word(LEVEL_LABELS, "Niveau", "pole > service > uf > uo.", need=MANDATORY)
    id: str | None = text(
        "Identifiant", "Identifiant ROR ; absent, l'unité est une création proposée.",
        pattern=r"^\S+$",
    )  # fmt: skip
    nom: str | None = text("Nom", "Nom de l'unité.", need=MANDATORY)
    verifie_le: str | None = day("Vérifiée le", "Dernière vérification ; vaut pour ce qui dépend.")
    date_ouverture: str | None = day("Date d'ouverture")
    date_fermeture: str | None = day("Date de fermeture")
    type_fermeture: str | None = code("types-fermeture", "Type de fermeture")
    date_reouverture: str | None = day("Réouverture prévue le")
    type_offre: str | None = code("types-offre", "Type d'offre", need=MANDATORY)
    champ_activite: str | None = code("champs", "Champ d'activité", need=MANDATORY)
    mode_prise_en_charge: str | None = code("modes", "Mode de prise en charge", need=MANDATORY)
    temporalite_accueil: str | None = code("temporalites", "Temporalité d'accueil")
    modalites_accueil: tuple[str, ...] = codes("modalites", "Modalités d'accueil")
    niveau_maternite: str | None = code("niveaux-maternite", "Niveau de maternité")
    patientele: Patientele | None = noun(lambda: Patientele, "Patientèle", need=MANDATORY)
    unite_sensible: bool | None = flag(
        "Unité sensible", "true masque l'offre au public.", need=MANDATORY
    )
    activites: tuple[str, ...] = codes(
        "activites", "Activités opérationnelles", "Ce qui est fait dans l'unité.", need=MANDATORY
    )
    mssante: tuple[str, ...] = texts("MSSanté", "Boîtes aux lettres MSSanté de l'unité.")
    contacts: tuple[Contact, ...] = nouns(lambda: Contact, "Contacts", need=EXPECTED)
    horaires: tuple[Horaire, ...] = nouns(lambda: Horaire, "Horaires")
    praticiens: tuple[Praticien, ...] = nouns(lambda: Praticien, "Praticiens")
    lieux: tuple[Lieu, ...] = nouns(lambda: Lieu, "Lieux", need=EXPECTED)
    unites: tuple[Unite, ...] = nouns(lambda: Unite, "Unités", "Ce qui dépend de cette unité.")

    @property
    def identity(self) -> str:
        """`id`; without one the unit is a proposed creation, known by its level and name."""
        return self.id or f"nouvelle:{self.type or ''}:{self.nom or ''}"

    @property
    def is_uo(self) -> bool:
        """True for the leaf level, an offre opérationnelle."""
        return self.type == "uo"


# Keys that only a UO holds, and the one that it does not.
UO_KEYS = (
    "type_offre", "champ_activite", "mode_prise_en_charge", "temporalite_accueil",
    "modalites_accueil", "niveau_maternite", "patientele", "unite_sensible", "activites",
    "horaires", "praticiens", "lieux",
)  # fmt: skip


@dataclass(init=False, repr=False, eq=False)
class EntiteJuridique(Noun):
    """The legal person that the establishment belongs to."""

    finess: str | None = text(
        "FINESS EJ", "Neuf caractères, entre guillemets.", need=MANDATORY,
        pattern=r"^(\d{2}|2[AB])\d{7}$",
    )  # fmt: skip
    siren: str | None = text("SIREN", "Neuf chiffres, entre guillemets.", pattern=r"^\d{9}$")
    raison_sociale: str | None = text("Raison sociale", need=MANDATORY)
    adresse: Adresse | None = noun(lambda: Adresse, "Adresse")
    contacts: tuple[Contact, ...] = nouns(lambda: Contact, "Contacts")


@dataclass(init=False, repr=False, eq=False)
class EntiteGeographique(Noun):
    """The site, "établissement" for its users: root of the tree of units."""

    finess: str | None = text(
        "FINESS EG", "Neuf caractères, entre guillemets.", need=MANDATORY,
        pattern=r"^(\d{2}|2[AB])\d{7}$",
    )  # fmt: skip
    siret: str | None = text("SIRET", "Quatorze chiffres, entre guillemets.", pattern=r"^\d{14}$")
    nom: str | None = text("Nom", "Dénomination de l'établissement.", need=MANDATORY)
    categorie: str | None = code("categories", "Catégorie", "Catégorie FINESS.", need=EXPECTED)
    verifie_le: str | None = day("Vérifié le", "Dernière vérification ; vaut pour toute l'entité.")
    date_ouverture: str | None = day("Date d'ouverture")
    date_fermeture: str | None = day("Date de fermeture")
    type_fermeture: str | None = code("types-fermeture", "Type de fermeture")
    adresse: Adresse | None = noun(lambda: Adresse, "Adresse", need=EXPECTED)
    site_internet: str | None = text("Site internet", "Adresse complète, https://…")
    directeur: Contact | None = noun(
        lambda: Contact, "Directeur", "Le contact de fonction 01, tenu ici."
    )
    contacts: tuple[Contact, ...] = nouns(lambda: Contact, "Contacts", need=EXPECTED)
    unites: tuple[Unite, ...] = nouns(lambda: Unite, "Unités", "Pôles, services, UF et UO.")

    @property
    def departement(self) -> str:
        """Number of the département; a postal code does not tell the two of Corsica apart."""
        adresse = self.adresse or Adresse()
        code = adresse.code_insee or adresse.code_postal or ""
        if not code or code.startswith("20"):
            code = self.finess or ""
        return code[:3] if code.startswith(("97", "98")) else code[:2]

    @classmethod
    def read(cls, data: Mapping[str, Any], pointer: str) -> Self:
        """One home for the director: a contact of fonction 01 is taken for `directeur`.

        There the function goes without saying, so that both ways to write it are equal.
        """
        plain = super().read(data, pointer)
        found = (c for c in plain.contacts if c.fonction == DIRECTEUR)
        chief = plain.directeur if "directeur" in plain.managed else next(found, None)
        if chief is None:
            return plain
        others = tuple(c for c in plain.contacts if c is not chief)
        chief = replace(chief, fonction=None, managed=chief.managed - {"fonction"})
        managed = plain.managed | {"directeur"}
        return replace(plain, managed=managed, directeur=chief, contacts=others)


AnyNode = TypeVar("AnyNode", EntiteGeographique, Unite)


@dataclass(init=False, repr=False, eq=False)
class Establishment(Noun):
    """A whole file: the EJ, and the EG with its tree."""

    entite_juridique: EntiteJuridique = field(
        default=EntiteJuridique(pointer="/entite_juridique"),
        metadata={
            "spec": Spec("", Kind.NOUN, "Entité juridique", "", MANDATORY,
                         noun=lambda: EntiteJuridique)
        },
    )  # fmt: skip
    etablissement: EntiteGeographique = field(
        default=EntiteGeographique(pointer="/etablissement"),
        metadata={
            "spec": Spec("", Kind.NOUN, "Établissement", "", MANDATORY,
                         noun=lambda: EntiteGeographique)
        },
    )  # fmt: skip

    @property
    def finess(self) -> str:
        """FINESS of the EG, the key of the establishment everywhere; "" when the file lacks it."""
        return self.etablissement.finess or ""

    def without(self, keys: frozenset[str]) -> Self:
        """The same with those keys of the EG and of units not managed."""

        def bare(noun: AnyNode) -> AnyNode:
            below = tuple(bare(each) for each in noun.unites)
            return replace(noun, managed=noun.managed - keys, unites=below)

        return replace(self, etablissement=bare(self.etablissement)) if keys else self

    def units(self) -> Iterator[Placed]:
        """Every unit with what is above it, in the order of the tree."""
        yield from _walk(self.etablissement.unites, (), self.etablissement)


@dataclass(frozen=True, slots=True)
class Placed:
    """A unit, the units above it (outermost first), and the EG that holds them."""

    unit: Unite
    above: tuple[Unite, ...]
    site: EntiteGeographique

    @property
    def path(self) -> str:
        """Names from the outermost unit down, separated by " > "."""
        return " > ".join(each.nom or "?" for each in (*self.above, self.unit))

    @property
    def verifie_le(self) -> str:
        """The latest `verifie_le` that holds here: a node's holds for its subtree; "" if none."""
        days = (self.site.verifie_le, *(unit.verifie_le for unit in (*self.above, self.unit)))
        return max(day or "" for day in days)

    @property
    def parent_key(self) -> str:
        """Key of the unit right above, "" under the EG."""
        return Placed(self.above[-1], self.above[:-1], self.site).key if self.above else ""

    @property
    def key(self) -> str:
        """`id`, else the parent's key and the proposed name."""
        if self.unit.id:
            return self.unit.id
        return f"{self.parent_key}>{self.unit.identity}"


def decode(data: Mapping[str, Any]) -> Establishment:
    """Plain data of a file (or of a store) -> Establishment, leaving out what it cannot hold."""
    return Establishment.read(data, "")


def to_data(establishment: Establishment) -> dict[str, Any]:
    """The inverse of `decode`: plain data that a file can hold."""
    return {"format": FORMAT, **establishment.to_data()}


def spec_at(pointer: str) -> Spec | None:
    """The declaration of the key that a JSON pointer leads to; an item has its list's."""
    owner: type = Establishment
    spec: Spec | None = None
    for step in pointer.split("/")[1:]:
        if spec is not None and spec.is_list and step.isdigit():
            continue
        spec = keys_of(owner).get(step)
        if spec is None:
            return None
        owner = spec.noun() or NoneType
    return spec


def keys_of(owner: type) -> Mapping[str, Spec]:
    """Every key that the file may hold in a noun, the short ones of a contact included."""
    if not issubclass(owner, Noun):
        return {}
    return {**specs(owner), **SHORT} if issubclass(owner, Contact) else specs(owner)


def meant_key(word: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """The one of the `known` keys that a word is another word for, or a slip of; "" for none."""
    from difflib import get_close_matches

    known, folded = list(known), fold(word)
    if other := _OTHER_WORDS.get(folded):
        return other if other in known else ""
    return next(iter(get_close_matches(folded, known, n=1, cutoff=likeness)), "")


# What people and other tools call what a key of ours holds.
_OTHER_WORDS = {
    "tel": "telephone", "phone": "telephone", "portable": "mobile",
    "mail": "courriel", "email": "courriel", "e-mail": "courriel", "mel": "courriel",
    "fax": "telecopie", "mss": "mssante", "medecins": "praticiens", "personnes": "praticiens",
    "cp": "code_postal", "ville": "commune", "rue": "voie",
}  # fmt: skip


@cache
def every_key() -> frozenset[str]:
    """The keys that a file may hold, wherever they stand in it."""
    found: dict[type, Iterable[str]] = {}
    waiting: list[type] = [Establishment]
    while waiting:
        owner = waiting.pop()
        if owner not in found:
            found[owner] = known = keys_of(owner)
            waiting.extend(noun for spec in known.values() if (noun := spec.noun()) is not None)
    return frozenset(key for keys in found.values() for key in keys)


def age_in_days(age: str) -> float:
    """`15 ans`, `6 mois`, `3 semaines`, `2 jours` -> days; raises ValueError on other text."""
    if not re.fullmatch(AGE, age):
        raise ValueError(age)
    number, _, unit = age.partition(" ")
    return int(number) * DAYS_PER_AGE_UNIT[unit if unit == "mois" else unit.removesuffix("s")]


def _walk(
    units: Iterable[Unite], above: tuple[Unite, ...], site: EntiteGeographique
) -> Iterator[Placed]:
    for unit in units:
        yield Placed(unit, above, site)
        yield from _walk(unit.unites, (*above, unit), site)
