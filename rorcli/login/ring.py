"""The keyring of the system, which may be absent, locked or slow: it then holds nothing."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any, TypeVar

SERVICE = "rorcli"
LIMIT_S = 3.0  # a keyring whose daemon does not answer would hold the command for ever

Found = TypeVar("Found")


def get(name: str) -> str | None:
    """What it holds under a name."""

    def read(keyring: Any) -> str | None:
        text = keyring.get_password(SERVICE, name)
        return str(text) if text is not None else None

    return _asked(read, otherwise=None)


def put(name: str, text: str) -> bool:
    """Keeps a text; whether it did."""

    def keep(keyring: Any) -> bool:
        keyring.set_password(SERVICE, name, text)
        return bool(keyring.get_password(SERVICE, name) == text)

    return _asked(keep, otherwise=False)


def forget(name: str) -> None:
    """Deletes what is under a name, if anything is."""
    _asked(lambda keyring: keyring.delete_password(SERVICE, name), otherwise=None)


def _asked(action: Callable[[Any], Found], *, otherwise: Found) -> Found:
    answer = [otherwise]

    def ask() -> None:
        import keyring

        try:
            answer[0] = action(keyring)
        except Exception:  # noqa: BLE001 - back-ends raise what they like; none of it is our failure
            answer[0] = otherwise

    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join(LIMIT_S)
    return answer[0]
