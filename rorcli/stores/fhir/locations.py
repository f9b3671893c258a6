"""Location: the lieu where UOs work, and its capacities.

Model 3.0.1, classes LieuRealisationOffre and CapaciteAccueilOperationnelle.
"""

from __future__ import annotations

from typing import Any

from rorcli.items import NATURES, STATUTS
from rorcli.stores.fhir.addresses import ADDRESS
from rorcli.stores.fhir.lenses import Each, Key, Lens, Spread, record, within, words
from rorcli.stores.fhir.moments import MOMENT
from rorcli.stores.fhir.profiles import (
    COMMUNE,
    ON_SERVER,
    R354,
    ROR,
    coded_extension,
    coded_in,
    extension,
    identifier,
)

CAPACITY = f"{ROR}ror-location-supported-capacity"
NATURE_CODES = {"lit": "01", "place": "02", "salle": "04"}
STATUS_CODES = {"installe": "01", "disponible": "02", "occupe": "03", "reserve": "04",
                "ferme": "05", "supplementaire": "06"}  # fmt: skip
#: Ids of Locations that rorcli created for a lieu without one: they stay so.
OWN_ID = "ror-lieu-"


class _Identifier(Lens):
    """R354#25, else the server's id."""

    own = identifier(R354, "25")

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        name = (source or {}).get("id") or ""
        on_server = f"{ON_SERVER}Location/{name}" if name and not name.startswith(OWN_ID) else None
        return self.own.get(source) or on_server

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`."""
        return self.own.put(source, None if (value or "").startswith(ON_SERVER) else value)


def _worded(url: str, name: str, codes: dict[str, str], labels: dict[str, str]) -> Lens:
    said = coded_in(name, {code: labels[word] for word, code in codes.items()})
    return extension(url, Key("valueCodeableConcept") >> said) >> words(codes)


_CAPACITY = record(
    nature=_worded("capacityType", "TRE_R329-NatureCapacite", NATURE_CODES, NATURES),
    statut=_worded("capacityStatus", "TRE_R330-TypeStatutCapacite", STATUS_CODES, STATUTS),
    temporalite=coded_extension("temporalityCapacity", "temporalites-capacite"),
    nombre=extension("nbCapacity", Key("valueInteger")),
    source=coded_extension("capacitySourceType", "sources-capacite"),
    comptee_le=extension("capacityUpdateDate", Key("valueDateTime") >> MOMENT),
    affectation=coded_extension("temporaryAssignement", "affectations-capacite"),
    genre=coded_extension("genderCapacityAvailable", "genres-capacite"),
    type_fermeture=coded_extension("capacityClosingType", "fermetures-capacite"),
    type_lit_supplementaire=coded_extension("additionalBedType", "lits-supplementaires"),
    type_crise=coded_extension("crisisType", "crises-capacite"),
    commentaire=extension("comment", Key("valueString")),
)


def _identity(measure: Any) -> Any:
    nature, statut, genre = (measure.get(key) for key in ("nature", "statut", "genre"))
    return nature, statut, measure.get("temporalite", "01"), measure.get("affectation", "01"), genre


#: Where the capacities of a Location stand.
CAPACITIES = Key("extension") >> Each(
    _CAPACITY,
    (_identity,),
    lambda item: item.get("url") == CAPACITY,
    {"url": CAPACITY},
    needs=("nature", "statut"),
)
_COMMUNE = record(
    code_insee=extension(f"{ROR}ror-commune-cog", Key("valueCodeableConcept") >> COMMUNE)
)


LIEU = record(
    id=_Identifier(),
    id_externe=identifier(R354, "26"),
    nom=Key("name"),
    # The code of the commune stands on the resource itself.
    adresse=record(within(Key("address"), ADDRESS), Spread(_COMMUNE, _COMMUNE.names)),
    capacites=CAPACITIES,
)
