"""What may be told of a bug: a report to send along, without anything that a person typed or owns.

No local values, no exception messages (they quote data), no arguments but the words that are ours.
"""

from __future__ import annotations

import platform
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rorcli import __version__, files

_OPTION = re.compile(r"--[a-z][a-z-]*|-[a-zA-Z]")
_ASSIGNMENT = re.compile(r"([a-z_]+)(?:\[[^\]]*\])?[a-z_.]*=")
MASK = "***"


def save_report(
    error: BaseException, arguments: Sequence[str], command_names: Sequence[str]
) -> Path:
    """Writes the report into the user's state folder, for its owner only; where it is.

    UsageError when it cannot be written.
    """
    import platformdirs

    now = datetime.now(UTC)
    folder = Path(platformdirs.user_state_dir("rorcli", appauthor=False))
    path = folder / f"incident-{now:%Y%m%d-%H%M%S-%f}.txt"
    files.write(path, render(error, arguments, command_names), mode=files.PRIVATE)
    return path


def render(error: BaseException, arguments: Sequence[str], command_names: Sequence[str]) -> str:
    """The report: versions, system, masked arguments, where the program was."""
    lines = [
        f"rorcli {__version__}",
        f"Python {platform.python_version()}, {platform.platform()}",
        f"encodage {sys.getfilesystemencoding()}",
        " ".join(["rorcli", *(mask(word, command_names) for word in arguments)]),
        "",
        *_traces(error),
    ]
    # The folder of a person bears the person's name.
    return "\n".join(lines).replace(str(Path.home()), "~") + "\n"


def mask(word: str, command_names: Sequence[str]) -> str:
    """An argument without what the person typed: names of options, of commands and of keys stay."""
    if word in command_names:
        return word
    if option := _OPTION.match(word):
        return option[0] if option[0] == word else f"{option[0]}={MASK}"
    key = _ASSIGNMENT.match(word)
    return f"{key[1]}={MASK}" if key else MASK


def _traces(error: BaseException) -> Iterator[str]:
    """Each exception of the chain, last first: its type and its frames."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield f"{type(link).__module__}.{type(link).__qualname__}"
        yield from (line.rstrip() for line in traceback.format_tb(link.__traceback__))
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
