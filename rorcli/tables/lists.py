"""Rows about practitioners, capacities and activities of a UO."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rorcli import edition
from rorcli.errors import RorcliError, UsageError
from rorcli.fields import specs
from rorcli.items import Capacite, Lieu, Praticien
from rorcli.model import Unite
from rorcli.tables.binding import Binder, Bound
from rorcli.tables.cells import CellError
from rorcli.tables.columns import LIEU, LIEU_ID
from rorcli.tables.sheets import Row
from rorcli.text.batches import Add, Put, Step


def praticien(binder: Binder, row: Row) -> Bound | None:
    """A row of `praticiens`: known by its RPPS, and the specialty where that is not enough.

    Where another row speaks of the only situation of a person, another specialty is another one.
    """
    unit = binder.require_uo()
    text = binder.text(row, "rpps").strip()
    if not text:
        return None
    held = [e for e in binder.entries if e.pointer and e.cells["rpps"] == text]
    rpps = text if held else binder.read(row, "rpps", {})
    held = held or [e for e in binder.entries if e.pointer and e.cells["rpps"] == rpps]
    if len(held) == 1 and held[0].pointer in binder.claimed:
        said = binder.read(row, "specialite", held[0].cells)
        held = held if said in {"", held[0].cells["specialite"]} else []
    if len(held) > 1:
        held = [e for e in held if e.cells["specialite"] == binder.read(row, "specialite", e.cells)]
        if len(held) != 1:
            raise CellError("specialite", "cette personne a plusieurs situations dans cette UO",
                            "donnez la spécialité de l'une d'elles")  # fmt: skip
    keys = [key for key in specs(Praticien) if key != "rpps"]
    entry = held[0] if held else None
    values = binder.differing(row, keys, entry)
    if entry is not None:
        binder.claimed.add(entry.pointer)
        known = next(p for p in unit.praticiens if p.pointer == entry.pointer)
        _same_person(known, values)
        return Bound(entry, (), values, [Put(f"{entry.pointer}/{k}", v) for k, v in values.items()])
    item = {"rpps": rpps, **{key: value for key, value in values.items() if value is not None}}
    binder.require(Praticien, item, "un praticien")
    added = Add(f"{binder.node.pointer}/praticiens", item)
    return Bound(None, (rpps, item.get("specialite", "")), values, [added])


def _same_person(known: Praticien, values: Mapping[str, Any]) -> None:
    given = {key: str(value) for key, value in values.items() if value is not None}
    try:
        edition.require_same_person(known, given)
    except RorcliError as error:
        raise CellError("rpps", error.message, error.remedy) from error


_IDENTITY = ("nature", "statut", "temporalite", "affectation", "genre")


def capacite(binder: Binder, row: Row) -> Bound | None:
    """A row of `capacites`: a measure of a lieu; another number was counted today unless said."""
    unit = binder.require_uo()
    identity = {key: binder.read(row, key, {}) or None for key in _IDENTITY}
    wanted = binder.text(row, LIEU_ID).strip() or binder.text(row, LIEU).strip()
    lieu = _lieu(binder, unit, wanted)
    same = (c for c in lieu.capacites if c.identity == Capacite(**identity).identity)
    pointer = next((c.pointer for c in same), "")
    entry = next((e for e in binder.entries if pointer and e.pointer == pointer), None)
    if pointer and entry is None:
        raise CellError(LIEU, "ce lieu est partagé, et décrit dans une autre UO",
                        "donnez la ligne à l'UO qui le décrit")  # fmt: skip
    keys = [key for key in specs(Capacite) if key not in _IDENTITY]
    values = binder.differing(row, keys, entry)
    if entry is None and "nombre" not in values:
        return None
    if "nombre" in values and values.get("comptee_le") is None:
        values["comptee_le"] = binder.asked.today.isoformat()
    if entry is not None:
        return Bound(entry, (), values, [Put(f"{pointer}/{k}", v) for k, v in values.items()])
    item = {
        key: value for key in specs(Capacite) if (value := (identity | values).get(key)) is not None
    }
    binder.require(Capacite, item, "une capacité")
    key = (lieu.pointer, Capacite(**identity).identity)
    return Bound(
        None, key, values, _in_lieu(binder, unit, lieu, item) if binder.is_new(key) else []
    )


def _lieu(binder: Binder, unit: Unite, wanted: str) -> Lieu:
    """The lieu that a row names, the only one, or one to be made: it has no pointer."""
    if not unit.lieux:
        return Lieu()
    try:
        lieu = edition.choose_lieu(unit, wanted)
    except UsageError as error:
        raise CellError(LIEU, error.message, "écrivez l'identifiant ou le nom du lieu") from error
    return edition.described(binder.node.document, lieu)


def _in_lieu(binder: Binder, unit: Unite, lieu: Lieu, item: dict[str, Any]) -> list[Step]:
    if lieu.pointer:
        return [Add(f"{lieu.pointer}/capacites", item)]
    made = binder.made.get(())
    if made is not None:
        made["capacites"].append(item)
        return []
    new = {**edition.new_lieu(binder.node.document, unit), "capacites": [item]}
    binder.made[()] = new
    return [Add(f"{unit.pointer}/lieux", new)]


def activite(binder: Binder, row: Row) -> Bound | None:
    """A row of `activites`: a code."""
    binder.require_uo()
    code = binder.read(row, "activite", {})
    if not code:
        return None
    entry = next((e for e in binder.entries if e.pointer and e.cells["activite"] == code), None)
    if entry is not None:
        return Bound(entry, (), {}, [])
    added = Add(f"{binder.node.pointer}/activites", code)
    return Bound(None, (code,), {"activite": code}, [added])
