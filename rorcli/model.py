"""The nouns: what an establishment file holds once read, and the way back to plain data.

Every noun is a frozen dataclass whose fields bear the keys of the file (format 1). `managed` holds
the keys that the file writes: an absent key is *not managed*, hence never compared and never
changed; a managed key whose value is None or empty means "none in the store". `pointer` is the
JSON pointer of the text that the noun was read from.

Attributes and their marks follow the ROR exposition model 3.0.1 as published in
`ans.fhir.fr.ror` 0.7.0; what is MANDATORY there or in the MCO form is so here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import NoneType
from typing import Any, ClassVar, Self

from rorcli.fields import (
    EXPECTED,
    LISTS,
    MANDATORY,
    Kind,
    Spec,
    code,
    codes,
    count,
    day,
    flag,
    noun,
    nouns,
    specs,
    text,
    texts,
    word,
)

FORMAT = 1
LEVELS = ("pole", "service", "uf", "uo")
LEVEL_LABELS = {
    "pole": "Pôle",
    "service": "Service",
    "uf": "Unité fonctionnelle (UF)",
    "uo": "Unité opérationnelle (UO)",
}
NATURES = {"lit": "Lit", "place": "Place", "salle": "Salle"}
STATUTS = {
    "installe": "Installé",
    "disponible": "Disponible",
    "occupe": "Occupé",
    "reserve": "Réservé",
    "ferme": "Fermé",
    "supplementaire": "Supplémentaire",
}
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
_CHANNEL_RANK = {canal: rank for rank, canal in enumerate(CANAUX.values())}
DIRECTEUR = "01"
CONSULTATION, HOSPITALISATION_COMPLETE = "32", "28"

TIME = r"^([01]\d|2[0-3]):[0-5]\d$"
AGE = r"^\d{1,3} (ans?|mois|semaines?|jours?)$"
INSTANT = r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$"
DAYS_PER_AGE_UNIT = {"an": 365.25, "mois": 30.4375, "semaine": 7, "jour": 1}


@dataclass(frozen=True, kw_only=True)
class Noun:
    """What all nouns share: the managed keys, and where they were read."""

    managed: frozenset[str] = frozenset()
    pointer: str = field(default="", compare=False, repr=False)

    @classmethod
    def read(cls, data: Mapping[str, Any], pointer: str) -> Self:
        """The noun that `data` describes; unknown keys and values of a wrong type are skipped."""
        values = {
            key: value
            for key, spec in specs(cls).items()
            if key in data and (value := _read(spec, data[key], f"{pointer}/{key}")) is not _WRONG
        }
        return cls(managed=frozenset(values), pointer=pointer, **values)

    @classmethod
    def read_all(cls, data: Mapping[str, Any], pointer: str) -> Iterator[Self]:
        """The nouns that one item of a list stands for: one, save for `horaires`."""
        yield cls.read(data, pointer)

    def to_data(self) -> dict[str, Any]:
        """The managed keys as plain data of the file, in the order of the declarations."""
        return {
            key: _write(spec, getattr(self, key))
            for key, spec in specs(type(self)).items()
            if key in self.managed
        }

    @property
    def identity(self) -> str:
        """What tells this item apart within its list (design, Identity table)."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
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
        short = [key for key in CANAUX if key in data and _texts(data[key]) is not _WRONG]
        telecoms = [each for key in short for each in _short(key, data[key], f"{pointer}/{key}")]
        telecoms.extend(plain.telecoms)
        telecoms.sort(key=lambda telecom: _CHANNEL_RANK.get(telecom.canal or "", len(CANAUX)))
        managed = plain.managed | frozenset(short)
        return replace(plain, managed=managed, telecoms=tuple(telecoms))

    def to_data(self) -> dict[str, Any]:
        """The short form wherever a telecom holds no more than its channel and value."""
        short = {key: [t for t in self.telecoms if _is_short(t, key)] for key in CANAUX}
        listed = [t for key in CANAUX if key in self.managed for t in short[key]]
        data = super().to_data()
        data.pop("telecoms", None)
        for key in CANAUX:
            if key in self.managed:
                data[key] = _one_or_many([t.valeur for t in short[key]])
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


@dataclass(frozen=True, kw_only=True)
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
        yield from (replace(every, jours=(jour,)) for jour in every.jours)

    @property
    def identity(self) -> str:
        """(jour, debut)."""
        return f"{'+'.join(self.jours)} {self.debut}"


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
class Patientele(Noun):
    """The ages that a UO takes, both inclusive."""

    age_min: str | None = text("Âge minimal", "15 ans, 6 mois…", need=MANDATORY, pattern=AGE)
    age_max: str | None = text("Âge maximal", "120 ans, 17 ans…", need=MANDATORY, pattern=AGE)


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
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

    @classmethod
    def read(cls, data: Mapping[str, Any], pointer: str) -> Self:
        """One home for the director: a contact of fonction 01 is taken for `directeur`."""
        plain = super().read(data, pointer)
        if "directeur" in plain.managed:
            return plain
        chief = next((c for c in plain.contacts if c.fonction == DIRECTEUR), None)
        if chief is None:
            return plain
        others = tuple(c for c in plain.contacts if c is not chief)
        chief = replace(chief, fonction=None, managed=chief.managed - {"fonction"})
        managed = plain.managed | {"directeur"}
        return replace(plain, managed=managed, directeur=chief, contacts=others)


@dataclass(frozen=True, kw_only=True)
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


def age_in_days(age: str) -> float:
    """`15 ans`, `6 mois`, `3 semaines`, `2 jours` -> days; raises ValueError on other text."""
    number, _, unit = age.partition(" ")
    if unit != "mois":
        unit = unit.removesuffix("s")
    if unit not in DAYS_PER_AGE_UNIT:
        raise ValueError(age)
    return int(number) * DAYS_PER_AGE_UNIT[unit]


def _walk(
    units: Iterable[Unite], above: tuple[Unite, ...], site: EntiteGeographique
) -> Iterator[Placed]:
    for unit in units:
        yield Placed(unit, above, site)
        yield from _walk(unit.unites, (*above, unit), site)


_WRONG: Any = object()


def _read(spec: Spec, value: Any, pointer: str) -> Any:
    """The value of one key, or `_WRONG` when it has another type than the declaration's."""
    if spec.kind in LISTS:
        return _read_nouns(spec, value, pointer) if spec.kind is Kind.NOUNS else _texts(value)
    if value is None:
        return _WRONG if spec.kind is Kind.NOUN and spec.need == MANDATORY else None
    if spec.kind is Kind.NOUN:
        return spec.noun().read(value, pointer) if isinstance(value, dict) else _WRONG
    if spec.kind is Kind.COUNT and isinstance(value, float) and value.is_integer():
        return int(value)  # 24.0 is an integer to JSON Schema
    wanted = {Kind.FLAG: bool, Kind.COUNT: int}.get(spec.kind, str)
    return value if type(value) is wanted else _WRONG


def _read_nouns(spec: Spec, value: Any, pointer: str) -> Any:
    if not isinstance(value, (list, NoneType)):
        return _WRONG
    made = spec.noun()
    return tuple(
        each
        for index, item in enumerate(value or ())
        if isinstance(item, dict)
        for each in made.read_all(item, f"{pointer}/{index}")
    )


def _texts(value: Any) -> Any:
    items = [] if value is None else value if isinstance(value, list) else [value]
    return tuple(items) if all(isinstance(item, str) for item in items) else _WRONG


def _short(key: str, value: Any, pointer: str) -> Iterator[Telecom]:
    many = isinstance(value, list)
    for index, each in enumerate(_texts(value)):
        where = f"{pointer}/{index}" if many else pointer
        managed = frozenset({"canal", "valeur"})
        yield Telecom(managed=managed, pointer=where, canal=CANAUX[key], valeur=each)


def _is_short(telecom: Telecom, key: str) -> bool:
    return telecom.canal == CANAUX[key] and telecom.managed <= {"canal", "valeur"}


def _one_or_many(values: list[Any]) -> Any:
    return None if not values else values[0] if len(values) == 1 else values


def _write(spec: Spec, value: Any) -> Any:
    match spec.kind:
        case Kind.NOUN:
            return None if value is None else value.to_data()
        case Kind.NOUNS if spec.key == "horaires":
            return _gather(value)
        case Kind.NOUNS:
            return [each.to_data() for each in value]
        case Kind.TEXTS if spec.key != "jours":
            return _one_or_many(list(value))
        case Kind.TEXTS | Kind.CODES:
            return list(value)
        case _:
            return value


def _gather(openings: Iterable[Horaire]) -> list[dict[str, Any]]:
    """Days that share their hours are written together, as people do."""
    shared: dict[tuple[str | None, str | None], list[str]] = {}
    for each in openings:
        shared.setdefault((each.debut, each.fin), []).extend(each.jours)
    return [
        {"jours": [jour for jour in JOURS if jour in days], "debut": debut, "fin": fin}
        for (debut, fin), days in shared.items()
    ]
