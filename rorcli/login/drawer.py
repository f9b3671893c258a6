"""What a login keeps between runs: files in private folders, each held by one run at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rorcli.errors import StoreUnavailableError, UsageError
from rorcli.login.secret import private_bytes

LOCK_S = 60


class Drawer:
    """A file of JSON in the folder `kind`, called by a digest of what it belongs to."""

    def __init__(self, kind: str, *owner: str) -> None:
        import platformdirs

        self.name = hashlib.sha256("\n".join(owner).encode()).hexdigest()[:32]
        state = Path(platformdirs.user_state_dir("rorcli", appauthor=False))
        self.path = state / kind / f"{self.name}.json"
        self._remedy = f"supprimez {self.path}, puis rorcli login"

    def read(self) -> dict[str, Any]:
        """What is kept; nothing when it is absent or broken. UsageError when others may read it."""
        self._require_own()
        try:
            found = json.loads(private_bytes(self.path, follows=False))
        except UsageError as fault:
            fault.remedy = self._remedy
            raise
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, data: dict[str, Any]) -> None:
        """Replaces the file, for its owner only."""
        from rorcli import files

        self._require_own()
        self._make_folder()
        files.write(self.path, json.dumps(data), mode=files.PRIVATE)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One run at a time; StoreUnavailableError after a minute."""
        from filelock import FileLock, Timeout

        self._make_folder()
        lock = FileLock(self.path.with_suffix(".lock"), timeout=LOCK_S, mode=0o600)
        try:
            lock.acquire()
        except Timeout:
            raise StoreUnavailableError(
                "une autre commande renouvelle cette session depuis une minute",
                remedy="réessayez plus tard",
            ) from None
        except OSError:
            pass  # where no file can be, nothing is kept: a service account needs nothing more
        try:
            yield
        finally:
            lock.release()

    def _require_own(self) -> None:
        if self.path.is_symlink():
            raise UsageError(f"{self.path} est un lien", remedy=self._remedy)

    def _make_folder(self) -> None:
        with suppress(OSError):  # whoever writes there will tell
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.parent.chmod(0o700)
