"""What `[store.NAME]` may hold: refused alike when it is read and by the published schema."""

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from rorcli.access import Auth, Otp, Reference, SigningKey, is_safe
from rorcli.errors import UsageError
from rorcli.settings import load_settings, user_config
from tools.build_settings_schema import PATH, render

IDP = 'auth.issuer = "https://idp.example/r"\nauth.client_id = "rorcli"\n'
RIGHT = {
    "browser": IDP,
    "psc": IDP + 'auth.auth_params = {kc_idp_hint = "psc", acr_values = "eidas1"}',
    "loopback": 'auth.issuer = "http://127.0.0.1:8080/r"\nauth.client_id = "x"',
    "password": IDP + 'auth.method = "password"\nauth.password = {keyring = true}\n'
    'auth.otp = {from = "seed", seed = {file = "cle.txt"}, digits = 8}',
    "mtls": IDP + 'auth.method = "client"\nauth.client_auth = "mtls"\npkcs12 = "org.p12"\n'
    'passphrase = {command = ["coffre", "lire"]}',
    "endpoint alone": 'auth = {method = "client", client_id = "x", client_auth = "secret_basic", '
    'token_endpoint = "https://idp.example/token"}',
    "jwt": IDP + 'auth.method = "client"\nauth.client_auth = "private_key_jwt"\n'
    'auth.key = {file = "/srv/svc.pem", kid = "svc1", passphrase = {env = "PHRASE"}}',
    "token": 'auth.method = "token"',
    "headers": 'headers = {Ror-Role-Metier-Code = "AUTOMATE"}\nca = "igc.pem"\nauthor = "CH"',
}
# name -> text, what the refusal names, what it says
WRONG = {
    "literal secret": (IDP + 'auth.password = "hunter2"', "auth.password", "jamais le secret"),
    "literal passphrase": ('passphrase = "hunter2"', "passphrase", "jamais le secret"),
    "two places": (IDP + 'auth.password = {env = "A", file = "b"}', "auth.password", "jamais le secret"),
    "unknown place": (IDP + 'auth.password = {vault = "A"}', "auth.password", "jamais le secret"),
    "command as text": (IDP + 'auth.password = {command = "a b"}', "auth.password", "jamais le secret"),
    "unknown key": (IDP + 'auth.isuer = "x"', "auth.isuer", "clé inconnue"),
    "unknown key below": (IDP + "auth.otp = {chiffres = 6}", "auth.otp.chiffres", "clé inconnue"),
    "unknown method": (IDP + 'auth.method = "ciba"', "auth.method", "choisissez parmi browser"),
    "in clear": ('auth.issuer = "http://idp.example"\nauth.client_id = "x"', "auth.issuer", "https"),
    "false loopback": ('auth.issuer = "http://127.0.0.1.example"\nauth.client_id = "x"', "auth.issuer", "https"),
    "no issuer": ('auth.client_id = "x"', "auth.issuer", "manque"),
    "no client": ('auth.issuer = "https://idp.example"', "auth.client_id", "manque"),
    "client without proof": (IDP + 'auth.method = "client"\nauth.client_auth = "none"', "auth.client_auth", "mtls"),
    "client, silent": (IDP + 'auth.method = "client"', "auth.client_auth", "private_key_jwt"),
    "jwt without key": (IDP + 'auth.method = "client"\nauth.client_auth = "private_key_jwt"', "auth.key.file", "clé"),
    "reserved": (IDP + 'auth.auth_params = {state = "x"}', "auth.auth_params.state", "réservé"),
    "cert alone": ('cert = "a.pem"', "cert", "vont ensemble"),
    "foreign header": ('headers = {Authorization = "x"}', "headers.Authorization", "Ror-*"),
    "port": (IDP + "auth.redirect_port = true", "auth.redirect_port", "un entier"),
    "host": (IDP + 'auth.redirect_host = "0.0.0.0"', "auth.redirect_host", "127.0.0.1"),
}  # fmt: skip
# What takes more than one table to see, or other means than JSON Schema has.
ONLY_WHEN_READ = {
    "mtls without certificate": (IDP + 'auth.client_auth = "mtls"', "auth.client_auth", "certificat"),
    "both certificates": ('cert = "a"\nkey = "b"\npkcs12 = "c"', "pkcs12", "pas les deux"),
    "seed missing": (IDP + 'auth.otp = {from = "seed"}', "auth.otp.seed", "manque"),
    "line in a header": ('headers = {Ror-A = "a\\nb"}', "headers", "table de textes"),
}  # fmt: skip
HEAD = '[store.prod]\nurl = "fhir+https://fhir.example"\n'


def read(text: str, folder: Path):
    user_config().parent.mkdir(parents=True, exist_ok=True)
    user_config().write_text(HEAD + text, "utf-8")
    return load_settings({}, folder, {"store": "prod"}).store


def by_schema(text: str) -> list[str]:
    schema = json.loads(PATH.read_text("utf-8"))
    found = jsonschema.Draft202012Validator(schema).iter_errors(tomllib.loads(HEAD + text))
    return [error.message for error in found]


@pytest.mark.parametrize("name", RIGHT)
def test_right_settings_are_taken(name, tmp_path):
    assert read(RIGHT[name], tmp_path).name == "prod"
    assert by_schema(RIGHT[name]) == []


@pytest.mark.parametrize("name", WRONG)
def test_wrong_settings_are_refused_with_key_and_reason(name, tmp_path):
    text, key, reason = WRONG[name]
    with pytest.raises(UsageError) as refused:
        read(text, tmp_path)
    assert f"store.prod.{key} : " in refused.value.message
    assert reason in refused.value.message
    assert "hunter2" not in refused.value.message
    assert by_schema(text) != []


@pytest.mark.parametrize("name", ONLY_WHEN_READ)
def test_what_a_schema_cannot_see_is_refused_when_read(name, tmp_path):
    text, key, reason = ONLY_WHEN_READ[name]
    with pytest.raises(UsageError, match=f"store.prod.{key} : .*{reason}"):
        read(text, tmp_path)


def test_a_store_in_clear_is_refused(tmp_path):
    user_config().parent.mkdir(parents=True)
    user_config().write_text('[store.prod]\nurl = "fhir+http://fhir.example"\n')
    with pytest.raises(UsageError, match="adresse non chiffrée"):
        load_settings({}, tmp_path, {"store": "prod"})


def test_values_are_decoded_and_paths_stand_beside_the_settings(tmp_path):
    folder = user_config().parent
    found = read(RIGHT["password"], tmp_path).auth
    assert found.password == Reference("keyring")
    assert found.otp == Otp("seed", Reference("file", (str(folder / "cle.txt"),)), digits=8)
    found = read(RIGHT["jwt"], tmp_path).auth
    assert found.key == SigningKey("/srv/svc.pem", "svc1", passphrase=Reference("env", ("PHRASE",)))
    found = read(RIGHT["mtls"], tmp_path)
    assert found.passphrase == Reference("command", ("coffre", "lire"))
    assert found.pkcs12 == str(folder / "org.p12")
    assert read(RIGHT["browser"], tmp_path).auth == Auth(
        issuer="https://idp.example/r", client_id="rorcli"
    )


@pytest.mark.parametrize(
    ("url", "safe"),
    [("https://a.example", True), ("http://localhost:8080/x", True), ("http://[::1]/", True),
     ("http://a.example", False), ("http://localhost.example", False), ("https://", False),
     ("ftp://127.0.0.1", False), ("javascript:alert(1)", False), ("", False)],
)  # fmt: skip
def test_only_https_and_loopback_are_safe(url, safe):
    assert is_safe(url) is safe


def test_the_published_schema_follows_the_tables():
    assert PATH.read_text("utf-8") == render(), "run python -m tools.build_settings_schema"
