"""One line a thing, its fields separated by tabs, and the same as data: hits, codes, exchanges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

from rorcli.codes import Code, Table
from rorcli.exchange import Exchange, Status
from rorcli.reports import Line
from rorcli.reports.findings import one_line
from rorcli.stores.base import Hit

STATUS_WORDS = {
    Status.WRITTEN: "écrit",
    Status.MERGED: "fusionné",
    Status.CREATED: "créé",
    Status.REPLACED: "remplacé",
    Status.UNCHANGED: "déjà à jour",
    Status.REFUSED: "refusé",
}


def hit_lines(hit: Hit) -> Iterator[Line]:
    """FINESS, name, place and EJ; the units found follow, after a tab: path, id."""
    place = f"{hit.code_postal} {hit.commune}".strip()
    yield _tabbed(hit.finess, hit.nom, place, hit.raison_sociale)
    yield from (_tabbed("", path, key) for key, path in hit.units)


def hit_data(hit: Hit) -> dict[str, Any]:
    """One establishment of `rorcli/search/v1`."""
    units = [{"id": key, "path": path} for key, path in hit.units]
    return {**asdict(hit), "units": units}


def code_line(code: Code, today: date) -> Line:
    """The code, its label, and why it may not be written."""
    marks = []
    if code.ends_on:
        closed = "fermé depuis le" if code.is_closed(today) else "ferme le"
        marks = [f"{closed} {code.ends_on:%d/%m/%Y}"]
    marks += [] if code.in_value_set else ["hors ROR"]
    style = "" if code.is_open(today) else "dim"
    return ((_tabbed(code.code, code.label, *marks), style),)


def code_data(code: Code, today: date) -> dict[str, Any]:
    """One code of `rorcli/codes/v1`."""
    return {
        "code": code.code,
        "label": code.label,
        "system": code.system,
        "ends_on": code.ends_on.isoformat() if code.ends_on else None,
        "in_value_set": code.in_value_set,
        "open": code.is_open(today),
    }


def table_line(table: Table) -> Line:
    """Name, title, number of codes of the value set, its date."""
    count = sum(code.in_value_set for code in table.codes.values())
    return _tabbed(table.name, table.title, f"{count} codes", f"{table.dated_on:%d/%m/%Y}")


def table_data(table: Table) -> dict[str, Any]:
    """What a code table is."""
    dated_on = table.dated_on.isoformat()
    return {"name": table.name, "title": table.title, "version": table.version,
            "dated_on": dated_on, "source": table.source}  # fmt: skip


def exchange_line(done: Exchange) -> Line:
    """FINESS, what became of it, its file."""
    style = "error" if done.problem else "ok"
    said = STATUS_WORDS[done.status]
    return ((f"{done.finess}\t", ""), (said, style), (f"\t{one_line(str(done.path))}", ""))


def exchange_data(done: Exchange) -> dict[str, Any]:
    """One establishment of `rorcli/load/v1` and `rorcli/pull/v1`."""
    problem = done.problem
    return {
        "finess": done.finess,
        "path": str(done.path),
        "status": done.status.value,
        "exit_code": int(problem.exit_code) if problem else 0,
        "message": problem.message if problem else "",
        "remedy": problem.remedy if problem else "",
        "notes": list(done.notes),
    }


def exchange_counts(done: Iterable[Exchange]) -> str:
    """How many establishments ended how: 3 créés, 1 refusé."""
    listed = [each.status for each in done]
    counts = {word: listed.count(status) for status, word in STATUS_WORDS.items()}
    return ", ".join(
        f"{count} {word}{'s' if count > 1 and ' ' not in word else ''}"
        for word, count in counts.items()
        if count
    )


def _tabbed(*fields: str) -> str:
    """A tab or line break within a field would make two of it."""
    return "\t".join(map(one_line, fields))
