"""The ways to get tokens: browser, device, password with one-time code, service account, refresh.

Requests follow RFC 6749, 7636 (PKCE), 8252 (loopback), 8628 (device), 7009 (revocation). Nothing is
kept here; a refused password is never sent again.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from rorcli.access import Auth, is_safe
from rorcli.errors import StoreDeniedError, StoreUnavailableError, UsageError
from rorcli.login import Person, wording
from rorcli.login.identity import Identity, read_id_token
from rorcli.login.otp import fresh_code, read_seed
from rorcli.login.receiver import Receiver
from rorcli.login.secret import Secret, Secrets, is_token
from rorcli.login.wire import OAuthRefusal, Provider, Wire

BROWSER_S = 180
POLL_S, SLOWER_S = 5, 5
HOUR_S, YEAR_S = 3600, 366 * 86400
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
# `--method psc` goes straight to this broker of the portal, unless auth_params name another one.
PSC_ALIAS = "psc"


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a login gives; instants are seconds since 1970, 0 when unknown."""

    access: Secret
    refresh: Secret | None = None
    obtained_at: float = 0
    expires_at: float = 0
    identity: Identity = field(default_factory=Identity)


@dataclass(frozen=True, slots=True)
class Desk:
    """What each flow works with; `clock`, `tick` (monotonic) and `sleep` are the machine's."""

    auth: Auth
    wire: Wire
    provider: Provider
    person: Person
    held: Secrets
    clock: Callable[[], float] = time.time
    tick: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def ask(self, grant: str, nonce: str = "", **form: str) -> Tokens:
        """One request to the token endpoint."""
        return self.tokens(self.answer(grant, **form), nonce)

    def answer(self, grant: str, **form: str) -> dict[str, Any]:
        """The same, as it was answered."""
        fields = {"grant_type": grant, **{name: text for name, text in form.items() if text}}
        try:
            return self.wire.post_form(self.provider.token_endpoint, fields)
        except OAuthRefusal as refusal:
            raise self.wire.explain(refusal.error, refusal.description, grant) from None

    def tokens(self, found: dict[str, Any], nonce: str = "") -> Tokens:
        """The tokens of an answer, its ID token checked."""
        if not is_token(found.get("access_token")) or (
            str(found.get("token_type", "bearer")).lower() != "bearer"
        ):
            host = urlsplit(self.provider.token_endpoint).netloc
            raise wording.unavailable(host, "réponse sans jeton d'accès")
        now = self.clock()
        refresh, lifetime = found.get("refresh_token"), _seconds(found.get("expires_in"), 0, YEAR_S)
        return Tokens(
            access=Secret(found["access_token"]),
            refresh=Secret(str(refresh)) if refresh else None,
            obtained_at=now,
            expires_at=now + lifetime if lifetime else 0,
            identity=self._identity(found.get("id_token"), nonce),
        )

    def _identity(self, id_token: object, nonce: str) -> Identity:
        if not id_token:
            if nonce and "openid" in self.auth.scopes:
                raise wording.incoherent("sans jeton d'identité")
            return Identity()
        text = Secret(str(id_token)).reveal()
        issuer, keys = self.provider.issuer, lambda: self.wire.get_json(self.provider.jwks_uri)
        try:
            return read_id_token(text, self.auth, issuer, nonce, keys)
        except StoreDeniedError as refusal:
            raise self.wire.at_our_time(refusal) from None

    @property
    def scope(self) -> str:
        """The rights to ask for."""
        return " ".join(self.auth.scopes)


def browser(desk: Desk, door: str, *, opens: bool, wait_s: float = BROWSER_S) -> Tokens:
    """Authorization code with PKCE; `door` is psc, otp, password, or "" for the portal's choice."""
    if not desk.provider.authorization_endpoint:
        raise wording.explain(wording.Failure("unauthorized_client"), desk.auth)
    state, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    verifier, challenge = _pkce()
    with _listening(desk.auth, state) as receiver:
        url = add_params_to_uri(desk.provider.authorization_endpoint, [
            *_hints(desk.auth, door).items(),
            ("response_type", "code"), ("client_id", desk.auth.client_id),
            ("redirect_uri", receiver.uri), ("scope", desk.scope), ("state", state),
            ("nonce", nonce), *challenge.items(), ("ui_locales", "fr"),
        ])  # fmt: skip
        if not (opens and desk.person.browse(url)):
            desk.person.warn(f"Ouvrez cette adresse dans un navigateur de ce poste : {url}")
        else:
            desk.person.say("Connectez-vous dans le navigateur qui s'ouvre.")
        answer = receiver.wait(wait_s)
        redirect_uri = receiver.uri
    code = _code(answer, desk)
    return desk.ask("authorization_code", nonce, code=code.reveal(), redirect_uri=redirect_uri,
                    code_verifier=verifier.reveal())  # fmt: skip


def _pkce() -> tuple[Secret, dict[str, str]]:
    """A verifier, and what the first request tells of it (RFC 7636)."""
    verifier = Secret(secrets.token_urlsafe(64))
    challenge = create_s256_code_challenge(verifier.reveal())  # type: ignore[no-untyped-call]
    return verifier, {"code_challenge": challenge, "code_challenge_method": "S256"}


def _listening(auth: Auth, state: str) -> Receiver:
    try:
        return Receiver(auth.redirect_host, auth.redirect_port, state)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"le port {auth.redirect_port} de ce poste est pris, ou n'en est pas un",
            remedy="fermez l'autre connexion, ou changez redirect_port",
        ) from error


def _hints(auth: Auth, door: str) -> dict[str, str]:
    hints = dict(auth.auth_params)
    if door == "psc":
        hints.setdefault("kc_idp_hint", PSC_ALIAS)
    elif door:
        hints.pop("kc_idp_hint", None)
    return hints


def _code(answer: dict[str, str], desk: Desk) -> Secret:
    """The code of an answer whose state was checked; of the right issuer (RFC 9207)."""
    if not answer:
        raise wording.explain(wording.Failure("timeout"), desk.auth)
    issuer = answer.get("iss", "")
    if (issuer or desk.provider.authorization_response_iss_parameter_supported) and (
        not hmac.compare_digest(issuer.encode(), desk.provider.issuer.encode())
    ):
        raise wording.incoherent("émetteur")
    if error := answer.get("error"):
        description = answer.get("error_description", "")
        raise wording.explain(wording.Failure(error, description, "code"), desk.auth)
    return Secret(answer["code"])


def device(desk: Desk) -> Tokens:
    """A code typed on another device (RFC 8628)."""
    if not desk.provider.device_authorization_endpoint:
        raise wording.explain(wording.Failure("unauthorized_client"), desk.auth)
    # Keycloak wants PKCE here too, of a client for which it is mandatory; others pass over it.
    verifier, challenge = _pkce()
    form = {"scope": desk.scope, **challenge}
    try:
        found = desk.wire.post_form(desk.provider.device_authorization_endpoint, form)
    except OAuthRefusal as refusal:
        raise desk.wire.explain(refusal.error, refusal.description, DEVICE) from None
    url = str(found.get("verification_uri_complete") or found.get("verification_uri", ""))
    if not _is_of_issuer(url, desk.provider.issuer):
        desk.person.warn(
            "Attention : l'adresse qui suit n'est pas celle de votre serveur d'identité."
        )
    desk.person.warn(f"Sur un autre appareil, ouvrez {wording.tame(url)}")
    desk.person.warn(f"et vérifiez le code : {wording.tame(found.get('user_code', ''))}")
    code = Secret(str(found.get("device_code", ""))).reveal()
    form = {"grant_type": DEVICE, "device_code": code, "code_verifier": verifier.reveal()}
    return _polled(desk, form, found)


def _is_of_issuer(url: str, issuer: str) -> bool:
    if not is_safe(url):
        return False
    host, own = urlsplit(url).hostname or "", urlsplit(issuer).hostname or ""
    return host == own or host.endswith(f".{own}") or own.endswith(f".{host}")


def _polled(desk: Desk, form: dict[str, str], offer: dict[str, Any]) -> Tokens:
    wait = _seconds(offer.get("interval"), POLL_S, HOUR_S)
    until = desk.tick() + _seconds(offer.get("expires_in"), BROWSER_S, HOUR_S)
    while desk.tick() + wait < until:
        desk.sleep(wait)
        try:
            found = desk.wire.post_form(desk.provider.token_endpoint, form)
        except StoreUnavailableError:
            wait += SLOWER_S
        except OAuthRefusal as refusal:
            if refusal.error == "slow_down":
                wait += SLOWER_S
            elif refusal.error != "authorization_pending":
                raise desk.wire.explain(refusal.error, refusal.description, DEVICE) from None
        else:
            return desk.tokens(found)
    raise wording.explain(wording.Failure("expired_token"), desk.auth)


def _seconds(told: Any, usual: float, most: float) -> float:
    """A duration as a server tells it, up to `most`; `usual` when it tells none."""
    try:
        found = float(told)
    except (TypeError, ValueError, OverflowError):
        return usual
    return min(found, most) if found > 0 else usual  # not for NaN either


def password(desk: Desk) -> Tokens:
    """Password and one-time code in one request, sent once (Keycloak's direct grant)."""
    auth, held = desk.auth, desk.held
    login = desk.held.environment.get("RORCLI_LOGIN") or auth.login
    if not login and desk.person.can_ask:
        login = desk.person.ask_text("Identifiant", hidden=False)
    word = held.get("PASSWORD", auth.password, "Mot de passe")
    if not login or not word:
        raise wording.not_logged_in(held.store)
    code = _one_time_code(desk, login)
    form = {auth.otp_param: code.reveal()} if code else {}
    return desk.ask("password", username=login, password=word.reveal(), scope=desk.scope, **form)


def _one_time_code(desk: Desk, login: str) -> Secret | None:
    otp, held = desk.auth.otp, desk.held
    typed = held.get("OTP", question="Code à usage unique" if otp and not otp.seed else "")
    if typed or otp is None:
        return typed
    seed = held.get("TOTP_SEED", otp.seed)
    if seed is None:
        raise wording.explain(wording.Failure("otp_needed"), desk.auth)
    totp = read_seed(seed, otp)
    if totp.is_short:
        desk.person.warn("Votre clé TOTP a moins de 112 bits : demandez-en une plus longue.")
    return fresh_code(totp, desk.auth.issuer, login, desk.clock, desk.sleep)


def client(desk: Desk) -> Tokens:
    """A service account (client_credentials), by certificate, signed assertion or secret."""
    scopes = [scope for scope in desk.auth.scopes if scope != "openid"]  # which speaks of a person
    return desk.ask("client_credentials", scope=" ".join(scopes))


def refresh(desk: Desk, token: Secret) -> Tokens:
    """New tokens for a refresh token; without scope, which a server that granted less refuses."""
    # Who it is was said at the login: reading it again could fail, and lose the new token.
    answer = desk.answer("refresh_token", refresh_token=token.reveal())
    found = desk.tokens({**answer, "id_token": None})
    return found if found.refresh else replace(found, refresh=token)


def revoke(desk: Desk, token: Secret, hint: str) -> bool:
    """Whether the server took the revocation (RFC 7009)."""
    if not desk.provider.revocation_endpoint:
        return False
    try:
        desk.wire.post_form(desk.provider.revocation_endpoint,
                            {"token": token.reveal(), "token_type_hint": hint})  # fmt: skip
    except OAuthRefusal:
        return False
    return True
