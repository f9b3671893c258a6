"""What one run knows: its terminal, its settings, the day, and who is at the keyboard.

Everything is found out when first asked for: `validate` opens no store, `--help` reads no file.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, overload

if TYPE_CHECKING:
    from rorcli.cli.keyboard import Keyboard
    from rorcli.cli.terminal import Terminal
    from rorcli.settings import Settings
    from rorcli.stores import Access
    from rorcli.stores.base import LoadableStore, Store

# Without a time zone database the day turns at most an hour late, in summer.
_WINTER = timezone(timedelta(hours=1))


class SupportsClose(Protocol):
    """What holds something of the system."""

    def close(self) -> None:
        """Lets go of it."""


class Session:
    """`store` and `config` follow the common options; tests give the day and the author."""

    def __init__(
        self,
        terminal: Terminal,
        *,
        today: date | None = None,
        author: str = "",
        store: str = "",
    ) -> None:
        self.terminal = terminal
        self.store = store
        self.config = ""
        self._today = today
        self._author = author
        self._open = ExitStack()

    @cached_property
    def settings(self) -> Settings:
        """What holds here; UsageError as `load_settings`."""
        from rorcli.settings import load_settings

        flags = {"store": self.store, "config": self.config}
        return load_settings(os.environ, Path.cwd(), flags)

    @cached_property
    def today(self) -> date:
        """The day in Paris, wherever the machine is."""
        return self._today or datetime.now(_paris()).date()

    @cached_property
    def author(self) -> str:
        """Who writes, as `user@host`; either is "inconnu" when the system does not say."""
        return self._author or f"{_user()}@{_host()}"

    @cached_property
    def keyboard(self) -> Keyboard:
        """The person, for a login."""
        from rorcli.cli.keyboard import Keyboard

        return Keyboard(self.terminal)

    @overload
    def open_store(self, *, create: Literal[True]) -> LoadableStore: ...

    @overload
    def open_store(self, *, create: bool = False, read_only: bool = False) -> Store: ...

    def open_store(self, *, create: bool = False, read_only: bool = False) -> Store:
        """The store of this run, closed at its end; errors as `stores.open_store`."""
        from rorcli.stores import open_store

        settings, say = self.settings.store, self.terminal.say
        store = (
            open_store(settings, create=True, say=say, access=self._access)
            if create
            else open_store(settings, read_only=read_only, say=say, access=self._access)
        )
        self.closes(store)
        return store

    def _access(self) -> Access:
        """Who we are for a server; nobody is asked yet but for the password of a key."""
        from rorcli.login.secret import Secrets
        from rorcli.login.sessions import token_source
        from rorcli.login.tls import context_of
        from rorcli.stores import Access

        settings = self.settings.store
        context = context_of(settings, Secrets(settings.name, self.keyboard))
        return Access(token_source(settings, self.keyboard), context)

    def closes(self, held: SupportsClose) -> None:
        """Has something closed at the end of the run."""
        self._open.callback(held.close)

    def close(self) -> None:
        """Closes what was opened; again if need be."""
        self._open.close()


def _paris() -> tzinfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    with suppress(ZoneInfoNotFoundError, OSError):
        return ZoneInfo("Europe/Paris")
    return _WINTER


def _user() -> str:
    import getpass

    # No name in the environment, and no password database (Windows) or no entry in it (containers).
    with suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return "inconnu"


def _host() -> str:
    import platform

    return platform.node() or "inconnu"
