"""What `validate` looks at and tells, and where: on stdout, in the files that `--report` names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from rorcli import files
from rorcli.cli.completion import rules
from rorcli.cli.options import OUTPUT
from rorcli.cli.report_files import Report, write_reports
from rorcli.errors import ExitCode, UsageError, strongest
from rorcli.inspection import Terms, inspect
from rorcli.plurals import counted
from rorcli.reports.findings import render_counts
from rorcli.text.document import Document, read

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.reports import Line
    from rorcli.reports.forges import Checkup
    from rorcli.validation import Finding, Severity

STDIN = Path("-")
_Form = Literal["text", "json", "github", "gitlab", "junit", "sarif"]
FORMS: tuple[str, ...] = get_args(_Form)
Form = Annotated[_Form, OUTPUT]
MaxFindings = Annotated[
    int | None,
    typer.Option(
        "--max-findings", metavar="N", min=0,
        help="Montrer au plus N constats ; les comptes et le code n'en dépendent pas.",
    ),
]  # fmt: skip
ExitZero = Annotated[
    bool, typer.Option("--exit-zero", help="Finir par le code 0 malgré les constats.")
]
Explain = Annotated[
    str | None,
    typer.Option(
        "--explain",
        metavar="RÈGLE",
        autocompletion=rules,
        help="Dire pourquoi une règle existe, avec un exemple.",
    ),
]


@dataclass
class Seen:
    """What a run has judged and found; `grave` are the severities that fail.

    Findings are only counted, unless it `keeps` them; `given` are Documents that no file holds.
    """

    grave: frozenset[Severity]
    keeps: bool
    exit_zero: bool
    given: list[Document] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[Severity] = field(default_factory=Counter)
    mendable: int = 0
    unreadable: list[UsageError] = field(default_factory=list)
    is_partial: bool = False

    def add(self, path: str, found: list[Finding] | UsageError) -> list[Finding]:
        """Takes what was found in one more file, or why it was not opened; the findings."""
        if isinstance(found, UsageError):
            self.unreadable.append(found)
            return []
        self.paths.append(path)
        self.counts.update(each.severity for each in found)
        self.mendable += sum(each.mend is not None for each in found)
        self.findings += found if self.keeps else ()
        return found

    @property
    def code(self) -> ExitCode:
        """The exit code that this asks for."""
        codes = [error.exit_code for error in self.unreadable]
        if self.is_partial:
            codes.append(ExitCode.INTERRUPTED)
        if not self.exit_zero and any(self.counts[each] for each in self.grave):
            codes.append(ExitCode.FINDINGS)
        return strongest(codes)


def terms_of(session: Session) -> Terms:
    """What this run judges by."""
    settings = session.settings
    return Terms(session.today, frozenset(settings.ignore), settings.mssante)


def look(
    session: Session, seen: Seen, paths: Sequence[Path], name: str, *, told: int | None
) -> None:
    """Judges files, and stdin under `name`; tells at most `told` findings as they come.

    Ctrl-C stops it: what was seen until then is told. UsageError when there was nothing to judge.
    """
    terminal = session.terminal
    named = [path for path in paths if path != STDIN]
    found = files.find(named)
    seen.unreadable += found.unreadable
    if len(named) < len(paths):
        seen.given.append(read(terminal.read_bytes(), name))
    total = len(found.paths) + len(seen.given)
    results = inspect(map(str, found.paths), seen.given, terms_of(session))
    found = replace(found, paths=())  # ten thousand of them take megabytes
    try:
        for result in terminal.progress(results, total, "Vérification"):
            fresh = seen.add(*result)[:told]
            terminal.write(_excerpts(seen, fresh) if fresh else ())
            told = told if told is None else told - len(fresh)
    except KeyboardInterrupt:
        seen.is_partial = True
        terminal.warn(f"Interrompu : {len(seen.paths)} vus sur {counted(total, 'fichier')}")
    is_idle = not seen.paths and not seen.is_partial
    for each in seen.unreadable[:-1] if is_idle else seen.unreadable:
        terminal.error(each)
    if is_idle:
        raise seen.unreadable[-1]
    if found.skipped:
        terminal.say(f"{counted(found.skipped, 'autre fichier')} YAML, sans établissement")


def explain_rule(session: Session, word: str, form: str) -> ExitCode:
    """What a rule is for, to stdout; UsageError when no rule is called so."""
    from rorcli.reports.lessons import lesson_data, render_lesson
    from rorcli.reports.machine import dumps
    from rorcli.validation.lessons import rule_named

    rule = rule_named(word)
    if form == "json":
        session.terminal.write_text(dumps(lesson_data(rule)))
    else:
        session.terminal.write(render_lesson(rule))
    return ExitCode.OK


def _excerpts(seen: Seen, found: Sequence[Finding]) -> Iterable[Line]:
    """The findings on one file, shown in it; without its lines if it went away meanwhile."""
    from rorcli.reports.excerpts import render_excerpts

    path, content = found[0].path, b""
    texts = [each.text for each in seen.given if each.path == path]
    with suppress(OSError):
        content = b"" if texts else Path(path).read_bytes()
    is_text = b"\0" not in content
    return render_excerpts(found, *texts or [content.decode("utf-8", "replace") * is_text])


def tell(
    session: Session,
    seen: Seen,
    form: str,
    reports: Sequence[Report] = (),
    *,
    limit: int | None = None,
    show_personal: bool = False,
    was_mended: bool = False,
) -> ExitCode:
    """Findings to stdout in a form that wants them all, to the files of `reports`; then counts.

    `limit` is for stdout. A report that cannot be written is told, and makes the code that of a
    wrong call.
    """
    terminal, code = session.terminal, seen.code
    if seen.is_partial and reports:
        terminal.warn("Aucun rapport n'est écrit : il ne serait pas entier")
        reports = ()
    if seen.keeps:  # else there is nothing to import
        from rorcli.reports.forges import FORMS as RENDERERS

        checkup = _checkup(seen, hides=not show_personal and "github" in (form, *dict(reports)))
        code = strongest(
            [code, *write_reports(session, reports, lambda each: RENDERERS[each](checkup))]
        )
        if form != "text":
            told = replace(checkup, limit=limit, ok=code is ExitCode.OK)
            terminal.write_text(RENDERERS[form](told))
    if seen.mendable and form == "text" and not was_mended:
        terminal.say(f"rorcli validate --fix peut en corriger {seen.mendable}.")
    terminal.say(render_counts(seen.counts, len(seen.paths)))
    left = 0 if limit is None else seen.counts.total() - limit
    if left > 0 and form != "junit":
        terminal.say(f"Non montrés : {counted(left, 'constat')} (--max-findings {limit})")
    return code


def _checkup(seen: Seen, *, hides: bool) -> Checkup:
    from rorcli.reports.forges import Checkup

    return Checkup(
        seen.findings, seen.paths, seen.unreadable, seen.grave, ok=seen.code is ExitCode.OK,
        root=Path.cwd(), hidden=_personal(seen) if hides else frozenset(),
    )  # fmt: skip


def _personal(seen: Seen) -> frozenset[str]:
    """What annotations must not tell of any file, since one may name what another holds."""
    from rorcli.model import decode
    from rorcli.reports.discretion import personal

    given = {each.path: each for each in seen.given}
    read = (given.get(path) or files.read_file(Path(path)) for path in seen.paths)
    known = (each.data for each in read if isinstance(each.data, dict))
    return frozenset().union(*(personal(decode(data)) for data in known))
