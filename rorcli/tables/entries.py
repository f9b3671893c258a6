"""What an establishment shows in each table: a row an item, and one to fill where an item is due.

The same rows serve both ways: `export` writes them, and `import` knows an untouched one by them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from rorcli import codes
from rorcli.edition import establishment_of
from rorcli.fields import Kind
from rorcli.items import CANAUX, SHORT, Capacite, Contact, Lieu, Praticien, Telecom
from rorcli.model import (
    CONSULTATION,
    DIRECTEUR,
    HOSPITALISATION_COMPLETE,
    LEVEL_LABELS,
    EntiteGeographique,
    Unite,
)
from rorcli.nouns import Noun
from rorcli.tables.columns import (
    ACTUELLE,
    CANAL,
    LABEL,
    LIEU,
    LIEU_ID,
    MSSANTE_UNITE,
    SITE_FICHE,
    TABLES,
    VALEUR,
    VERIFIE,
    WHERE,
    WHO,
    Column,
    Table,
)
from rorcli.text.document import Document
from rorcli.text.edits import value_at
from rorcli.text.selectors import SECRETARIAT, STANDARD
from rorcli.validation.view import View

ETABLISSEMENT = "Établissement"
CHANNELS: Mapping[str, str] = {canal: SHORT[key].label for key, canal in CANAUX.items()}
MSSANTE, SITE = CANAUX["mssante"], CANAUX["site"]
#: What a unit or an EG has of its own, beside its contacts: column of a contact -> of the node.
OWN: Mapping[str, str] = {"mssante": MSSANTE_UNITE, "site": SITE_FICHE}
#: Column of a channel in the table of contacts -> the channel.
CHANNEL_OF: Mapping[str, str] = {**CANAUX, MSSANTE_UNITE: MSSANTE, SITE_FICHE: SITE}
# What the region asks for at every level, and the channels that will do for it.
_DUE = {"2": {"1", "2"}, "3": {"3"}, MSSANTE: {MSSANTE}}


@dataclass(frozen=True, slots=True)
class Entry:
    """A row about an item: the texts of its columns, and the item's pointer; "" for one to fill."""

    cells: Mapping[str, str]
    pointer: str = ""


@dataclass(frozen=True)
class Node:
    """The EG or a unit of a document; `where` are the texts of the columns `WHERE`."""

    document: Document
    noun: EntiteGeographique | Unite
    where: tuple[str, ...]
    is_open: bool

    @property
    def pointer(self) -> str:
        """Where the node stands in its file."""
        return self.noun.pointer

    @property
    def name(self) -> str:
        """How an account of rows calls the node."""
        return self.where[3] or self.where[1]

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """The contacts that the node holds, the director of an EG first."""
        chief = self.noun.directeur if isinstance(self.noun, EntiteGeographique) else None
        return (chief, *self.noun.contacts) if chief else self.noun.contacts

    def fonction(self, contact: Contact) -> str:
        """The function of a contact; that of the director goes without saying in the file."""
        is_chief = contact is getattr(self.noun, "directeur", None)
        return DIRECTEUR if is_chief else contact.fonction or ""


def nodes(document: Document, today: date) -> Iterator[Node]:
    """The EG, then every unit in the order of the tree; DataError for an unreadable file."""
    establishment = establishment_of(document)
    view, site = View(establishment, today), establishment.etablissement
    named = (establishment.finess, site.nom or "")
    yield Node(document, site, (*named, ETABLISSEMENT, "", ""), view.is_open(site))
    for placed in establishment.units():
        unit = placed.unit
        level = LEVEL_LABELS.get(unit.type or "", unit.type or "")
        where = (*named, level, placed.path, unit.id or "")
        yield Node(document, unit, where, view.is_open(unit))


def entries(table: Table, node: Node) -> list[Entry]:
    """The rows of a node in a table."""
    return list(_ENTRIES[table.name](node))


def rows(
    table: Table, documents: Iterable[Document], today: date, *, template: bool = False
) -> Iterator[list[str | int | None]]:
    """The rows of a table as a sheet takes them; a template leaves the values empty."""
    columns = shown(table, template=template)
    for document in documents:
        for node in nodes(document, today):
            due = _to_fill(table, node) if template else entries(table, node)
            for entry in due:
                yield [_cell(column, node, entry) for column in columns]


def shown(table: Table, *, template: bool = False) -> list[Column]:
    """The columns of the table that are written."""
    return [c for c in table.every if not (template and c.key in table.absent)]


def label_of(table: str, code: str | None) -> str:
    """The label of a code, "" for none."""
    return codes.table(table).label(code or "") or ""


def channel_label(canal: str) -> str:
    """What a table calls a channel: the word of the short form, else the label of its code."""
    return CHANNELS.get(canal) or label_of("canaux", canal) or canal


def _to_fill(table: Table, node: Node) -> list[Entry]:
    """The rows of a node without their values, each once; every UO has a row at least."""
    kept = {
        tuple((k, v) for k, v in entry.cells.items() if k not in table.blanks): None
        for entry in entries(table, node)
    }
    is_uo = isinstance(node.noun, Unite) and node.noun.is_uo and node.is_open
    return [Entry(dict(cells)) for cells in kept or ({(): None} if is_uo else {})]


def _cell(column: Column, node: Node, entry: Entry) -> str | int | None:
    if column.key == VERIFIE.key:
        return node.noun.verifie_le
    place = next((rank for rank, each in enumerate(WHERE) if each is column), None)
    text = entry.cells.get(column.key, "") if place is None else node.where[place]
    is_count = column.spec.kind is Kind.COUNT and text.isascii() and text.isdigit()
    return int(text) if is_count and str(int(text)) == text else text


def _fields(table: str, noun: Noun) -> dict[str, str]:
    """The texts of the columns that are keys of the noun, labels beside codes."""
    cells: dict[str, str] = {}
    for column in TABLES[table].columns:
        value: Any = getattr(noun, column.key, None)
        if column.spec.key != column.key or column.key.endswith(LABEL):
            continue
        cells[column.key] = "" if value is None else str(value)
        if column.spec.kind is Kind.CODE:
            cells[column.key + LABEL] = label_of(column.spec.table, value)
    return cells


def coordonnees(node: Node) -> Iterator[Entry]:
    """A row a value of a channel, and one to fill for each that the region asks for."""
    held: set[str] = set()
    for contact, telecom in channels(node):
        held.add(telecom.canal or "")
        yield Entry(_coordonnee(node, contact, telecom), telecom.pointer)
    for canal in [due for due, enough in _DUE.items() if node.is_open and not held & enough]:
        own = canal == MSSANTE and isinstance(node.noun, Unite)
        yield Entry(_coordonnee(node, None if own else main_contact(node), Telecom(canal=canal)))


def _contacts(node: Node) -> Iterator[Entry]:
    """The same, a row a contact; what is the node's own stands in the first."""
    columns = {channel_label(canal): key for key, canal in CANAUX.items()}
    found: dict[tuple[str, ...], dict[str, str]] = {}
    own: dict[str, str] = {}
    for entry in coordonnees(node):
        who = {key: entry.cells[key] for key in WHO}
        value = entry.cells[VALEUR]
        # What a cell of several could not tell apart is left to the other table.
        key = columns.get(entry.cells[CANAL], "") if split_values(value) == [value] else ""
        if not any(who.values()) and key in OWN:
            _gather(own, OWN[key], value)
        elif key:
            _gather(found.setdefault(tuple(who.values()), who), key, value)
    for rank, row in enumerate([*found.values()] or ([{}] if own else [])):
        yield Entry(row if rank else row | own)


def split_values(cell: str) -> list[str]:
    """The values of a cell of the table of contacts: between semicolons, or one a line."""
    return [value.strip() for value in re.split("[;\n]", cell)]


def _gather(row: dict[str, str], key: str, value: str) -> None:
    row[key] = " ; ".join(filter(None, (row.get(key, ""), value)))


def channels(node: Node) -> Iterator[tuple[Contact | None, Telecom]]:
    """Every way to reach a node, with its contact; None for those of the node itself."""
    noun = node.noun
    if isinstance(noun, Unite) and noun.mssante:
        written = value_at(node.document.data, f"{noun.pointer}/mssante")
        for rank, box in enumerate(noun.mssante):
            at = f"{noun.pointer}/mssante" + (f"/{rank}" if isinstance(written, list) else "")
            yield None, Telecom(pointer=at, canal=MSSANTE, valeur=box)
    if isinstance(noun, EntiteGeographique) and noun.site_internet:
        at = f"{noun.pointer}/site_internet"
        yield None, Telecom(pointer=at, canal=SITE, valeur=noun.site_internet)
    for contact in node.contacts:
        for telecom in contact.telecoms:
            yield contact, telecom


def main_contact(node: Node) -> Contact:
    """The first contact without a function, else the one that would be made (design, Naming)."""
    nature = SECRETARIAT if isinstance(node.noun, Unite) else STANDARD
    others = (contact for contact in node.contacts if not node.fonction(contact))
    return next(others, Contact(nature=nature, managed=frozenset({"nature"})))


def _coordonnee(node: Node, contact: Contact | None, telecom: Telecom) -> dict[str, str]:
    fonction = node.fonction(contact) if contact else ""
    nature = (contact and contact.nature) or ""
    canal = telecom.canal or ""
    return {
        "fonction": fonction, "fonction" + LABEL: label_of("fonctions-contact", fonction),
        "nature": nature, "nature" + LABEL: label_of("natures-contact", nature),
        "contact": (contact and contact.nom) or "",
        CANAL: channel_label(canal),
        ACTUELLE: telecom.valeur or "", VALEUR: telecom.valeur or "",
        **{k: v for k, v in _fields("coordonnees", telecom).items() if k in _OF_TELECOM},
    }  # fmt: skip


_OF_TELECOM = ("confidentialite", "confidentialite" + LABEL, "usage")


def _praticiens(node: Node) -> Iterator[Entry]:
    noun = node.noun
    if isinstance(noun, Unite):
        yield from (Entry(_fields("praticiens", each), each.pointer) for each in noun.praticiens)
        if not noun.praticiens and node.is_open and noun.mode_prise_en_charge == CONSULTATION:
            yield Entry(_fields("praticiens", Praticien()))


def _capacites(node: Node) -> Iterator[Entry]:
    noun = node.noun
    if not isinstance(noun, Unite):
        return
    for lieu in noun.lieux:
        for each in lieu.capacites:
            yield Entry(_fields("capacites", each) | _of_lieu(lieu), each.pointer)
    in_beds = node.is_open and noun.mode_prise_en_charge == HOSPITALISATION_COMPLETE
    if in_beds and not any(lieu.capacites or lieu.managed <= {"id"} for lieu in noun.lieux):
        lieu = noun.lieux[0] if len(noun.lieux) == 1 else Lieu()
        beds = Capacite(nature="lit", statut="installe")
        yield Entry(_fields("capacites", beds) | _of_lieu(lieu))


def _of_lieu(lieu: Lieu) -> dict[str, str]:
    return {LIEU_ID: lieu.id or "", LIEU: lieu.nom or ""}


def _activites(node: Node) -> Iterator[Entry]:
    noun = node.noun
    if isinstance(noun, Unite):
        for rank, code in enumerate(noun.activites):
            yield Entry(_activite(code), f"{noun.pointer}/activites/{rank}")
        if noun.is_uo and not noun.activites and node.is_open:
            yield Entry(_activite(""))


def _activite(code: str) -> dict[str, str]:
    return {"activite": code, "activite" + LABEL: label_of("activites", code)}


_ENTRIES: Mapping[str, Callable[[Node], Iterator[Entry]]] = {
    "coordonnees": coordonnees,
    "contacts": _contacts,
    "praticiens": _praticiens,
    "capacites": _capacites,
    "activites": _activites,
}
