"""A table taken into documents: every row is judged before anything is written.

What comes out is a value: for each document the steps that its rows ask, for each row what it did,
and all that must be corrected first. With a problem there is nothing to write.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain, groupby
from typing import NamedTuple

from rorcli.errors import UsageError
from rorcli.plurals import counted
from rorcli.tables.binding import Asked, Binder, Bound
from rorcli.tables.cells import Cell, CellError
from rorcli.tables.channels import coordonnee
from rorcli.tables.columns import (
    CANAL,
    VALEUR,
    VERIFIE,
    WHERE,
    WIDE,
    Heading,
    Table,
    headed,
    lacking,
)
from rorcli.tables.entries import Entry, Node, entries, nodes
from rorcli.tables.lists import activite, capacite, praticien
from rorcli.tables.lookup import Places
from rorcli.tables.sheets import Grid, Row
from rorcli.tables.wide import Unfolded, unfolded
from rorcli.text.batches import Drop, Put, Step
from rorcli.text.document import Document

#: What a row may have done, with its French name.
DID: Mapping[str, str] = {
    "unchanged": "déjà ainsi",
    "empty": "sans valeur",
    "changed": "modifié",
    "added": "ajouté",
    "removed": "retiré",
    "verified": "vérifié",
    "duplicate": "doublon",
    "refused": "refusé",
}


class Way(NamedTuple):
    """How the person wants a table taken: headers that they named, the table, whole lists, day."""

    mapped: Mapping[str, str]
    table: str
    replace: bool
    today: date


class Outcome(NamedTuple):
    """What a row did to which unit; row 0 stands for what `--replace` removed."""

    sheet: str
    row: int
    unit: str
    did: str
    message: str = ""


class Problem(NamedTuple):
    """A cell to correct: sheet, row, column as the spreadsheet names it, what, what to write."""

    sheet: str
    row: int
    column: str
    message: str
    remedy: str


@dataclass
class Intake:
    """What a table asks of documents: steps by path, and the account of its rows.

    `kept` counts the values of the files that stay although their cells were emptied, `left` those
    that a table of contacts names no more.
    """

    steps: dict[str, list[Step]] = field(default_factory=lambda: defaultdict(list))
    outcomes: list[Outcome] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    kept: int = 0
    left: int = 0


def take(documents: Sequence[Document], grids: Iterable[Grid], way: Way, path: str) -> Intake:
    """All sheets that are tables; UsageError when none is, or when a sheet cannot be read."""
    intake = Intake()
    places = Places([node for each in documents for node in nodes(each, way.today)])
    verified: dict[tuple[str, str], tuple[Node, str]] = {}
    for heading, grid in _headings(grids, way, path, intake):
        rows = grid.rows
        if heading.table is WIDE:
            heading, rows = unfolded(heading, rows)  # noqa: PLW2901 - the same sheet, told otherwise
        asked = Asked(heading, grid.origin, way.today, way.replace)
        _Sheet(grid, asked, places, intake, verified).take(rows)
    if intake.kept:
        empty = counted(intake.kept, "cellule vide")
        intake.notes.append(f"{empty} : la valeur de la fiche reste ; --replace l'efface")
    if intake.left:
        few = counted(intake.left, "valeur")
        intake.notes.append(f"{few} de la fiche hors du tableau, sans changement ; rorcli edit "
                            "peut en retirer")  # fmt: skip
    for node, day in verified.values():
        intake.steps[node.document.path].append(Put(f"{node.pointer}/verifie_le", day))
    return intake


def _headings(
    grids: Iterable[Grid], way: Way, path: str, intake: Intake
) -> Iterator[tuple[Heading, Grid]]:
    """The sheets that are tables, each with what stands below its headers."""
    refusals: list[str] = []
    taken: set[str] = set()
    unmet = set(way.mapped)
    for grid in grids:
        heading, first = headed(grid, way.mapped, way.table)
        if heading is None:
            refusals += [lacking(first, way.mapped, way.table)] if first else []
            intake.notes.append(f"feuille « {grid.name} » : sans en-tête connu, laissée de côté")
            continue
        if way.replace:
            _require_whole(heading.table, taken, path)
        taken.add(heading.table.name)
        unmet = {header for header in unmet if not heading.holds(header)}
        below = [row for row in first if row.number > heading.headers.number]
        intake.notes += [f"colonne « {each} » : laissée de côté" for each in heading.ignored]
        yield heading, replace(grid, rows=chain(below, grid.rows))
    if not taken:
        why = refusals[0] if refusals else "aucune ligne"
        raise UsageError(f"{path} : aucun en-tête de tableau reconnu ; {why}",
                         remedy='nommez-la : --map "Votre en-tête=colonne" ; rorcli export '
                         "--template écrit un modèle")  # fmt: skip
    if unmet:
        said = ", ".join(f"« {header} »" for header in sorted(unmet))
        raise UsageError(f"{path} : --map nomme un en-tête absent : {said}",
                         remedy="recopiez-le tel qu'il est dans le tableau")  # fmt: skip


def _require_whole(table: Table, taken: Collection[str], path: str) -> None:
    """UsageError when lists cannot become exactly this table: it is not all that there is."""
    if table is WIDE:
        raise UsageError(f"{path} : --replace ne va pas avec le tableau {WIDE.name}, qui ne montre "
                         "pas tout", remedy="retirez des valeurs par le tableau coordonnees, ou "
                         "par rorcli edit")  # fmt: skip
    if table.name in taken:
        raise UsageError(f"{path} : plusieurs feuilles du tableau {table.name}",
                         remedy="avec --replace, réunissez-les en une seule")  # fmt: skip


WAYS: Mapping[str, Callable[[Binder, Row], Bound | None]] = {
    "coordonnees": coordonnee,
    "praticiens": praticien,
    "capacites": capacite,
    "activites": activite,
}


@contextmanager
def _noted(errors: list[CellError]) -> Iterator[None]:
    try:
        yield
    except CellError as error:
        errors.append(error)


@dataclass
class _Of:
    """A node in a sheet: its entries, those that rows spoke of, and the rows still to be bound."""

    node: Node
    entries: list[Entry]
    untouched: dict[tuple[str, ...], list[Entry]]
    rows: list[Row] = field(default_factory=list)
    seen: dict[object, tuple[int, object]] = field(default_factory=dict)


@dataclass
class _Sheet:
    """One sheet on its way in."""

    grid: Grid
    asked: Asked
    places: Places
    intake: Intake
    verified: dict[tuple[str, str], tuple[Node, str]] = field(default_factory=dict)
    of: dict[tuple[str, str], _Of] = field(default_factory=dict)

    def take(self, rows: Iterable[Row]) -> None:
        """Rows that an export would write just so go by at once; the others wait for their node."""
        first = len(self.intake.outcomes)
        for row in rows:
            where = tuple(self.heading.cell(row, column.key) for column in WHERE)
            if self._is_untouched(row, where):
                continue
            try:
                self._of(self.places.find(where)).rows.append(row)
            except CellError as error:
                self._refuse(row, where[3] or where[4], [error])
        for each in self.of.values():
            self._bind_all(each)
        told = sorted(self.intake.outcomes[first:], key=lambda outcome: outcome.row or 1 << 30)
        is_wide = isinstance(self.heading, Unfolded)
        self.intake.outcomes[first:] = _by_row(told) if is_wide else told
        # The cells of one row may have the same problem, in a column that they share.
        problems = dict.fromkeys(self.intake.problems)
        self.intake.problems[:] = sorted(problems, key=lambda each: (each.sheet, each.row))

    @property
    def heading(self) -> Heading:
        """The headers of the sheet."""
        return self.asked.heading

    def _of(self, node: Node) -> _Of:
        key = (node.document.path, node.pointer)
        if key not in self.of:
            held = entries(self.heading.table, node)
            known: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
            for entry in held:
                known[self._shown(entry)].append(entry)
            self.of[key] = _Of(node, held, known)
        return self.of[key]

    def _columns(self) -> list[str]:
        """The columns of items that the sheet has."""
        return [c.key for c in self.heading.table.columns if c.key in self.heading.index]

    def _shown(self, entry: Entry) -> tuple[str, ...]:
        return tuple(entry.cells.get(key, "") for key in self._columns())

    def _is_untouched(self, row: Row, where: tuple[str, ...]) -> bool:
        cells = tuple(self.heading.cell(row, key) for key in self._columns())
        day = self.heading.cell(row, VERIFIE.key)
        for node in self.places.exactly(where):
            of = self._of(node)
            if of.untouched.get(cells) and day in {"", node.noun.verifie_le}:
                entry = of.untouched[cells].pop()
                of.seen[id(entry)] = (row.number, {})
                self._tell(row, node, "unchanged" if entry.pointer else "empty")
                return True
        return False

    def _bind_all(self, of: _Of) -> None:
        said = {self.heading.cell(row, VALEUR).strip() for row in of.rows}
        binder = Binder(of.node, of.entries, self.asked, said)
        binder.claimed |= {e.pointer for e in of.entries if id(e) in of.seen}
        for row in of.rows:
            self._bind(of, binder, row)
        self.intake.kept += binder.kept
        if isinstance(self.heading, Unfolded):
            unseen = (e for e in of.entries if e.pointer and id(e) not in of.seen)
            self.intake.left += sum(map(self.heading.shows, unseen))
        if self.asked.replace:
            for entry in of.entries:
                if entry.pointer and id(entry) not in of.seen:
                    self._drop(of.node, entry)

    def _bind(self, of: _Of, binder: Binder, row: Row) -> None:
        bound, is_verified, binder.errors = None, False, []
        with _noted(binder.errors):
            bound = WAYS[self.heading.table.name](binder, row)
        with _noted(binder.errors):
            is_verified = self._verify(of.node, row)
        if binder.errors:
            self._refuse(row, of.node.name, binder.errors)
        elif bound is None:
            self._tell(row, of.node, "verified" if is_verified else "empty")
        elif (before := self._before(of, bound)) is None:
            self.intake.steps[of.node.document.path] += bound.steps
            did = "added" if bound.entry is None else "changed" if bound.values else "unchanged"
            did = "verified" if is_verified and did == "unchanged" else did
            also = ["unité vérifiée"] if is_verified and did != "verified" else []
            self._tell(row, of.node, did, " ; ".join([*self._said(bound, row), *also]))
            self._see(of, bound, row)
        elif before[1] == bound.values:
            self._tell(row, of.node, "duplicate", f"de la ligne {before[0]}")
        else:
            contradicted = CellError("", f"contredit la ligne {before[0]}, sur le même élément",
                                     "gardez l'une des deux lignes")  # fmt: skip
            self._refuse(row, of.node.name, [contradicted])

    def _see(self, of: _Of, bound: Bound, row: Row) -> None:
        key = bound.key if bound.entry is None else id(bound.entry)
        of.seen[key] = (row.number, bound.values)

    def _before(self, of: _Of, bound: Bound) -> tuple[int, object] | None:
        """The row that spoke of the same item before, and what it said."""
        return of.seen.get(bound.key if bound.entry is None else id(bound.entry))

    def _verify(self, node: Node, row: Row) -> bool:
        """Notes the latest day on which rows say that the unit was verified, if it is a new one."""
        text = self.heading.cell(row, VERIFIE.key)
        if text in {"", node.noun.verifie_le}:
            return False
        day = Cell(VERIFIE.key, VERIFIE.spec, text, self.asked.origin).verified(self.asked.today)
        key = (node.document.path, node.pointer)
        known = self.verified[key][1] if key in self.verified else node.noun.verifie_le or ""
        if day > known:
            self.verified[key] = (node, day)
        return day > (node.noun.verifie_le or "")

    def _drop(self, node: Node, entry: Entry) -> None:
        value = entry.cells.get(VALEUR) or entry.cells.get("activite", "")
        self.intake.steps[node.document.path].append(Drop(entry.pointer, value))
        shown = ", ".join(filter(None, list(entry.cells.values())[:_SHOWN]))
        self.intake.outcomes.append(Outcome(self.grid.name, 0, node.name, "removed", shown))

    def _said(self, bound: Bound, row: Row) -> list[str]:
        """What a row changes, value by value."""
        headers = {c.key: c.header for c in self.heading.table.every}
        if isinstance(self.heading, Unfolded):
            headers[VALEUR] = self.heading.cell(row, CANAL)
        now = bound.entry.cells if bound.entry else {}
        return [
            f"{headers[key]} : « {now[key]} » → « {'' if value is None else value} »"
            if now.get(key) else f"{headers[key]} : « {value} »"
            for key, value in bound.values.items()
        ]  # fmt: skip

    def _tell(self, row: Row, node: Node, did: str, message: str = "") -> None:
        self.intake.outcomes.append(Outcome(self.grid.name, row.number, node.name, did, message))

    def _refuse(self, row: Row, unit: str, errors: Iterable[CellError]) -> None:
        sheet = self.grid.name
        self.intake.problems += [
            Problem(sheet, row.number, self.heading.column(e.key, row), e.message, e.remedy)
            for e in errors
        ]
        self.intake.outcomes.append(Outcome(sheet, row.number, unit, "refused"))


def _by_row(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """What the cells of each row did; one word for a row where none did anything."""
    for _, group in groupby(outcomes, key=lambda outcome: outcome.row):
        told = list(group)
        idle = {each.did: each for each in told if each.did in {"empty", "unchanged"}}
        did = [each for each in told if each.did not in idle]
        yield from did or [idle.get("unchanged", told[0])]


_SHOWN = 6
