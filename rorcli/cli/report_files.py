"""The files that `--report` names, for `validate` and `audit` alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from rorcli import files
from rorcli.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from rorcli.cli.session import Session

Reports = Annotated[
    list[str] | None,
    typer.Option(
        "--report", metavar="FORME=FICHIER",
        help="Écrire aussi un rapport entier, par exemple junit=rapport.xml.",
    ),
]  # fmt: skip
ShowPersonal = Annotated[
    bool,
    typer.Option(
        "--show-personal",
        help="Dans les annotations GitHub et la page HTML, ne pas masquer les noms des praticiens, "
        "des unités sensibles, ni les numéros de confidentialité 3.",
    ),
]


class Report(NamedTuple):
    """A file to write, and the form of what it holds."""

    form: str
    path: Path


def parse_reports(words: Iterable[str], forms: Sequence[str]) -> tuple[Report, ...]:
    """What `--report FORM=FILE` asks for; UsageError when that is not clear.

    No report is called YAML, or a slip would write it over an establishment.
    """
    found = []
    for word in words:
        form, _, path = word.partition("=")
        if form not in forms or not path:
            known = ", ".join(forms)
            remedy = f"écrivez FORME=FICHIER ; les formes : {known}"
            raise UsageError(f"--report {word} : il faut une forme et un fichier", remedy=remedy)
        if Path(path).suffix.lower() in files.SUFFIXES:
            remedy = "donnez-lui un autre nom, par exemple rapport.json"
            raise UsageError(
                f"--report {word} : un rapport n'est pas un fichier YAML", remedy=remedy
            )
        found.append(Report(form, Path(path)))
    return tuple(found)


def write_reports(
    session: Session, reports: Sequence[Report], written: Callable[[str], str | bytes]
) -> list[ExitCode]:
    """Puts what `written` makes of each form into its file; the codes of those that failed."""
    failed = []
    for form, path in reports:
        try:
            content = written(form)
            files.write_bytes(path, content.encode() if isinstance(content, str) else content)
        except UsageError as error:
            session.terminal.error(error)
            failed.append(error.exit_code)
        else:
            session.terminal.say(f"{path} : rapport {form} écrit.")
    return failed
