"""One output stream, whatever it is: a terminal, a pipe whose reader left, cp1252, nothing."""

from __future__ import annotations

import codecs
import errno
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from rorcli.errors import UsageError
from rorcli.reports import Line, plain

if TYPE_CHECKING:
    from rich.console import Console

# Style names of reports -> what rich makes of them.
STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan", "ok": "green",
          "title": "bold", "dim": "dim", "added": "green", "removed": "red",
          "changed": "yellow"}  # fmt: skip
# A value may hold escape sequences, or turn the order of what is read; no terminal obeys them.
_BIDI = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_TAME = str.maketrans(
    {**dict.fromkeys(map(chr, [*range(32), *range(127, 160), *_BIDI]), "\ufffd"),
     "\t": "\t", "\n": "\n", "\r": ""}
)  # fmt: skip
# French typography where an encoding lacks it (cp1252 has no arrow, ascii no quotes).
_FALLBACK = {"→": "->", "\u202f": " ", "\u00a0": " ", "’": "'", "–": "-", "…": "...",
             "«": '"', "»": '"', "œ": "oe", "×": "x"}  # fmt: skip
# How systems say that the reader left; Windows has no EPIPE.
_READER_LEFT = {errno.EPIPE, errno.ESHUTDOWN} | ({errno.EINVAL} if os.name == "nt" else set())


def _fall_back(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(_FALLBACK.get(character, "?") for character in lost), error.end


codecs.register_error("rorcli", _fall_back)


def is_tty(stream: TextIO | None) -> bool:
    """Whether a person sits behind a stream; False for none, and for a closed one."""
    with suppress(ValueError, OSError):
        return stream is not None and stream.isatty()
    return False


class Stream:
    """Text out, in colour or not; nothing here raises.

    `is_used` tells whether anything was written, `is_open` whether anybody still reads, `failure`
    why not when that was no reader's choice. The raw stream may be None: Windows starts some
    programs without, and people close them.
    """

    def __init__(self, raw: TextIO | None) -> None:
        self.raw = raw
        self.is_open = raw is not None
        self.is_used = False
        self.is_tty = is_tty(raw)
        self.failure: UsageError | None = None
        self._console: Console | None = None
        # The same bytes on every system: no CRLF of our own, no crash on a character.
        if reconfigure := getattr(raw, "reconfigure", None):
            reconfigure(errors="rorcli", newline="\n")

    def is_colored(self, color: str, environment: Mapping[str, str]) -> bool:
        """Whether colours go here: --color, NO_COLOR, FORCE_COLOR, TERM, then the stream itself."""
        if color in ("always", "never"):
            return color == "always"
        if environment.get("NO_COLOR"):
            return False
        if environment.get("FORCE_COLOR"):
            return True
        return self.is_tty and environment.get("TERM") != "dumb"

    def put(self, text: str) -> None:
        """Writes text as it is, but for control characters on a terminal."""
        self.is_used = self.is_used or bool(text)
        tamed = text.translate(_TAME) if self.is_tty else text
        self._attempt(lambda raw: raw.write(tamed))

    def put_document(self, text: str) -> None:
        """Writes JSON, CSV or YAML: in UTF-8, whatever the locale, save on a terminal."""
        if not self.is_tty and hasattr(self.raw, "reconfigure"):
            self._attempt(lambda raw: raw.reconfigure(encoding="utf-8", errors="rorcli"))  # type: ignore[attr-defined]
        self.put(text)

    def paint(self, line: Line) -> None:
        """Writes a line in the colours of its styles."""
        if isinstance(line, str) or not any(style for _, style in line):
            self.put(f"{plain(line)}\n")
            return
        from rich.text import Text

        self.is_used = True
        spans = [(text.translate(_TAME), STYLES.get(style, "")) for text, style in line]
        text = Text.assemble(*spans)
        self._attempt(lambda raw: self._painter(raw).print(text, soft_wrap=True))

    def erase(self, width: int) -> None:
        """Goes back to the start of the line, over that many characters."""
        self._attempt(lambda raw: raw.write("\r" + " " * width + "\r"))

    def flush(self) -> None:
        """Hands over what is buffered."""
        self._attempt(lambda raw: raw.flush())

    def _painter(self, raw: TextIO) -> Console:
        if self._console is None:
            from rich.console import Console

            class Painter(Console):
                def on_broken_pipe(self) -> None:
                    raise BrokenPipeError(errno.EPIPE, "")  # rich would end the program

            self._console = Painter(
                file=raw, force_terminal=True, color_system="standard", no_color=False,
                highlight=False, markup=False, emoji=False,
            )  # fmt: skip
        return self._console

    def _attempt(self, action: Callable[[TextIO], object]) -> None:
        if self.raw is None or not self.is_open:
            return
        try:
            action(self.raw)
        except (OSError, ValueError) as error:
            self.is_open = False
            _forget(self.raw)
            if isinstance(error, OSError) and error.errno not in _READER_LEFT:
                self.failure = _unwritable(error)


def _forget(raw: TextIO) -> None:
    """Sends nowhere what Python still holds, or its own exit would complain."""
    with suppress(OSError, ValueError):
        taken = raw.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, taken)
        os.close(nowhere)


def _unwritable(error: OSError) -> UsageError:
    from rorcli.files import reason

    return UsageError(f"écriture impossible sur la sortie standard ({reason(error)})",
                      remedy="vérifiez la place libre, ou écrivez ailleurs")  # fmt: skip
