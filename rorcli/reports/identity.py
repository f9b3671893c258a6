"""How a login is told: who, how, until when, where it is kept. Never a token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from rorcli.login.standing import Standing
from rorcli.reports import Line
from rorcli.settings import StoreSettings, redacted

METHODS: Mapping[str, str] = {
    "browser": "navigateur",
    "psc": "Pro Santé Connect",
    "otp": "portail, code à usage unique",
    "password": "identifiant et mot de passe",
    "device": "autre appareil",
    "token": "jeton fourni",
    "client": "compte de service",
}
PLACES: Mapping[str, str] = {
    "keyring": "trousseau du système",
    "file": "fichier lisible de vous seul",
    "": "nulle part : redemandée à chaque commande",
}


def anonymous(store: StoreSettings) -> str:
    """Why a store asks for no login."""
    if store.url.startswith("sqlite:"):
        return "aucune connexion nécessaire"
    return "accès anonyme : aucune connexion n'est réglée pour cet annuaire"


def render_identity(store: StoreSettings, standing: Standing) -> Iterator[Line]:
    """What `whoami` tells a person."""
    record = standing.record
    yield f"annuaire : {store.name or redacted(store.url)}"
    match standing.source:
        case "anonymous":
            yield anonymous(store)
        case "environment":
            yield f"jeton de {standing.variable}"
        case "account":
            yield "compte réglé pour cet annuaire : un jeton est demandé à chaque commande"
        case "session":
            yield f"connecté : {', '.join(filter(None, record.identity.values())) or 'nom inconnu'}"
            yield f"par : {METHODS.get(record.method, record.method)}"
            yield f"jeton jusqu'au : {_until(record.expires_at)}{_renewed(record.has_refresh)}"
            yield f"gardée dans : {PLACES[record.storage]}"
        case "ended":
            yield "session expirée : rorcli login"
        case _:
            yield "non connecté : rorcli login"


def identity_data(store: StoreSettings, standing: Standing) -> dict[str, Any]:
    """The same for a program."""
    record = standing.record
    return {
        "store": store.name,
        "source": standing.source,
        "variable": standing.variable,
        "method": record.method,
        "name": record.identity.get("name", ""),
        "subject": record.identity.get("subject", ""),
        "organisation": record.identity.get("organisation", ""),
        "expires_at": _instant(record.expires_at),
        "renewable": record.has_refresh,
        "storage": record.storage,
    }


def _instant(seconds: float) -> str | None:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat() if seconds else None


def _until(seconds: float) -> str:
    if not seconds:
        return "durée inconnue"
    return f"{datetime.fromtimestamp(seconds).astimezone():%d/%m/%Y %H:%M}"


def _renewed(is_renewable: bool) -> str:  # noqa: FBT001 - private
    return ", puis renouvelé sans vous" if is_renewable else ""
