"""Rows about the ways to reach a unit: which contact, which channel, which of its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rorcli import codes
from rorcli.items import CANAUX, Contact
from rorcli.model import Unite
from rorcli.tables.binding import Binder, Bound
from rorcli.tables.cells import CellError, same_number
from rorcli.tables.columns import ACTUELLE, CANAL, VALEUR
from rorcli.tables.entries import (
    CHANNELS,
    MSSANTE,
    SITE,
    Entry,
    Node,
    channel_label,
    main_contact,
)
from rorcli.tables.sheets import Row
from rorcli.text.batches import Add, Drop, Put, Step
from rorcli.validation.numbers import PHONES, misshapen

_KEYS = {canal: key for key, canal in CANAUX.items()}
_DETAILS = ("confidentialite", "usage")
_CHANNEL_NAMES: Mapping[str, str] = {
    codes.fold(name): canal
    for canal, names in {
        "1": "portable", "2": "tel|fixe|telephone fixe", "3": "mail|e-mail|email|adresse mail",
        MSSANTE: "bal mssante|messagerie securisee", "6": "fax", SITE: "site|site internet",
    }.items()
    for name in (*names.split("|"), CHANNELS[canal], _KEYS[canal])
}  # fmt: skip


def coordonnee(binder: Binder, row: Row) -> Bound | None:
    """A row of `coordonnees`: one value of one channel of a contact, or of the unit itself."""
    canal = _CHANNEL_NAMES.get(codes.fold(binder.text(row, CANAL)))
    canal = canal or str(binder.read(row, CANAL, {}))
    home = _home(binder, row, canal)
    if not binder.text(row, VALEUR).strip():
        binder.kept += bool(binder.text(row, ACTUELLE)) and not binder.asked.replace
        return None
    entry = _held(binder, row, [e for e in binder.entries if home.holds(e, canal)])
    held = entry.cells[VALEUR] if entry else ""
    cell = replace(binder.cell(row, VALEUR, {}), now=held)
    text = str(cell.phone() if canal in PHONES else cell.value())
    if text != held and (shape := misshapen(canal, text)):
        raise CellError(VALEUR, f"« {text} » n'a pas la forme attendue", shape.remedy)
    values = {} if text == held else {VALEUR: text}
    values |= binder.differing(row, _DETAILS, entry)
    details = {key: value for key, value in values.items() if key != VALEUR and value is not None}
    if home.contact is None and details:
        raise CellError(next(iter(details)), "la boîte ou le site de l'unité elle-même n'a ni "
                        "confidentialité ni utilisation", "videz ces cellules")  # fmt: skip
    telecom = {"canal": canal, "valeur": text, **details}
    if entry is not None:
        binder.claimed.add(entry.pointer)
        return Bound(entry, (), values, _changed(entry, home, telecom, values))
    key = (*home.triple, canal, text)
    steps = _new_channel(binder, home, telecom) if binder.is_new(key) else []
    return Bound(None, key, values, steps)


@dataclass(frozen=True, slots=True)
class _Home:
    """What holds a way to reach a node: a contact, there or to be made; None for the node itself.

    `triple` are the function, the nature and the name.
    """

    node: Node
    contact: Contact | None
    triple: tuple[str, str, str]

    def holds(self, entry: Entry, canal: str) -> bool:
        """True for an entry of that channel here."""
        own = (f"{self.node.pointer}/mssante", f"{self.node.pointer}/site_internet")
        below = f"{self.contact.pointer}/" if self.contact and self.contact.pointer else ""
        here = entry.pointer.startswith(own) if self.contact is None else (
            below and entry.pointer.startswith(below))  # fmt: skip
        return bool(here) and entry.cells[CANAL] == channel_label(canal)


def _home(binder: Binder, row: Row, canal: str) -> _Home:
    node = binder.node
    fonction, nature = (str(binder.read(row, key, {})) for key in ("fonction", "nature"))
    triple = (fonction, nature, binder.text(row, "contact").strip())
    if not any(triple):
        is_own = canal == (MSSANTE if isinstance(node.noun, Unite) else SITE)
        contact = None if is_own else main_contact(node)
        return _Home(node, contact, _triple(node, contact) if contact else triple)
    known = [(_triple(node, contact), contact) for contact in node.contacts]
    exact = [contact for each, contact in known if each == triple]
    near = [contact for each, contact in known if _answers(each, triple)]
    found = exact or near
    if len(found) > 1:
        raise CellError("contact", f"{len(found)} contacts répondent à cette ligne",
                        "précisez la fonction, la nature et le nom")  # fmt: skip
    if found:
        return _Home(node, found[0], _triple(node, found[0]))
    return _Home(node, Contact(), triple)


def _answers(held: tuple[str, str, str], said: tuple[str, str, str]) -> bool:
    """True when a contact is all that a row says of it, which may be less than all."""
    return all(not part or part == own for part, own in zip(said, held, strict=True))


def _triple(node: Node, contact: Contact) -> tuple[str, str, str]:
    return (node.fonction(contact), contact.nature or "", contact.nom or "")


def _held(binder: Binder, row: Row, here: list[Entry]) -> Entry | None:
    """The entry that a row is about: by its former value, by its value, or the only one left."""
    text, former = binder.text(row, VALEUR).strip(), binder.text(row, ACTUELLE).strip()
    same = next((e for e in here if _is_same(e, text)), None)
    if former:
        if found := next((e for e in here if _is_same(e, former)), same):
            return found
        held = ", ".join(f"« {e.cells[VALEUR]} »" for e in here) or "rien"
        raise CellError(
            ACTUELLE, f"la fiche ne porte pas « {former} » ici, mais {held}",
            "reprenez un export récent, ou videz cette cellule pour ajouter la valeur",
        )  # fmt: skip
    if same is not None or ACTUELLE in binder.asked.heading.index:
        return same
    left = [entry for entry in here if entry.pointer not in binder.claimed]
    free = [entry for entry in left if entry.cells[VALEUR] not in binder.said]
    if len(free) > 1:
        raise CellError(
            VALEUR, f"{len(free)} valeurs sont possibles : laquelle remplacer ?",
            "ajoutez la colonne « Valeur actuelle » : rorcli export l'écrit",
        )  # fmt: skip
    return free[0] if free else None


def _is_same(entry: Entry, text: str) -> bool:
    held = entry.cells[VALEUR]
    return held == text or (entry.cells[CANAL] in _DIALLED and same_number(held, text))


_DIALLED = {channel_label(canal) for canal in PHONES}


def _changed(
    entry: Entry, home: _Home, telecom: dict[str, Any], values: Mapping[str, Any]
) -> list[Step]:
    """The steps that change a way to reach; what has details moves to the long form."""
    old, is_long = entry.cells[VALEUR], "/telecoms/" in entry.pointer
    if is_long:
        return [Put(f"{entry.pointer}/{key}", value) for key, value in values.items()]
    if home.contact is not None and telecom.keys() - {"canal", "valeur"}:
        return [Drop(entry.pointer, old), Add(f"{home.contact.pointer}/telecoms", telecom)]
    return [Put(entry.pointer, telecom["valeur"])] if VALEUR in values else []


def _new_channel(binder: Binder, home: _Home, telecom: dict[str, Any]) -> list[Step]:
    """The steps that add a way to reach, in the short form if it has no details."""
    node, value = home.node.pointer, telecom["valeur"]
    short = _KEYS.get(telecom["canal"]) if telecom.keys() == {"canal", "valeur"} else None
    if home.contact is None and telecom["canal"] == SITE:
        return [Put(f"{node}/site_internet", value)]
    if home.contact is None:
        return [Add(f"{node}/mssante", value)]
    if at := home.contact.pointer:
        return [Add(f"{at}/{short}", value) if short else Add(f"{at}/telecoms", telecom)]
    steps: list[Step] = []
    if home.triple not in binder.made:
        names = zip(("fonction", "nature", "nom"), home.triple, strict=True)
        binder.made[home.triple] = {key: text for key, text in names if text}
        steps = [Add(f"{node}/contacts", binder.made[home.triple])]
    made = binder.made[home.triple]
    if short is None:
        made.setdefault("telecoms", []).append(telecom)
    elif short in made:
        made[short] = [*([made[short]] if isinstance(made[short], str) else made[short]), value]
    else:
        made[short] = value
    return steps
