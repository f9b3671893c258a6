"""The one mouth: data to stdout, talk to stderr, questions only where somebody can answer.

Values are text, never markup. A reader that leaves (`| head`) is no failure: the command ends its
work and keeps its exit code.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO, TypeVar

from rorcli.cli.streams import Stream, is_tty
from rorcli.errors import RefusedError, RorcliError, UsageError
from rorcli.reports import Line, plain

Item = TypeVar("Item")

COLORS = ("auto", "always", "never")
YES, NO = {"o", "oui", "y", "yes"}, {"", "n", "non", "no"}
PROGRESS_AFTER_S, PROGRESS_EVERY_S = 1.0, 0.1


class Terminal:
    """The three streams of a run; `color`, `quiet` and `verbose` follow the common options."""

    def __init__(
        self,
        out: TextIO | None = None,
        err: TextIO | None = None,
        source: TextIO | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.out = Stream(out or sys.stdout)
        self.err = Stream(err or sys.stderr)
        self.source = source or sys.stdin
        if reconfigure := getattr(self.source, "reconfigure", None):
            reconfigure(errors="replace")
        self.environment = environment
        self.color = environment.get("RORCLI_COLOR", "auto")
        self.quiet = False
        self.verbose = 0
        self._drawn = 0

    def write(self, lines: Iterable[Line]) -> None:
        """Data, to stdout; stops taking lines once nobody reads them."""
        for line in lines:
            self._line(self.out, line)
            if not self.out.is_open:
                return

    def write_text(self, text: str) -> None:
        """A document as it is, to stdout; in UTF-8, save on a terminal."""
        self.out.put_document(text)

    def say(self, *lines: Line) -> None:
        """Talk, to stderr, unless -q."""
        if not self.quiet:
            self._talk(lines)

    def warn(self, line: Line) -> None:
        """What must not be missed, to stderr whatever the options."""
        self._talk([line])

    def detail(self, line: Line, level: int = 1) -> None:
        """What and why, to stderr, only with -v (level 2: -vv)."""
        if self.verbose >= level:
            self.say(line)

    def error(self, error: RorcliError) -> None:
        """What failed and what to do next, to stderr whatever the options."""
        self._talk([(("Erreur : ", "error"), (error.message, ""))])
        if error.remedy:
            self._talk([f"  → {error.remedy}"])

    @property
    def can_ask(self) -> bool:
        """Whether somebody is there to answer."""
        return is_tty(self.source)

    def ask(self, question: str) -> bool:
        """A question on stderr; True for oui. UsageError when nobody can answer."""
        if self.source is None or not self.can_ask:
            raise UsageError("une confirmation est nécessaire, et personne ne peut répondre ici",
                             remedy="ajoutez --yes si c'est voulu")  # fmt: skip
        while True:
            self._talk([])
            self.err.put(f"{question} [o/N] ")
            self.err.flush()
            answer = self.source.readline()
            if not answer:  # end of input: the cursor still stands behind the question
                self._talk([""])
            if (word := answer.strip().lower()) in YES | NO:
                return word in YES
            self._talk(["Répondez par o (oui) ou n (non)."])

    def prompt(self, question: str, default: str = "", *, hidden: bool = False) -> str:
        """A line that the person types, `default` for an empty one; `hidden`: without echo.

        UsageError when nobody can answer, RefusedError at the end of input.
        """
        if self.source is None or not self.can_ask:
            raise UsageError(f"« {question} » : personne ne peut répondre ici")
        self._talk([])
        shown = f"{question} [{default}] : " if default else f"{question} : "
        if hidden and self.source is sys.stdin:
            import getpass

            return getpass.getpass(shown)
        self.err.put(shown)
        self.err.flush()
        answer = self.source.readline()
        if not answer:  # the cursor still stands behind the question
            self._talk([""])
            raise RefusedError("fin de la saisie : rien d'autre n'a été écrit")
        return answer.strip() or default

    def read_bytes(self) -> bytes:
        """All of stdin, as it came."""
        if self.source is None:
            return b""
        buffer = getattr(self.source, "buffer", None)
        content: bytes = buffer.read() if buffer else self.source.read().encode()
        return content

    def progress(self, items: Iterable[Item], total: int, label: str) -> Iterator[Item]:
        """The items; says how far on stderr, if a terminal shows it and it lasts over a second.

        A total of 0 is one that nobody knows.
        """
        is_shown = self.err.is_tty and not self.quiet and self.environment.get("TERM") != "dumb"
        due = time.monotonic() + PROGRESS_AFTER_S
        try:
            for number, item in enumerate(items, 1):
                yield item
                if is_shown and time.monotonic() >= due:
                    due = time.monotonic() + PROGRESS_EVERY_S
                    self._draw(f"{label} {number}/{total}" if total else f"{label} {number}")
        finally:
            self._draw("")

    def flush(self) -> None:
        """Hands over what is buffered; UsageError when data could not be written."""
        self.out.flush()
        self.err.flush()
        if failure := self.out.failure:
            raise failure

    def _talk(self, lines: Iterable[Line]) -> None:
        # Whoever sends both streams to one place reads them in the order of events.
        self.out.flush()
        self._draw("")
        for line in lines:
            self._line(self.err, line)

    def _line(self, stream: Stream, line: Line) -> None:
        if stream.is_colored(self.color, self.environment):
            stream.paint(line)
        else:
            stream.put(f"{plain(line)}\n")

    def _draw(self, text: str) -> None:
        """Replaces the progress line; "" erases it."""
        if text or self._drawn:
            self.err.erase(self._drawn)
            self.err.put(text)
            self.err.flush()
            self._drawn = len(text)
