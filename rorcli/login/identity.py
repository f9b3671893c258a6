"""Who an ID token speaks of, once its signature and its claims are checked; for display only."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rorcli.access import Auth
from rorcli.login.wording import incoherent, tame

# Never what the token itself says: `none`, or HS256 with the public key, would let anybody sign.
ALGORITHMS = ["RS256", "PS256", "ES256"]
LEEWAY_S = 30


@dataclass(frozen=True, slots=True)
class Identity:
    """The person, as the portal names them: all that we show, nothing else is kept."""

    name: str = ""
    subject: str = ""
    organisation: str = ""


def read_id_token(
    text: str, auth: Auth, issuer: str, nonce: str, keys: Callable[[], dict[str, Any]]
) -> Identity:
    """Who logged in; `keys` fetches the provider's JWKS. StoreDeniedError for any doubt."""
    from joserfc.errors import JoseError

    try:
        claims = _verified(text, keys)
        _check(claims, auth, issuer, nonce)
    except (JoseError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise incoherent(f"jeton d'identité : {type(error).__name__}") from None
    return identity_of(claims)


def identity_of(claims: dict[str, Any]) -> Identity:
    """The three claims that we show (Pro Santé Connect's first)."""
    whole = f"{claims.get('given_name', '')} {claims.get('family_name', '')}".strip()
    return Identity(
        name=tame(whole or claims.get("name") or ""),
        subject=tame(claims.get("SubjectNameID") or claims.get("preferred_username") or ""),
        organisation=tame(claims.get("SubjectOrganization") or ""),
    )


def _verified(text: str, keys: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    from joserfc import jwt
    from joserfc.errors import InvalidKeyIdError

    try:
        return jwt.decode(text, _key_set(keys()), algorithms=ALGORITHMS).claims
    except InvalidKeyIdError:  # the provider may just have changed its keys
        return jwt.decode(text, _key_set(keys()), algorithms=ALGORITHMS).claims


def _key_set(published: dict[str, Any]) -> Any:
    """The keys of a JWKS that we can use: those of kinds to come are passed over (RFC 7517, 5)."""
    from joserfc import jwk
    from joserfc.errors import JoseError

    found: list[Any] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a key that is short is the provider's affair
        for each in published["keys"]:
            with suppress(JoseError, ValueError, TypeError, LookupError):
                found.append(jwk.import_key(each))
    return jwk.KeySet(found)


def _check(claims: dict[str, Any], auth: Auth, issuer: str, nonce: str) -> None:
    """OpenID Connect Core 3.1.3.7."""
    from joserfc import jwt

    registry = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_S,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": auth.client_id},
        exp={"essential": True},
        iat={"essential": True},
    )
    registry.validate(claims)
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if claims.get("azp", auth.client_id) != auth.client_id or (
        len(audiences) > 1 and "azp" not in claims
    ):
        raise ValueError("azp")
    if nonce and claims.get("nonce") != nonce:
        raise ValueError("nonce")
    demanded = auth.auth_params.get("acr_values", "").split()
    if demanded and claims.get("acr") not in demanded:
        raise ValueError("acr")
