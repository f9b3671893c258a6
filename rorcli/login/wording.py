"""What an identity provider answers, said in French with what to do next."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from rorcli.access import Auth
from rorcli.errors import RorcliError, StoreDeniedError, StoreUnavailableError, UsageError
from rorcli.login.secret import redacted

LONGEST = 300
# Control characters and bidirectional overrides: a server's text must not act on a terminal.
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
LOGIN = "rorcli login"
INCOHERENT = "réponse d'authentification incohérente : connexion abandonnée par sécurité"


class SessionEndedError(StoreDeniedError):
    """A refresh token that the provider no longer takes: what is kept is worth nothing."""


class PasswordRefusedError(StoreDeniedError):
    """A login, password or code that is wrong, as far as the provider says."""


class Failure(NamedTuple):
    """What went wrong: OAuth's `error` and `description`, the grant asked for, our certificate."""

    error: str
    description: str = ""
    grant: str = ""
    certificate: str = ""


def tame(text: object) -> str:
    """A text of a server as one short line without secrets and control characters."""
    return redacted(" ".join(_UNSHOWN.sub(" ", str(text)).split()))[:LONGEST]


def incoherent(what: str) -> StoreDeniedError:
    """An answer that does not belong to what we asked."""
    return StoreDeniedError(
        f"{INCOHERENT} ({what})",
        remedy="recommencez ; si cela persiste, prévenez le support",
    )


def unavailable(host: str, reason: str) -> StoreUnavailableError:
    """No answer, or none that means anything."""
    return StoreUnavailableError(
        f"serveur d'identité {host} indisponible ({reason})",
        remedy="voyez la météo des services, puis réessayez plus tard",
    )


def unknown_authority(host: str) -> StoreDeniedError:
    """A server whose certificate we cannot trust."""
    return StoreDeniedError(
        f"certificat du serveur non reconnu pour {host}",
        remedy="renseignez ca dans la section du store (racines IGC-Santé)",
    )


def in_clear(url: str) -> UsageError:
    """An address that is not https."""
    return UsageError(f"adresse non chiffrée refusée : {tame(url)}", remedy="utilisez https")


def not_logged_in(store: str) -> StoreDeniedError:
    """No token, and nobody to ask for one."""
    return StoreDeniedError(
        f"non connecté (annuaire « {store} »)",
        remedy=f"lancez {LOGIN}, ou fournissez RORCLI_TOKEN pour un script",
    )


def session_ended() -> SessionEndedError:
    """A session that cannot be renewed."""
    return SessionEndedError("session expirée", remedy=f"reconnectez-vous avec {LOGIN}")


def skewed(seconds: int) -> str:
    """What a clock that is wrong does to one-time codes, and to what bears a date."""
    return (f"l'horloge de ce poste a {abs(seconds)} s d'écart avec le serveur : les codes à usage "
            "unique et les jetons seront refusés ; réglez-la")  # fmt: skip


def refused_by_store() -> StoreDeniedError:
    """401 again, with a fresh token."""
    return StoreDeniedError(
        "jeton refusé par l'annuaire",
        remedy="vérifiez l'environnement (bac à sable ou production) de l'annuaire choisi",
    )


def explain(failure: Failure, auth: Auth) -> RorcliError:
    """The error of the program for an error of OAuth (RFC 6749 5.2, RFC 8628 3.5)."""
    for codes, description, said in _BY_CODE:
        if failure.error in codes and re.search(description, failure.description, re.IGNORECASE):
            return said(failure, auth)
    if plain := _PLAIN.get(failure.error):
        return StoreDeniedError(plain[0], remedy=plain[1])
    told = f" : {tame(failure.description)}" if failure.description else ""
    return StoreDeniedError(
        f"connexion refusée par le serveur d'identité ({tame(failure.error)}{told})"
    )


_PLAIN: Mapping[str, tuple[str, str]] = {
    "access_denied": ("connexion refusée sur le portail ou le téléphone. Rien n'a été modifié", ""),
    "expired_token": ("demande expirée sans validation", "recommencez"),
    "timeout": ("aucune réponse du navigateur en 3 minutes",
                "recommencez, ou essayez --method device"),
    "otp_needed": ("un code à usage unique est demandé",
                   "par SMS ou courriel, utilisez la connexion par navigateur"),
}  # fmt: skip


def _grant_refused(failure: Failure, auth: Auth) -> StoreDeniedError:  # noqa: ARG001 - as the table calls it
    if failure.grant == "refresh_token":
        return session_ended()
    if failure.grant != "password":
        return incoherent("code refusé")
    if re.search(r"\b(otp|totp)\b", failure.description, re.IGNORECASE):
        return StoreDeniedError(_PLAIN["otp_needed"][0], remedy=_PLAIN["otp_needed"][1])
    if "disabled" in failure.description.lower():
        return StoreDeniedError("ce compte est désactivé", remedy="adressez-vous à votre portail")
    return PasswordRefusedError(
        "identifiant, mot de passe ou code refusé (ou compte temporairement bloqué). "
        "Aucun nouvel essai n'est fait automatiquement",
        remedy="si un code par SMS ou courriel est demandé, utilisez la connexion par navigateur",
    )


def _client_refused(failure: Failure, auth: Auth) -> StoreDeniedError:
    if auth.client_auth == "mtls":
        about = f" ({failure.certificate})" if failure.certificate else ""
        return StoreDeniedError(
            f"certificat absent, expiré ou non associé à « {auth.client_id} »{about}",
            remedy="vérifiez cert, ou pkcs12, et l'enregistrement du client",
        )
    return StoreDeniedError(
        f"le client « {auth.client_id} » n'est pas reconnu par le serveur d'identité",
        remedy="vérifiez client_id, et sa clé ou son secret",
    )


def _not_open(failure: Failure, auth: Auth) -> UsageError:  # noqa: ARG001 - same
    return UsageError(
        f"ce mode de connexion n'est pas ouvert pour « {auth.client_id} »",
        remedy="demandez son activation au GRADeS, ou choisissez --method browser",
    )


def _scope_refused(failure: Failure, auth: Auth) -> StoreDeniedError:  # noqa: ARG001 - same
    return StoreDeniedError(
        f"droits demandés refusés : {' '.join(auth.scopes)}",
        remedy="vérifiez scopes dans vos réglages",
    )


# Errors, what their description holds, what is said. Keycloak calls a wrong secret
# `unauthorized_client`, as it does a flow that is closed for a client.
_BY_CODE: tuple[tuple[set[str], str, Callable[[Failure, Auth], RorcliError]], ...] = (
    ({"invalid_grant"}, "", _grant_refused),
    ({"invalid_client"}, "", _client_refused),
    ({"unauthorized_client"}, "credential", _client_refused),
    ({"unauthorized_client", "unsupported_grant_type"}, "", _not_open),
    ({"invalid_request"}, "grant|device", _not_open),
    ({"invalid_scope"}, "", _scope_refused),
)
