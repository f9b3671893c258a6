"""What a rule says, about which value, how grave it is, and the catalogue of all rules.

Families: 1xx text and schema, 2xx identifiers and addresses, 3xx coherence, 4xx completeness and
age, 5xx national requirements. A rule id is never given to another rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Severity(StrEnum):
    """How grave a finding is; only errors make `validate` fail, unless asked otherwise."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Rule(NamedTuple):
    """A rule of the catalogue: `title` and `why` are French, `why` ends in its source."""

    id: str
    severity: Severity
    title: str
    why: str


class Issue(NamedTuple):
    """What a rule saw, before it is placed: `pointer` names the key concerned, even an absent one.

    `severity` is None for the rule's own.
    """

    rule: str
    pointer: str
    message: str
    remedy: str
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at; line and column count from 1, `field` is a JSON pointer.

    `width` characters are meant on that line, 0 where something is missing.
    """

    rule: str
    severity: Severity
    path: str
    line: int
    column: int
    field: str
    message: str
    remedy: str
    width: int = 0

    @property
    def sort_key(self) -> tuple[str, int, str, int, str]:
        """Findings are told in this order: path, line, rule, column, field."""
        return self.path, self.line, self.rule, self.column, self.field


_E, _W = Severity.ERROR, Severity.WARNING
_ALL = (
    Rule("ROR101", _E, "YAML illisible", "Un fichier, un document YAML 1.2, en UTF-8."),
    Rule("ROR102", _E, "Clé en double", "Les lecteurs YAML ne gardent pas tous la même valeur."),
    Rule("ROR103", _E, "Ancre, alias ou étiquette", "Ce qui est lu doit être ce qui est écrit."),
    Rule("ROR104", _E, "Guillemets manquants", "YAML 1.1 et 1.2 y lisent autre chose qu'un texte."),
    Rule("ROR110", _E, "Clé inconnue", "Schéma, format 1."),
    Rule("ROR111", _E, "Valeur obligatoire absente", "Profils ANS 0.7.0 et formulaire MCO."),
    Rule("ROR112", _E, "Mauvais type de valeur", "Schéma, format 1."),
    Rule("ROR113", _E, "Valeur mal formée", "Schéma, format 1."),
    Rule("ROR114", _E, "Code ou mot inconnu", "Nomenclatures de santé (NOS), valeurs du ROR."),
    Rule("ROR115", _E, "Clé interdite à ce niveau", "Seule l'UO porte une offre (profils ANS)."),
    Rule("ROR116", _E, "Format de fichier inconnu", "Le format ne change qu'avec une migration."),
    Rule("ROR117", _E, "Règle mal ignorée", "Qui relit le fichier doit trouver le motif."),
    Rule("ROR118", _W, "Règle ignorée pour rien", "Ce commentaire cacherait un constat à venir."),
    Rule("ROR201", _W, "Clé de FINESS fausse", "Clé de Luhn (MOS) ; en Corse, calcul non publié."),
    Rule("ROR202", _E, "Clé de SIREN fausse", "Clé de Luhn sur 9 chiffres (Insee)."),
    Rule("ROR203", _E, "Clé de SIRET fausse", "Clé de Luhn sur 14 chiffres (Insee)."),
    Rule("ROR204", _E, "Clé de RPPS fausse", "Clé de Luhn sur 11 chiffres (MOS)."),
    Rule("ROR205", _W, "SIRET d'une autre EJ", "Un SIRET commence par le SIREN de son EJ (Insee)."),
    Rule("ROR206", _W, "Numéro de téléphone douteux", "Plan de numérotation français, ou E.164."),
    Rule("ROR207", _W, "Adresse de courriel douteuse", "Forme usuelle nom@domaine."),
    Rule("ROR208", _W, "Adresse MSSanté douteuse", "Domaine de l'espace de confiance MSSanté."),
    Rule("ROR209", _W, "Adresse de site douteuse", "URL absolue, http ou https."),
    Rule("ROR210", _W, "Deux départements pour une adresse",
         "Code postal (La Poste) et code INSEE (COG) : le même, à quelques communes près."),
    Rule("ROR301", _E, "Ordre des niveaux", "Pôle, service, UF, UO : jamais à l'envers (ROR)."),
    Rule("ROR302", _E, "Élément décrit deux fois", "Chaque élément d'une liste a son identité."),
    Rule("ROR303", _E, "Âges inversés", "La patientèle va de l'âge minimal à l'âge maximal (MOS)."),
    Rule("ROR304", _W, "Code fermé", "Date de fin dans les nomenclatures (NOS)."),
    Rule("ROR305", _W, "Commentaire qui contredit son code", "C'est le libellé d'un autre code."),
    Rule("ROR306", _W, "Capacités incohérentes", "On ne compte que ce qui est installé."),
    Rule("ROR307", _E, "Entité juridique décrite autrement", "Une EJ est la même dans ses EG."),
    Rule("ROR308", _E, "Date impossible", "Calendrier grégorien (ISO 8601)."),
    Rule("ROR309", _E, "Établissement décrit deux fois", "Un établissement, un fichier."),
    Rule("ROR310", _W, "Noms différents, même RPPS", "Un RPPS désigne une seule personne (MOS)."),
    Rule("ROR311", _E, "Civilités différentes, même RPPS", "La civilité est celle de la personne."),
    Rule("ROR312", _E, "Unité décrite dans deux fichiers", "Un identifiant, une unité (MOS)."),
    Rule("ROR313", _W, "Heures inversées", "Une plage va du début à la fin, le même jour (MOS)."),
    Rule("ROR314", _W, "Plages qui se chevauchent", "Une heure est dans une plage (MOS)."),
    Rule("ROR315", _W, "Nombre invraisemblable", "Aucun établissement français n'a tant de lits."),
    Rule("ROR316", _W, "Lits d'une consultation", "On n'y dort pas : mode 32 (NOS, TRE_R213)."),
    Rule("ROR317", _W, "Date à venir", "On ne date que ce qui est fait : RE1.2 (ANS)."),
    Rule("ROR401", _W, "Coordonnées manquantes", "Téléphone, courriel, MSSanté à chaque niveau."),
    Rule("ROR402", _W, "Consultation sans praticien", "Guide régional : leurs praticiens."),
    Rule("ROR403", _W, "Hospitalisation complète sans lit", "Guide régional : lits et places."),
    Rule("ROR404", _W, "UO sans contact utilisable", "Exigence nationale CP4 : son rôle."),
    Rule("ROR405", _W, "Lieu sans adresse complète", "Exigence nationale CP4 : voie, ville, code."),
    Rule("ROR406", _W, "Catégorie absente", "Exigences nationales ST3, CO3, CP4 à CP6."),
)  # fmt: skip
RULES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rule in _ALL})
