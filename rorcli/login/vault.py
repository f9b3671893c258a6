"""Where a session is kept: what it is in a private file, its tokens in the keyring.

Without a keyring the tokens lie in that file too (0600, in a folder of 0700), which is said. One
file a combination of issuer, client and origin of the store: another issuer never gets a token of
the first. A lock file makes parallel runs refresh one after the other.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass, field, replace
from urllib.parse import urlsplit

from rorcli.errors import UsageError
from rorcli.login.drawer import Drawer
from rorcli.login.secret import Secret
from rorcli.settings import StoreSettings

SCHEMA = "rorcli/session/v1"
# Windows keeps 2 560 bytes of UTF-16 under a name.
CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Record:
    """A session as it is told; the tokens are read apart. Instants: seconds since 1970, 0 unknown.

    `failures` counts refused unattended passwords.
    """

    method: str = ""
    identity: dict[str, str] = field(default_factory=dict)
    storage: str = ""
    obtained_at: float = 0
    expires_at: float = 0
    has_refresh: bool = False
    failures: int = 0
    chunks: int = 0
    tokens: str = ""

    @property
    def is_open(self) -> bool:
        """Whether somebody is logged in, as far as we know."""
        return bool(self.storage)

    def __repr__(self) -> str:
        return f"Record({self.method}, {self.storage})"


def origin_of(url: str) -> str:
    """Scheme, host and port of a store: where its tokens may go."""
    parts = urlsplit(url.removeprefix("fhir+"))
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    return f"{parts.scheme}://{parts.hostname}:{port}"


class Vault:
    """The place of one session."""

    def __init__(self, store: StoreSettings) -> None:
        auth = store.auth
        parts = (auth.issuer or auth.token_endpoint, auth.client_id) if auth else ("", "")
        self._drawer = Drawer("sessions", *parts, origin_of(store.url))
        self.path = self._drawer.path
        self._storage = auth.storage if auth else "auto"

    def read(self) -> Record:
        """What is kept; an empty Record when nothing is. UsageError when others may read it."""
        found = self._drawer.read()
        known = {name: found[name] for name in Record.__dataclass_fields__ if name in found}
        return Record(**known) if found.get("schema") == SCHEMA else Record()

    def tokens(self, record: Record) -> tuple[Secret, Secret | None] | None:
        """Access and refresh token of a session; None when the keyring lost them."""
        text = record.tokens
        if record.storage == "keyring":
            from rorcli.login import ring

            parts = [ring.get(name) or "" for name in self._names(record.chunks)]
            text = "".join(parts)
        with suppress(ValueError, KeyError, TypeError):
            found = json.loads(text)
            return Secret(found["access"]), Secret(found["refresh"]) if found["refresh"] else None
        return None

    def keep(self, record: Record, access: Secret, refresh: Secret | None) -> Record:
        """Keeps a session; the Record says where: keyring, file, or "" when none is to be kept."""
        former = self.read()
        if self._storage == "none":
            self._forget(range(former.chunks))
            self.write(Record())
            return replace(record, storage="")
        text = json.dumps({"access": access.reveal(), "refresh": refresh and refresh.reveal()})
        chunks = self._in_keyring(text) if self._storage != "file" else 0
        self._forget(range(chunks, former.chunks))
        if not chunks and self._storage == "keyring":
            raise UsageError("aucun trousseau ne répond sur ce poste",
                             remedy='storage = "file" dans vos réglages')  # fmt: skip
        kept = replace(record, storage="keyring" if chunks else "file", chunks=chunks,
                       tokens="" if chunks else text, has_refresh=refresh is not None)  # fmt: skip
        self.write(kept)
        return kept

    def write(self, record: Record) -> None:
        """Replaces the file, for its owner only."""
        self._drawer.write({"schema": SCHEMA, **asdict(record)})

    def forget(self) -> None:
        """Deletes the session."""
        with suppress(UsageError):
            self._forget(range(self.read().chunks))
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(f"{self.path} : suppression impossible") from error

    def locked(self) -> AbstractContextManager[None]:
        """One run at a time; StoreUnavailableError after a minute."""
        return self._drawer.locked()

    def _names(self, chunks: int) -> list[str]:
        return [f"{self._drawer.name}.{number}" for number in range(chunks)]

    def _in_keyring(self, text: str) -> int:
        """How many pieces the keyring took; 0 when it did not take them all."""
        from rorcli.login import ring

        parts = [text[at : at + CHUNK] for at in range(0, len(text), CHUNK)]
        names = self._names(len(parts))
        is_kept = all(ring.put(name, part) for name, part in zip(names, parts, strict=True))
        if not is_kept:
            self._forget(range(len(parts)))
        return len(parts) if is_kept else 0

    def _forget(self, numbers: range) -> None:
        if numbers:
            from rorcli.login import ring

            for number in numbers:
                ring.forget(f"{self._drawer.name}.{number}")
