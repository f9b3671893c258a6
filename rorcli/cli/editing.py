"""How an edit goes: read, change, refuse what it would break, show, write, save to the directory.

An edit that would add an error is refused as a whole; what is already so is success.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rorcli import effects, files
from rorcli.errors import ExitCode, RorcliError, UsageError
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
    """What every editing command can be asked: write nothing, save to the directory too, JSON.

    Without `output` nothing goes to stdout: whoever calls tells what changed.
    """

    dry_run: bool = False
    push: bool = False
    output: str = "text"

    def __post_init__(self) -> None:
        """UsageError for two documents on one stream."""
        if self.push and self.output == "json":
            raise UsageError("--push et -o json ne vont pas ensemble",
                             remedy="enregistrez ensuite : rorcli push FICHIER --yes")  # fmt: skip


def run(
    session: Session, targets: list[Path], change: Callable[[Document], Edited], options: Options
) -> int:
    """Reads, changes, checks all, then shows and writes all; or nothing."""
    befores = read_all(targets)
    edited = [change(document) for _, document in befores]
    pairs = [(*each, after.document) for each, after in zip(befores, edited, strict=True)]
    notes = dict.fromkeys(note for each in edited for note in each.notes)  # each once
    return finish(session, pairs, notes, options)


def read_all(targets: list[Path]) -> list[tuple[Path, Document]]:
    """The documents of files and folders; UsageError when one cannot be opened."""
    found = files.find(targets)
    if found.unreadable:
        raise found.unreadable[0]
    return [(path, files.read_file(path)) for path in found.paths]


def finish(session: Session, pairs: list[Pair], notes: Iterable[Line], options: Options) -> int:
    """How an edit ends: refused whole for an error that it adds, else told, shown and written."""
    added = added_findings(session, pairs)
    errors = [finding for finding in added if finding.severity is Severity.ERROR]
    told = [*notes, *_left_behind(pairs)]
    if errors:
        _tell_refusal(session, errors)
    else:
        session.terminal.say(*told)
        for finding in added:
            session.terminal.warn(render_finding(finding))
    written = [] if errors else _write(session, pairs, options)
    if options.output == "json":
        _answer(session, pairs, written, added, told)
    if errors:
        return ExitCode.FINDINGS
    return _push(session, pairs) if options.push and not options.dry_run else ExitCode.OK


def added_findings(session: Session, pairs: list[Pair]) -> list[Finding]:
    """What `validate` says of the files and did not say before."""
    return [
        finding
        for _, before, after in pairs
        for finding in effects.added_findings(before, after, session.today)
    ]


def _left_behind(pairs: list[Pair]) -> Iterator[str]:
    """What the edit should have changed too."""
    for _, before, after in _changed(pairs):
        yield from effects.stale_codes(effects.effect_of(before, after))


def _changed(pairs: list[Pair]) -> list[Pair]:
    return [each for each in pairs if each[1].text != each[2].text]


def _tell_refusal(session: Session, errors: list[Finding]) -> None:
    for finding in errors:
        session.terminal.warn(render_finding(finding))
    session.terminal.warn("Cette modification ajouterait ces erreurs : rien n'a été écrit.")


def _write(session: Session, pairs: list[Pair], options: Options) -> list[Pair]:
    """Shows and writes what changed; what was written."""
    from rorcli.reports.difference import render_difference

    changed = _changed(pairs)
    for _, before, after in changed if options.output == "text" else ():
        session.terminal.write(render_difference(before, after))
    if not changed:
        session.terminal.say("Rien à changer.")
    if options.dry_run:
        return []
    files.save_all(changed)
    session.terminal.say(*(f"{path} : écrit." for path, _, _ in changed))
    return changed


def _answer(
    session: Session,
    pairs: list[Pair],
    written: list[Pair],
    added: list[Finding],
    told: Iterable[Line],
) -> None:
    """The same as data: every file that was given, with what changed in it."""
    from rorcli.reports.edits import edits_data
    from rorcli.reports.machine import dumps

    found = (effects.effect_of(before, after) for _, before, after in pairs)
    paths = {after.path for _, _, after in written}
    session.terminal.write_text(dumps(edits_data(found, added, told, written=paths)))


def answer(session: Session, before: Document, after: Document) -> None:
    """What became of one file by steps that were told as they were made."""
    pair = (Path(before.path), before, after)
    _answer(session, [pair], _changed([pair]), added_findings(session, [pair]), ())


def _push(session: Session, pairs: list[Pair]) -> int:
    from rorcli.cli.pushing import Answers, push_files

    return push_files(session, [path for path, _, _ in pairs], Answers())


def edit_by_hand(session: Session, path: Path, options: Options) -> int:
    """Opens a private copy in the person's editor until it adds no error, or is given up."""
    from rorcli.cli.editor import edit_copy, keep_draft

    before = files.read_file(path)
    after = edit_copy(session, before) or before
    try:
        return finish(session, [(path, before, after)], (), options)
    except RorcliError:
        if files.read_file(path).text != after.text:
            keep_draft(session, after)
        raise
