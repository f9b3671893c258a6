"""Organizations: the EJ, the EG, and the OI (pôle, service, UF), told apart by `type`.

Model 3.0.1, classes EntiteJuridique, EntiteGeographique, OrganisationInterne.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from rorcli.items import CANAUX
from rorcli.model import DIRECTEUR
from rorcli.stores.fhir.addresses import ADDRESS
from rorcli.stores.fhir.contacts import CONTACTS, MAILBOXES
from rorcli.stores.fhir.lenses import First, Iso, Key, Lens, Record, Slice, record, within, words
from rorcli.stores.fhir.moments import DAY
from rorcli.stores.fhir.profiles import (
    G07,
    INSEE,
    PERIOD,
    R13,
    R345,
    ROR,
    Resource,
    coded,
    coded_extension,
    coded_in,
    extension,
    identifier,
    number,
    verified,
)

FINESS = "https://finess.esante.gouv.fr"
SIRENE = "https://sirene.fr"
_NATIONAL = identifier(G07, "40", "urn:oid:1.2.250.1.71.4.2.2")
_OF_FINESS = "1"  # G07: what follows is a FINESS number


class _Finess(Lens):
    """The FINESS number, and idNat_Struct that is made of it."""

    number = identifier(G07, "1", FINESS, ".+")

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        national = _NATIONAL.get(source) or ""
        told = national[1:] if national.startswith(_OF_FINESS) else None
        return self.number.get(source) or told or None

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`."""
        source = _NATIONAL.put(source, value and _OF_FINESS + value)
        return self.number.put(source, value)


_COMMUNE = Iso(lambda coding: coding.get("code"), lambda code: {"system": R13, "code": code})
_ADDRESS = (
    Key("address")
    >> First()
    >> Record({**ADDRESS.parts, "code_insee": extension(INSEE, Key("valueCoding") >> _COMMUNE)},
              ADDRESS.spreads)
)  # fmt: skip
_LIFE = within(
    extension(PERIOD, Key("valuePeriod")),
    record(date_ouverture=Key("start") >> DAY, date_fermeture=Key("end") >> DAY),
)
_CLOSING = coded_extension(f"{ROR}ror-organization-closing-type", "types-fermeture")


def _type(concept: Lens) -> Lens:
    return Key("type") >> Slice(concept)


LEVELS = {"pole": "1", "service": "2", "uf": "3"}
_LEVEL = _type(coded_in("TRE_R207-TypeOrganisationInterne", {
    "1": "Pôle", "2": "Structure interne ou service", "3": "Unité fonctionnelle",
})) >> words(LEVELS)  # fmt: skip
_CATEGORY = _type(coded("categories", "R316"))
_OI_ID = identifier(R345, "42", "https://oi.esante.gouv.fr", ".+")
_SHARED: Mapping[str, Lens] = {"type_fermeture": _CLOSING, "contacts": CONTACTS}

EJ = record(
    finess=_Finess(),
    siren=identifier(G07, "2", SIRENE, r"\d{9}"),
    raison_sociale=Key("name"),
    adresse=_ADDRESS,
    contacts=CONTACTS,
)


@cache
def unit(verified_url: str) -> Lens:
    """A pôle, service or UF; `verified_url` names our own extension, "" leaves it out."""
    return record(
        _LIFE,
        type=_LEVEL,
        id=_OI_ID,
        nom=Key("name"),
        date_reouverture=extension(
            f"{ROR}ror-organization-reopening-date", Key("valueDate") >> DAY
        ),
        mssante=MAILBOXES,
        **_SHARED,
        **verified(verified_url),
    )


@cache
def site(verified_url: str) -> Lens:
    """The EG; its director and its website have their own keys, and stand among its contacts."""
    return _Site(
        record(
            _LIFE,
            finess=_Finess(),
            siret=identifier(G07, "3", SIRENE, r"\d{14}"),
            nom=Key("name"),
            categorie=_CATEGORY,
            adresse=_ADDRESS,
            **_SHARED,
            **verified(verified_url),
        )
    )


class _Site(Lens):
    """An EG whose website is told from other addresses on the web by its usage.

    The design keeps the website in the contact of nature 01. Without a mark, a contact of that
    nature with an address on the web could not be told from it, and would come back as another.
    The director is the contact of fonction 01.
    """

    def __init__(self, plain: Lens) -> None:
        self.plain = plain

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        found = dict(self.plain.get(source) or {})
        contacts = found.get("contacts", [])
        if home := _home(found):
            website = next(filter(_is_website, home["telecoms"]))
            found["site_internet"] = website["valeur"]
            contacts = _without(contacts, home, website)
        chief = next((each for each in contacts if each.get("fonction") == DIRECTEUR), None)
        if chief is not None:
            found["directeur"] = {k: v for k, v in chief.items() if k != "fonction"}
            contacts = [each for each in contacts if each is not chief]
        return _with_contacts(found, contacts)

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`."""
        wanted = dict(value)
        website, chief = wanted.pop("site_internet", None), wanted.pop("directeur", None)
        contacts = list(wanted.get("contacts", ()))
        if website is not None:
            contacts = _with_website(contacts, website, _home(self.plain.get(source)) or _OF_HOME)
        if chief is not None:
            contacts.insert(0, {**chief, "fonction": DIRECTEUR})
        return self.plain.put(source, _with_contacts(wanted, contacts))


_WEBSITE = {"canal": CANAUX["site"], "confidentialite": "1", "usage": "Site internet"}
_OF_HOME = {"nature": "01", "confidentialite": "1"}


def _is_home(contact: Mapping[str, Any]) -> bool:
    return contact.get("nature") == _OF_HOME["nature"] and not contact.keys() & {"fonction", "nom"}


def _is_website(telecom: Mapping[str, Any]) -> bool:
    return "valeur" in telecom and all(telecom.get(k) == _WEBSITE[k] for k in ("canal", "usage"))


def _home(found: Mapping[str, Any] | None) -> Any:
    """The contact that holds the website, if one does."""
    contacts = (found or {}).get("contacts", ())
    holds = (any(map(_is_website, each.get("telecoms", ()))) for each in contacts)
    both = zip(contacts, holds, strict=True)
    return next((each for each, is_holder in both if is_holder and _is_home(each)), None)


def _without(contacts: list[Any], home: Mapping[str, Any], website: Any) -> list[Any]:
    """The contacts without the website, nor its home if that holds nothing else."""
    rest = [each for each in home["telecoms"] if each is not website]
    bare = {key: value for key, value in home.items() if key != "telecoms"}
    kept = {**bare, "telecoms": rest} if rest else bare
    instead = [kept] if kept.keys() - _OF_HOME.keys() else []
    place = next(i for i, each in enumerate(contacts) if each is home)
    return [*contacts[:place], *instead, *contacts[place + 1 :]]


def _with_website(contacts: list[Any], website: str, home: Mapping[str, Any]) -> list[Any]:
    before = next(filter(_is_website, home.get("telecoms", ())), _WEBSITE)
    telecom = {**before, "valeur": website}
    held = next(filter(_is_home, contacts), None)
    if held is not None:
        whole = {**held, "telecoms": [telecom, *held.get("telecoms", ())]}
        return [whole if each is held else each for each in contacts]
    bare = {key: home[key] for key in _OF_HOME if key in home}
    return [*contacts, {**bare, "telecoms": [telecom]}]


def _with_contacts(found: Mapping[str, Any], contacts: list[Any]) -> dict[str, Any]:
    return Key("contacts").put(found, contacts or None) or {}


def level(organization: Resource) -> str:
    """`ej`, `eg`, `pole`, `service` or `uf`: by `type`, else by what the Organization hangs from.

    A category may be missing, and an EJ that rorcli created has no type: the model holds none.
    """
    concepts = organization.get("type") or ()
    codings = [each for concept in concepts for each in concept.get("coding") or ()]
    numbers = {number(each.get("system") or "") for each in codings}
    if "R207" in numbers:
        return str(_LEVEL.get(organization) or "service")
    if numbers & {"R66", "R316", "R02"}:
        return "eg"
    if _OI_ID.get(organization):
        return "service"
    return "eg" if organization.get("partOf") and not numbers & {"R72", "R69"} else "ej"
