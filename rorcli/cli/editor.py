"""The person's own editor on a private copy of a file, reopened while it adds errors."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from rorcli import effects, files
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
        after = read(_left_by_editor(copy), before.path)
        added = effects.added_errors(before, after, session.today)
        if not added:
            return after
        for finding in added:
            session.terminal.warn(render_finding(finding))
        if not session.terminal.ask("Des erreurs ont été ajoutées. Rouvrir l'éditeur ?"):
            if session.terminal.ask(f"Garder votre travail dans {_draft_of(after.path)} ?"):
                keep_draft(session, after)
            return None


def _left_by_editor(copy: Path) -> bytes:
    try:
        return copy.read_bytes()
    except OSError as error:
        raise UsageError(f"l'éditeur n'a pas laissé de fichier ({files.reason(error)}) ; "
                         "rien n'a été écrit", remedy="recommencez") from error  # fmt: skip


def keep_draft(session: Session, after: Document) -> None:
    """What was typed is kept beside the file, else among temporary files, for its owner only."""
    kept = _draft_of(after.path)
    try:
        files.write(kept, after.text, mode=files.PRIVATE)
    except UsageError:  # the folder that would not take the file takes no draft either
        kept = _draft_of(str(Path(tempfile.gettempdir(), Path(after.path).name)))
        files.write(kept, after.text, mode=files.PRIVATE)
    session.terminal.warn(f"Votre travail est gardé dans {kept}.")


def _draft_of(path: str) -> Path:
    """A name that no file has yet."""
    names = (Path(f"{path}.brouillon{rank or ''}") for rank in count())
    return next(name for name in names if not name.exists())


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
