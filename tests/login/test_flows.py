"""What each way to log in asks for, and what it makes of the answers."""

import time
from dataclasses import replace

import pyotp
import pytest
import requests
from joserfc.jws import extract_compact

from rorcli.errors import StoreDeniedError, StoreUnavailableError, UsageError
from rorcli.login import flows, sessions
from rorcli.login.receiver import Receiver
from rorcli.settings import StoreSettings
from tests.login.conftest import Browser, Typist
from tests.login.provider import Provider
from tests.pki import new_key, private_pem


def desk_of(store, person=None):
    return sessions.open_desk(store, person or Typist())


# Browser


def test_the_browser_is_sent_with_pkce_state_and_nonce_and_the_code_is_exchanged(
    configure, provider
):
    store = configure('auth_params = {acr_values = "eidas1"}')
    provider.claims["acr"] = "eidas1"
    visits = Browser(provider)
    tokens = flows.browser(desk_of(store, Typist(visits=visits)), "", opens=True)
    asked = visits.query
    assert asked["response_type"] == "code"
    assert (asked["scope"], asked["acr_values"], asked["ui_locales"]) == ("openid", "eidas1", "fr")
    assert asked["redirect_uri"].startswith("http://127.0.0.1:")
    assert min(len(asked["state"]), len(asked["nonce"])) >= 22  # 128 bits and more
    [exchange] = provider.seen("/token")
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    assert asked["code_challenge"] == create_s256_code_challenge(exchange.form["code_verifier"])
    assert exchange.form["redirect_uri"] == asked["redirect_uri"]
    assert exchange.form["client_id"] == "rorcli"
    assert tokens.identity.name == "Claire MARTIN"
    assert visits.answers == [200]


@pytest.mark.parametrize(
    ("door", "set_hint", "sent"),
    [("psc", "", "psc"), ("psc", "pro-sante", "pro-sante"), ("", "pro-sante", "pro-sante"),
     ("otp", "pro-sante", None), ("password", "pro-sante", None), ("", "", None)],
)  # fmt: skip
def test_a_door_of_the_portal_is_a_hint(configure, provider, door, set_hint, sent):
    store = configure(f'auth_params = {{kc_idp_hint = "{set_hint}"}}' if set_hint else "")
    visits = Browser(provider)
    flows.browser(desk_of(store, Typist(visits=visits)), door, opens=True)
    assert visits.query.get("kc_idp_hint") == sent


def test_without_a_browser_the_address_is_shown(configure, provider):
    store, person = configure(), Typist()
    with pytest.raises(StoreDeniedError, match="aucune réponse du navigateur"):
        flows.browser(desk_of(store, person), "", opens=False, wait_s=0.01)
    assert person.told[0].startswith("Ouvrez cette adresse")
    assert "code_challenge=" in person.told[0]


def test_a_port_and_a_host_may_be_set_and_a_taken_port_is_told(configure, provider):
    with Receiver("localhost", 0, "s") as taken:
        port = int(taken.host.rpartition(":")[2])
        store = configure(f'redirect_host = "localhost"\nredirect_port = {port}')
        with pytest.raises(UsageError, match=f"le port {port}"):
            flows.browser(desk_of(store), "", opens=False)
    visits = Browser(provider)
    flows.browser(desk_of(store, Typist(visits=visits)), "", opens=True)
    assert visits.query["redirect_uri"] == f"http://localhost:{port}/callback"


def test_a_connection_that_says_nothing_holds_nobody():
    import socket

    with Receiver("127.0.0.1", 0, "s") as receiver:
        host, _, port = receiver.host.partition(":")
        with socket.create_connection((host, int(port))):
            requests.get(f"{receiver.uri}?code=c&state=s", timeout=2)
            assert receiver.wait(2)["code"] == "c"


# Device


def test_a_device_polls_slower_when_told_and_goes_on_after_a_silence(configure, provider):
    store, person = configure(), Typist()
    waits: list[float] = []
    desk = replace(desk_of(store, person), sleep=waits.append)
    provider.says("/token", 400, {"error": "authorization_pending"})
    provider.says("/token", 400, {"error": "slow_down"})
    provider.says("/token", 503)
    provider.nonce = None
    assert flows.device(desk).identity.name == "Claire MARTIN"
    assert waits == [1, 1, 6, 11]
    assert any("WDJB-MJHT" in line for line in person.told)
    assert {seen.form["device_code"] for seen in provider.seen("/token")} == {"CANARI-appareil"}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("access_denied", "connexion refusée"),
        ("expired_token", "demande expirée"),
        ("x", "refusée"),
    ],
)
def test_a_device_stops_at_a_refusal(configure, provider, error, said):
    desk = replace(desk_of(configure()), sleep=lambda _: None)
    provider.says("/token", 400, {"error": error})
    with pytest.raises(StoreDeniedError, match=said):
        flows.device(desk)
    assert len(provider.seen("/token")) == 1


def test_a_device_gives_up_when_the_code_has_lived(configure, provider):
    clock = iter(range(0, 1000, 20))
    desk = replace(desk_of(configure()), sleep=lambda _: None, tick=lambda: float(next(clock)))
    for _ in range(9):
        provider.says("/token", 400, {"error": "authorization_pending"})
    with pytest.raises(StoreDeniedError, match="demande expirée"):
        flows.device(desk)
    assert len(provider.seen("/token")) == 2


# Password


def test_password_and_code_go_in_one_request(configure, provider, monkeypatch):
    monkeypatch.setenv("RORCLI_LOGIN", "referent")
    provider.nonce = None
    store = configure('method = "password"\notp = {from = "prompt"}')
    person = Typist("CANARI-mot", "123456")
    flows.password(desk_of(store, person))
    [asked] = provider.seen("/token")
    assert asked.form["grant_type"] == "password"
    assert (asked.form["username"], asked.form["password"]) == ("referent", "CANARI-mot")
    assert asked.form["totp"] == "123456"
    assert person.told == ["Mot de passe", "Code à usage unique"]


SEEDED = 'method = "password"\notp = {from = "seed", seed = {prompt = true}}\notp_param = "otp"\n'


def code_sent(store: StoreSettings, provider: Provider, now: float) -> str:
    """The one-time code of a login at that time, which the provider refuses."""
    provider.says("/token", 401, {"error": "invalid_grant"})
    desk = replace(desk_of(store), clock=lambda: now, sleep=lambda _: None)
    with pytest.raises(StoreDeniedError):
        flows.password(desk)
    return provider.seen("/token")[-1].form["otp"]


def test_an_account_shows_no_code_twice_whichever_store_it_opens(configure, provider, monkeypatch):
    monkeypatch.setenv("RORCLI_PASSWORD", "CANARI-mot")
    monkeypatch.setenv("RORCLI_TOTP_SEED", seed := "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    one = configure(SEEDED + 'login = "x"')
    other = configure(SEEDED + 'login = "x"', url="fhir+https://autre.example/fhir")
    someone_else = configure(SEEDED + 'login = "y"')
    at = pyotp.TOTP(seed).at
    assert code_sent(one, provider, 300) == at(300)
    assert code_sent(other, provider, 300) == at(330)
    assert code_sent(someone_else, provider, 300) == at(300)
    assert len(provider.seen("/token")) == 3


# Services


@pytest.mark.parametrize("audience", ["issuer", "token_endpoint"])
def test_an_assertion_lives_a_minute_and_names_its_reader(configure, provider, tmp_path, audience):
    key = tmp_path / "svc.pem"
    key.write_bytes(private_pem(new_key(), "CANARI-phrase"))
    key.chmod(0o600)
    (tmp_path / "phrase").write_text("CANARI-phrase\n")
    (tmp_path / "phrase").chmod(0o600)
    store = configure(
        f'method = "client"\nclient_auth = "private_key_jwt"\nscopes = ["openid", "ror"]\n'
        f'assertion_audience = "{audience}"\n'
        f'key = {{file = "{key}", kid = "svc1", passphrase = {{file = "{tmp_path / "phrase"}"}}}}'
    )
    provider.nonce = None
    flows.client(desk_of(store))
    [asked] = provider.seen("/token")
    token = extract_compact(asked.form["client_assertion"].encode())
    import json

    claims = json.loads(token.payload)
    assert token.headers()["kid"] == "svc1"
    assert claims["iss"] == claims["sub"] == "rorcli"
    assert claims["exp"] - claims["iat"] == 60
    assert claims["aud"] == (provider.issuer if audience == "issuer" else f"{provider.base}/token")
    assert asked.form["scope"] == "ror"
    assert "Authorization" not in asked.headers


def test_a_secret_goes_in_the_header_or_in_the_form(configure, provider, monkeypatch):
    monkeypatch.setenv("RORCLI_CLIENT_SECRET", "CANARI-secret")
    provider.nonce = None
    for proof in ("secret_basic", "secret_post"):
        flows.client(desk_of(configure(f'method = "client"\nclient_auth = "{proof}"')))
    by_header, by_form = provider.seen("/token")
    assert by_header.headers["Authorization"].startswith("Basic ")
    assert by_form.form["client_secret"] == "CANARI-secret"


# Refresh


def test_a_refresh_asks_for_no_scope_and_keeps_a_token_that_is_not_rotated(configure, provider):
    from rorcli.login.secret import Secret

    desk, provider.nonce = desk_of(configure('scopes = ["openid", "ror"]')), None
    provider.says("/token", 200, provider.tokens(refresh_token=None))
    kept = flows.refresh(desk, Secret("CANARI-vieux"))
    assert "scope" not in provider.seen("/token")[0].form
    assert kept.refresh == Secret("CANARI-vieux")


@pytest.mark.parametrize(
    ("lifetime", "age", "is_due"),
    [(300, 0, False), (300, 255, False), (300, 271, True), (60, 0, False), (60, 40, False),
     (60, 55, True), (3600, 3520, False), (3600, 3541, True), (120, 130, True)],
)  # fmt: skip
def test_a_token_is_due_when_a_tenth_or_a_minute_is_left(lifetime, age, is_due):
    from rorcli.login.secret import Secret

    start = time.time() - age
    tokens = flows.Tokens(Secret("CANARI-x"), None, start, start + lifetime)
    assert sessions._is_due(tokens) is is_due


def test_an_answer_without_a_token_is_no_answer(configure, provider):
    for body in ({}, {"access_token": 3}, {"access_token": "x", "token_type": "mac"}):
        provider.says("/token", 200, body)
        with pytest.raises(StoreUnavailableError, match="sans jeton"):
            flows.device(replace(desk_of(configure()), sleep=lambda _: None))
