"""The person of a login: asked without echo, shown a page in their own browser."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rorcli.errors import UsageError

if TYPE_CHECKING:
    from rorcli.cli.terminal import Terminal


class Keyboard:
    """`login.Person` at a terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._secrets: dict[str, str] = {}

    @property
    def can_ask(self) -> bool:
        """Whether somebody can answer: a terminal, and no CI."""
        return self._terminal.can_ask and not self._terminal.environment.get("CI")

    def say(self, line: str) -> None:
        """Tells, unless -q."""
        self._terminal.say(line)

    def warn(self, line: str) -> None:
        """Tells in any case."""
        self._terminal.warn(line)

    def ask_text(self, question: str, *, hidden: bool) -> str:
        """A line that is typed; `hidden`: not shown while it is, and asked once a run."""
        if not self.can_ask:
            raise UsageError(f"« {question} » est demandé, et personne ne peut répondre ici")
        if not hidden:
            return self._terminal.prompt(question)
        if question not in self._secrets:
            self._secrets[question] = self._terminal.prompt(question, hidden=True)
        return self._secrets[question]

    def browse(self, url: str) -> bool:
        """Opens the page in the browser of the person, or of BROWSER."""
        import webbrowser

        # A browser in the terminal itself would wait for the end of a login that waits for it.
        if sys.platform.startswith("linux") and not any(
            self._terminal.environment.get(name)
            for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME")
        ):
            return False
        try:
            return webbrowser.open(url)
        except webbrowser.Error:
            return False
