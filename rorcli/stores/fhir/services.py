"""HealthcareService: the UO, an "offre opérationnelle" of the model 3.0.1."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from rorcli.items import AGE, JOURS
from rorcli.stores.fhir.contacts import MAILBOXES, SERVICE_CONTACTS
from rorcli.stores.fhir.lenses import Each, Iso, Key, Lens, Slice, record, within
from rorcli.stores.fhir.moments import DAY
from rorcli.stores.fhir.profiles import (
    PERIOD,
    R247,
    R355,
    ROR,
    coded,
    coded_in,
    extension,
    identifier,
    verified,
)

_CLOSED = "Période de fermeture et de réouverture prévisionnelle"
_CLOSED_ID = "closingReopeningDate"
# UCUM code of an age -> the words of the file, for one and for many.
_AGES = {"a": ("an", "ans"), "mo": ("mois", "mois"), "wk": ("semaine", "semaines"),
         "d": ("jour", "jours")}  # fmt: skip
_UNITS = {word: code for code, pair in _AGES.items() for word in pair}
_DAYS = dict(enumerate(JOURS, 1))
_FHIR_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class _Age(Lens):
    """A Quantity of time as `15 ans`; `unit` keeps the word as it was written."""

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        words = _AGES.get(source.get("code"))
        value = source.get("value")
        if words is None or not isinstance(value, (int, float)) or value != int(value):
            return None
        unit = source.get("unit")
        return f"{int(value)} {unit if unit in words else words[value > 1]}"

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`; raises ValueError on what is no age."""
        if value is None:
            return None
        if not re.fullmatch(AGE, value):
            raise ValueError(value)
        number, _, unit = value.partition(" ")
        said = {"value": int(number), "unit": unit, "system": R247, "code": _UNITS[unit]}
        return {**(source or {}), **said}


class _Weekday(Lens):
    """The one day of an availableTime; FHIR's own element is read where the ROR's is missing.

    The profile wants one day an element: several in one are not read, and stay as they are.
    """

    number = extension(f"{ROR}ror-available-time-number-days-of-week", Key("valueInteger"))

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        own = _DAYS.get(self.number.get(source) or 0)
        if own:
            return [own]
        known = (source or {}).get("daysOfWeek") or ()
        return [JOURS[_FHIR_DAYS.index(day)] for day in known] if len(known) == 1 else None

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`."""
        source = Key("daysOfWeek").put(source, None)
        return self.number.put(source, JOURS.index(value[0]) + 1 if value else None)


_TIME = Iso(lambda time: time[:5], lambda time: f"{time}:00")
_OPENING = {
    "extension": [
        {
            "url": f"{ROR}ror-available-time-type-of-time",
            "valueCodeableConcept": {
                "coding": [coded_in("TRE_R252-TypeHoraire", {"01": "Ouverture"}).coding("01")]
            },
        }
    ]
}
_HOURS = Key("availableTime") >> Each(
    record(
        jours=_Weekday(),
        debut=Key("availableStartTime") >> _TIME,
        fin=Key("availableEndTime") >> _TIME,
    ),
    (lambda hours: (hours.get("jours"), hours.get("debut")), lambda hours: hours.get("jours")),
    seed=_OPENING,
    needs=("jours", "debut", "fin"),
)


def _characteristic(table: str) -> Lens:
    return Key("characteristic") >> Slice(coded(table))


_CLOSING = within(
    Key("notAvailable")
    >> Slice(
        Key("during"),
        lambda item: item.get("id") == _CLOSED_ID or item.get("description") == _CLOSED,
        {"id": _CLOSED_ID, "description": _CLOSED},
    ),
    record(date_fermeture=Key("start") >> DAY, date_reouverture=Key("end") >> DAY),
)
_OPENED = within(extension(PERIOD, Key("valuePeriod")), record(date_ouverture=Key("start") >> DAY))
_AGE_RANGE = extension(
    f"{ROR}ror-healthcareservice-patient-type",
    extension(
        "ageRange",
        Key("valueRange") >> record(age_min=Key("low") >> _Age(), age_max=Key("high") >> _Age()),
    ),
)


@cache
def service(verified_url: str) -> Lens:
    """A UO; `verified_url` names our own extension, "" leaves it out.

    The profile has no place for `date_ouverture`: it stands where an Organization has it.
    """
    return record(
        _OPENED,
        _CLOSING,
        id=identifier(R355, "35"),
        nom=Key("name"),
        type_offre=Key("category") >> Slice(coded("types-offre")),
        champ_activite=Key("type") >> Slice(coded("champs")),
        activites=Key("specialty") >> Each(coded("activites")),
        mode_prise_en_charge=_characteristic("modes"),
        temporalite_accueil=_characteristic("temporalites"),
        modalites_accueil=Key("characteristic") >> Each(coded("modalites")),
        niveau_maternite=_characteristic("niveaux-maternite"),
        type_fermeture=_characteristic("types-fermeture"),
        unite_sensible=extension(f"{ROR}ror-healthcareservice-sensitive-unit", Key("valueBoolean")),
        patientele=_AGE_RANGE,
        mssante=MAILBOXES,
        contacts=SERVICE_CONTACTS,
        horaires=_HOURS,
        **verified(verified_url),
    )
