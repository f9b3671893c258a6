"""What `audit` looks at and where it tells it: files or the directory; stdout and reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rorcli import files
from rorcli.cli.checkups import Report
from rorcli.errors import ExitCode, UsageError, strongest
from rorcli.reports import Line
from rorcli.reports.discretion import personal
from rorcli.reports.findings import counted, render_finding
from rorcli.validation import Finding, Severity, validate_all
from rorcli.validation.auditing import Audit, Criteria, audit_all
from rorcli.validation.freshness import Dates

if TYPE_CHECKING:
    from datetime import date

    from rorcli.cli.session import Session
    from rorcli.model import Establishment
    from rorcli.reports.forges import Checkup
    from rorcli.stores.base import Query
    from rorcli.tables.sheets import Sheet
    from rorcli.text.document import Document


class Examined(NamedTuple):
    """The audits, the file of each where it has one, what could not be opened, and the code."""

    audits: Sequence[Audit]
    documents: Sequence[Document]
    unreadable: Sequence[UsageError]
    code: ExitCode


@dataclass(frozen=True)
class Telling:
    """How an audit is told: view and form on stdout, reports into files, what fails the run."""

    asked: Criteria
    view: str
    form: str
    reports: Sequence[Report]
    fail_on: frozenset[str]
    show_personal: bool


def examine_files(session: Session, paths: Sequence[Path], asked: Criteria) -> Examined:
    """What can be read is audited; what cannot is told, and is a finding."""
    from rorcli.model import decode

    documents, unreadable = _read_all(session, paths)
    broken = [each for each in documents if not isinstance(each.data, dict)]
    for finding in validate_all(broken, session.today):
        session.terminal.warn(render_finding(finding))
    sound = [each for each in documents if isinstance(each.data, dict)]

    def seen() -> Iterator[tuple[Establishment, Dates]]:
        for document in sound:
            held = decode(document.data)
            yield held, Dates(saved_on=_saved_on(session, Path(document.path), held.finess))

    audits = _discreet(seen(), asked, is_whole=False)
    return Examined(
        audits,
        sound,
        unreadable,
        strongest([each.exit_code for each in unreadable] + [ExitCode.FINDINGS] * bool(broken)),
    )


def examine_store(session: Session, query: Query, asked: Criteria) -> Examined:
    """What the directory holds is audited, each establishment when its turn comes."""
    from rorcli.stores.base import Query

    store = session.open_store(read_only=True)
    total = sum(1 for _ in store.search(query))
    if not total:
        raise UsageError(
            "aucun établissement de l'annuaire ne répond à --ou, --quoi, --ej et --favoris",
            remedy="élargissez le choix ; rorcli search montre ce qui existe",
        )
    held = session.terminal.progress(store.fetch_each(query), total, "Examen")
    seen = ((each.establishment, Dates(each.changed_on)) for each in held)
    return Examined(_discreet(seen, asked, is_whole=query == Query()), (), (), ExitCode.OK)


def tell_audit(session: Session, seen: Examined, how: Telling) -> ExitCode:
    """The audit on stdout and in its reports, the sums on stderr; the exit code after that."""
    from rorcli.reports.audit import render_audit_counts
    from rorcli.validation.auditing import failed

    found = [ExitCode.FINDINGS] if failed(seen.audits, how.fail_on) else []
    code = strongest([seen.code, *found])
    code = strongest([code, *_write(session, seen, how, code)])
    if how.form == "text":
        session.terminal.write(_lines(seen, how.view))
    else:
        content = _document(seen, how, how.form, code)
        session.terminal.write_text(content if isinstance(content, str) else content.decode())
    summaries = [one.summary for one in seen.audits]
    session.terminal.say(render_audit_counts(summaries, how.asked))
    return code


def _read_all(session: Session, paths: Sequence[Path]) -> tuple[list[Document], list[UsageError]]:
    """Every document, and what could not be opened, which is told here.

    Raises UsageError when nothing is left to judge.
    """
    terminal = session.terminal
    found = files.find(paths)
    unreadable = list(found.unreadable)
    documents = []
    for path in terminal.progress(found.paths, len(found.paths), "Lecture"):
        try:
            documents.append(files.read_file(path))
        except UsageError as error:
            unreadable.append(error)
    for each in unreadable if documents else unreadable[:-1]:
        terminal.error(each)
    if not documents:
        raise unreadable[-1]
    if found.skipped:
        terminal.say(f"{counted(found.skipped, 'autre fichier')} YAML, sans établissement")
    return documents, unreadable


def _discreet(
    seen: Iterator[tuple[Establishment, Dates]], asked: Criteria, *, is_whole: bool
) -> list[Audit]:
    """Audits that know the words which reports to share must not hold."""
    hidden: list[frozenset[str]] = []

    def noted() -> Iterator[tuple[Establishment, Dates]]:
        for establishment, dates in seen:
            hidden.append(personal(establishment))
            yield establishment, dates

    audits = audit_all(noted(), asked, is_whole=is_whole)
    return [replace(one, hidden=words) for one, words in zip(audits, hidden, strict=True)]


def _lines(seen: Examined, view: str) -> Iterator[Line]:
    from rorcli.reports import agenda, audit

    if view == "region":
        return agenda.render_region([one.summary for one in seen.audits])
    return (agenda.render_agenda if view == "arbre" else audit.render_audit)(seen.audits)


def _document(seen: Examined, how: Telling, form: str, code: ExitCode) -> str | bytes:
    from rorcli.reports import audit, forges, html
    from rorcli.reports.machine import dumps
    from rorcli.tables.sheets import csv_bytes, xlsx_bytes

    if form == "json":
        return dumps(audit.audit_data(seen.audits, how.asked, ok=code is ExitCode.OK))
    if form == "html":
        return html.page(seen.audits, how.asked, show_personal=how.show_personal)
    listed, region = _sheets(seen, how)
    if form == "xlsx":
        return xlsx_bytes([listed, region])
    if form == "csv":
        return csv_bytes(region if how.view == "region" else listed)
    return forges.FORMS[form](_checkup(seen, how, code))


def _sheets(seen: Examined, how: Telling) -> tuple[Sheet, Sheet]:
    """The rows of what is to be done, and those of the region's table."""
    from rorcli.reports import agenda, audit
    from rorcli.tables.sheets import Sheet

    summaries = [one.summary for one in seen.audits]
    return (
        Sheet("À revoir", audit.COLUMNS, audit.audit_rows(seen.audits, how.asked)),
        Sheet("Région", agenda.REGION_COLUMNS, agenda.region_rows(summaries)),
    )


def _checkup(seen: Examined, how: Telling, code: ExitCode) -> Checkup:
    """The audit as forges read it; the file of an establishment of the directory is its FINESS."""
    from rorcli.reports.alerts import alerts
    from rorcli.reports.forges import Checkup

    findings: list[Finding] = []
    paths = []
    for rank, one in enumerate(seen.audits):
        document = seen.documents[rank] if seen.documents else None
        path = document.path if document else f"{one.finess}.yaml"
        paths.append(path)

        def locate(
            pointer: str, path: str = path, document: Document | None = document
        ) -> tuple[str, int, int]:
            return (path, *(document.position(pointer) if document else (1, 1)))

        findings += alerts(one, locate, how.fail_on)
    hidden = frozenset[str]() if how.show_personal else frozenset().union(
        *(one.hidden for one in seen.audits))  # fmt: skip
    return Checkup(
        sorted(findings, key=lambda each: each.sort_key), paths, seen.unreadable,
        frozenset({Severity.WARNING}), ok=code is ExitCode.OK, root=Path.cwd(), hidden=hidden,
        command="audit",
    )  # fmt: skip


def _write(session: Session, seen: Examined, how: Telling, code: ExitCode) -> list[ExitCode]:
    failed = []
    for form, path in how.reports:
        try:
            content = _document(seen, how, form, code)
            files.write_bytes(path, content.encode() if isinstance(content, str) else content)
        except UsageError as error:
            session.terminal.error(error)
            failed.append(error.exit_code)
        else:
            session.terminal.detail(f"{path} : rapport {form} écrit")
    return failed


def _saved_on(session: Session, file: Path, finess: str) -> date | None:
    """The day of the file's base, if it has one that can be read."""
    from rorcli.basefile import load_base

    try:
        base = load_base(file, finess)
    except UsageError as error:
        session.terminal.error(error)
        return None
    return base.saved_by(session.today) if base else None
