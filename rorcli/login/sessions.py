"""The use cases of a login: sign in, sign out, renew, and the token that goes with a call.

A token comes from RORCLI_TOKEN, RORCLI_TOKEN_FILE, the kept session (refreshed when it is due),
then a method that needs nobody.
"""

from __future__ import annotations

import os
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from rorcli.access import Auth
from rorcli.errors import RorcliError, StoreDeniedError, UsageError
from rorcli.login import Nobody, Person, TokenSource
from rorcli.login.standing import (
    VARIABLES,
    expiry_of,
    given_token,
    is_unattended,
    needs_login,
    require_token,
)
from rorcli.login.vault import Record, Vault
from rorcli.settings import StoreSettings, redacted

if TYPE_CHECKING:
    from rorcli.login.flows import Desk, Tokens

DOORS = ("psc", "otp", "password")
# Refresh when less than this is left, or a tenth of the lifetime if that is less: a token of 60 s
# must not always be late.
EARLY_S, EARLY_PART = 60, 0.1
MOST_FAILURES = 2
ONE_FACTOR = (
    "Mot de passe et clé TOTP gardés ensemble ne font plus qu'un facteur : préférez un compte de "
    "service."
)


def token_source(store: StoreSettings, person: Person | None = None) -> TokenSource | None:
    """What gives the tokens for a store; None for an anonymous one. Asks nothing of anybody yet."""
    return _Tokens(store, person or Nobody()) if needs_login(store) else None


class _Tokens:
    """The token of a run, for several threads: one asks for another, the others take it too."""

    def __init__(self, store: StoreSettings, person: Person) -> None:
        self._store, self._person = store, person
        self._vault = Vault(store)
        self._now: Tokens | None = None
        self._replaced = ""  # the token that took the place of a refused one
        self._denied: StoreDeniedError | None = None
        self._lock = Lock()

    def token(self, refused: str | None = None) -> str:
        """As the Protocol says."""
        with self._lock:
            given = given_token(self._store)
            if refused is not None and refused in (given, self._replaced):
                from rorcli.login.wording import refused_by_store

                raise refused_by_store()
            return given or self._valid(refused)

    def _valid(self, refused: str | None) -> str:
        now = self._now
        if now is None or now.access.reveal() == refused or _is_due(now):
            if self._denied:  # once a run, however many ask: an account is soon locked
                raise self._denied
            try:
                now = self._now = self._another(refused)
            except StoreDeniedError as error:
                self._denied = error
                raise
            if refused is not None:
                self._replaced = now.access.reveal()
        return now.access.reveal()

    def _another(self, refused: str | None) -> Tokens:
        with self._vault.locked():
            # Read after the lock: another run may just have refreshed.
            record = self._vault.read()
            kept = self._kept(record)
            if kept and kept.access.reveal() != refused and not _is_due(kept):
                return kept
            if kept and kept.refresh:
                return _refreshed(self._store, self._person, self._vault, record, kept)
            if self._store.auth and is_unattended(self._store.auth, os.environ):
                return _unattended(self._store, self._person, self._vault, record)
        from rorcli.login.wording import not_logged_in, session_ended

        raise session_ended() if record.is_open else not_logged_in(self._store.name)

    def _kept(self, record: Record) -> Tokens | None:
        from rorcli.login.flows import Tokens

        held = self._vault.tokens(record) if record.is_open else None
        return Tokens(*held, record.obtained_at, record.expires_at) if held else None


def sign_in(
    store: StoreSettings, person: Person, method: str = "", *, opens_browser: bool = True
) -> Record:
    """Logs in, keeps the session, says who it is. `method` is of the settings unless given.

    Raises:
        UsageError: Settings, a variable that would win over the session, nobody to answer.
        StoreDeniedError: The provider said no, or its answer is not to be trusted.
        StoreUnavailableError: The provider does not answer.
    """
    auth = _auth_of(store)
    vault = Vault(store)
    chosen, door = _method(auth, method)
    if chosen == "browser" and opens_browser and not person.can_ask:
        from rorcli.login.wording import not_logged_in

        raise not_logged_in(store.name)
    desk = open_desk(store, person)
    _warn_of_certificate(store, desk)
    tokens = _obtained(desk, chosen, door, opens_browser=opens_browser)
    with vault.locked():
        record = _record(tokens, door or chosen)
        # A service account asks for a new token at each run: nothing to keep, nothing to steal.
        return record if chosen == "client" else vault.keep(record, tokens.access, tokens.refresh)


def _warn_of_certificate(store: StoreSettings, desk: Desk) -> None:
    from rorcli.login.tls import certificate_of

    certificate = certificate_of(store, desk.held)
    if certificate and certificate.ends_soon(datetime.fromtimestamp(desk.clock(), UTC)):
        desk.person.warn(f"Votre certificat finit bientôt ({certificate}).")


def _obtained(desk: Desk, flow: str, door: str, *, opens_browser: bool) -> Tokens:
    from rorcli.login import flows

    match flow:
        case "device":
            return flows.device(desk)
        case "client":
            return flows.client(desk)
        case "password":
            if desk.auth.otp and is_unattended(desk.auth, os.environ):
                desk.person.warn(ONE_FACTOR)
            return flows.password(desk)
        case _:
            return flows.browser(desk, door, opens=opens_browser)


def take_token(store: StoreSettings, text: str) -> Record:
    """Keeps a token that the person brings; UsageError when there is none."""
    from rorcli.login.flows import Tokens
    from rorcli.login.secret import Secret

    _auth_of(store)
    require_token(text, "l'entrée standard", "rorcli login --with-token < jeton.txt")
    tokens = Tokens(Secret(text), obtained_at=time.time(), expires_at=expiry_of(text))
    vault = Vault(store)
    with vault.locked():
        record = _record(tokens, "token")
        return vault.keep(record, tokens.access, None)


def renew(store: StoreSettings, person: Person) -> Record:
    """Refreshes the kept session now; StoreDeniedError when there is none that can be."""
    _auth_of(store)
    source = _Tokens(store, person)
    kept = source._kept(Vault(store).read())  # noqa: SLF001 - ours
    source.token(refused=kept.access.reveal() if kept else None)
    return Vault(store).read()


def sign_out(store: StoreSettings, person: Person) -> tuple[bool, bool]:
    """Revokes and deletes; (whether there was a session, whether the provider confirmed).

    The session is deleted whatever the provider answers.
    """
    vault = Vault(store)
    with vault.locked():
        try:
            record = vault.read()
            held = vault.tokens(record) if record.is_open else None
            return record.is_open, held is not None and _revoked(store, person, *held)
        except RorcliError:  # not confirmed, or one that is not to be read: it is forgotten too
            return True, False
        finally:
            vault.forget()


def open_desk(store: StoreSettings, person: Person) -> Desk:
    """What a flow works with, the provider discovered."""
    from rorcli.login.flows import Desk
    from rorcli.login.secret import Secrets
    from rorcli.login.wire import Wire

    auth = store.auth
    assert auth is not None  # noqa: S101 - callers have asked needs_login
    held = Secrets(store.name, person)
    wire = Wire(store, auth, held)
    return Desk(auth, wire, wire.discover(), person, held)


def _auth_of(store: StoreSettings) -> Auth:
    taken = next((name for name in VARIABLES if os.environ.get(name)), "")
    if taken:
        raise UsageError(f"{taken} est défini et l'emporterait sur cette connexion",
                         remedy=f"retirez {taken} de l'environnement")  # fmt: skip
    if store.auth is None:
        raise UsageError(
            f"l'annuaire « {store.name or redacted(store.url)} » n'a pas de connexion réglée",
            remedy=f"donnez auth sous [store.{store.name or 'NOM'}] dans vos réglages",
        )
    return store.auth


def _method(auth: Auth, asked: str) -> tuple[str, str]:
    """(the flow, the door of the portal) for what is asked, or else set.

    `password` means the portal's page, unless the settings open the last resort: in the terminal.
    """
    chosen = asked or auth.method
    if chosen == "token":
        raise UsageError("cet annuaire se lit avec un jeton que vous fournissez",
                         remedy="rorcli login --with-token, ou RORCLI_TOKEN")  # fmt: skip
    if chosen == "client" and auth.client_auth == "none":
        raise UsageError("aucun compte de service n'est réglé", remedy="réglez client_auth")
    if chosen in DOORS and not (chosen == "password" and auth.method == "password"):
        return "browser", chosen
    return chosen, ""


def _unattended(store: StoreSettings, person: Person, vault: Vault, record: Record) -> Tokens:
    """Tokens of an account; those of a password are kept: the next code is half a minute away."""
    from rorcli.login import flows
    from rorcli.login.wording import PasswordRefusedError

    desk = open_desk(store, person)
    if desk.auth.method == "client":
        return flows.client(desk)
    if record.failures >= MOST_FAILURES:
        raise StoreDeniedError("le mot de passe réglé a été refusé deux fois : plus aucun essai",
                               remedy="corrigez-le, puis rorcli login")  # fmt: skip
    try:
        tokens = flows.password(desk)
    except PasswordRefusedError:
        vault.write(replace(vault.read(), failures=record.failures + 1))
        raise
    kept = _record(tokens, "password")
    vault.keep(kept, tokens.access, tokens.refresh)
    return tokens


def _refreshed(
    store: StoreSettings, person: Person, vault: Vault, record: Record, kept: Tokens
) -> Tokens:
    """New tokens, kept before they are used: the former refresh token may be dead already."""
    from rorcli.login import flows
    from rorcli.login.wording import SessionEndedError

    assert kept.refresh is not None  # noqa: S101 - the caller looked
    try:
        tokens = flows.refresh(open_desk(store, person), kept.refresh)
    except SessionEndedError:
        vault.forget()
        raise
    vault.keep(replace(record, obtained_at=tokens.obtained_at, expires_at=tokens.expires_at),
               tokens.access, tokens.refresh)  # fmt: skip
    return tokens


def _revoked(store: StoreSettings, person: Person, access: Any, refresh: Any) -> bool:
    from rorcli.login import flows

    desk = open_desk(store, person)
    return flows.revoke(desk, refresh or access, "refresh_token" if refresh else "access_token")


def _record(tokens: Tokens, method: str) -> Record:
    return Record(method, asdict(tokens.identity), "", tokens.obtained_at, tokens.expires_at,
                  tokens.refresh is not None)  # fmt: skip


def _is_due(tokens: Tokens) -> bool:
    if not tokens.expires_at:
        return False
    lifetime = tokens.expires_at - tokens.obtained_at
    return tokens.expires_at - time.time() < min(EARLY_S, EARLY_PART * lifetime)
