"""What the national quality requirements say of an establishment, from the data of the ROR alone.

Source: the queries of BI ROR (February 2024), whose lists stand in `data/national.toml`. A verdict
counts objects: k of n conform, `needed` of them must. Where a requirement also asks for FINESS
authorisations, the part that needs none is judged and `needs` says what is left; where nothing can
be judged the status is `non_calculable`. Nothing is guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from rorcli.codes import fold, table
from rorcli.items import Contact, Lieu
from rorcli.model import Establishment, Placed, Unite
from rorcli.validation.completeness import address_lacks, described
from rorcli.validation.freshness import Dates, midnight, parse_limit
from rorcli.validation.perimeters import (
    codes_of,
    is_suspect,
    needs,
    perimeter,
    table_of,
    up_to_date_needed,
)
from rorcli.validation.view import View, day_of


class Status(StrEnum):
    """How an establishment stands with a requirement."""

    CONFORME = "conforme"
    ECART = "ecart"
    NON_APPLICABLE = "non_applicable"
    NON_CALCULABLE = "non_calculable"


class Verdict(NamedTuple):
    """`k` of `n` objects conform, `needed` must; `units` are the keys of those that do not.

    `lacks` says of some of them, by key, which keys of the file are to be filled.
    """

    k: int
    n: int
    needed: int
    units: tuple[str, ...] = ()
    lacks: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    @property
    def is_met(self) -> bool:
        """Whether enough of them conform."""
        return self.k >= self.needed


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement and an establishment; `verdict` where it applies and something is judged.

    `needs` is what the part left unjudged would ask for, `is_estimate` says that days are those of
    reviews, not of the directory.
    """

    finess: str
    code: str
    status: Status
    verdict: Verdict | None = None
    needs: str = ""
    is_estimate: bool = False


@dataclass(frozen=True)
class Offers:
    """An establishment as the requirements look at it; an offre is a UO."""

    view: View
    dates: Dates

    @property
    def category(self) -> str:
        """FINESS category of the EG, "" without."""
        return self.view.site.categorie or ""

    @cached_property
    def every(self) -> tuple[Placed, ...]:
        """All offres, closed ones too."""
        return tuple(each for each in self.view.units if each.unit.is_uo)

    @cached_property
    def open(self) -> tuple[Placed, ...]:
        """Those not closed for good; what is above them does not matter."""
        return tuple(each for each in self.every if self.view.is_open(each.unit))

    @cached_property
    def lieux(self) -> Callable[[Unite], list[Lieu]]:
        """The lieux of a UO, wherever they are described."""
        return described(self.view)

    def written_at(self, placed: Placed) -> datetime:
        """When the directory wrote an offre itself; in a file when it was reviewed, an estimate."""
        return self.dates.alone(placed.key, day_of(placed.verifie_le))


@dataclass
class Register:
    """How often each national identifier (idNat_Struct) is met among EJ and EG, for ST3.

    Without `is_whole`, when some of the region was not met, no duplicate proves nothing.
    """

    is_whole: bool = False
    _met: Counter[str] = field(default_factory=Counter)
    _owners: set[tuple[str, str]] = field(default_factory=set)

    def meet(self, establishment: Establishment, today: date) -> str | None:
        """Takes note of an EG and its EJ; the identifier to judge, None if it is no part of it."""
        ej, view = establishment.entite_juridique, View(establishment, today)
        owner = national_id("2", ej.finess, ej.siren)
        # An EJ is met again in each of its EG.
        if (known := (owner, owner or ej.raison_sociale or "")) not in self._owners:
            self._owners.add(known)
            self._met[owner] += 1
        site = view.site
        if not site.categorie or site.categorie in perimeter("practices") or not view.is_open(site):
            return None
        own = national_id("3", site.finess, site.siret)
        self._met[own] += 1
        return own

    def judge(self, finess: str, own: str | None) -> Requirement:
        """ST3, once all are met: the identifier occurs once; empty ones are all the same."""
        if own is None:
            return Requirement(finess, "ST3", Status.NON_APPLICABLE)
        if self._met[own] > 1:
            return Requirement(finess, "ST3", Status.ECART, Verdict(0, 1, 1))
        if self.is_whole:
            return Requirement(finess, "ST3", Status.CONFORME, Verdict(1, 1, 1))
        return Requirement(finess, "ST3", Status.NON_CALCULABLE, needs=needs("ST3"))


def requirements(view: View, dates: Dates) -> Iterator[Requirement]:
    """Every requirement but ST3, in the order of `CODES`."""
    offers, finess = Offers(view, dates), view.establishment.finess
    for code in CODES:
        judge = _JUDGES.get(code)
        if code == "ST3":
            continue
        if judge is None:
            spared = code == "CO4" and offers.category in perimeter("practices")
            status = Status.NON_APPLICABLE if spared else Status.NON_CALCULABLE
            yield Requirement(finess, code, status, needs="" if spared else needs(code))
        elif verdict := judge(offers):
            status = Status.CONFORME if verdict.is_met else Status.ECART
            shown = verdict._replace(units=() if verdict.is_met else verdict.units)
            estimate = code == "RE1.2" and not dates.changed_on
            yield Requirement(finess, code, status, shown, needs(code), estimate)
        else:
            yield Requirement(finess, code, Status.NON_APPLICABLE)


def national_id(kind: str, finess: str | None, other: str | None) -> str:
    """idNat_Struct: "1" and the FINESS, else `kind` and the SIREN or SIRET; "" with neither."""
    return f"1{finess}" if finess else f"{kind}{other}" if other else ""


def lacks_to_be_final(offers: Offers, uo: Unite) -> tuple[str, ...]:
    """The keys that keep an offre from being finalised (CP4)."""
    ages, lieux = uo.patientele, offers.lieux(uo)
    final = {
        "champ_activite": _is_known("champs", uo.champ_activite),
        "mode_prise_en_charge": _is_known("modes", uo.mode_prise_en_charge),
        "patientele": ages and ages.age_min and ages.age_max,
        "activites": any(_is_known("activites", code) for code in uo.activites),
        "type_offre": offers.category not in codes_of("cp4", "offer_needed")
        or _is_known("types-offre", uo.type_offre),
        "lieux": lieux and not any(map(address_lacks, lieux)),
        "contacts": any(map(_is_usable, uo.contacts)),
    }
    return tuple(key for key, is_there in final.items() if not is_there)


def _re12(offers: Offers) -> Verdict | None:
    """An EG without closing date: enough offres written after midnight, one year ago."""
    if offers.view.site.date_fermeture or offers.category in perimeter("practices"):
        return None
    limit = midnight(parse_limit("1y", offers.view.today))
    dated = [(offers.written_at(each), each.key) for each in offers.open]
    late = tuple(key for moment, key in sorted(dated) if moment <= limit)
    return Verdict(len(dated) - len(late), len(dated), up_to_date_needed(len(dated)), late)


def _co1(offers: Offers) -> Verdict | None:
    """The name of an emergency unit says so."""
    rule = table_of("co1")
    if offers.category not in perimeter("historical") | perimeter("of_2023"):
        return None
    found = [
        each
        for each in offers.open
        if each.unit.mode_prise_en_charge == rule["mode"]
        and codes_of("co1", "activities").intersection(each.unit.activites)
    ]
    return _all(found, lambda each: rule["word"] in fold(each.unit.nom or ""))


def _co2(offers: Offers) -> Verdict | None:
    """What a maternity offers is what its declared level supposes."""
    kinds = ("obstetrics", "neonatology", "intensive", "resuscitation")
    every = frozenset().union(*(codes_of("co2", kind) for kind in kinds))
    modes = codes_of("co2", "modes")
    found = [
        each
        for each in offers.open
        if each.unit.mode_prise_en_charge in modes
        and (every.intersection(each.unit.activites) or each.unit.niveau_maternite)
    ]
    if not found:
        return None
    done = {code for each in found for code in each.unit.activites}
    has = tuple(bool(codes_of("co2", kind) & done) for kind in kinds)
    named = any(table_of("co2")["word"] in fold(each.unit.nom or "") for each in found)
    level = max(each.unit.niveau_maternite or "" for each in found)
    met = named and has in _LEVELS.get(level, ())
    return Verdict(int(met), 1, 1, tuple(each.key for each in found))


# Declared level -> which of obstetrics, neonatology, intensive care, resuscitation it goes with.
_LEVELS: Mapping[str, tuple[tuple[bool, ...], ...]] = {
    "01": ((True, False, False, False),),
    "02": ((True, True, False, False),),
    "03": ((True, True, True, False),),
    "04": ((True, True, True, True),),
}


def _co3(offers: Offers) -> Verdict | None:
    """Suspect offres are flagged, and no others."""
    suspects = {id(each.unit) for each in _suspects(offers)}
    met, missed = 0, []
    for each in offers.every:
        is_flagged, is_suspect_ = each.unit.unite_sensible is True, id(each.unit) in suspects
        met += is_flagged and is_suspect_
        if is_flagged != is_suspect_:
            missed.append(each.key)
    n = met + len(missed)
    return Verdict(met, n, n, tuple(missed)) if n else None


def _suspects(offers: Offers) -> Iterator[Placed]:
    """Open offres whose own name or activity is suspect, or the name of the UF right above."""
    if offers.category in {"", *codes_of("co3", "exempt"), *perimeter("practices")}:
        return
    activity = table_of("co3")["activity"]
    for each in offers.open:
        above = each.above[-1] if each.above else None
        by_uf = (
            above is not None
            and above.type == "uf"
            and offers.view.is_open(above)
            and is_suspect(above.nom)
        )
        if by_uf or activity in each.unit.activites or is_suspect(each.unit.nom):
            yield each


def _cp4(offers: Offers) -> Verdict | None:
    """All offres are finalised, and there is one; a hospital has lines for its own fields alone."""
    followed = perimeter("sanitary") | perimeter("social") | perimeter("town")
    if offers.category not in followed or not offers.view.is_open(offers.view.site):
        return None
    fields = codes_of("cp4", "sanitary_fields")
    found = [
        each
        for each in offers.open
        if (field := each.unit.champ_activite) in fields
        or offers.category not in perimeter("sanitary")
        or not _is_known("champs", field)
    ]
    lacks = {each.key: lacks_to_be_final(offers, each.unit) for each in found}
    final = _all(found, lambda each: not lacks[each.key])
    return final._replace(lacks=lacks) if final else Verdict(0, 0, 1)


def _cp5(offers: Offers) -> Verdict | None:
    """The type and the temporality of a residential offre are filled."""
    return _all(
        _residential(offers), lambda each: each.unit.type_offre and each.unit.temporalite_accueil
    )


def _cp6(offers: Offers) -> Verdict | None:
    """A residential offre counts places; installed beds count too."""
    spared = table_of("cp6")["not_offer"]
    found = [each for each in _residential(offers) if each.unit.type_offre != spared]
    return _all(found, lambda each: any(map(_holds_places, offers.lieux(each.unit))))


def _residential(offers: Offers) -> list[Placed]:
    day_and_night = offers.category in codes_of("cp5", "day_and_night")
    if not day_and_night and offers.category not in codes_of("cp5", "categories"):
        return []
    modes = table_of("cp5")["modes"].split()[:1] if day_and_night else codes_of("cp5", "modes")
    return [
        each
        for each in offers.open
        if each.unit.mode_prise_en_charge in modes
        and each.unit.type_offre != table_of("cp5")["not_offer"]
    ]


def _all(found: list[Placed] | tuple[Placed, ...], is_met: Callable[[Placed], object]
         ) -> Verdict | None:  # fmt: skip
    """Each of them must conform; None without any."""
    missed = tuple(each.key for each in found if not is_met(each))
    return Verdict(len(found) - len(missed), len(found), len(found), missed) if found else None


def _is_known(name: str, code: str | None) -> bool:
    return table(name).label(code or "") is not None


def _is_usable(contact: Contact) -> bool:
    """A known function or nature, and a telecom; confidentiality has a default, so is there."""
    has_role = _is_known("fonctions-contact", contact.fonction) or _is_known(
        "natures-contact", contact.nature
    )
    return has_role and any(each.canal and each.valeur for each in contact.telecoms)


def _holds_places(lieu: Lieu) -> bool:
    return any(
        each.statut == "installe" and each.nature in {"lit", "place"} and (each.nombre or 0) > 0
        for each in lieu.capacites
    )


_JUDGES: Mapping[str, Callable[[Offers], Verdict | None]] = {
    "CO1": _co1, "CO2": _co2, "CO3": _co3, "CP4": _cp4, "CP5": _cp5, "CP6": _cp6, "RE1.2": _re12,
}  # fmt: skip
#: The requirements, in the order that they are told.
CODES = ("EX1.2", "EX2", "EX3", "EX4", "EX5", "ST2", "ST3", "CO1", "CO2", "CO3", "CO4", "CP4",
         "CP5", "CP6", "RE1.2")  # fmt: skip
