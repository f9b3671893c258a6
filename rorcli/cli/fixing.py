"""`validate --fix`: files mended before they are judged, each shown as a diff."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rorcli import files
from rorcli.cli.validating import Seen, terms_of
from rorcli.errors import DataError, ExitCode, UsageError
from rorcli.text.document import Document, read

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.reports import Line
    from rorcli.validation import Finding

Fix = Annotated[
    bool, typer.Option("--fix", help="Corriger d'abord ce qui peut l'être avec certitude.")
]


def mend_files(session: Session, paths: Sequence[Path], *, dry_run: bool, to_stdout: bool) -> None:
    """Mends files one by one and shows what changed; what cannot be read is left to the checkup."""
    terminal = session.terminal
    found = files.find(paths).paths
    for path in terminal.progress(found, len(found), "Correction"):
        with suppress(UsageError):
            before = files.read_file(path)
            after = _mended(session, before)
            if after.text == before.text:
                continue
        lines = _difference(before, after)
        terminal.write(lines) if to_stdout else terminal.say(*lines)
        if not dry_run:
            files.save(path, before, after)
        terminal.say(f"{path} : {_told(before, after, dry_run=dry_run)}.")


def mend_input(session: Session, seen: Seen, name: str, *, dry_run: bool) -> ExitCode:
    """Writes stdin mended to stdout, what is left to say of it to stderr; or the diff to stdout.

    DataError for what is no text: it could not be written back.
    """
    from rorcli.reports.findings import render_counts, render_finding

    terminal = session.terminal
    content = terminal.read_bytes()
    before = read(content, name)
    if before.text.encode("utf-8", "surrogatepass") != content:
        raise DataError(f"{name} : {before.faults[0].message}", remedy=before.faults[0].remedy)
    after = _mended(session, before)
    if dry_run:
        terminal.write(_difference(before, after))
    else:
        terminal.write_text(after.text)
    for finding in seen.add(name, _findings(session, before if dry_run else after)):
        terminal.say(render_finding(finding))
    terminal.say(render_counts(seen.counts, 1))
    return seen.code


def _mended(session: Session, document: Document) -> Document:
    from rorcli.mending import mend

    return mend(document, lambda each: _findings(session, each))


def _findings(session: Session, document: Document) -> list[Finding]:
    from rorcli.validation import validate_all

    terms = terms_of(session)
    return validate_all([document], terms.today, terms.ignored, terms.mssante)


def _difference(before: Document, after: Document) -> Iterable[Line]:
    from rorcli.reports.difference import render_difference

    return render_difference(before, after)


def _told(before: Document, after: Document, *, dry_run: bool) -> str:
    pairs = zip(before.text.splitlines(), after.text.splitlines(), strict=False)
    lines = sum(old != new for old, new in pairs)
    plural = "s" * (lines > 1)
    if dry_run:
        return f"{lines} ligne{plural} à corriger, rien n'est écrit"
    return f"écrit, {lines} ligne{plural} corrigée{plural}"
