"""Secrets: read from where the settings say, never formatted, taken out of any text.

A secret lies in the environment, a file for its owner only, the keyring, or is what a command
prints or a person types; it is never an argument of ours.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from rorcli.access import Reference
from rorcli.errors import UsageError
from rorcli.login import Nobody, Person, ring

MASK = "***"
COMMAND_S = 60
SHORTEST_LIVE = 4

_LIVE: set[str] = set()
_SHAPES = re.compile(
    r"(?i)(?P<before>\bbearer\s+|\bbasic\s+|\b(?:access_token|refresh_token|id_token|code|"
    r"code_verifier|client_secret|client_assertion|password|totp|otp|device_code|state|nonce|token)"
    r"[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*"
)


class Secret:
    """A text that no message, log or traceback shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text
        if len(text) >= SHORTEST_LIVE:
            _LIVE.add(text)

    def reveal(self) -> str:
        """The text itself, for the one call that needs it."""
        return self._text

    def __str__(self) -> str:
        return MASK

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is neither copied nor pickled")

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)


def is_token(text: object) -> bool:
    """Whether it may go into a header: visible ASCII, nothing else (RFC 6750, 2.1)."""
    return isinstance(text, str) and bool(re.fullmatch("[!-~]+", text))


def redacted(text: str) -> str:
    """A text of somebody else's without tokens, codes and the secrets of this run."""
    for live in sorted(_LIVE, key=len, reverse=True):
        text = text.replace(live, MASK)
    return _SHAPES.sub(lambda found: (found["before"] or "") + MASK, text)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Where secrets of a run come from; `store` is the name of the store they are for."""

    store: str
    person: Person = field(default_factory=Nobody)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def get(
        self, name: str, reference: Reference | None = None, question: str = ""
    ) -> Secret | None:
        """The secret `name` (RORCLI_<NAME>, RORCLI_<NAME>_FILE, then where `reference` says).

        With a `question`, a person who can answer is asked at last. None when there is none.

        Raises:
            UsageError: A file that others may read, a place that holds nothing, a failing command.
        """
        if text := self.environment.get(f"RORCLI_{name}"):
            return Secret(text)
        if path := self.environment.get(f"RORCLI_{name}_FILE"):
            return Secret(private_text(Path(path)))
        if reference and reference.kind != "prompt":
            return self._at(name, reference)
        if question and self.person.can_ask:
            return Secret(self.person.ask_text(question, hidden=True))
        return None

    def _at(self, name: str, reference: Reference) -> Secret:
        place = reference.place[0] if reference.place else ""
        match reference.kind:
            case "env":
                text = self.environment.get(place, "")
            case "file":
                text = private_text(Path(place))
            case "command":
                text = _printed_by(reference.place)
            case _:
                place = f"{self.store}.{name.lower()}"
                text = ring.get(place) or ""
        if not text:
            raise UsageError(
                f"le secret {name.lower()} est introuvable ({reference.kind} {place})",
                remedy=f"keyring set {ring.SERVICE} {place}" if reference.kind == "keyring" else "",
            )
        return Secret(text)


def private_text(path: Path) -> str:
    """The text of a file that is its owner's only, without blank ends. UsageError for any other."""
    try:
        return private_bytes(path).decode().strip()
    except (OSError, ValueError) as error:  # not UTF-8, or no path
        raise UsageError(f"{path} : lecture impossible") from error


def private_bytes(path: Path, *, follows: bool = True) -> bytes:
    """What a file holds that is its owner's only: the one that is read is the one that is judged.

    Raises:
        UsageError: Others may read it.
        OSError: It cannot be opened; without `follows`, it may be a link (POSIX).
    """
    extra = 0 if follows else getattr(os, "O_NOFOLLOW", 0)
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | extra)) as opened:
        if fault := _fault(path, os.fstat(opened.fileno())):
            raise UsageError(fault, remedy=f"chmod 600 {path}")
        return opened.read()


def why_not_private(path: Path) -> str:
    """Why a file that others open must not be trusted; "" when it may, or cannot be looked at."""
    try:
        return _fault(path, path.stat())
    except (OSError, ValueError):  # whoever opens it will tell
        return ""


def _fault(path: Path, about: os.stat_result) -> str:
    """Why a file is not its owner's only; "" where there are no modes."""
    if os.name == "nt":
        return ""
    if about.st_uid != os.getuid():
        return f"{path} appartient à un autre utilisateur"
    if stat.S_IMODE(about.st_mode) & 0o077:
        return f"{path} est lisible par d'autres utilisateurs : faites chmod 600"
    return ""


def _printed_by(command: tuple[str, ...]) -> str:
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603 - the command of the user's own file
            command, capture_output=True, text=True, timeout=COMMAND_S, check=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError, ValueError):
        # What it printed stays unsaid: it may be the secret.
        raise UsageError(f"la commande {command[0]} n'a pas donné de secret") from None
    return done.stdout.strip()
