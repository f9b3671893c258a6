"""How people name things: a unit of the tree, and a key within it.

`find_unit` answers which unit a name means; `Assignment.parse` reads `KEY=VALUE`, and `resolve`
finds the place in the document that the key means (design, Naming things).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import NoneType
from typing import Any

from rorcli import codes
from rorcli.errors import UsageError
from rorcli.fields import Kind, Spec
from rorcli.items import CANAUX, Contact, Telecom
from rorcli.model import (
    DIRECTEUR,
    EntiteGeographique,
    EntiteJuridique,
    Establishment,
    Placed,
    Unite,
    keys_of,
    meant_key,
)
from rorcli.text.edits import value_at

STANDARD, SECRETARIAT = "06", "07"
SEPARATOR = " > "
ALL = "*"
EJ_KEY = "entite_juridique"
EG_POINTER, EJ_POINTER = "/etablissement", f"/{EJ_KEY}"
DIRECTOR = f"{EG_POINTER}/directeur"
_STEP = re.compile(r"(?P<key>\w+)(?:\[(?P<selector>[^\]]*)\])?")
_SHOWN_CANDIDATES = 10


def find_unit(establishment: Establishment, name: str, *others: Establishment) -> Placed:
    """The unit that `name` means: exact id, then exact name, then a piece of the path of names.

    `others` are asked in turn for one that the establishment does not know. UsageError lists the
    candidates of an ambiguous name, or the closest names of an unknown one.
    """
    folded = codes.fold(name)
    for placed in (list(side.units()) for side in (establishment, *others)):
        for matches in (
            [p for p in placed if p.unit.id == name],
            [p for p in placed if codes.fold(p.unit.nom or "") == folded],
            [p for p in placed if _is_piece(folded, codes.fold(p.path))],
        ):
            if len(matches) == 1:
                return matches[0]
            if matches:
                raise _ambiguous(name, matches)
    raise _unknown_unit(name, establishment)


def node_keys(
    establishment: Establishment, names: Iterable[str], *others: Establishment
) -> frozenset[str]:
    """Keys of the nodes that names mean: units as `find_unit`, the FINESS of the EG, or "*"."""
    keys: set[str] = set()
    for name in names:
        if name == ALL:
            keys.add(ALL)
        elif name == establishment.finess:
            keys |= {"", "ej"}
        else:
            keys.add(find_unit(establishment, name, *others).key)
    return frozenset(keys)


def _is_piece(piece: str, path: str) -> bool:
    """True when `piece` stands in the path and reaches into its last name, the unit's own."""
    at = path.rfind(piece)
    return at >= 0 and at + len(piece) > path.rfind(SEPARATOR) + len(SEPARATOR)


def select_units(establishment: Establishment, patterns: list[tuple[str, str]]) -> list[Placed]:
    """Every unit whose keys all match their glob: [("type", "uo"), ("nom", "Consultation*")]."""
    known = {key: spec for key, spec in keys_of(Unite).items() if spec.noun() is None}
    for key, _ in patterns:
        if key not in known:
            raise UsageError(f"--where {key}= : clé inconnue d'une unité",
                             remedy=f"clés : {', '.join(known)}")  # fmt: skip
    found = [
        placed
        for placed in establishment.units()
        if all(_matches(getattr(placed.unit, key), glob) for key, glob in patterns)
    ]
    for key, glob in () if found else patterns:
        if meant := lost_noughts(known[key], glob):
            raise UsageError(f"--where {key}={glob} : aucune unité n'a ce code", remedy=meant)
    return found


def _matches(value: object, glob: str) -> bool:
    if isinstance(value, tuple):
        return any(_matches(each, glob) for each in value)
    shown = "" if value is None else str(value)  # True matches "true": case is ignored
    return fnmatchcase(codes.fold(shown), codes.fold(glob))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value goes: its pointer, its declaration, and what must be made on the way.

    `item` is the list item to append at `holder` when the key lives in one that is not there yet.
    """

    pointer: str
    spec: Spec
    holder: str = ""
    item: tuple[tuple[str, Any], ...] = ()


def resolve(data: Any, node: str, key: str) -> Place:
    """The place that `key` means at the node of pointer `node`; UsageError when it means none."""
    if key in CANAUX and not _has_own_box(node, key):
        return _main_contact(data, node, key)
    owner = noun_of(node)
    pointer, steps = node, _split(key) or [""]
    spec: Spec | None = None
    for rank, step in enumerate(steps):
        found = _STEP.fullmatch(step)
        known = keys_of(owner)
        if found is None or found["key"] not in known:
            raise unknown_key(key, step, [*known, *(CANAUX if pointer == node else ())])
        spec = known[found["key"]]
        rest = steps[rank + 1 :]
        if owner is Contact and found["key"] in CANAUX and not rest:
            return _channel(data, pointer, spec)
        pointer = _home_of_director(data, f"{pointer}/{found['key']}")
        owner = spec.noun() or NoneType
        if found["selector"] is None and spec.kind is Kind.NOUNS and rest:
            raise UsageError(f"{key} : « {step} » est une liste",
                             remedy=f"désignez un élément : {step}[…].{rest[0]}")  # fmt: skip
        if found["selector"] is not None:
            pointer, missing = _item(data, pointer, spec, found["selector"])
            if missing:
                return _in_new_item(key, rest, pointer, owner, missing)
    return Place(pointer, _writable(key, spec))


def place_of(data: Any, node: str, key: str) -> Place:
    """The same, for a key that may be the EJ's: `entite_juridique.KEY`."""
    head, _, own = key.partition(".")
    return resolve(data, EJ_POINTER, own) if own and head == EJ_KEY else resolve(data, node, key)


def parse_value(spec: Spec, text: str) -> Any:
    """`text` as the type of the key; "" erases. UsageError says what is expected."""
    if text == "":
        return [] if spec.kind in {Kind.NOUNS, Kind.CODES} else None
    if spec.kind is Kind.FLAG:
        said = {"true": True, "oui": True, "false": False, "non": False}.get(codes.fold(text))
        if said is None:
            raise UsageError(f"{spec.key}={text} : true ou false attendu")
        return said
    if spec.kind is Kind.COUNT:
        if not (text.isascii() and text.isdigit()):
            raise UsageError(f"{spec.key}={text} : nombre entier, zéro ou plus, attendu")
        return int(text)
    if spec.kind is Kind.CODES:
        return [code_for(spec, each.strip()) for each in text.split(",")]
    return code_for(spec, text)


def parse_item(spec: Spec, text: str) -> Any:
    """The same, where one item of a list takes the text."""
    return code_for(spec, text) if spec.is_list else parse_value(spec, text)


def code_for(spec: Spec, text: str) -> str:
    """A code given as such or by its exact label; other texts go through unchanged."""
    if not spec.table:
        return text
    table = codes.table(spec.table)
    found = table.by_label(text)
    return text if text in table.codes or found is None else found.code


def parse_words(name: str, words: str) -> str:
    """The one code of table `name` that WORDS mean: a code, an exact label, else all the words."""
    table = codes.table(name)
    if words in table.codes:
        return words
    exact = table.by_label(words)
    if exact is not None:
        return exact.code
    if meant := table.with_noughts(words):
        raise UsageError(f"« {words} » n'est pas un code de la table {name}",
                         remedy=_did_you_mean(meant))  # fmt: skip
    found = [code for code in table.search(words.split()) if code.in_value_set]
    if len(found) == 1 or (found and codes.fold(found[0].code) == codes.fold(words)):
        return found[0].code
    listed = ", ".join(f"{code.code} {code.label}" for code in found[:_SHOWN_CANDIDATES])
    closest = table.closest(words)
    if found:
        raise UsageError(f"« {words} » désigne {len(found)} codes : {listed}"
                         + ("…" if len(found) > _SHOWN_CANDIDATES else ""),
                         remedy="précisez, ou donnez le code")  # fmt: skip
    hint = _did_you_mean(closest) if closest else ""
    raise UsageError(f"« {words} » ne désigne aucun code de la table {name}",
                     remedy=f"{hint} rorcli codes {name} MOTS en propose".strip())  # fmt: skip


def lost_noughts(spec: Spec | None, text: str) -> str:
    """Which code a text means that lacks its leading zeros, as a question; "" for any other."""
    meant = codes.table(spec.table).with_noughts(text) if spec and spec.table else None
    return _did_you_mean(meant) if meant else ""


def _did_you_mean(code: codes.Code) -> str:
    return f"vouliez-vous dire {code.code} {code.label} ?"


def _has_own_box(node: str, key: str) -> bool:
    """`mssante` on a pole, service, uf or uo is the node's own mailbox."""
    return key == "mssante" and node not in {EG_POINTER, EJ_POINTER}


def _main_contact(data: Any, node: str, key: str) -> Place:
    """The first contact without `fonction`; one of nature 07, at the EG 06, if there is none."""
    holder = f"{node}/contacts"
    short = keys_of(Contact)[key]
    for rank, contact in mappings(data, holder):
        if not contact.get("fonction"):
            return _channel(data, f"{holder}/{rank}", short)
    nature = STANDARD if node == EG_POINTER else SECRETARIAT
    new = f"{holder}/{_length(data, holder)}/{key}"
    return Place(new, short, holder, (("nature", nature),))


def _channel(data: Any, contact: str, short: Spec) -> Place:
    """Where a contact holds the channel of a short key: there, or in the one telecom of it.

    A telecom of the long form keeps who may see it, and its usage.
    """
    pointer, listed = f"{contact}/{short.key}", f"{contact}/telecoms"
    written = [rank for rank, each in mappings(data, listed)
               if each.get("canal") == CANAUX[short.key]]  # fmt: skip
    if not written:
        return Place(pointer, short)
    if len(written) > 1 or value_at(data, pointer) is not None:
        raise UsageError(
            f"{short.key} : ce contact a plusieurs valeurs, écrites sous « telecoms »",
            remedy="--replace CLÉ ANCIEN NOUVEAU dit lequel ; ou à la main : rorcli edit FICHIER",
        )
    return Place(f"{listed}/{written[0]}/valeur", keys_of(Telecom)["valeur"])


def _home_of_director(data: Any, pointer: str) -> str:
    """Where the file writes the director: `directeur`, or the contact of fonction 01."""
    if pointer == DIRECTOR and value_at(data, pointer) is None:
        for rank, contact in mappings(data, f"{EG_POINTER}/contacts"):
            if contact.get("fonction") == DIRECTEUR:
                return f"{EG_POINTER}/contacts/{rank}"
    return pointer


def mappings(data: Any, pointer: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The mappings of a list, with their rank; what a faulty file holds instead is passed over."""
    items = value_at(data, pointer)
    for rank, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield rank, item


def _length(data: Any, pointer: str) -> int:
    items = value_at(data, pointer)
    return len(items) if isinstance(items, list) else 0


def noun_of(node: str) -> type:
    """What the node at a pointer is: the EG, the EJ, else a unit."""
    if node == EG_POINTER:
        return EntiteGeographique
    return EntiteJuridique if node == EJ_POINTER else Unite


def _split(key: str) -> list[str]:
    """Splits at the dots that stand outside brackets."""
    return re.findall(r"(?:[^.\[]|\[[^\]]*\])+", key)


def _item(data: Any, pointer: str, spec: Spec, selector: str) -> tuple[str, dict[str, str]]:
    """The item of a list that a selector means: its pointer, or what a new one would hold."""
    wanted = _criteria(spec.key, selector)
    is_director = pointer == f"{EG_POINTER}/contacts" and wanted == {"fonction": DIRECTEUR}
    if is_director and value_at(data, DIRECTOR) is not None:
        return DIRECTOR, {}
    matches = [rank for rank, item in mappings(data, pointer)
               if all(item.get(k) == v for k, v in wanted.items())]  # fmt: skip
    if len(matches) > 1:
        raise UsageError(f"{spec.key}[{selector}] désigne {len(matches)} éléments",
                         remedy="modifiez-les à la main : rorcli edit FICHIER")  # fmt: skip
    if matches:
        return f"{pointer}/{matches[0]}", {}
    if spec.key != "contacts":
        raise UsageError(f"{spec.key}[{selector}] : aucun élément de ce nom",
                         remedy="rorcli show --unit … montre ce que l'unité contient")  # fmt: skip
    return f"{pointer}/{_length(data, pointer)}", wanted


def _criteria(key: str, selector: str) -> dict[str, str]:
    """`07` by nature, `fonction:12` by function, an RPPS, an id of lieu."""
    name, colon, value = selector.partition(":")
    if key == "contacts":
        field = name if colon else "nature"
        value = value if colon else name
        if field not in {"nature", "fonction", "nom"}:
            raise UsageError(f"contacts[{selector}] : nature, fonction ou nom attendu",
                             remedy="par exemple contacts[07], contacts[fonction:12]")  # fmt: skip
        table = {"nature": "natures-contact", "fonction": "fonctions-contact"}.get(field)
        return {field: parse_words(table, value) if table else value}
    by = {"praticiens": "rpps", "lieux": "id", "unites": "id"}.get(key)
    if by is None:
        raise UsageError(f"{key}[…] : cette liste n'a pas d'éléments que l'on désigne ainsi",
                         remedy="modifiez-la à la main : rorcli edit FICHIER")  # fmt: skip
    return {by: selector}


def _in_new_item(
    key: str, rest: list[str], pointer: str, owner: type, item: dict[str, str]
) -> Place:
    """A contact that is not there yet is made with what its selector says."""
    known = keys_of(owner)
    if len(rest) != 1 or rest[0] not in known:
        raise unknown_key(key, ".".join(rest) or key, list(known))
    holder = pointer.rpartition("/")[0]
    spec = _writable(key, known[rest[0]])
    return Place(f"{pointer}/{rest[0]}", spec, holder, tuple(item.items()))


def _writable(key: str, spec: Spec | None) -> Spec:
    if spec is None or spec.kind is Kind.NOUN:
        raise UsageError(f"{key} : donnez une clé de ce groupe", remedy=f"par exemple {key}.…")
    if spec.kind is Kind.NOUNS:
        raise UsageError(
            f"{key} : une liste ne s'écrit pas ainsi",
            remedy="add-activity, add-practitioner, set-capacity, ou à la main : rorcli edit",
        )
    return spec


def _ambiguous(name: str, matches: list[Placed]) -> UsageError:
    shown = "\n".join(f"  {p.unit.id or '-'}  {p.path}" for p in matches[:_SHOWN_CANDIDATES])
    more = "\n  …" if len(matches) > _SHOWN_CANDIDATES else ""
    return UsageError(f"« {name} » désigne {len(matches)} unités :\n{shown}{more}",
                      remedy="donnez l'identifiant, ou le chemin « Pôle > Unité »")  # fmt: skip


def _unknown_unit(name: str, establishment: Establishment) -> UsageError:
    close = list(_closest(name, [p.unit.nom or "" for p in establishment.units()]))
    hint = f"vouliez-vous dire {' ou '.join(f'« {each} »' for each in close)} ?" if close else (
        "rorcli show montre l'arbre des unités")  # fmt: skip
    where = establishment.etablissement.nom or establishment.finess
    return UsageError(f"aucune unité « {name} » dans {where or 'ce fichier'}", remedy=hint)


def unknown_key(key: str, step: str, known: list[str]) -> UsageError:
    """The error for a key of which `step` is none of the `known`, with the closest one."""
    close = meant_key(step, known)
    listed = f"clés : {', '.join(dict.fromkeys(known))}" if known else (
        "ce qui précède n'en contient pas")  # fmt: skip
    hint = f"vouliez-vous dire « {close} » ?" if close else listed
    where = f" (« {step} »)" if step != key else ""
    return UsageError(f"« {key} » : clé inconnue ici{where}", remedy=hint)


def _closest(text: str, known: list[str]) -> Iterator[str]:
    from difflib import get_close_matches

    yield from get_close_matches(text, known, n=2)
