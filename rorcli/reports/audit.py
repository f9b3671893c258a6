"""What `audit` found: lines for people, rows for a spreadsheet, data for programs.

Each line begins with what it tells (`en retard`, `manque`, `total`), its fields are separated by
tabs. The JSON is described by `schemas/audit.v1.schema.json`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from rorcli.reports import Line
from rorcli.reports.findings import counted, one_line
from rorcli.validation.freshness import (
    Ask,
    Audit,
    Criteria,
    Late,
    Missing,
    Place,
    by_level,
    oldest_first,
)

SCHEMA = "rorcli/audit/v1"
UNKNOWN = "date inconnue"
COLUMNS = (
    "constat", "finess", "etablissement", "niveau", "unite", "id", "date", "jours", "regle",
    "detail", "demander_a", "courriel", "telephone",
)  # fmt: skip
# What makes a spreadsheet take a text for a formula.
_FORMULA = ("=", "+", "-", "@", "\t")


def render_audit(audits: Sequence[Audit]) -> Iterator[Line]:
    """What is late, the oldest first; what is missing, from the EG down; totals."""
    for late in oldest_first(audits):
        ask = f"demander à : {_asked(late.ask)}" if late.ask else "personne à qui demander"
        yield _row("en retard", "warning", _day(late), late.at.finess, _named(late.at), ask)
    for missing in by_level(audits):
        issue, at = missing.issue, missing.at
        said = (issue.rule, at.finess, _named(at), f"{issue.message} — {issue.remedy}")
        yield _row("manque", "warning", *said)
    for one in audits:
        late_count = f"{len(one.late)} en retard sur {one.nodes}"
        lacks = counted(len(one.missing), "manque")
        style = "warning" if one.late or one.missing else "ok"
        yield _row("total", style, one.finess, one.nom, late_count, lacks)


def render_audit_counts(audits: Sequence[Audit], asked: Criteria) -> Line:
    """The sums, with the day that separates what is late."""
    late, missing = (sum(len(x) for x in each) for each in _lists(audits))
    return (
        f"{late} en retard (avant le {asked.limit}), {counted(missing, 'manque')} "
        f"dans {counted(len(audits), 'établissement')}"
    )


def audit_csv(audits: Sequence[Audit], asked: Criteria) -> str:
    """Rows as Excel in French opens them: semicolons, CRLF, byte-order mark, no formula."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for late in oldest_first(audits):
        days = "" if late.dated_on is None else (asked.today - late.dated_on).days
        ask = late.ask or Ask("", "", "")
        told = ("", "", ask.role, ask.courriel, ask.telephone)
        writer.writerow(map(cell, ("en retard", *_cells(late.at), _day(late), days, *told)))
    for missing in by_level(audits):
        issue = missing.issue
        told = (issue.rule, issue.message, "", "", "")
        writer.writerow(map(cell, ("manque", *_cells(missing.at), "", "", *told)))
    return "\ufeff" + out.getvalue()


def audit_data(audits: Sequence[Audit], asked: Criteria, *, ok: bool) -> dict[str, Any]:
    """The whole answer."""
    late, missing = (sum(len(x) for x in each) for each in _lists(audits))
    return {
        "schema": SCHEMA,
        "ok": ok,
        "as_of": asked.today.isoformat(),
        "older_than": asked.limit.isoformat(),
        "checks": list(asked.checks),
        "late": [_late(each, asked.today) for each in oldest_first(audits)],
        "missing": [_missing(each) for each in by_level(audits)],
        "establishments": [
            {"finess": one.finess, "name": one.nom, "open_nodes": one.nodes,
             "late": len(one.late), "missing": len(one.missing)}
            for one in audits
        ],
        "counts": {"establishments": len(audits), "late": late, "missing": missing},
    }  # fmt: skip


def cell(value: object) -> str:
    """The text of a cell, never a formula."""
    formula = isinstance(value, str) and value.startswith(_FORMULA)
    return "'" * formula + one_line(str(value))


def _row(word: str, style: str, *fields: str) -> Line:
    return ((word, style), ("\t" + "\t".join(one_line(field) for field in fields), ""))


def _lists(audits: Sequence[Audit]) -> tuple[list[tuple[Late, ...]], list[tuple[Missing, ...]]]:
    return [one.late for one in audits], [one.missing for one in audits]


def _day(late: Late) -> str:
    return UNKNOWN if late.dated_on is None else late.dated_on.isoformat()


def _named(at: Place) -> str:
    return f"{at.etablissement} > {at.path}" if at.path else at.etablissement


def _asked(ask: Ask) -> str:
    return ", ".join(filter(None, (ask.role, ask.courriel, ask.telephone)))


def _cells(at: Place) -> tuple[str, ...]:
    return (at.finess, at.etablissement, at.level, at.path, at.key)


def _place(at: Place) -> dict[str, str]:
    return {"finess": at.finess, "establishment": at.etablissement, "level": at.level,
            "unit": at.path, "key": at.key}  # fmt: skip


def _late(late: Late, today: date) -> dict[str, Any]:
    day, ask = late.dated_on, late.ask
    return {
        **_place(late.at),
        "dated_on": day.isoformat() if day else None,
        "age_days": (today - day).days if day else None,
        "ask": {"role": ask.role, "mail": ask.courriel, "phone": ask.telephone} if ask else None,
    }


def _missing(missing: Missing) -> dict[str, Any]:
    issue = missing.issue
    return {**_place(missing.at), "rule": issue.rule, "field": issue.pointer,
            "message": issue.message, "remedy": issue.remedy}  # fmt: skip
