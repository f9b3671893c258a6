"""Keys of numbers, shapes of phones, mailboxes and sites, postal codes: right by themselves (2xx).

Rules as in `validation.rules`. A wrong key is told even of numbers that exist (test servers hold
some): settings and comments in the file set it aside.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from rorcli.identifiers import (
    INVISIBLE,
    finess_ok,
    is_corsican,
    rpps_ok,
    siren_ok,
    siret_ok,
    usual_phone,
)
from rorcli.items import Adresse, Praticien, Telecom
from rorcli.model import Unite, spec_at
from rorcli.validation.findings import Issue, Severity
from rorcli.validation.view import Check, View


def check_numbers(view: View) -> Iterator[Issue]:
    """ROR201 to ROR205."""
    legal, site = view.establishment.entite_juridique, view.establishment.etablissement
    for owner in (legal, site):
        if owner.finess and not finess_ok(owner.finess):
            grade = Severity.INFO if is_corsican(owner.finess) else None
            found = _bad_key("ROR201", f"{owner.pointer}/finess", owner.finess)
            yield found._replace(severity=grade)
    siren = legal.siren if legal.siren and siren_ok(legal.siren) else ""
    if legal.siren and not siren:
        yield _bad_key("ROR202", f"{legal.pointer}/siren", legal.siren)
    if site.siret and not siret_ok(site.siret):
        yield _bad_key("ROR203", f"{site.pointer}/siret", site.siret)
    elif site.siret and not site.siret.startswith(siren):
        message = f"SIRET {site.siret} : il ne commence pas par le SIREN de l'EJ, {siren}"
        yield Issue("ROR205", f"{site.pointer}/siret", message, "corrigez l'un des deux")
    for person in view.all_of(Praticien):
        if person.rpps and not rpps_ok(person.rpps):
            yield _bad_key("ROR204", f"{person.pointer}/rpps", person.rpps)


def _bad_key(rule: str, pointer: str, number: str) -> Issue:
    spec = spec_at(pointer)
    message = f'{spec.label if spec else ""} "{number}" : la clé de contrôle est fausse'
    return Issue(rule, pointer, message, "un chiffre est faux : recopiez le numéro à sa source")


_WORD = rf"[^\s@.,;:<>()\[\]/?#'\"{INVISIBLE}]+"
_MAIL = rf"[^@\s,;:<>(){INVISIBLE}]+@{_WORD}(\.{_WORD})+"
# Ten digits, overseas too; E.164, where each French prefix has nine digits behind it; short numbers
# of emergencies and services (Arcep, plan de numérotation).
_PHONE = re.compile(
    r"""0[1-9]\d{8} | \+33[1-9]\d{8} | \+(262|590|594|596)\d{9} | 1\d{1,2} | 11\d{4} | [13]\d{3}
      | \+(?!33|262|59[046])[1-9]\d{6,14}""",
    re.VERBOSE | re.ASCII,
)
_SITE = re.compile(rf"(?i:https?)://{_WORD}(\.{_WORD})+(:\d{{1,5}})?([/?#][^\s{INVISIBLE}]*)?")
PHONES = ("1", "2", "6", "8")  # channels: mobile, fixed, fax, alert (R200)


class Shape(NamedTuple):
    """What a value of a channel looks like, and the rule that says so."""

    rule: str
    pattern: re.Pattern[str]
    remedy: str


_SHAPES: Mapping[str, Shape] = {
    **dict.fromkeys(PHONES, Shape("ROR206", _PHONE, "écrivez dix chiffres, ou l'indicatif du pays "
                                  "et le numéro : +33 2 61 91 00 01")),
    **dict.fromkeys("39", Shape("ROR207", re.compile(_MAIL), "écrivez nom@domaine")),
    "MSSANTE": Shape("ROR208", re.compile(_MAIL), "une boîte MSSanté est dans un domaine MSSanté : "
                     "nom@etablissement.mssante.fr"),
    "4": Shape("ROR209", _SITE, "écrivez l'adresse complète : https://…"),
}  # fmt: skip


def check_addresses(view: View) -> Iterator[Issue]:
    """ROR206 to ROR209, wherever a number or an address stands."""
    for pointer, canal, value in addresses(view):
        if not value:
            continue
        if shape := misshapen(canal, value):
            mend = _usual(value, shape)
            remedy = f'écrivez "{mend}"' if mend else shape.remedy
            message = f"« {value} » n'a pas la forme attendue"
            yield Issue(shape.rule, pointer, message, remedy, mend=mend or None)
        elif canal == "MSSANTE" and not _is_mssante(value, view.mssante):
            message = f"« {value} » : ce domaine n'est pas un domaine MSSanté connu"
            remedy = f"{_SHAPES[canal].remedy} ; ou ajoutez-le à vos réglages"
            yield Issue("ROR208", pointer, message, f"{remedy}, validate.mssante_domains")


def misshapen(canal: str | None, value: str) -> Shape | None:
    """The shape that a value of this channel lacks; None when it is right, or has none to have."""
    shape = _SHAPES.get(canal or "")
    text = _bare(value) if canal in PHONES else value
    return None if shape is None or shape.pattern.fullmatch(text) else shape


def _usual(value: str, shape: Shape) -> str:
    """The value that was meant, without what came along when it was copied; "" if unknown."""
    if shape.pattern is _PHONE:
        return usual_phone(value)
    text = re.sub(rf"^\s*(mailto:|<)?|>?\s*$|[{INVISIBLE}]", "", value)
    return text if shape.pattern.fullmatch(text) else ""


def is_phone(text: str) -> bool:
    """True for a number that can be dialled, however its digits are set apart."""
    return bool(_PHONE.fullmatch(_bare(text)))


def _bare(phone: str) -> str:
    return re.sub(r"[ .()-]", "", phone)


def addresses(view: View) -> Iterator[tuple[str, str | None, str | None]]:
    """Pointer, channel and value of each number, mailbox and site."""
    site = view.establishment.etablissement
    yield f"{site.pointer}/site_internet", "4", site.site_internet
    for telecom in view.all_of(Telecom):
        tail = "/valeur" if telecom.pointer.split("/")[-2] == "telecoms" else ""
        yield telecom.pointer + tail, telecom.canal, telecom.valeur
    for unit in view.all_of(Unite):
        for index, box in enumerate(unit.mssante):
            tail = f"/{index}" if len(unit.mssante) > 1 else ""
            yield f"{unit.pointer}/mssante{tail}", "MSSANTE", box


def _is_mssante(box: str, others: Collection[str]) -> bool:
    """A label of the domain says so, or the domain or one above it is among `others`."""
    domain = box.rpartition("@")[2].lower()
    labels = domain.split(".")
    above = {".".join(labels[rank:]) for rank in range(len(labels))}
    return any("mssante" in label for label in labels) or not above.isdisjoint(others)


# 00 before other digits are the armies' post, 980 is Monaco, 99 abroad.
_NOWHERE = re.compile("00000|96|970|979|98[1235]|989")


def check_postcodes(view: View) -> Iterator[Issue]:
    """ROR210, of postal code and INSEE code, each with its own way to say where; ROR211."""
    for each in view.all_of(Adresse):
        if each.code_postal and _NOWHERE.match(each.code_postal):
            message = f"code postal {each.code_postal} : aucun département n'a ce numéro"
            yield Issue("ROR211", f"{each.pointer}/code_postal", message, "recopiez-le à sa source")
            continue
        postal, insee = _postal_area(each.code_postal or ""), _insee_area(each.code_insee or "")
        if postal and insee and insee not in postal:
            message = f"code INSEE {each.code_insee}, code postal {each.code_postal} : "
            message += "deux départements"
            remedy = (
                "vérifiez les deux : la commune a-t-elle un homonyme ? "
                "quelques-unes dépendent du bureau de poste d'un département voisin"
            )
            yield Issue("ROR210", f"{each.pointer}/code_insee", message, remedy)


def _postal_area(code: str) -> tuple[str, ...]:
    """The départements that a postal code serves; 971 serves Saint-Barthélemy (977) too."""
    match code[:2], code[:3]:
        case "20", ("200" | "201"):
            return ("2A",)
        case "20", ("202" | "206"):
            return ("2B",)
        case "20", _:
            return ("2A", "2B")
        case (("97" | "98"), "971"):
            return ("971", "977", "978")
        case (("97" | "98"), area):
            return (area,)
        case area, _:
            return (area,) if area else ()


def _insee_area(code: str) -> str:
    """The département of a commune; "" abroad (99)."""
    return "" if code.startswith("99") else code[: 3 if code[:2] in {"97", "98"} else 2]


CHECKS: tuple[Check, ...] = (check_numbers, check_addresses, check_postcodes)
