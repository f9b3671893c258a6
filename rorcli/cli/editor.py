"""The person's own editor on a private copy of a file, reopened while it adds errors."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rorcli import edition, files
from rorcli.errors import UsageError
from rorcli.reports.findings import render_finding
from rorcli.text.document import read

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.text.document import Document


def edit_copy(session: Session, before: Document) -> Document | None:
    """The document as the editor left it, free of new errors; None when it was given up."""
    if not session.terminal.can_ask:
        raise UsageError("sans CLÉ=VALEUR, edit ouvre un éditeur, et il faut pour cela un terminal",
                         remedy="donnez les valeurs : rorcli edit FICHIER CLÉ=VALEUR")  # fmt: skip
    handle, name = tempfile.mkstemp(prefix="rorcli-", suffix=".yaml")
    copy = Path(name)
    with os.fdopen(handle, "wb") as out:
        out.write(before.text.encode())
    try:
        return _until_clean(session, before, copy)
    finally:
        copy.unlink(missing_ok=True)


def _until_clean(session: Session, before: Document, copy: Path) -> Document | None:
    while True:
        _open(copy)
        after = read(copy.read_bytes(), before.path)
        added = edition.added_errors(before, after, session.today)
        if not added:
            return after
        for finding in added:
            session.terminal.warn(render_finding(finding))
        if not session.terminal.ask("Des erreurs ont été ajoutées. Rouvrir l'éditeur ?"):
            _keep_draft(session, before, after)
            return None


def _keep_draft(session: Session, before: Document, after: Document) -> None:
    """What was typed may be kept beside the file; the file itself is not touched."""
    kept = Path(f"{before.path}.brouillon")
    if session.terminal.ask(f"Garder votre travail dans {kept} ?"):
        files.write(kept, after.text, mode=files.PRIVATE)


def _open(copy: Path) -> None:
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or _usual_editor()
    arguments = [command] if os.name == "nt" else shlex.split(command)
    try:
        # The person's own choice of editor, run as that person.
        code = subprocess.run([*arguments, str(copy)], check=False).returncode  # noqa: S603
    except OSError as error:
        raise UsageError(f"l'éditeur « {command} » ne s'ouvre pas ({files.reason(error)})",
                         remedy="choisissez-en un par la variable EDITOR") from error  # fmt: skip
    if code:
        raise UsageError(f"l'éditeur « {command} » a fini en erreur ({code}) ; rien n'a été écrit")


def _usual_editor() -> str:
    if os.name == "nt":
        return "notepad"
    return next((name for name in ("nano", "vi") if shutil.which(name)), "vi")
