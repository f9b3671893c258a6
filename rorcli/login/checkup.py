"""What `doctor` looks at in a login: discovery, TLS, clocks, certificate; nobody logs in for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rorcli.login import Person, wording
from rorcli.login.secret import why_not_private
from rorcli.login.sessions import open_desk
from rorcli.login.standing import standing
from rorcli.login.tls import certificate_of
from rorcli.login.wire import SKEW_S
from rorcli.settings import StoreSettings


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was found; `clock_skew_s`: how much the provider's clock is ahead of ours."""

    issuer: str
    source: str
    clock_skew_s: int
    certificate: str
    warnings: tuple[str, ...]


def examine(store: StoreSettings, person: Person, now: datetime, told_in: Path) -> Checkup:
    """The login of a store that the file `told_in` describes.

    Errors as a login's, none of them for being logged out.
    """
    desk = open_desk(store, person)
    certificate, skew = certificate_of(store, desk.held), desk.wire.skew_s
    # No secret lies there, but whoever may write it chooses servers and commands.
    warnings = [fault] if (fault := why_not_private(told_in)) else []
    if abs(skew) > SKEW_S:
        warnings.append(wording.skewed(skew))
    if certificate and certificate.ends_soon(now):
        warnings.append(f"le certificat finit bientôt ({certificate})")
    return Checkup(desk.auth.issuer, standing(store).source, skew, str(certificate or ""),
                   tuple(warnings))  # fmt: skip
