"""What the ROR's FHIR profiles call things: canonicals, code systems, extensions, slices.

Source: `ans.fhir.fr.ror` 0.7.0 (exposition model 3.0.1), with the spellings of earlier versions
that are still met: they are read, and kept where they stand; what is new is written as in 0.7.0. A
code system is known by its number (`R283`): older data say http for https, `TRE_` for `TRE-`, or
another name for the same nomenclature.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from rorcli import codes
from rorcli.stores.fhir.lenses import Key, Lens, Slice
from rorcli.stores.fhir.moments import DAY

Resource = dict[str, Any]

#: Begins an `id` of ours for what has no business identifier: its address on the server follows.
ON_SERVER = "fhir:"

ROR = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/"
HL7 = "http://hl7.org/fhir/StructureDefinition/"
ANNUAIRE = "https://apifhir.annuaire.sante.fr/ws-sync/exposed/structuredefinition/"
INSEE = "http://interopsante.org/fhir/StructureDefinition/FrAddressInseeCode"
LIEU_DIT = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-ext-lieu-dit"

CREATED = f"{ROR}ror-meta-creation-date"
PERIOD = f"{HL7}organization-period"

#: Profile of each resource type that we create.
PROFILES: Mapping[str, str] = {
    "Organization": f"{ROR}ror-organization",
    "HealthcareService": f"{ROR}ror-healthcareservice",
    "Location": f"{ROR}ror-location",
    "Practitioner": f"{ROR}ror-practitioner",
    "PractitionerRole": f"{ROR}ror-practitionerrole",
}

_NUMBER = re.compile(r"/(?:TRE|tre)[_-]([RG]\d+)-[^/]*$")


def system(name: str) -> str:
    """The canonical of a code system: `TRE_R283-NiveauConfidentialite` -> its URL."""
    return f"https://mos.esante.gouv.fr/NOS/{name}/FHIR/{name.replace('_', '-', 1)}"


@cache
def number(url: str) -> str:
    """`R283` for any spelling of that code system's URL; "" for one that is not the NOS's."""
    found = _NUMBER.search(url)
    return found[1] if found else ""


# The profile's own spelling keeps the underscore where the NOS publish a hyphen.
R345 = system("TRE_R345-TypeIdentifiantAutre").replace("TRE-", "TRE_")
G07 = system("TRE_G07-TypeIdentifiantStructure")
R355 = system("TRE_R355-TypeIdentifiantOffre")
R354 = system("TRE_R354-TypeIdentifiantRessourceOperationnelle")
R13, R247 = system("TRE_R13-CommuneOM"), system("TRE_R247-UcumUniteMesure")


@dataclass(frozen=True)
class Coded(Lens):
    """The code of a CodeableConcept that is of one of the systems.

    `coding` makes the Coding of a code. Translations beside it stay; without a code the whole goes.
    """

    numbers: frozenset[str]
    coding: Callable[[str], Mapping[str, Any]]

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        if isinstance(source, dict):
            for each in source.get("coding") or ():
                if number(each.get("system") or "") in self.numbers:
                    return each.get("code")
        return None

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`."""
        if value is None:
            return None
        codings = list((source or {}).get("coding") or ())
        known = (i for i, c in enumerate(codings) if number(c.get("system") or "") in self.numbers)
        place = next(known, len(codings))
        codings[place : place + 1] = [dict(self.coding(value))]
        # `text` is what people read of a concept: it spoke of the former code.
        return {**(Key("text").put(source, None) or {}), "coding": codings}


@cache
def coded(table: str, *more: str) -> Coded:
    """A code of one of our code tables, or of `more` systems, by number.

    A code that the table does not know is written as of its first system.
    """
    known = codes.table(table)
    numbers = {number(system(each.system)) for each in known.codes.values()} | {*more}

    @cache
    def coding(code: str) -> dict[str, Any]:
        row = known.codes.get(code)
        found = {"system": system(row.system if row else known.system), "code": code}
        return {**found, "display": row.label} if row and row.label else found

    return Coded(frozenset({*numbers, number(system(known.system))}), coding)


#: The INSEE code of a commune: R13, whose name and labels change from year to year.
COMMUNE = Coded(frozenset({"R13"}), lambda code: {"system": R13, "code": code})


def coded_in(name: str, labels: Mapping[str, str]) -> Coded:
    """A code of a small code system that needs no table."""
    url = system(name)
    known = {code: {"system": url, "code": code, "display": said} for code, said in labels.items()}
    return Coded(
        frozenset({number(url)}), lambda code: known.get(code, {"system": url, "code": code})
    )


def extension(url: str, inner: Lens, *older: str) -> Lens:
    """What `inner` reads in the extension of that URL, or of a former one."""
    urls = (url, *older)
    return Key("extension") >> Slice(inner, lambda item: item.get("url") in urls, {"url": url})


def coded_extension(url: str, table: str, *older: str) -> Lens:
    """The code of an extension that holds a CodeableConcept."""
    return extension(url, Key("valueCodeableConcept") >> coded(table), *older)


def identifier(kind: str, code: str, issuer: str = "", shape: str = "") -> Lens:
    """The value of an identifier slice: `kind` and `code` are its type's.

    An identifier without type is known by its issuer, whatever the scheme, and its `shape`.
    """
    coding = {"type": {"coding": [{"system": kind, "code": code}]}}
    seed = {**coding, "system": issuer} if issuer else coding
    bare = _without_scheme(issuer)

    def belongs(item: Any) -> bool:
        types = (item.get("type") or {}).get("coding") or ()
        if types:
            wanted = number(kind)
            return any(c.get("code") == code and _is_of(c, wanted) for c in types)
        told = bool(bare) and _without_scheme(item.get("system") or "") == bare
        return told and bool(re.fullmatch(shape, item.get("value") or ""))

    return Key("identifier") >> Slice(Key("value"), belongs, seed)


def _is_of(coding: Mapping[str, Any], wanted: str) -> bool:
    return number(coding.get("system") or "") in {wanted, ""}


def _without_scheme(url: str) -> str:
    return url.removeprefix("https://").removeprefix("http://")


def verified(url: str) -> dict[str, Lens]:
    """Our own extension, the day of the last check; nothing when the store has no URL for it."""
    return {"verifie_le": extension(url, Key("valueDate") >> DAY)} if url else {}
