"""Requests to an identity provider: what it publishes, and every answer that is not an answer told.

https only, no redirect, no netrc, certificates as the store's settings say, one look at its clock.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from authlib.common.urls import add_params_to_qs
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import private_key_jwt_sign
from urllib3.exceptions import HTTPError

from rorcli.access import Auth, SigningKey, is_safe
from rorcli.errors import RorcliError, UsageError
from rorcli.login import tls, wording
from rorcli.login.secret import Secret, Secrets, private_text
from rorcli.settings import StoreSettings

TIMEOUT_S = (5, 30)
LONGEST_S, MOST_BYTES = 60, 1024 * 1024
ASSERTION_S = 60
SKEW_S = 30
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_PROOFS = {"secret_basic": "client_secret_basic", "secret_post": "client_secret_post"}


@dataclass(frozen=True, slots=True)
class Provider:
    """What discovery says (OpenID Connect Discovery 1.0, RFC 8414); "" where it is silent."""

    issuer: str = ""
    authorization_endpoint: str = ""
    token_endpoint: str = ""
    device_authorization_endpoint: str = ""
    revocation_endpoint: str = ""
    jwks_uri: str = ""
    authorization_response_iss_parameter_supported: bool = False


class Answer(NamedTuple):
    """A status, and the JSON object of the body: {} without a body, None for anything else."""

    status: int
    document: dict[str, Any] | None

    @property
    def is_good(self) -> bool:
        """Whether the server did what it was asked."""
        return self.status < 400  # noqa: PLR2004 - HTTP's own


class Wire(tls.NoRedirects, OAuth2Session):
    """One login's connection to its identity provider.

    `skew_s` is how much the server's clock is ahead of ours, once it has answered.
    """

    def __init__(self, store: StoreSettings, auth: Auth, held: Secrets) -> None:
        super().__init__(auth.client_id, token_endpoint_auth_method="none")  # noqa: S106 - its word
        self.auth_settings, self.store, self.held = auth, store, held
        self.skew_s = 0
        self.trust_env = False  # neither netrc nor REQUESTS_CA_BUNDLE; proxies are given by call
        self.mount("https://", tls.Adapter(tls.context_of(store, held)))
        self.mount("http://", requests.adapters.HTTPAdapter(max_retries=tls.RETRIES))

    def exchange(self, method: str, url: str, auth: Any = None, **options: Any) -> Answer:
        """An answer below 300, or from 400 to 499 but 429; any other is raised.

        Raises:
            UsageError: Not https, or a redirect.
            StoreDeniedError: A certificate that we do not trust.
            StoreUnavailableError: No answer, one that never ends, 429, 5xx.
        """
        if not is_safe(url):
            raise wording.in_clear(url)
        host = urlsplit(url).netloc
        options |= {"timeout": TIMEOUT_S, "allow_redirects": False, "verify": True,
                    "proxies": tls.proxies_of(url), "stream": True}  # fmt: skip
        # `from None`: these exceptions hold the request, with its secrets.
        try:
            with self.request(method, url, withhold_token=True, auth=auth, **options) as found:
                self._look_at_clock(found)
                content = tls.content_of(found, MOST_BYTES, time.monotonic() + LONGEST_S)
        except requests.exceptions.SSLError as error:
            raise self._untrusted(host, str(error)) from None
        except requests.exceptions.RetryError:
            raise wording.unavailable(host, "plusieurs refus") from None
        except (requests.RequestException, HTTPError) as error:
            raise wording.unavailable(host, type(error).__name__) from None
        _require_final(found, host)
        return Answer(found.status_code, _document(content))

    def get_json(self, url: str) -> dict[str, Any]:
        """A document; UsageError when it is none."""
        answer = self.exchange("GET", url, headers={"Accept": "application/json"})
        if answer.is_good and answer.document is not None:
            return answer.document
        raise UsageError(
            f"le serveur d'identité {urlsplit(url).netloc} ne répond pas comme prévu "
            f"(HTTP {answer.status} à {wording.tame(urlsplit(url).path)})",
            remedy="vérifiez issuer",
        )

    def post_form(self, url: str, form: Mapping[str, str]) -> dict[str, Any]:
        """What an endpoint answers to a form, our proof of who we are added; {} to a body without.

        An OAuth error is raised as `wording.explain` has it, `OAuthRefusal` for those of a poll.
        """
        answer = self.exchange(
            "POST",
            url,
            data=dict(form),
            auth=self._proof(),
            headers={"Accept": "application/json"},
        )
        found = answer.document
        if found is None or (not answer.is_good and "error" not in found):
            raise wording.unavailable(urlsplit(url).netloc, f"HTTP {answer.status}")
        if "error" in found:
            raise OAuthRefusal(str(found["error"]), str(found.get("error_description", "")))
        return found

    def discover(self) -> Provider:
        """The provider's addresses, of the issuer that the settings name and none other."""
        auth = self.auth_settings
        if auth.token_endpoint and not auth.issuer:
            return Provider(token_endpoint=auth.token_endpoint)
        usual = f"{auth.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = self.get_json(auth.discovery_url or usual)
        if found.get("issuer") != auth.issuer:
            raise UsageError(
                f"le serveur d'identité de « {urlsplit(auth.issuer).netloc} » ne répond pas comme "
                f"prévu (émetteur attendu {auth.issuer}, reçu {wording.tame(found.get('issuer'))})",
                remedy="vérifiez issuer",
            )
        if auth.token_endpoint:
            found["token_endpoint"] = auth.token_endpoint
        elif auth.client_auth == "mtls" and isinstance(
            aliases := found.get("mtls_endpoint_aliases"), dict
        ):  # RFC 8705, 5
            found = {**found, **aliases, "issuer": auth.issuer}
        known = {name: found[name] for name in Provider.__dataclass_fields__ if found.get(name)}
        for name, value in known.items():
            if name.endswith(("_endpoint", "_uri")) and not is_safe(str(value)):
                raise wording.in_clear(str(value))
        return Provider(**known)

    def _proof(self) -> Any:
        """How the client says who it is at an endpoint (RFC 6749 2.3, RFC 7523, RFC 8705)."""
        auth = self.auth_settings
        if auth.client_auth in _PROOFS:
            secret = self.held.get("CLIENT_SECRET", auth.client_secret)
            if secret is None:
                raise UsageError("le secret du client manque",
                                 remedy="dites où il est : client_secret")  # fmt: skip
            self.client_secret = secret.reveal()
        elif auth.client_auth == "private_key_jwt":
            return self.client_auth(self._assertion)
        return self.client_auth(_PROOFS.get(auth.client_auth, "none"))

    def _assertion(self, client: Any, method: str, uri: str, headers: Any, body: Any) -> Any:  # noqa: ARG002 - Authlib's
        """As Authlib's PrivateKeyJWT, but for a minute instead of an hour, to our audience."""
        auth, key = self.auth_settings, self.auth_settings.key or SigningKey()
        audience = uri if auth.assertion_audience == "token_endpoint" else auth.issuer or uri
        signed = private_key_jwt_sign(
            self._imported(key), client_id=auth.client_id, token_endpoint=audience, alg=key.alg,
            header={"kid": key.kid} if key.kid else {}, expires_in=ASSERTION_S,
        )  # fmt: skip
        pairs = [("client_assertion_type", ASSERTION_TYPE), ("client_id", auth.client_id),
                 ("client_assertion", Secret(signed).reveal())]  # fmt: skip
        return uri, headers, add_params_to_qs(body or "", pairs)

    def _imported(self, key: SigningKey) -> Any:
        from joserfc import jwk
        from joserfc.errors import JoseError

        phrase = self.held.get("KEY_PASSPHRASE", key.passphrase)
        text = Secret(private_text(Path(key.file))).reveal()
        kind: Any = jwk.ECKey if key.alg.startswith("ES") else jwk.RSAKey
        try:
            return kind.import_key(text, password=phrase.reveal() if phrase else None)
        except (ValueError, TypeError, JoseError):
            raise UsageError(f"{key.file} : clé ou mot de passe incorrect") from None

    def _untrusted(self, host: str, said: str) -> RorcliError:
        if "CERTIFICATE_VERIFY_FAILED" in said:
            return wording.unknown_authority(host)
        return self.explain("invalid_client", "", "")

    def explain(self, error: str, description: str, grant: str) -> RorcliError:
        """What an OAuth error means for whoever logs in."""
        certificate = ""
        if error == "invalid_client" and self.auth_settings.client_auth == "mtls":
            certificate = str(tls.certificate_of(self.store, self.held) or "")
        failure = wording.Failure(error, description, grant, certificate)
        found = wording.explain(failure, self.auth_settings)
        # A one-time code and a signed assertion are only good at their time.
        is_timed = grant == "password" or self.auth_settings.client_auth == "private_key_jwt"
        return self.at_our_time(found) if is_timed else found

    def at_our_time(self, refusal: RorcliError) -> RorcliError:
        """A refusal with another remedy when our clock may well be its reason."""
        if abs(self.skew_s) > SKEW_S:
            refusal.remedy = wording.skewed(self.skew_s)
        return refusal

    def _look_at_clock(self, answer: requests.Response) -> None:
        with suppress(KeyError, ValueError, TypeError, OverflowError):
            told = parsedate_to_datetime(answer.headers["Date"]).timestamp()
            self.skew_s = round(told - time.time())


class OAuthRefusal(Exception):  # noqa: N818 - a word of the protocol, not a failure
    """An OAuth error as it came; the flow knows what it means."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error, self.description = error, description


def _document(content: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(content) if content else {}
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _require_final(answer: requests.Response, host: str) -> None:
    status = answer.status_code
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP's own
        location = answer.headers.get("Location", "")
        target = (urlsplit(location).netloc if is_safe(location) else "") or "?"
        raise UsageError(
            f"le serveur d'identité {host} renvoie vers {wording.tame(target)} : renvoi refusé",
            remedy="vérifiez issuer",
        )
    if status == 429 or status >= 500:  # noqa: PLR2004 - HTTP's own
        raise wording.unavailable(host, f"HTTP {status}")
