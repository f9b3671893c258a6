"""What `audit` looks at and where it tells it: files or the directory; stdout and reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rorcli import files
from rorcli.cli.report_files import Report, write_reports
from rorcli.errors import ExitCode, UsageError, strongest
from rorcli.plurals import counted
from rorcli.reports import Line
from rorcli.reports.discretion import personal
from rorcli.reports.findings import render_finding
from rorcli.validation import Finding, Severity, validate_all
from rorcli.validation.auditing import (
    AGE,
    USUAL,
    Account,
    Audit,
    Criteria,
    account,
    audit_each,
    failed,
    parse_checks,
    parse_levels,
)
from rorcli.validation.freshness import Dates, parse_day, parse_limit

if TYPE_CHECKING:
    from datetime import date

    from rorcli.cli.session import Session
    from rorcli.model import Establishment
    from rorcli.reports.forges import Checkup
    from rorcli.stores.base import Query
    from rorcli.tables.sheets import Sheet
    from rorcli.text.document import Document


class Examined(NamedTuple):
    """What was found, the file of each audit if it has one, what could not be opened, the code."""

    account: Account
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

    @property
    def forms(self) -> set[str]:
        """Every form that is asked for."""
        return {self.form, *(report.form for report in self.reports)}

    def keep(self, one: Audit, establishment: Establishment) -> Audit:
        """The audit, with the words that a report to share must not hold when there is one."""
        is_shared = not self.show_personal and self.forms & {"github", "html"}
        return replace(one, hidden=personal(establishment)) if is_shared else one

    @property
    def wants_numbers(self) -> bool:
        """Whether establishments in numbers are enough: no form names their nodes."""
        return self.view == "region" and self.forms <= {"text", "csv"}

    @property
    def wants_ages(self) -> bool:
        """Whether the age of nodes is all that is told, and told once."""
        is_plain = self.form in {"text", "csv", "json"} and not self.reports
        return self.asked.checks == (AGE,) and self.view != "arbre" and is_plain


def criteria(
    session: Session,
    older_than: str | None,
    as_of: str | None = None,
    check: str | None = None,
) -> Criteria:
    """What is asked; an age on the command line holds for every level."""
    today: date = session.today if as_of is None else parse_day(as_of)
    checks = USUAL if check is None else parse_checks(check)
    settings = session.settings
    if older_than is not None:
        return Criteria(today, parse_limit(older_than, today), checks)
    limit = parse_limit(settings.older_than, today)
    return Criteria(today, limit, checks, parse_levels(settings.older_than_by, today))


def examine_files(session: Session, paths: Sequence[Path], how: Telling) -> Examined:
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
            yield held, Dates(saved_on=saved_on(session, Path(document.path), held.finess))

    audits = audit_each(seen(), how.asked, how.keep, is_whole=False)
    codes = [each.exit_code for each in unreadable] + [ExitCode.FINDINGS] * bool(broken)
    return Examined(account(audits), sound, unreadable, strongest(codes))


def examine_store(session: Session, query: Query, how: Telling) -> Examined:
    """What the directory holds is audited, each establishment when its turn comes.

    A store that tells ages by itself is spared reading what it holds, when nothing else is asked.
    """
    from rorcli.stores.base import DatedStore, Query

    store = session.open_store(read_only=True)
    if how.wants_ages and isinstance(store, DatedStore) and (ages := store.ages(query, how.asked)):
        _require(ages.every)
        return Examined(Account(*ages), (), (), ExitCode.OK)
    total = sum(1 for _ in store.search(query))
    _require(total)
    held = session.terminal.progress(store.fetch_each(query), total, "Examen")
    seen = (
        (each.establishment, Dates(each.changed_on, written_at=each.written_at)) for each in held
    )
    is_whole = query == Query()
    if how.wants_numbers:
        every = audit_each(seen, how.asked, lambda one, _: one.summary, is_whole=is_whole)
        return Examined(Account((), every), (), (), ExitCode.OK)
    audits = audit_each(seen, how.asked, how.keep, is_whole=is_whole)
    return Examined(account(audits), (), (), ExitCode.OK)


def _require(found: object) -> None:
    if not found:
        raise UsageError(
            "aucun établissement de l'annuaire ne répond à --ou, --quoi, --ej et --favoris",
            remedy="élargissez le choix ; rorcli search montre ce qui existe",
        )


def tell_audit(session: Session, seen: Examined, how: Telling) -> ExitCode:
    """The audit on stdout and in its reports, the sums on stderr; the exit code after that."""
    from rorcli.reports.audit import render_audit_counts

    found = [ExitCode.FINDINGS] if failed(seen.account.every, how.fail_on) else []
    judged = strongest([seen.code, *found])
    lost = write_reports(session, how.reports, lambda form: _document(seen, how, form, judged))
    code = strongest([judged, *lost])
    if how.form == "text":
        session.terminal.write(_lines(seen, how.view))
    else:
        content = _document(seen, how, how.form, code)
        session.terminal.write_text(content if isinstance(content, str) else content.decode())
    session.terminal.say(render_audit_counts(seen.account.every, how.asked))
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


def _lines(seen: Examined, view: str) -> Iterator[Line]:
    from rorcli.reports import agenda, audit

    if view == "region":
        return agenda.render_region(seen.account.every)
    if view == "arbre":
        return agenda.render_agenda(seen.account.audits)
    return audit.render_audit(seen.account)


def _document(seen: Examined, how: Telling, form: str, code: ExitCode) -> str | bytes:
    from rorcli.reports import audit, forges, html
    from rorcli.reports.machine import dumps
    from rorcli.tables.sheets import csv_bytes, xlsx_bytes

    if form == "json":
        return dumps(audit.audit_data(seen.account, how.asked, ok=code is ExitCode.OK))
    if form == "html":
        return html.page(seen.account.audits, how.asked, show_personal=how.show_personal)
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

    return (
        Sheet("À revoir", audit.COLUMNS, audit.audit_rows(seen.account, how.asked)),
        Sheet("Région", agenda.REGION_COLUMNS, agenda.region_rows(seen.account.every)),
    )


def _checkup(seen: Examined, how: Telling, code: ExitCode) -> Checkup:
    """The audit as forges read it; the file of an establishment of the directory is its FINESS."""
    from rorcli.reports.alerts import alerts
    from rorcli.reports.forges import Checkup

    findings: list[Finding] = []
    paths = []
    for rank, one in enumerate(seen.account.audits):
        document = seen.documents[rank] if seen.documents else None
        path = document.path if document else f"{one.finess}.yaml"
        paths.append(path)

        def locate(
            pointer: str, path: str = path, document: Document | None = document
        ) -> tuple[str, int, int]:
            return (path, *(document.position(pointer) if document else (1, 1)))

        findings += alerts(one, locate, how.fail_on)
    hidden = frozenset[str]() if how.show_personal else frozenset().union(
        *(one.hidden for one in seen.account.audits))  # fmt: skip
    return Checkup(
        sorted(findings, key=lambda each: each.sort_key), paths, seen.unreadable,
        frozenset({Severity.WARNING}), ok=code is ExitCode.OK, root=Path.cwd(), hidden=hidden,
        command="audit",
    )  # fmt: skip


def saved_on(session: Session, file: Path, finess: str) -> date | None:
    """The day of the file's base, if it has one that can be read."""
    from rorcli.basefile import load_base

    try:
        base = load_base(file, finess)
    except UsageError as error:
        session.terminal.error(error)
        return None
    return base.saved_by(session.today) if base else None
