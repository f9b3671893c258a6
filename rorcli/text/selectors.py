"""How people name things: a unit of the tree, and a key within it.

`find_unit` answers which unit a name means, `resolve` at which place of the document the key of a
`KEY=VALUE` stands (design, Naming things).
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
from rorcli.text import values
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
        if meant := values.lost_noughts(known[key], glob):
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
            items = [f"{item}.{rest[0]}=" for item in named_items(data, pointer)]
            raise UsageError(f"{key} : « {step} » est une liste", remedy=_choice(step, items))
        if found["selector"] is not None:
            pointer, missing = _item(data, pointer, spec, found["selector"])
            if missing:
                return _in_new_item(key, rest, pointer, owner, missing)
    return Place(pointer, _writable(key, spec))


def named_items(data: Any, pointer: str) -> Iterator[str]:
    """The items of a list as `resolve` names them: `contacts[06]`, `praticiens[RPPS]`."""
    key = pointer.rpartition("/")[2]
    for _, item in _mappings(data, pointer):
        name = item.get(_SELECTED_BY.get(key, ""))
        if key == "contacts":
            function = item.get("fonction")
            name = f"fonction:{function}" if function else item.get("nature")
        if name:
            yield f"{key}[{name}]"


_SELECTED_BY = {"praticiens": "rpps", "lieux": "id"}


def _choice(key: str, items: list[str]) -> str:
    """What to write in the place of a list's name."""
    if key == "unites":
        return "une unité se désigne par --unit : rorcli edit FICHIER --unit UNITÉ CLÉ=VALEUR"
    more = ", …" if len(items) > _SHOWN_CANDIDATES else ""
    named = f"désignez un élément : {', '.join(items[:_SHOWN_CANDIDATES])}{more}"
    return named if items else "cette liste est vide"


def place_of(data: Any, node: str, key: str) -> Place:
    """The same, for a key that may be the EJ's: `entite_juridique.KEY`."""
    head, _, own = key.partition(".")
    return resolve(data, EJ_POINTER, own) if own and head == EJ_KEY else resolve(data, node, key)


def _has_own_box(node: str, key: str) -> bool:
    """`mssante` on a pole, service, uf or uo is the node's own mailbox."""
    return key == "mssante" and node not in {EG_POINTER, EJ_POINTER}


def _main_contact(data: Any, node: str, key: str) -> Place:
    """The first contact without `fonction`; one of nature 07, at the EG 06, if there is none."""
    holder = f"{node}/contacts"
    short = keys_of(Contact)[key]
    for rank, contact in _mappings(data, holder):
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
    written = [rank for rank, each in _mappings(data, listed)
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
        for rank, contact in _mappings(data, f"{EG_POINTER}/contacts"):
            if contact.get("fonction") == DIRECTEUR:
                return f"{EG_POINTER}/contacts/{rank}"
    return pointer


def _mappings(data: Any, pointer: str) -> Iterator[tuple[int, dict[str, Any]]]:
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
    matches = [rank for rank, item in _mappings(data, pointer)
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
        return {field: values.parse_words(table, value) if table else value}
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
        known = keys_of(spec.noun()) if spec else ()
        raise UsageError(f"{key} : donnez une clé de ce groupe",
                         remedy=", ".join(f"{key}.{each}=" for each in known))  # fmt: skip
    if spec.kind is Kind.NOUNS:
        raise UsageError(
            f"{key} : une liste ne s'écrit pas ainsi",
            remedy="add-activity, add-practitioner, set-capacity, ou à la main : rorcli edit",
        )
    return spec


def listed(units: list[Placed], head: str) -> str:
    """Units one a line below a head, the first ones of many; "" for none."""
    shown = "".join(f"\n  {p.unit.id or '-'}  {p.path}" for p in units[:_SHOWN_CANDIDATES])
    more = "\n  …" if len(units) > _SHOWN_CANDIDATES else ""
    return f"{head}{shown}{more}" if units else ""


def _ambiguous(name: str, matches: list[Placed]) -> UsageError:
    return UsageError(listed(matches, f"« {name} » désigne {len(matches)} unités :"),
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
