"""What `validate` tells, and where: on stdout, in the files that `--report` names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, get_args

import typer

from rorcli import files
from rorcli.cli.options import OUTPUT
from rorcli.errors import ExitCode, UsageError, strongest
from rorcli.reports.findings import counted, render_counts, render_finding

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.reports.forges import Checkup
    from rorcli.text.document import Document
    from rorcli.validation import Finding, Severity

_Form = Literal["text", "json", "github", "gitlab", "junit", "sarif"]
FORMS: tuple[str, ...] = get_args(_Form)
Form = Annotated[_Form, OUTPUT]
Reports = Annotated[
    list[str] | None,
    typer.Option(
        "--report", metavar="FORME=FICHIER",
        help="Écrire aussi un rapport entier, par exemple junit=rapport.xml.",
    ),
]  # fmt: skip
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
ShowPersonal = Annotated[
    bool,
    typer.Option(
        "--show-personal",
        help="Dans les annotations GitHub, ne pas masquer les noms des praticiens, des unités "
        "sensibles, ni les numéros de confidentialité 3.",
    ),
]


class Report(NamedTuple):
    """A file to write, and the form of what it holds."""

    form: str
    path: Path


def parse_reports(words: Iterable[str]) -> tuple[Report, ...]:
    """What `--report FORM=FILE` asks for; UsageError when that is not clear.

    No report is called YAML, or a slip would write it over an establishment.
    """
    found = []
    for word in words:
        form, _, path = word.partition("=")
        if form not in FORMS or not path:
            known = ", ".join(FORMS)
            remedy = f"écrivez FORME=FICHIER ; les formes : {known}"
            raise UsageError(f"--report {word} : il faut une forme et un fichier", remedy=remedy)
        if Path(path).suffix.lower() in files.SUFFIXES:
            remedy = "donnez-lui un autre nom, par exemple rapport.json"
            raise UsageError(
                f"--report {word} : un rapport n'est pas un fichier YAML", remedy=remedy
            )
        found.append(Report(form, Path(path)))
    return tuple(found)


@dataclass(frozen=True)
class Seen:
    """What a run judged and found; `grave` are the severities that fail, `code` its exit code."""

    documents: Sequence[Document]
    findings: Sequence[Finding]
    unreadable: Sequence[UsageError]
    grave: frozenset[Severity]
    code: ExitCode


def tell(
    session: Session,
    seen: Seen,
    form: str,
    reports: Sequence[Report] = (),
    *,
    limit: int | None = None,
    show_personal: bool = False,
) -> ExitCode:
    """Findings to stdout, counts to stderr, reports into their files; the exit code after that.

    `limit` is for stdout. A report that cannot be written is told, and makes the code that of a
    wrong call.
    """
    terminal, code = session.terminal, seen.code
    if form == "text" and not reports:  # most runs: nothing to import
        terminal.write(map(render_finding, seen.findings[:limit]))
    else:
        from rorcli.reports.forges import FORMS as RENDERERS

        checkup = _checkup(seen, hides=not show_personal and "github" in (form, *dict(reports)))
        code = strongest([code, *_write(session, checkup, reports)])
        if form == "text":
            terminal.write(map(render_finding, seen.findings[:limit]))
        else:
            told = replace(checkup, limit=limit, ok=code is ExitCode.OK)
            terminal.write_text(RENDERERS[form](told))
    terminal.say(render_counts(seen.findings, len(seen.documents)))
    left = len(seen.findings) - len(seen.findings[:limit])
    if left and form != "junit":
        terminal.say(f"Non montrés : {counted(left, 'constat')} (--max-findings {limit})")
    return code


def _checkup(seen: Seen, *, hides: bool) -> Checkup:
    from rorcli.reports.forges import Checkup

    hidden: frozenset[str] = frozenset()
    if hides:
        from rorcli.model import decode
        from rorcli.reports.discretion import personal

        read = (each.data for each in seen.documents if isinstance(each.data, dict))
        hidden = frozenset().union(*(personal(decode(data)) for data in read))
    paths = [each.path for each in seen.documents]
    return Checkup(
        seen.findings, paths, seen.unreadable, seen.grave,
        ok=seen.code is ExitCode.OK, root=Path.cwd(), hidden=hidden,
    )  # fmt: skip


def _write(session: Session, checkup: Checkup, reports: Sequence[Report]) -> list[ExitCode]:
    from rorcli.reports.forges import FORMS as RENDERERS

    failed = []
    for form, path in reports:
        try:
            files.write(path, RENDERERS[form](checkup))
        except UsageError as error:
            session.terminal.error(error)
            failed.append(error.exit_code)
        else:
            session.terminal.detail(f"{path} : rapport {form} écrit")
    return failed
