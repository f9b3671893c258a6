"""How an edit goes: read, change, refuse what it would break, show, write, save to the directory.

An edit that would add an error is refused as a whole; what is already so is success.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rorcli import edition, files
from rorcli.errors import ExitCode, RorcliError
from rorcli.reports.findings import render_finding
from rorcli.validation.findings import Severity

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.edition import Edited
    from rorcli.reports import Line
    from rorcli.text.document import Document
    from rorcli.validation.findings import Finding

    # A file as it was read, and as it shall be.
    Pair = tuple[Path, Document, Document]


@dataclass(frozen=True)
class Options:
    """What every editing command can be asked: write nothing, or save to the directory too."""

    dry_run: bool = False
    push: bool = False


def run(
    session: Session, targets: list[Path], change: Callable[[Document], Edited], options: Options
) -> int:
    """Reads, changes, checks all, then shows and writes all; or nothing."""
    befores = read_all(targets)
    edited = [change(document) for _, document in befores]
    pairs = [(*each, after.document) for each, after in zip(befores, edited, strict=True)]
    return finish(session, pairs, [note for each in edited for note in each.notes], options)


def read_all(targets: list[Path]) -> list[tuple[Path, Document]]:
    """The documents of files and folders; UsageError when one cannot be opened."""
    found = files.find(targets)
    if found.unreadable:
        raise found.unreadable[0]
    return [(path, files.read_file(path)) for path in found.paths]


def finish(session: Session, pairs: list[Pair], notes: Iterable[Line], options: Options) -> int:
    """How an edit ends: refused whole for an error that it adds, else told, shown and written."""
    added = added_findings(session, pairs)
    if errors := [finding for finding in added if finding.severity is Severity.ERROR]:
        return _refuse(session, errors)
    session.terminal.say(*notes)
    for finding in added:
        session.terminal.warn(render_finding(finding))
    return _write(session, pairs, options)


def added_findings(session: Session, pairs: list[Pair]) -> list[Finding]:
    """What `validate` says of the files and did not say before."""
    return [
        finding
        for _, before, after in pairs
        for finding in edition.added_findings(before, after, session.today)
    ]


def _refuse(session: Session, added: list[Finding]) -> int:
    for finding in added:
        session.terminal.warn(render_finding(finding))
    session.terminal.warn("Cette modification ajouterait ces erreurs : rien n'a été écrit.")
    return ExitCode.FINDINGS


def _write(session: Session, pairs: list[Pair], options: Options) -> int:
    from rorcli.reports.difference import render_difference

    changed = [each for each in pairs if each[1].text != each[2].text]
    for _, before, after in changed:
        session.terminal.write(render_difference(before, after))
    if not options.dry_run:
        files.save_all(changed)
        session.terminal.say(*(f"{path} : écrit." for path, _, _ in changed))
    if not changed:
        session.terminal.say("Rien à changer.")
    if options.push and not options.dry_run:
        from rorcli.cli.saving import Answers, push_files

        return push_files(session, [path for path, _, _ in pairs], Answers())
    return ExitCode.OK


def edit_by_hand(session: Session, path: Path, options: Options) -> int:
    """Opens a private copy in the person's editor until it adds no error, or is given up."""
    from rorcli.cli.editor import edit_copy, keep_draft

    before = files.read_file(path)
    after = edit_copy(session, before)
    if after is None or after.text == before.text:
        session.terminal.say("Rien n'a changé.")
        return ExitCode.OK
    try:
        return _write(session, [(path, before, after)], options)
    except RorcliError:
        if files.read_file(path).text != after.text:
            keep_draft(session, after)
        raise
