"""Each threat of the auth reference, section 8, and what must stop it."""

import base64
import hmac
import json
import os
import ssl
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from joserfc import jwk

from rorcli.cli.crash import render
from rorcli.errors import RorcliError, StoreDeniedError, StoreUnavailableError, UsageError
from rorcli.login import flows, sessions, tls, wording
from rorcli.login.receiver import Receiver
from rorcli.login.secret import Secret, Secrets, private_text, redacted
from rorcli.login.vault import Vault, origin_of
from tests.cli.harness import run
from tests.login.conftest import Browser, Typist, source_of
from tests.login.provider import KEY, Provider, basic
from tests.pki import Authority, new_key

POSIX = pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
PASSWORD = 'method = "password"\nlogin = "referent"\npassword = {env = "MOT"}\n'


@pytest.fixture(autouse=True)
def _password(monkeypatch):
    monkeypatch.setenv("MOT", "CANARI-mot-de-passe")


def desk_of(store, person=None):
    return sessions.open_desk(store, person or Typist())


# netrc, redirects, authorities of the environment, clear text


def test_netrc_is_never_read(configure, provider, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login voleur password CANARI-netrc\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    provider.nonce = None
    flows.password(desk_of(configure(PASSWORD)))
    seen = [each for path in ("/realm/.well-known/openid-configuration", "/token", "/certs")
            for each in provider.seen(path)]  # fmt: skip
    assert len(seen) == 3
    assert [each.headers.get("Authorization") for each in seen] == [None] * 3
    # The trap is real: requests alone would have sent it.
    requests.get(f"{provider.base}/certs", timeout=5)
    sent = provider.seen("/certs")[-1].headers["Authorization"]
    assert sent == basic("voleur", "CANARI-netrc")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("path", ["/token", "/realm/.well-known/openid-configuration"])
def test_a_redirect_is_not_followed_and_its_target_is_named(configure, provider, status, path):
    other = Provider()
    provider.says(path, status, "", Location=f"{other.base}/token")
    with pytest.raises(UsageError, match=f"renvoie vers {other.base.removeprefix('http://')}"):
        flows.password(desk_of(configure(PASSWORD)))
    assert other.seen("/token") == []
    other.close()


def test_authorities_of_the_environment_are_not_ours(configure, tmp_path, monkeypatch):
    authority = Authority(tmp_path / "pki")
    certificate, key = authority.issue("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = Provider(context)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(authority.pem))
    with pytest.raises(StoreDeniedError, match="non reconnu"):
        desk_of(configure(issuer=server.issuer))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "absent.pem"))
    assert desk_of(configure(issuer=server.issuer, store=f'ca = "{authority.pem}"')).provider.issuer
    server.close()


def test_no_option_turns_verification_off():
    assert "insecure" not in run(["login", "--help"]).out


@pytest.mark.parametrize(
    "name", ["authorization_endpoint", "token_endpoint", "jwks_uri", "revocation_endpoint",
             "device_authorization_endpoint"],
)  # fmt: skip
def test_every_published_address_must_be_safe(configure, provider, name):
    for url in ("http://idp.example/x", "ftp://idp.example/x", "javascript:alert(1)"):
        provider.published = {name: url}
        with pytest.raises(UsageError, match="adresse non chiffrée refusée"):
            desk_of(configure())


# Mix-up, CSRF, a stolen code


def test_strays_are_refused_and_the_login_goes_on(configure, provider):
    visits = Browser(provider)
    visits.before = [
        "?code=vole&state=invente",
        "?code=vole",
        "?code=a&code=b",
        "",
        "/autre?code=x",
    ]
    tokens = flows.browser(desk_of(configure(), Typist(visits=visits)), "", opens=True)
    assert visits.answers == [400, 400, 400, 400, 404, 200]
    assert tokens.identity.name == "Claire MARTIN"
    assert [seen.form["code"] for seen in provider.seen("/token")] == ["CANARI-code"]


def test_an_answer_is_taken_once_from_our_host_with_one_of_each():
    with Receiver("127.0.0.1", 0, "etat") as receiver:
        right = "?code=c&state=etat"
        assert receiver.take(f"/callback{right}", "ailleurs.example") == 404
        assert receiver.take(f"/callback{right}", None) == 404
        assert receiver.take(f"/callback{right}&code=d", receiver.host) == 400
        assert receiver.take(f"/callback{right}&state=etat", receiver.host) == 400
        assert receiver.take("/callback?state=etat", receiver.host) == 400
        page = requests.get(receiver.uri + right, timeout=5)
        assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "etat" not in page.text
        assert requests.get(receiver.uri + right, timeout=5).status_code == 404
        assert requests.post(receiver.uri + right, timeout=5).status_code == 501


@pytest.mark.parametrize("back", [{"iss": "https://autre.example"}, {"iss": "PUBLISHED"}])
def test_an_answer_of_another_issuer_is_refused(configure, provider, back):
    if back["iss"] == "PUBLISHED":  # advertised, and missing
        provider.published = {"authorization_response_iss_parameter_supported": True}
        back = {}
    visits = Browser(provider, **back)
    with pytest.raises(StoreDeniedError, match="incohérente"):
        flows.browser(desk_of(configure(), Typist(visits=visits)), "", opens=True)
    assert provider.seen("/token") == []


def test_an_answer_of_our_issuer_is_taken(configure, provider):
    provider.published = {"authorization_response_iss_parameter_supported": True}
    visits = Browser(provider, iss=provider.issuer)
    tokens = flows.browser(desk_of(configure(), Typist(visits=visits)), "", opens=True)
    assert tokens.identity.subject == "899700000001"


@pytest.mark.parametrize("published", ["https://autre.example", "", None, "ISSUER/"])
def test_the_issuer_must_be_ours_to_the_letter(configure, provider, published):
    provider.published = {"issuer": published and published.replace("ISSUER", provider.issuer)}
    with pytest.raises(UsageError, match="émetteur attendu"):
        desk_of(configure())


# ID token


NONE, SYMMETRIC = b'{"alg":"none"}', b'{"alg":"HS256","kid":"k1"}'


def _flat(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def forged(provider, name: str) -> str:
    public = KEY.as_pem(private=False)
    match name:
        case "none":
            head, _, rest = provider.id_token().partition(".")
            return f"{_flat(NONE)}.{rest.partition('.')[0]}."
        case "public key as secret":
            body = provider.id_token().split(".")[1]
            signed = f"{_flat(SYMMETRIC)}.{body}"
            return f"{signed}.{_flat(hmac.digest(public, signed.encode(), 'sha256'))}"
        case "another key":
            return str(provider.id_token(key=jwk.RSAKey.import_key(new_key())))
        case "unknown kid":
            return str(provider.id_token({"kid": "k9"}))
        case "changed":
            head, body, signature = provider.id_token().split(".")
            return f"{head}.{body[:-4]}AAAA.{signature}"
    return "pas.un.jeton"


@pytest.mark.parametrize(
    "name", ["none", "public key as secret", "another key", "unknown kid", "changed", "garbage"]
)
def test_a_forged_id_token_is_refused(configure, provider, name):
    store = configure()
    visits = Browser(provider)

    def lie(url: str) -> None:
        visits.provider.nonce = "x"
        provider.says("/token", 200, {**provider.tokens(), "id_token": forged(provider, name)})
        visits(url)

    with pytest.raises(StoreDeniedError, match="incohérente"):
        flows.browser(desk_of(store, Typist(visits=lie)), "", opens=True)


NOW = int(time.time())


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://autre.example"}, {"iss": None}, {"aud": "autre"}, {"aud": None},
     {"aud": ["rorcli", "autre"]}, {"aud": ["rorcli", "autre"], "azp": "autre"}, {"azp": "autre"},
     {"exp": NOW - 60}, {"exp": None}, {"iat": NOW + 3600}, {"iat": None}, {"nonce": "rejoue"},
     {"nonce": None}, {"acr": "1"}, {"acr": None}],
    ids=str,
)  # fmt: skip
def test_a_claim_that_is_not_ours_is_refused(configure, provider, claims):
    store = configure('auth_params = {acr_values = "eidas1 eidas2"}')
    visits = Browser(provider)
    provider.claims = {"acr": "eidas1", **claims}
    if "nonce" in claims:
        provider.id_token = lambda original=provider.id_token, **more: original(**claims)
    with pytest.raises(StoreDeniedError, match="incohérente"):
        flows.browser(desk_of(store, Typist(visits=visits)), "", opens=True)


def test_a_login_without_id_token_is_refused_and_new_keys_are_fetched_once(configure, provider):
    visits = Browser(provider)
    provider.says("/token", 200, {"access_token": "CANARI-x"})
    with pytest.raises(StoreDeniedError, match="sans jeton d'identité"):
        flows.browser(desk_of(configure(), Typist(visits=visits)), "", opens=True)
    old = jwk.RSAKey.import_key(new_key(), parameters={"kid": "k0"})
    provider.says("/certs", 200, {"keys": [old.as_dict(private=False)]})
    tokens = flows.browser(desk_of(configure(), Typist(visits=visits)), "", opens=True)
    assert tokens.identity.subject == "899700000001"
    assert len(provider.seen("/certs")) == 2


# Logs, tracebacks, terminals


def test_a_secret_cannot_be_formatted():
    secret = Secret("CANARI-tres-secret")
    tokens = flows.Tokens(secret, secret)
    for text in (
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r:>5}",
        repr(tokens),
        str([secret]),
    ):
        assert "CANARI" not in text
    with pytest.raises(TypeError):
        json.dumps(secret)


@pytest.mark.parametrize(
    "text",
    ["Authorization: Bearer CANARI.abc", "authorization: basic Q0FOQVJJ", "code=CANARI&state=CANARI",
     '{"access_token": "CANARI", "refresh_token":"CANARI"}', "password=CANARI totp: CANARI",
     "jeton eyJCANARI.eyJCANARI.CANARI", "vu : CANARI-vivant-ici"],
)  # fmt: skip
def test_what_others_say_loses_secrets(text):
    Secret("CANARI-vivant-ici")
    assert "CANARI" not in redacted(text)
    assert "Q0FOQVJJ" not in redacted(text)


def test_a_traceback_holds_no_secret(configure, provider):
    provider.says("/token", 500)
    with pytest.raises(StoreUnavailableError) as raised:
        flows.password(desk_of(configure(PASSWORD)))
    provider.close()
    with pytest.raises(StoreUnavailableError) as gone:
        flows.client(desk_of(configure(PASSWORD)))
    for error in (raised.value, gone.value):
        assert "CANARI" not in render(error, ["login"], ["login"]) + repr(error)
        assert error.__cause__ is None


def test_a_server_s_text_does_not_act_on_the_terminal(configure, provider):
    nasty = "a\x1b]0;x\x07\x9b31m\u202eb\u2066c\r\nErreur : d [link=x]e[/link]" + "f" * 999
    said = wording.tame(nasty)
    assert said.startswith("a ]0;x 31m b c Erreur : d [link=x]e[/link]")
    assert len(said) <= 300
    store = configure('method = "device"')
    provider.says("/device", 200, {"device_code": "CANARI-d", "user_code": nasty, "expires_in": 0.001,
                                   "verification_uri": "https://evil.example/\x1b[2J"})  # fmt: skip
    shown = run(["login", "--color", "never"], store="prod", tty=True).err
    assert not set(shown) & {"\x1b", "\x9b", "\u202e", "\u2066", "\x07"}
    assert store


@pytest.mark.parametrize(
    ("url", "warned"),
    [("https://evil.example/device", True), ("javascript:alert(1)", True), ("file:///etc/passwd", True),
     ("http://evil.example", True), ("OWN/device", False)],
)  # fmt: skip
def test_an_address_that_is_not_the_issuer_s_comes_with_a_warning(configure, provider, url, warned):
    person = Typist()
    offer = {"device_code": "d" * 9, "user_code": "X", "expires_in": 0.001}
    url = url.replace("OWN", provider.base)
    provider.says("/device", 200, {**offer, "verification_uri": url})
    with pytest.raises(StoreDeniedError):
        flows.device(desk_of(configure(), person))
    assert any(line.startswith("Attention") for line in person.told) is warned


@pytest.mark.parametrize(
    ("url", "is_own"),
    [("https://idp.example/d", True), ("https://d.idp.example/", True), ("http://idp.example/d", False),
     ("https://evilidp.example", False), ("https://idp.example.evil.example", False), ("", False)],
)  # fmt: skip
def test_an_address_of_the_issuer_is_https_and_of_its_site(url, is_own):
    assert flows._is_of_issuer(url, "https://idp.example/realms/ror") is is_own


# Files


@POSIX
def test_a_session_is_for_its_owner_only(configure, provider):
    configure(PASSWORD)
    provider.nonce = None
    assert run(["login"], store="prod").code == 0
    path = Vault(configure(PASSWORD)).path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.with_suffix(".lock").stat().st_mode) == 0o600
    assert sorted(each.suffix for each in path.parent.iterdir()) == [".json", ".lock"]


@POSIX
def test_a_session_that_others_could_read_or_plant_is_refused(configure, tmp_path):
    vault = Vault(store := configure(PASSWORD))
    kept = vault.keep(replace(vault.read(), method="psc"), Secret("CANARI-a"), None)
    vault.path.chmod(0o640)
    with pytest.raises(UsageError, match="lisible par d'autres"):
        vault.read()
    vault.path.chmod(0o600)
    elsewhere = tmp_path / "plante.json"
    vault.path.rename(elsewhere)
    vault.path.symlink_to(elsewhere)
    with pytest.raises(UsageError, match="est un lien"):
        vault.read()
    with pytest.raises(UsageError, match="est un lien"):
        vault.write(kept)
    assert run(["whoami"], store="prod").code == 2
    assert store


@POSIX
def test_the_file_that_is_judged_is_the_one_that_is_read(tmp_path, monkeypatch):
    place, private = tmp_path / "mot", tmp_path / "prive"
    for each, mode in ((place, 0o644), (private, 0o600)):
        each.write_text("CANARI-mot")
        each.chmod(mode)
    before = private.stat()
    # A look at the name, as before somebody puts another file there.
    monkeypatch.setattr(Path, "stat", lambda _, **__: before)
    with pytest.raises(UsageError, match="lisible par d'autres"):
        private_text(place)


@POSIX
def test_a_secret_may_come_by_a_link_or_a_pipe_of_the_shell(tmp_path):
    place = tmp_path / "..data"
    place.write_text("CANARI-mot\n")
    place.chmod(0o600)
    (tmp_path / "mot").symlink_to(place)
    assert private_text(tmp_path / "mot") == "CANARI-mot"
    reader, writer = os.pipe()
    os.write(writer, b"CANARI-tube\n")
    os.close(writer)
    assert private_text(Path(f"/dev/fd/{reader}")) == "CANARI-tube"
    os.close(reader)


@POSIX
def test_a_key_that_others_can_read_is_refused(configure, tmp_path):
    authority = Authority(tmp_path / "pki")
    certificate, key = authority.issue("service")
    key.chmod(0o644)
    store = configure(store=f'cert = "{certificate}"\nkey = "{key}"')
    with pytest.raises(UsageError, match="chmod 600"):
        tls.context_of(store, Secrets("prod"))


# One-time codes, lockout, one factor for two: test_otp.py and


def test_a_refused_kept_password_is_tried_twice_at_most_until_a_login(configure, provider):
    store = configure(PASSWORD)
    provider.nonce = None
    for _ in range(2):
        provider.says("/token", 401, {"error": "invalid_grant"})
        with pytest.raises(StoreDeniedError, match="refusé"):
            source_of(store).token()
    with pytest.raises(StoreDeniedError, match="refusé deux fois : plus aucun essai"):
        source_of(store).token()
    assert len(provider.seen("/token")) == 2
    assert run(["login"], store="prod").code == 0
    assert Vault(store).read().failures == 0
    assert source_of(store).token().startswith("CANARI-acces")


def test_a_failure_that_is_not_the_password_s_does_not_count(configure, provider):
    store = configure(PASSWORD)
    for error in ("invalid_client", "unauthorized_client", "invalid_scope"):
        provider.says("/token", 400, {"error": error})
        with pytest.raises(RorcliError):
            source_of(store).token()
    assert Vault(store).read().failures == 0


def test_a_seed_beside_its_password_is_warned_of(configure, provider, monkeypatch):
    monkeypatch.setenv("CLE", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    configure(PASSWORD + 'otp = {from = "seed", seed = {env = "CLE"}}')
    provider.nonce = None
    assert "ne font plus qu'un" in run(["login"], store="prod").err


# A token for another host


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("fhir+https://ror.example/fhir", "fhir+https://ROR.example:443/autre", True),
     ("fhir+https://ror.example/fhir", "fhir+https://ror.example:8443/fhir", False),
     ("fhir+https://ror.example/fhir", "fhir+https://ror.example.evil.example/fhir", False),
     ("fhir+https://ror.example/fhir", "fhir+http://127.0.0.1/fhir", False)],
)  # fmt: skip
def test_a_session_belongs_to_an_origin(configure, one, other, same):
    assert (origin_of(one) == origin_of(other)) is same
    first = Vault(configure(url=one))
    first.keep(replace(first.read(), method="psc"), Secret("CANARI-a"), None)
    assert Vault(configure(url=other)).read().is_open is same


def test_a_session_belongs_to_an_issuer_and_a_client(configure, provider):
    vault = Vault(configure())
    vault.keep(replace(vault.read(), method="psc"), Secret("CANARI-a"), None)
    assert not Vault(configure(issuer="https://autre.example")).read().is_open
    store = configure()
    assert store.auth is not None
    other = replace(store, auth=replace(store.auth, client_id="autre"))
    assert not Vault(other).read().is_open


def test_a_bare_address_gets_no_token_not_even_from_the_environment(monkeypatch):
    from rorcli.settings import StoreSettings

    monkeypatch.setenv("RORCLI_TOKEN", "CANARI-jeton")
    assert sessions.token_source(StoreSettings(url="fhir+https://ror.example")) is None


def test_an_error_is_never_a_traceback(configure, provider):
    for body in ("[]", "null", '"x"', "{", "\xff"):
        provider.says("/token", 200, body)
        with pytest.raises(RorcliError):
            flows.client(desk_of(configure()))
