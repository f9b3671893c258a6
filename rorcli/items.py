"""What stands in the lists of a node: addresses, contacts, hours, practitioners, lieux, capacities.

Each noun says what tells its items apart (design, Identity table). Attributes and their marks
follow the ROR exposition model 3.0.1 as published in `ans.fhir.fr.ror` 0.7.0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from rorcli.fields import (
    EXPECTED,
    MANDATORY,
    Kind,
    Spec,
    code,
    count,
    day,
    noun,
    nouns,
    text,
    texts,
    word,
)
from rorcli.nouns import WRONG, Noun, one_or_many, read_texts

NATURES = {"lit": "Lit", "place": "Place", "salle": "Salle"}
STATUTS = {
    "installe": "Installé",
    "disponible": "Disponible",
    "occupe": "Occupé",
    "reserve": "Réservé",
    "ferme": "Fermé",
    "supplementaire": "Supplémentaire",
}
# Bed management counts these anew all day: the latest count takes the place of the one before.
COUNTED_ALL_DAY = frozenset({"disponible", "occupe", "reserve"})
SECTEURS = {
    "non_conventionne": "non conventionné",
    "secteur_1": "conventionné en Secteur 1",
    "secteur_1_depassement": "conventionné en Secteur 1 avec droit au dépassement permanent",
    "secteur_2": "conventionné en Secteur 2",
}
JOURS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
# The short form of a contact: key of the file -> channel of table `canaux` (R200 and R256).
CANAUX = {
    "telephone": "2",
    "mobile": "1",
    "courriel": "3",
    "mssante": "MSSANTE",
    "telecopie": "6",
    "site": "4",
}
_SHORT_KEYS = frozenset({"canal", "valeur"})
_CHANNEL_RANK = {canal: rank for rank, canal in enumerate(CANAUX.values())}
TIME = r"^([01]\d|2[0-3]):[0-5]\d$"
AGE = r"^\d{1,3} (ans?|mois|semaines?|jours?)$"
INSTANT = r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$"


@dataclass(init=False, repr=False, eq=False)
class Adresse(Noun):
    """A postal address (IG 0.7.0, FHIR Address and its ISO 21090 parts)."""

    point_remise: str | None = text("Point de remise", "Appartement, escalier, boîte aux lettres.")
    complement: str | None = text("Complément", "Bâtiment, entrée, résidence.")
    numero: str | None = text("Numéro", "Numéro dans la voie.", pattern=r"^\d{1,4}$")
    extension: str | None = text("Extension", "bis, ter, A…")
    voie: str | None = text("Voie", "Type et nom de la voie, par exemple rue des Saules.")
    lieu_dit: str | None = text("Lieu-dit", "Remplace la voie quand il n'y en a pas.")
    mention_distribution: str | None = text("Mention de distribution", "Boîte postale, CS…")
    code_postal: str | None = text("Code postal", "Cinq chiffres.", pattern=r"^\d{5}$")
    commune: str | None = text("Commune", "Localité, en toutes lettres.")
    code_insee: str | None = text(
        "Code INSEE", "Code officiel géographique de la commune (COG).",
        pattern=r"^(\d{2}|2[AB])\d{3}$",
    )  # fmt: skip


@dataclass(init=False, repr=False, eq=False)
class Telecom(Noun):
    """One way to reach a contact: channel and value."""

    canal: str | None = code("canaux", "Canal", "Moyen de communication.", need=MANDATORY)
    valeur: str | None = text("Valeur", "Numéro, adresse de courriel ou de site.", need=MANDATORY)
    confidentialite: str | None = code("confidentialite", "Confidentialité", "Qui peut le voir.")
    usage: str | None = text("Utilisation", "À quoi il sert, en clair.")

    @property
    def identity(self) -> str:
        """(canal, valeur)."""
        return f"{self.canal}:{self.valeur}"


SHORT: Mapping[str, Spec] = {
    "telephone": Spec("telephone", Kind.TEXTS, "Téléphone", "Numéro fixe, ou liste."),
    "mobile": Spec("mobile", Kind.TEXTS, "Mobile", "Numéro mobile, ou liste."),
    "courriel": Spec("courriel", Kind.TEXTS, "Courriel", "Adresse, ou liste."),
    "mssante": Spec("mssante", Kind.TEXTS, "MSSanté", "Boîte MSSanté de ce contact, ou liste."),
    "telecopie": Spec("telecopie", Kind.TEXTS, "Télécopie", "Numéro, ou liste."),
    "site": Spec("site", Kind.TEXTS, "Site web", "Adresse complète https://…, ou liste."),
}


@dataclass(init=False, repr=False, eq=False)
class Contact(Noun):
    """A contact of a node: its function or nature, its name, its ways to be reached.

    The file has a short form (`telephone: …`) and a long one (`telecoms: […]`); both are read into
    `telecoms`. A short key manages its own channel only, `telecoms` manages them all.
    """

    fonction: str | None = code("fonctions-contact", "Fonction", "Fonction de la personne.")
    nature: str | None = code("natures-contact", "Nature", "À quoi sert ce contact.")
    civilite: str | None = code("civilites", "Civilité")
    nom: str | None = text("Nom", "Nom de la personne.")
    prenom: str | None = text("Prénom")
    description: str | None = text("Description")
    confidentialite: str | None = code(
        "confidentialite", "Confidentialité",
        "Qui peut voir ce contact ; 1 par défaut, 2 pour une personne nommée.",
    )  # fmt: skip
    telecoms: tuple[Telecom, ...] = nouns(
        lambda: Telecom, "Moyens de communication", "Forme longue : canal, valeur, confidentialité."
    )

    @classmethod
    def read(cls, data: Mapping[str, Any], pointer: str) -> Self:
        """Both forms, gathered by channel in the order of `CANAUX`."""
        plain = super().read(data, pointer)
        short = [key for key in CANAUX if key in data and read_texts(data[key]) is not WRONG]
        telecoms = [each for key in short for each in _short(key, data[key], f"{pointer}/{key}")]
        telecoms.extend(plain.telecoms)
        telecoms.sort(key=lambda telecom: _CHANNEL_RANK.get(telecom.canal or "", len(CANAUX)))
        managed = plain.managed | frozenset(short)
        return plain.altered(managed=managed, telecoms=tuple(telecoms))

    def to_data(self) -> dict[str, Any]:
        """The short form wherever a telecom holds no more than its channel and value."""
        short = {key: [t for t in self.telecoms if _is_short(t, key)] for key in CANAUX}
        listed = [t for key in CANAUX if key in self.managed for t in short[key]]
        data = super().to_data()
        data.pop("telecoms", None)
        for key in CANAUX:
            if key in self.managed:
                data[key] = one_or_many([t.valeur for t in short[key]])
        if "telecoms" in self.managed:
            rest = [t for t in self.telecoms if not any(t is each for each in listed)]
            data["telecoms"] = [t.to_data() for t in rest]
        return data

    def values(self, key: str) -> tuple[str, ...]:
        """What the contact holds on the channel of short key `key`."""
        return tuple(t.valeur for t in self.telecoms if t.canal == CANAUX[key] and t.valeur)

    @property
    def identity(self) -> str:
        """(fonction, nature, nom)."""
        return "/".join(part or "" for part in (self.fonction, self.nature, self.nom))


@dataclass(init=False, repr=False, eq=False)
class Horaire(Noun):
    """Opening hours of one day; the file gathers the days that share them under `jours`."""

    jours: tuple[str, ...] = texts(
        "Jours",
        "Les jours qui partagent ces heures.",
        need=MANDATORY,
        items={"enum": list(JOURS)},
    )
    debut: str | None = text("Début", "Heure entre guillemets.", need=MANDATORY, pattern=TIME)
    fin: str | None = text("Fin", "Heure entre guillemets.", need=MANDATORY, pattern=TIME)

    @classmethod
    def read_all(cls, data: Mapping[str, Any], pointer: str) -> Iterator[Self]:
        """One noun a day, so that each has an identity of its own."""
        every = cls.read(data, pointer)
        yield from (every.altered(jours=(jour,)) for jour in every.jours)

    @classmethod
    def write_all(cls, items: Iterable[Self]) -> list[dict[str, Any]]:
        """Days that share their hours are written together, as people do."""
        shared: dict[tuple[str | None, str | None], list[str]] = {}
        for each in items:
            shared.setdefault((each.debut, each.fin), []).extend(each.jours)
        return [
            {"jours": [jour for jour in JOURS if jour in days], "debut": debut, "fin": fin}
            for (debut, fin), days in shared.items()
        ]

    @property
    def identity(self) -> str:
        """(jour, debut)."""
        return f"{'+'.join(self.jours)} {self.debut}"


@dataclass(init=False, repr=False, eq=False)
class Praticien(Noun):
    """A professional and the situation of practice in one UO."""

    rpps: str | None = text(
        "N° RPPS", "Onze chiffres, entre guillemets.", need=MANDATORY, pattern=r"^\d{11}$"
    )
    civilite: str | None = code("civilites", "Civilité")
    titre: str | None = code("titres", "Titre d'exercice", "Docteur, Professeur…")
    nom: str | None = text("Nom d'exercice", need=MANDATORY)
    prenom: str | None = text("Prénom d'exercice")
    profession: str | None = code("professions", "Profession", need=MANDATORY)
    type_savoir_faire: str | None = code("savoir-faire", "Type de savoir-faire", need=MANDATORY)
    specialite: str | None = code("specialites", "Spécialité ordinale")
    mode_exercice: str | None = code("modes-exercice", "Mode d'exercice", need=MANDATORY)
    secteur: str | None = word(SECTEURS, "Secteur conventionnel", "Secteur de conventionnement.")

    @property
    def identity(self) -> str:
        """The RPPS; where one person has two situations in a UO, see `planning.changes`."""
        return self.rpps or ""


@dataclass(init=False, repr=False, eq=False)
class Capacite(Noun):
    """One measure of capacity of a lieu."""

    nature: str | None = word(NATURES, "Nature", "Lit, place ou salle.", need=MANDATORY)
    statut: str | None = word(STATUTS, "Statut", need=MANDATORY)
    nombre: int | None = count("Nombre", need=MANDATORY)
    temporalite: str | None = code("temporalites-capacite", "Temporalité", "01 par défaut.")
    affectation: str | None = code("affectations-capacite", "Affectation", "01 par défaut.")
    genre: str | None = code("genres-capacite", "Genre")
    source: str | None = code("sources-capacite", "Source", "01 Saisie manuelle par défaut.")
    comptee_le: str | None = day("Comptée le", "Jour (ou instant) du comptage.", pattern=INSTANT)
    type_fermeture: str | None = code("fermetures-capacite", "Type de fermeture", "Si fermé.")
    type_lit_supplementaire: str | None = code("lits-supplementaires", "Type de lit supplémentaire")
    type_crise: str | None = code("crises-capacite", "Type de crise", "Si supplémentaire.")
    commentaire: str | None = text("Commentaire")

    DEFAULTS: ClassVar[Mapping[str, str]] = {
        "temporalite": "01",
        "affectation": "01",
        "source": "01",
    }

    @property
    def identity(self) -> str:
        """(nature, statut, temporalité, affectation, genre), defaults filled in."""
        parts = (self.nature, self.statut, self.temporalite or "01", self.affectation or "01")
        return "/".join((*(part or "" for part in parts), self.genre or ""))


@dataclass(init=False, repr=False, eq=False)
class Lieu(Noun):
    """A place where a UO works; a second UO refers to a shared one by its `id` alone."""

    id: str | None = text("Identifiant", "Identifiant ROR du lieu.", pattern=r"^\S+$")
    id_externe: str | None = text("Identifiant externe", "Code de la zone dans votre logiciel.")
    nom: str | None = text("Nom", "Nom du lieu.")
    adresse: Adresse | None = noun(lambda: Adresse, "Adresse", need=EXPECTED)
    capacites: tuple[Capacite, ...] = nouns(
        lambda: Capacite, "Capacités", "Lits, places, salles ; chaque mesure se gère à part."
    )

    @property
    def identity(self) -> str:
        """`id`, else `nom` within its UO."""
        return self.id or f"nom:{self.nom or ''}"


@dataclass(init=False, repr=False, eq=False)
class Patientele(Noun):
    """The ages that a UO takes, both inclusive."""

    age_min: str | None = text("Âge minimal", "15 ans, 6 mois…", need=MANDATORY, pattern=AGE)
    age_max: str | None = text("Âge maximal", "120 ans, 17 ans…", need=MANDATORY, pattern=AGE)


def _short(key: str, value: Any, pointer: str) -> Iterator[Telecom]:
    many = isinstance(value, list)
    for index, each in enumerate(read_texts(value)):
        where = f"{pointer}/{index}" if many else pointer
        yield Telecom.known(_SHORT_KEYS, where, {"canal": CANAUX[key], "valeur": each})


def _is_short(telecom: Telecom, key: str) -> bool:
    return telecom.canal == CANAUX[key] and telecom.managed <= _SHORT_KEYS
