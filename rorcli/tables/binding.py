"""What one row asks of its unit: which item it is about, which of its values differ.

A cell left empty asks for nothing; when the list is to become exactly the table, it erases. A row
that says what the file says already asks for nothing either, however it writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rorcli.fields import MANDATORY, specs
from rorcli.model import Unite
from rorcli.tables.cells import Cell, CellError
from rorcli.tables.columns import LABEL, UNITE, Column, Heading
from rorcli.tables.entries import Entry, Node
from rorcli.tables.sheets import Row
from rorcli.text.batches import Step


@dataclass(frozen=True, slots=True)
class Asked:
    """How a table is taken: what it counts days from, the day, and whether it is the whole list."""

    heading: Heading
    origin: date
    today: date
    replace: bool


@dataclass(frozen=True, slots=True)
class Bound:
    """A row with its item: None when it is a new one, `key` then tells it from other new ones.

    `values` are what the row changes or gives, by column; `steps` write them.
    """

    entry: Entry | None
    key: tuple[str, ...]
    values: Mapping[str, Any]
    steps: Sequence[Step]


@dataclass
class Binder:
    """The items of one node in one table; new contacts and lieux that several rows share.

    `said` are the values that its rows give, `claimed` the items that rows are about, `new` the
    keys of those that they make, `errors` what is wrong with the row that is being read, `kept`
    how many values of the file stay although their cells are empty.
    """

    node: Node
    entries: list[Entry]
    asked: Asked
    said: set[str]
    made: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)
    new: set[tuple[str, ...]] = field(default_factory=set)
    errors: list[CellError] = field(default_factory=list)
    kept: int = 0

    def is_new(self, key: tuple[str, ...]) -> bool:
        """True the first time that a row makes the item of that key."""
        before = len(self.new)
        self.new.add(key)
        return len(self.new) > before

    def text(self, row: Row, key: str) -> str:
        """The text of a row in a column, as it is."""
        return self.asked.heading.cell(row, key)

    def read(self, row: Row, key: str, now: Mapping[str, str]) -> Any:
        """The value of a cell, "" for an empty one; `now` is what the table shows of the item."""
        cell = self.cell(row, key, now)
        return cell.value() if cell.text or cell.label else ""

    def cell(self, row: Row, key: str, now: Mapping[str, str]) -> Cell:
        """A cell with its label and what it showed; without a code its own label stands for it."""
        label = key + LABEL
        return Cell(key, self.column(key).spec, self.text(row, key), self.asked.origin,
                    now.get(key, ""), self.text(row, label), now.get(label, ""))  # fmt: skip

    def column(self, key: str) -> Column:
        """The column of that key in this table."""
        return next(c for c in self.asked.heading.table.every if c.key == key)

    def differing(self, row: Row, keys: Iterable[str], entry: Entry | None) -> dict[str, Any]:
        """The values that the row changes in an item, or gives to a new one."""
        now = entry.cells if entry else {}
        found: dict[str, Any] = {}
        for key in keys:
            held, cell = now.get(key, ""), self.cell(row, key, now)
            same_label = not cell.label or cell.label == cell.label_now
            if key not in self.asked.heading.index or (cell.text == held and same_label):
                continue
            try:
                value = cell.value() if cell.text or cell.label else None
            except CellError as error:
                self.errors.append(error)
                continue
            if (value is not None and str(value) != held) or (value is None and self.asked.replace):
                found[key] = value
            self.kept += value is None and not self.asked.replace
        return found

    def require_uo(self) -> Unite:
        """The unit, if it can hold what only a UO holds."""
        if isinstance(self.node.noun, Unite) and self.node.noun.is_uo:
            return self.node.noun
        table = self.asked.heading.table.name
        raise CellError(UNITE, f"« {self.node.name} » n'est pas une UO : elle n'a pas de {table}",
                        "donnez l'une des UO qui en dépendent")  # fmt: skip

    def require(self, owner: type, given: Mapping[str, Any], what: str) -> None:
        """What a new item cannot do without; each lack is an error of its own."""
        wrong = {error.key for error in self.errors}
        for key, spec in specs(owner).items():
            if spec.need == MANDATORY and given.get(key) in {None, ""} and key not in wrong:
                hint = f" ; la liste : rorcli codes {spec.table}" if spec.table else ""
                self.errors.append(CellError(key, f"« {spec.label} » manque pour ajouter {what}",
                                             f"remplissez cette cellule{hint}"))  # fmt: skip
