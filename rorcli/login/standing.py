"""Who we are for a store, without asking anybody or anything: what `whoami` looks at.

A token of the environment goes before the kept session, which goes before an account of the
settings. A store without `auth`, and an embedded one, is anonymous.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rorcli.access import Auth
from rorcli.errors import UsageError
from rorcli.login.secret import Secret, is_token, private_text
from rorcli.login.vault import Record, Vault
from rorcli.settings import StoreSettings

VARIABLES = ("RORCLI_TOKEN", "RORCLI_TOKEN_FILE")


@dataclass(frozen=True, slots=True)
class Standing:
    """What `whoami` tells: `source` is anonymous, environment, session, account, ended or none."""

    source: str
    record: Record = field(default_factory=Record)
    variable: str = ""


def needs_login(store: StoreSettings) -> bool:
    """Whether the store wants to know who we are."""
    return store.auth is not None and not store.url.startswith("sqlite:")


def standing(store: StoreSettings, environment: Mapping[str, str] = os.environ) -> Standing:
    """Who we are for a store, without asking anybody."""
    if not needs_login(store):
        return Standing("anonymous")
    if variable := next((name for name in VARIABLES if environment.get(name)), ""):
        return Standing("environment", variable=variable)
    record = Vault(store).read()
    has_ended = 0 < record.expires_at < time.time() and not record.has_refresh
    if record.is_open and not has_ended:
        return Standing("session", record)
    if store.auth and is_unattended(store.auth, environment):
        return Standing("account")
    return Standing("ended" if record.is_open else "none", record)


def is_unattended(auth: Auth, environment: Mapping[str, str]) -> bool:
    """Whether a login needs nobody: a service account, or a password and a seed that are kept."""
    if auth.method != "password":
        return auth.method == "client"
    held = {"PASSWORD": auth.password} | ({"TOTP_SEED": auth.otp.seed} if auth.otp else {})
    return all(
        (place and place.kind != "prompt")
        or environment.get(f"RORCLI_{name}")
        or environment.get(f"RORCLI_{name}_FILE")
        for name, place in held.items()
    )


def given_token(store: StoreSettings) -> str:
    """The token of the environment, for a store that has a login."""
    found = standing(store)
    if found.source != "environment":
        return ""
    text = os.environ.get(VARIABLES[0]) or private_text(Path(os.environ[VARIABLES[1]]))
    require_token(text.strip(), found.variable, f"donnez un jeton par {found.variable}")
    return Secret(text.strip()).reveal()


def require_token(text: str, place: str, remedy: str) -> None:
    """UsageError for what is no token."""
    if not is_token(text):
        raise UsageError(f"{place} ne donne pas de jeton", remedy=remedy)


def expiry_of(token: str) -> float:
    """When a JWT says that it ends, unverified, for display; 0 for anything else."""
    import base64
    import json

    try:
        middle = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return float(claims["exp"])
    except (IndexError, ValueError, KeyError, TypeError):
        return 0
