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
    """A rule of the catalogue, `title` in French; what explains it is in `validation.lessons`."""

    id: str
    severity: Severity
    title: str


Mend = str | int | bool | None


class Issue(NamedTuple):
    """What a rule saw, before it is placed: `pointer` names the key concerned, even an absent one.

    `severity` is None for the rule's own; `mend` is the value to write there, where that is certain
    (the value itself: its label is what is wrong).
    """

    rule: str
    pointer: str
    message: str
    remedy: str
    severity: Severity | None = None
    mend: Mend = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at; line and column count from 1, `field` is a JSON pointer.

    `width` characters are meant on that line, 0 where something is missing; `mend` as in `Issue`.
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
    mend: Mend = None

    @property
    def sort_key(self) -> tuple[str, int, str, int, str]:
        """Findings are told in this order: path, line, rule, column, field."""
        return self.path, self.line, self.rule, self.column, self.field


_E, _W = Severity.ERROR, Severity.WARNING
_ALL = (
    Rule("ROR101", _E, "YAML illisible"),
    Rule("ROR102", _E, "Clé en double"),
    Rule("ROR103", _E, "Ancre, alias ou étiquette"),
    Rule("ROR104", _E, "Guillemets manquants"),
    Rule("ROR110", _E, "Clé inconnue"),
    Rule("ROR111", _E, "Valeur obligatoire absente"),
    Rule("ROR112", _E, "Mauvais type de valeur"),
    Rule("ROR113", _E, "Valeur mal formée"),
    Rule("ROR114", _E, "Code ou mot inconnu"),
    Rule("ROR115", _E, "Clé interdite à ce niveau"),
    Rule("ROR116", _E, "Format de fichier inconnu"),
    Rule("ROR117", _E, "Règle mal ignorée"),
    Rule("ROR118", _W, "Règle ignorée pour rien"),
    Rule("ROR201", _W, "Clé de FINESS fausse"),
    Rule("ROR202", _E, "Clé de SIREN fausse"),
    Rule("ROR203", _E, "Clé de SIRET fausse"),
    Rule("ROR204", _E, "Clé de RPPS fausse"),
    Rule("ROR205", _W, "SIRET d'une autre EJ"),
    Rule("ROR206", _W, "Numéro de téléphone douteux"),
    Rule("ROR207", _W, "Adresse de courriel douteuse"),
    Rule("ROR208", _W, "Adresse MSSanté douteuse"),
    Rule("ROR209", _W, "Adresse de site douteuse"),
    Rule("ROR210", Severity.INFO, "Deux départements pour une adresse"),
    Rule("ROR211", _W, "Code postal d'aucun département"),
    Rule("ROR301", _E, "Ordre des niveaux"),
    Rule("ROR302", _E, "Élément décrit deux fois"),
    Rule("ROR303", _E, "Âges inversés"),
    Rule("ROR304", _W, "Code fermé"),
    Rule("ROR305", _W, "Commentaire qui contredit son code"),
    Rule("ROR306", _W, "Capacités incohérentes"),
    Rule("ROR307", _E, "Entité juridique décrite autrement"),
    Rule("ROR308", _E, "Date impossible"),
    Rule("ROR309", _E, "Établissement décrit deux fois"),
    Rule("ROR310", _W, "Noms différents, même RPPS"),
    Rule("ROR311", _E, "Civilités différentes, même RPPS"),
    Rule("ROR312", _E, "Unité décrite dans deux fichiers"),
    Rule("ROR313", _W, "Heures inversées"),
    Rule("ROR314", _W, "Plages qui se chevauchent"),
    Rule("ROR315", _W, "Nombre invraisemblable"),
    Rule("ROR316", _W, "Lits d'une consultation"),
    Rule("ROR317", _W, "Date à venir"),
    Rule("ROR318", _W, "Texte coupé par un dièse"),
    Rule("ROR319", _W, "Dates dans le désordre"),
    Rule("ROR320", _W, "Caractère qui ne se voit pas"),
    Rule("ROR401", _W, "Coordonnées manquantes"),
    Rule("ROR402", _W, "Consultation sans praticien"),
    Rule("ROR403", _W, "Hospitalisation complète sans lit"),
    Rule("ROR404", _W, "UO sans contact utilisable"),
    Rule("ROR405", _W, "Lieu sans adresse complète"),
    Rule("ROR406", _W, "Catégorie absente"),
)  # fmt: skip
RULES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rule in _ALL})
_AUDITED = (
    Rule("ROR410", _W, "Pas vérifié depuis longtemps"),
    Rule("ROR411", _W, "Praticien absent de l'Annuaire santé"),
    Rule("ROR501", _W, "CO1 : urgences mal nommées"),
    Rule("ROR502", _W, "CO2 : maternité incohérente"),
    Rule("ROR503", _W, "CO3 : unité sensible à revoir"),
    Rule("ROR504", _W, "CP4 : offre non finalisée"),
    Rule("ROR505", _W, "CP5 : type ou temporalité"),
    Rule("ROR506", _W, "CP6 : places non déclarées"),
    Rule("ROR507", _W, "RE1.2 : offres pas à jour"),
    Rule("ROR508", _W, "ST3 : identifiant en double"),
)
#: What only `audit` tells: it depends on days and on other establishments, not on one file.
AUDIT_RULES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rule in _AUDITED})
#: Every rule that a report may name.
CATALOGUE: Mapping[str, Rule] = MappingProxyType({**RULES, **AUDIT_RULES})
