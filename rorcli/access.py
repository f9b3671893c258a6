"""How a store is reached: the keys of `[store.NAME]` and of its `auth` table, checked and decoded.

One table of keys a level, from which the published JSON Schema is written too
(`tools/build_settings_schema.py`). A secret is always a reference, never a value.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

Kind = Literal[
    "text", "address", "path", "flag", "count", "texts", "pairs", "choice", "secret", "table"
]
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
SECRET_KINDS = ("env", "file", "keyring", "command", "prompt")
# What a flow sets itself: from a settings file these would break it, or undo its safety.
RESERVED = frozenset({
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "response_mode", "request", "request_uri",
})  # fmt: skip


class Key(NamedTuple):
    """A key of a table: what it holds, what it is for, its words (choice) or own keys (table)."""

    kind: Kind
    title: str
    words: tuple[str, ...] = ()
    keys: Mapping[str, Key] = {}


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a secret lies: `kind` is one of SECRET_KINDS, `place` its name, path or command."""

    kind: str
    place: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Otp:
    """Where a one-time code comes from, `prompt` or `seed`, and what the seed is (RFC 6238)."""

    source: str = "prompt"
    seed: Reference | None = None
    digits: int = 6
    period: int = 30
    algorithm: str = "SHA1"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key in PEM that signs `private_key_jwt`, its identifier and its algorithm."""

    file: str = ""
    kid: str = ""
    alg: str = "RS256"
    passphrase: Reference | None = None


@dataclass(frozen=True, slots=True)
class Auth:
    """The `auth` table. Addresses are https (or loopback); "" where the file is silent."""

    method: str = "browser"
    issuer: str = ""
    discovery_url: str = ""
    token_endpoint: str = ""
    client_id: str = ""
    client_auth: str = "none"
    scopes: tuple[str, ...] = ("openid",)
    auth_params: Mapping[str, str] = field(default_factory=dict)
    redirect_host: str = "127.0.0.1"
    redirect_port: int = 0
    login: str = ""
    password: Reference | None = None
    otp: Otp | None = None
    otp_param: str = "totp"
    client_secret: Reference | None = None
    key: SigningKey | None = None
    assertion_audience: str = "issuer"
    storage: str = "auto"


_OTP = {
    "from": Key("choice", "Saisi à la demande, ou calculé d'une clé", ("prompt", "seed")),
    "seed": Key("secret", "La clé (base32 ou otpauth://)"),
    "digits": Key("count", "Nombre de chiffres du code"),
    "period": Key("count", "Durée d'un code, en secondes"),
    "algorithm": Key("choice", "Algorithme du code", ("SHA1", "SHA256", "SHA512")),
}
_SIGNING = {
    "file": Key("path", "La clé privée, en PEM"),
    "kid": Key("text", "Identifiant de la clé"),
    "alg": Key("choice", "Algorithme de signature", ("RS256", "PS256", "ES256")),
    "passphrase": Key("secret", "Mot de passe de la clé"),
}
AUTH: Mapping[str, Key] = {
    "method": Key("choice", "Façon de se connecter",
                  ("browser", "device", "password", "client", "token")),
    "issuer": Key("address", "Émetteur : l'adresse du serveur d'identité"),
    "discovery_url": Key("address", "Adresse du document de découverte, si elle n'est pas usuelle"),
    "token_endpoint": Key("address", "Adresse des jetons, sans découverte (method = client)"),
    "client_id": Key("text", "Nom de rorcli, ou du compte de service, pour ce serveur"),
    "client_auth": Key("choice", "Preuve que donne le client",
                       ("none", "secret_basic", "secret_post", "private_key_jwt", "mtls")),
    "scopes": Key("texts", "Droits demandés"),
    "auth_params": Key("pairs", "Paramètres de la page de connexion, par exemple kc_idp_hint"),
    "redirect_host": Key("choice", "Hôte du retour de navigateur", ("127.0.0.1", "localhost")),
    "redirect_port": Key("count", "Port du retour de navigateur ; 0 : un port libre"),
    "login": Key("text", "Identifiant (method = password)"),
    "password": Key("secret", "Mot de passe (method = password)"),
    "otp": Key("table", "Code à usage unique (method = password)", keys=_OTP),
    "otp_param": Key("choice", "Nom du code dans la demande", ("totp", "otp")),
    "client_secret": Key("secret", "Secret du client"),
    "key": Key("table", "Clé de signature (client_auth = private_key_jwt)", keys=_SIGNING),
    "assertion_audience": Key("choice", "Destinataire de l'assertion",
                              ("issuer", "token_endpoint")),
    "storage": Key("choice", "Où garder la session", ("auto", "keyring", "file", "none")),
}  # fmt: skip
STORE: Mapping[str, Key] = {
    "url": Key("text", "Adresse : sqlite:/chemin, fhir+https://hôte/base"),
    "production": Key("flag", "Le vrai répertoire : doctor n'y écrit jamais"),
    "auth": Key("table", "Connexion ; sans elle, l'accès est anonyme", keys=AUTH),
    "ca": Key("path", "Autorités de certification, en PEM (racines IGC-Santé)"),
    "cert": Key("path", "Certificat client, en PEM"),
    "key": Key("path", "Clé privée du certificat, en PEM"),
    "pkcs12": Key("path", "Certificat client et clé, en .p12"),
    "passphrase": Key("secret", "Mot de passe de la clé ou du .p12"),
    "headers": Key("pairs", "En-têtes Ror-* du profil d'accès"),
    "verifie_le_url": Key("text", "Adresse de l'extension qui porte verifie_le ; vide : aucune"),
    "author": Key("text", "Auteur des modifications"),
}
_EXPECTED: Mapping[Kind, str] = {
    "text": "un texte",
    "address": "une adresse https",
    "path": "un chemin",
    "flag": "true ou false",
    "count": "un entier, zéro ou plus",
    "texts": "une liste de textes",
    "pairs": "une table de textes",
    "table": "une table",
    "secret": 'où se trouve le secret, jamais le secret : {env = "NOM"}, {file = "chemin"}, '
    '{keyring = true}, {command = ["…"]} ou {prompt = true}',
}


def is_safe(url: str) -> bool:
    """Whether nothing travels in clear: https, or http to this machine. No address is not safe."""
    try:
        parts = urlsplit(url)
        is_one = bool(parts.hostname) and parts.port != 0 and url.isprintable() and " " not in url
    except ValueError:
        return False
    return is_one and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    )


def faults_of(value: object, key: Key, path: str = "") -> Iterator[tuple[str, str]]:
    """(path below the key, what is wrong) of each value that is not what the key holds."""
    if key.kind == "table" and isinstance(value, dict):
        for name, inner in value.items():
            where = f"{path}.{name}"
            if known := key.keys.get(name):
                yield from faults_of(inner, known, where)
            else:
                yield where, f"clé inconnue, choisissez parmi {', '.join(key.keys)}"
    elif key.kind == "address" and isinstance(value, str) and not is_safe(value):
        yield path, f"adresse non chiffrée refusée : {value} ; utilisez https"
    elif key.kind == "address" and isinstance(value, str) and "@" in urlsplit(value).netloc:
        yield path, "une adresse ne porte ni nom ni mot de passe"
    elif key.kind == "choice" and value not in key.words:
        yield path, f"choisissez parmi {', '.join(key.words)}"
    elif not _is(key.kind, value):
        yield path, f"attendu : {_EXPECTED[key.kind]}"


def _is(kind: Kind, value: object) -> bool:
    match kind, value:
        case "flag", bool():
            return True
        case "count", int():
            return not isinstance(value, bool) and value >= 0
        case "texts", list():
            return all(isinstance(each, str) for each in value)
        case "pairs", dict():
            return all(isinstance(each, str) and each.isprintable() for each in value.values())
        case "secret", dict() if len(value) == 1:
            return all(_is_place(name, place) for name, place in value.items())
    return kind in ("text", "address", "path", "choice") and isinstance(value, str)


def _is_place(kind: str, place: object) -> bool:
    if kind == "command":
        return bool(place) and _is("texts", place)
    if kind in ("keyring", "prompt"):
        return place is True
    return kind in SECRET_KINDS and isinstance(place, str)


def contradictions(store: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(key, what is wrong) where the values of a store, each right, do not go together."""
    if bool(store.get("cert")) != bool(store.get("key")):
        yield "cert", "cert et key vont ensemble"
    if store.get("cert") and store.get("pkcs12"):
        yield "pkcs12", "donnez cert et key, ou pkcs12, pas les deux"
    for name in store.get("headers", {}):
        if not name.lower().startswith("ror-"):
            yield f"headers.{name}", "seuls les en-têtes Ror-* se règlent ici"
    url = str(store.get("url", ""))
    if url.startswith("fhir+") and not is_safe(url.removeprefix("fhir+")):
        yield "url", "adresse non chiffrée refusée ; utilisez fhir+https"
    if auth := store.get("auth"):
        has_certificate = bool(store.get("cert") or store.get("pkcs12"))
        yield from ((f"auth.{key}", why) for key, why in _of_auth(auth, has_certificate))


def _of_auth(auth: Mapping[str, Any], has_certificate: bool) -> Iterator[tuple[str, str]]:  # noqa: FBT001 - private
    method, proof = auth.get("method", "browser"), auth.get("client_auth", "none")
    if method == "token":
        return
    if not auth.get("client_id"):
        yield "client_id", "manque"
    if not auth.get("issuer") and not (method == "client" and auth.get("token_endpoint")):
        yield "issuer", "manque"
    if method == "client" and proof == "none":
        yield "client_auth", "un compte de service prouve qui il est : mtls ou private_key_jwt"
    if proof == "mtls" and not has_certificate:
        yield "client_auth", "mtls demande un certificat : cert et key, ou pkcs12"
    if proof == "private_key_jwt" and not auth.get("key", {}).get("file"):
        yield "key.file", "private_key_jwt demande une clé de signature"
    otp = auth.get("otp", {})
    if otp.get("from") == "seed" and not otp.get("seed"):
        yield "otp.seed", "manque"
    for name in RESERVED & set(auth.get("auth_params", {})):
        yield f"auth_params.{name}", "réservé : rorcli le fixe lui-même"


def commands(table: Mapping[str, Any], keys: Mapping[str, Key] = STORE) -> Iterator[str]:
    """The keys of a store without faults whose secret a command prints."""
    for name, value in table.items():
        if keys[name].kind == "table":
            yield from (f"{name}.{inner}" for inner in commands(value, keys[name].keys))
        elif keys[name].kind == "secret" and "command" in value:
            yield name


def decode_auth(table: Mapping[str, Any], folder: Path) -> Auth:
    """An `auth` table without faults; paths in it are taken from `folder`."""
    values = _decoded(table, AUTH, folder)
    if otp := values.get("otp"):
        values["otp"] = Otp(**{"source" if k == "from" else k: v for k, v in otp.items()})
    if key := values.get("key"):
        values["key"] = SigningKey(**key)
    return Auth(**values)


def decode_store(table: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The values of a `[store.NAME]` without faults, for `settings.StoreSettings`."""
    auth = table.get("auth")
    values = _decoded({k: v for k, v in table.items() if k != "auth"}, STORE, folder)
    return values | ({"auth": decode_auth(auth, folder)} if auth else {})


def _decoded(table: Mapping[str, Any], keys: Mapping[str, Key], folder: Path) -> dict[str, Any]:
    return {name: _value(value, keys[name], folder) for name, value in table.items()}


def _value(value: Any, key: Key, folder: Path) -> Any:
    match key.kind:
        case "path":
            return _path(value, folder)
        case "texts":
            return tuple(value)
        case "table":
            return _decoded(value, key.keys, folder)
        case "secret":
            [(kind, place)] = value.items()
            if kind == "file":
                place = _path(place, folder)
            places = place if isinstance(place, list) else [place] if place is not True else []
            return Reference(kind, tuple(places))
        case _:
            return value


def _path(value: str, folder: Path) -> str:
    return str(folder / os.path.expanduser(value)) if value else ""  # noqa: PTH111 - raises nothing
