"""Practitioner, the person, and PractitionerRole, the situation of practice in one UO.

Model 3.0.1, classes Professionnel and SituationOperationnelle. The data of practice (name,
profession, know-how) are the role's; the person has the national identifier and the civility.
"""

from __future__ import annotations

from typing import Any

from rorcli.items import SECTEURS
from rorcli.stores.fhir.lenses import First, Key, Lens, Slice, Spread, record
from rorcli.stores.fhir.profiles import (
    ANNUAIRE,
    ROR,
    coded,
    coded_extension,
    coded_in,
    extension,
)

_NATIONAL = "urn:oid:1.2.250.1.71.4.2.1"
_OF_RPPS = "8"  # G08: what follows is an RPPS number
_RPPS_LENGTH = 11
# Codes of R282: those that ended on 2026-09-28 but that the value set J218 still holds, and theirs.
_SECTORS = {"non_conventionne": ("nc", "0"), "secteur_1": ("c1", "1"),
            "secteur_1_depassement": ("c2", "2"), "secteur_2": ("c3", "3")}  # fmt: skip
_SECTOR_OF = {code: word for word, pair in _SECTORS.items() for code in pair}


class _Rpps(Lens):
    """The RPPS out of idNat_PS, or alone, as other directories write it."""

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        value = source.get("value") or ""
        if source.get("system") == _NATIONAL:
            return value[1:] or None if value.startswith(_OF_RPPS) else None
        is_rpps = "rpps" in (source.get("system") or "") and len(value) == _RPPS_LENGTH
        return value if is_rpps else None

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`."""
        return value and {**(source or {}), "system": _NATIONAL, "value": _OF_RPPS + value}


class _Sector(Lens):
    """The sector in our words; a coding that stands keeps the generation of codes it is of."""

    code = coded_in(
        "TRE_R282-CNAMAmeliSecteurConventionnement",
        {code: SECTEURS[word] for word, pair in _SECTORS.items() for code in pair},
    )

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        return _SECTOR_OF.get(self.code.get(source) or "")

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`."""
        is_new = (self.code.get(source) or "").isdigit()
        return self.code.put(source, value and _SECTORS[value][is_new])


PERSON = record(
    rpps=Key("identifier") >> Slice(_Rpps()),
    civilite=Key("name") >> First() >> Key("prefix") >> First(),
)
_NAME = record(
    titre=coded_extension("exerciseTitle", "titres"),
    nom=extension("exerciseLastName", Key("valueString")),
    prenom=extension("exerciseFirstName", Key("valueString")),
)


def _specialty(table: str) -> Lens:
    return Key("specialty") >> Slice(coded(table))


SITUATION = record(
    Spread(extension(f"{ROR}ror-practitionerrole-name", _NAME), _NAME.names),
    mode_exercice=coded_extension(
        f"{ROR}ror-practitionerrole-unit-exercise-mode", "modes-exercice"
    ),
    secteur=extension(
        f"{ANNUAIRE}practitionerRole-contracted", Key("valueCodeableConcept") >> _Sector()
    ),
    profession=Key("code") >> Slice(coded("professions")),
    type_savoir_faire=_specialty("savoir-faire"),
    specialite=_specialty("specialites"),
)
