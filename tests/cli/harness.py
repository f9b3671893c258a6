"""Run a command in this process, and see what a person and a script see.

    result = run(["validate", file])            # nobody at the keyboard, colours off
    result = run(["push", file], stdin="o\\n", tty=True, store=make_store(tmp_path, file))
    result.code, result.out, result.err         # exit code, stdout, stderr

The day is TODAY unless `today` says otherwise. `make_store` gives the address of a new sqlite store
that holds the establishments of files; it is never the user's own. Settings and home folder are
those of `tests/conftest.py`: empty.
"""

import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from rorcli.cli.app import main
from rorcli.cli.session import Session
from rorcli.cli.terminal import Terminal
from rorcli.files import read_file
from rorcli.model import decode
from rorcli.stores import open_store
from tests import canaries

TODAY = date(2026, 11, 25)


class Result(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


class Screen(io.StringIO):
    """A stream that calls itself a terminal, or does not."""

    def __init__(self, text: str = "", *, tty: bool = False) -> None:
        super().__init__(text)
        self.tty = tty

    def isatty(self) -> bool:
        return self.tty


def run(
    argv: Sequence[str | Path],
    stdin: str = "",
    tty: bool = False,  # noqa: FBT001, FBT002 - reads well enough by name
    *,
    today: date = TODAY,
    store: str = "",
) -> Result:
    """One command: exit code, stdout, stderr. `tty`: all three streams are terminals."""
    out, err, source = Screen(tty=tty), Screen(tty=tty), Screen(stdin, tty=tty)
    session = Session(Terminal(out, err, source), today=today, author="essai@banc", store=store)
    code = main([str(word) for word in argv], session)
    for stream in (out, err):
        canaries.look(f"rorcli {argv}", stream.getvalue(), [str(word) for word in argv])
    return Result(code, out.getvalue(), err.getvalue())


def make_store(folder: Path, *files: Path, today: date = TODAY) -> str:
    """The address of a new store in `folder` that holds the establishments of `files`."""
    url = f"sqlite:{folder / 'annuaire.sqlite'}"
    store = open_store(url, create=True)
    for file in files:
        store.add(decode(read_file(file).data), today=today)
    store.close()
    return url
