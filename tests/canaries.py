"""Every secret of the tests begins by CANARI: none may be read in what a whole run leaves behind.

`tests/cli/harness.py` hands over each output, `watching` listens to every log; at the end
`tests/conftest.py` looks through all files of the homes: settings, incident reports, sessions.
"""

import logging
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

CANARY = "CANARI"
# What a person asked to be shown, and where tokens are kept when there is no keyring.
ASKED_FOR = "--token"
KEPT = "sessions"

LEAKS: list[str] = []


def look(what: str, text: str, argv: Sequence[str] = ()) -> None:
    """Remembers a text that holds a canary, to be told at the end."""
    at = text.find(CANARY)
    if at >= 0 and ASKED_FOR not in argv:
        LEAKS.append(f"{what}: …{text[max(0, at - 60) : at + 20]}…")


class _Ear(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("selenium"):  # which types what people type
            look(f"log of {record.name}", self.format(record))


@contextmanager
def watching() -> Iterator[None]:
    """Every log of every library, at its most talkative."""
    ear, root = _Ear(), logging.getLogger()
    before = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    yield
    root.removeHandler(ear)
    root.setLevel(before)


def look_through(homes: Path) -> None:
    """All files below the homes of the tests."""
    for path in filter(Path.is_file, homes.rglob("*")):
        if path.parent.name != KEPT:
            look(str(path), path.read_bytes().decode("utf-8", "replace"))
        elif stat.S_IMODE(path.stat().st_mode) & 0o077 and CANARY in path.read_text("utf-8"):
            LEAKS.append(f"{path}: tokens that others may read")
