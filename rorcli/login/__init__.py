"""Who we are for a store: how one logs in, where a session is kept, which token goes with a call.

A store is given a TokenSource, or None for an anonymous one, and never knows more. `sessions` has
the use cases; the other modules are loaded by those that need the network or a secret.
"""

from __future__ import annotations

from typing import Protocol


class TokenSource(Protocol):
    """Whatever holds a valid access token."""

    def token(self, refused: str | None = None) -> str:
        """A valid access token, never to be shown.

        `refused` is the token that the store just answered 401 to: another one is fetched, once.

        Raises:
            StoreDeniedError: Nobody is logged in, or the session has ended.
            StoreUnavailableError: The identity provider does not answer.
            UsageError: The settings of the login are wrong.
        """
        ...


class Person(Protocol):
    """Whoever sits at the keyboard, if anybody."""

    @property
    def can_ask(self) -> bool:
        """Whether somebody can answer."""
        ...

    def say(self, line: str) -> None:
        """Tells."""
        ...

    def warn(self, line: str) -> None:
        """Tells what must not be missed."""
        ...

    def ask_text(self, question: str, *, hidden: bool) -> str:
        """Asks; `hidden`: without echo. UsageError when nobody can answer."""
        ...

    def browse(self, url: str) -> bool:
        """Opens a page; False when no browser could be started."""
        ...


class Nobody:
    """The Person of a script."""

    can_ask = False

    def say(self, line: str) -> None:
        """Nobody listens."""

    def warn(self, line: str) -> None:
        """Nobody listens."""

    def ask_text(self, question: str, *, hidden: bool) -> str:  # noqa: ARG002 - the Protocol's
        """Nobody answers: an empty text."""
        return ""

    def browse(self, url: str) -> bool:  # noqa: ARG002 - the Protocol's
        """Nobody looks."""
        return False
