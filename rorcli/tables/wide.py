"""The table `contacts` on its way in: a row a contact, a column a channel, as services like it.

It is the table `coordonnees` folded (`entries` folds it). Each cell is unfolded into rows of that
table, one a value, so that all is judged there; what it does not show, such as other channels and
confidentiality, stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rorcli.tables.columns import CANAL, TABLES, VALEUR, VERIFIE, WHERE, WHO, WIDE, Heading
from rorcli.tables.entries import CHANNEL_OF, OWN, Entry, channel_label, split_values
from rorcli.tables.sheets import Row


@dataclass(frozen=True, slots=True)
class Unfolded(Heading):
    """The headers of the long table that a wide one is read as."""

    wide: Heading

    def column(self, key: str, row: Row | None = None) -> str:
        """See `Heading`; the last cell of a row says which column of the wide table it is of."""
        is_value = row is not None and key in {CANAL, VALEUR}
        return self.wide.column(row.cells[-1] if row and is_value else key)

    def shows(self, entry: Entry) -> bool:
        """True for a value whose channel has a column in the sheet."""
        keys = (key for key, canal in CHANNEL_OF.items() if key in self.wide.index)
        return entry.cells[CANAL] in {channel_label(CHANNEL_OF[key]) for key in keys}


def unfolded(wide: Heading, rows: Iterable[Row]) -> tuple[Unfolded, Iterator[Row]]:
    """The same as `coordonnees`: a row for each value, and for each cell that is empty."""
    columns = [column.key for column in (*WHERE, *WIDE.columns, VERIFIE)]
    plain = [key for key in columns if key in wide.index and key not in CHANNEL_OF]
    channels = [key for key in CHANNEL_OF if key in wide.index]
    index = {key: place for place, key in enumerate((*plain, CANAL, VALEUR))}

    def long(row: Row, key: str, value: str, *, is_first: bool) -> Row:
        # A day of check is told once; what is the node's own is nobody's in particular.
        hidden = {*(() if is_first else (VERIFIE.key,)), *(WHO if key in OWN.values() else ())}
        cells = ["" if each in hidden else wide.cell(row, each) for each in plain]
        return Row(row.number, [*cells, channel_label(CHANNEL_OF[key]), value, key])

    def every() -> Iterator[Row]:
        for row in rows:
            cells = [(key, split_values(wide.cell(row, key))) for key in channels]
            values = [(key, value) for key, held in cells for value in held]
            for rank, (key, value) in enumerate(values):
                yield long(row, key, value, is_first=rank == 0)

    return Unfolded(TABLES["coordonnees"], index, wide.headers, wide), every()
