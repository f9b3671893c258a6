"""Who we are for a store: how one logs in, where a session is kept, which token goes with a call.

A store is given a TokenSource, or None for an anonymous one, and never knows more.
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
