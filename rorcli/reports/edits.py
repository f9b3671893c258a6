"""What an edit did to files, as data (`schemas/edit.v1.schema.json`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from rorcli.effects import Effect
from rorcli.reports import Line, plain
from rorcli.reports.changes import Names, change_data
from rorcli.reports.findings import finding_data
from rorcli.validation.findings import Finding, Severity

SCHEMA = "rorcli/edit/v1"


def edits_data(
    effects: Iterable[Effect],
    findings: Sequence[Finding],
    notes: Iterable[Line],
    *,
    written: Collection[str],
) -> dict[str, Any]:
    """The whole answer; `findings` are those that the edit adds, `written` the paths of files."""
    return {
        "schema": SCHEMA,
        "ok": all(each.severity is not Severity.ERROR for each in findings),
        "files": [_file_data(each, written=each.path in written) for each in effects],
        "findings": [finding_data(each) for each in findings],
        "notes": [plain(note) for note in notes],
    }


def _file_data(effect: Effect, *, written: bool) -> dict[str, Any]:
    names = Names(effect.before, effect.after)
    return {
        "path": effect.path,
        "finess": effect.after.finess,
        "written": written,
        "changes": [change_data(change, names) for change in effect.changes],
    }
