"""Logins against a real Keycloak: the region's portal, Pro Santé Connect behind it, its services."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import requests

from rorcli.login.vault import Vault
from rorcli.settings import load_settings, user_config
from tests import canaries
from tests.cli.harness import run
from tests.integration.keycloak import PASSWORD, PSC
from tests.integration.need import ROOT
from tests.login.conftest import source_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]
STORE = "fhir+https://ror.example/fhir"


@pytest.fixture
def login_as(identity):
    """Writes settings for the store `prod`; extra lines go into its `auth` table."""
    identity.unlock()

    def write(auth: str, *, store: str = "", issuer: str = ""):
        user_config().parent.mkdir(parents=True, exist_ok=True)
        user_config().write_text(
            f'[store.prod]\nurl = "{STORE}"\nca = "{identity.ca}"\n{store}\n'
            f'[store.prod.auth]\nissuer = "{issuer or identity.issuer()}"\n{auth}\n',
            "utf-8",
        )
        return load_settings({}, Path.cwd(), {"store": "prod"}).store

    return write


PUBLIC = 'client_id = "rorcli"\n'


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "rorcli", *words, "--store", "prod"]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def start_login(*words: str) -> "tuple[subprocess.Popen[str], str]":
    """A login in a process of its own, and the address that it asks to open."""
    started = subprocess.Popen(command("login", "--no-browser", *words), env=environment(),
                               stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
    assert started.stderr is not None
    line = started.stderr.readline()
    assert "http" in line, line + started.stderr.read()
    return started, line[line.index("http") :].strip()


def finish(started: "subprocess.Popen[str]") -> tuple[int, str]:
    out, err = started.communicate(timeout=60)
    canaries.look("a login in a process of its own", out + err)
    return started.returncode, out + err


class Page:
    """What a person does on the login page."""

    def __init__(self, window):
        from selenium.common.exceptions import StaleElementReferenceException
        from selenium.webdriver.common.by import By
        from selenium.webdriver.support.ui import WebDriverWait

        self.window, self.by = window, By
        # What was found may go with its page before it is read: it is looked for again.
        self.wait = WebDriverWait(window, 40, ignored_exceptions=[StaleElementReferenceException])

    def open(self, url: str) -> None:
        self.window.get("about:blank")
        self.window.delete_all_cookies()
        self.window.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.window.get(url)

    def type(self, field: str, text: str) -> None:
        def typed(window) -> bool:
            box = window.find_element(self.by.ID, field)
            box.clear()
            box.send_keys(text)
            return True

        self.wait.until(typed)

    def submit(self) -> None:
        self.window.find_element(self.by.CSS_SELECTOR, "[type=submit]").click()

    def sign_in(self, login: str, seed: str) -> None:
        self.type("username", login)
        self.type("password", PASSWORD)
        self.submit()
        if seed:
            totp = pyotp.TOTP(seed)
            if totp.interval - time.time() % totp.interval < 4:
                time.sleep(5)
            self.type("otp", totp.now())
            self.submit()

    def text(self) -> str:
        return str(self.window.find_element(self.by.TAG_NAME, "body").text)


@pytest.fixture
def page(chromium):
    return Page(chromium)


# People, in a real browser


def test_the_portal_s_page_asks_for_a_code_and_the_person_is_known(login_as, identity, page):
    login_as(PUBLIC)
    started, url = start_login("--method", "otp")
    assert parse_qs(urlsplit(url).query)["code_challenge_method"] == ["S256"]
    page.open(url)
    page.sign_in("referent", identity.seed)
    page.wait.until(lambda w: "Réponse reçue" in page.text())
    code, said = finish(started)
    assert (code, "Connecté : Claire MARTIN" in said) == (0, True), said
    known = run(["whoami", "-o", "json"], store="prod")
    assert json.loads(known.out) | {"expires_at": ""} == {
        "schema": "rorcli/identity/v1", "ok": True, "store": "prod", "source": "session",
        "variable": "", "method": "otp", "name": "Claire MARTIN", "subject": "referent",
        "organisation": "", "expires_at": "", "renewable": True, "storage": "file",
    }  # fmt: skip


def test_pro_sante_connect_is_gone_to_straight_and_comes_back(login_as, identity, page):
    login_as(PUBLIC)
    started, url = start_login("--method", "psc")
    page.open(url)
    page.wait.until(lambda w: f"/realms/{PSC}/" in w.current_url)
    page.sign_in("899700000001", identity.psc_seed)
    page.wait.until(lambda w: "Réponse reçue" in page.text())
    code, said = finish(started)
    assert (code, "Connecté : Anne-Sophie TARTAMPION, 899700000001" in said) == (0, True), said


def test_a_refusal_on_the_page_ends_the_login(login_as, page):
    login_as(PUBLIC + 'auth_params = {prompt = "none"}')
    started, url = start_login()
    page.open(url)
    code, said = finish(started)
    assert code == 4
    assert "login_required" in said


def test_a_stolen_state_is_refused_and_the_login_goes_on(login_as, identity, page):
    login_as(PUBLIC)
    started, url = start_login()
    back = parse_qs(urlsplit(url).query)["redirect_uri"][0]
    for answer in ("?code=vole&state=invente", "?code=vole", "?state=a&state=b&code=vole", ""):
        assert requests.get(back + answer, timeout=5).status_code == 400
    page.open(url)
    page.sign_in("sans-code", "")
    assert finish(started)[0] == 0


def test_a_code_cannot_be_used_by_whoever_lacks_its_verifier(login_as, identity, page):
    """The page comes back with a code of another login, state swapped in: PKCE stops it."""
    login_as(PUBLIC)
    first, first_url = start_login()
    other, other_url = start_login()
    ours, theirs = (parse_qs(urlsplit(u).query) for u in (first_url, other_url))
    crossed = first_url.replace(ours["redirect_uri"][0].replace(":", "%3A").replace("/", "%2F"),
                                theirs["redirect_uri"][0].replace(":", "%3A").replace("/", "%2F"))  # fmt: skip
    crossed = crossed.replace(ours["state"][0], theirs["state"][0])
    page.open(crossed)
    page.sign_in("sans-code", "")
    code, said = finish(other)
    assert (code, "incohérente" in said) == (4, True), said
    first.kill()
    first.communicate()


def test_another_device_lets_this_one_in(login_as, identity, page):
    login_as(PUBLIC)
    started = subprocess.Popen(command("login", "--method", "device"), env=environment(),
                               stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
    assert started.stderr is not None
    line = started.stderr.readline()
    page.open(line[line.index("http") :].strip())
    page.sign_in("sans-code", "")
    page.wait.until(lambda w: w.find_elements(page.by.NAME, "accept"))
    page.window.find_element(page.by.NAME, "accept").click()
    code, said = finish(started)
    assert (code, "Connecté : Alex DURAND" in said) == (0, True), said


# Scripts


def test_a_service_account_by_certificate_has_a_token_bound_to_it(login_as, identity):
    auth = 'method = "client"\nclient_id = "svc-mtls"\nclient_auth = "mtls"'
    store = login_as(auth, store=f'cert = "{identity.certificate}"\nkey = "{identity.key}"')
    source = source_of(store)
    claims = claims_of(source.token())
    assert claims["azp"] == "svc-mtls"
    assert claims["cnf"]["x5t#S256"]
    assert run(["login"], store="prod").code == 0
    assert not Vault(store).read().is_open


def test_a_certificate_of_somebody_else_is_refused(login_as, identity):
    auth = 'method = "client"\nclient_id = "svc-mtls"\nclient_auth = "mtls"'
    login_as(auth, store=f'cert = "{identity.other_certificate}"\nkey = "{identity.other_key}"')
    refused = run(["login"], store="prod")
    assert refused.code == 4
    assert "certificat absent, expiré ou non associé à « svc-mtls »" in refused.err
    assert "autre service" in refused.err


def test_a_service_account_signs_its_assertion(login_as, identity):
    auth = 'method = "client"\nclient_id = "svc-jwt"\nclient_auth = "private_key_jwt"\n'
    for audience in ("issuer", "token_endpoint"):
        store = login_as(
            auth + f'assertion_audience = "{audience}"\nkey = {{file = "{identity.signing_key}"}}'
        )
        source = source_of(store)
        assert claims_of(source.token())["azp"] == "svc-jwt"
    login_as(auth + f'key = {{file = "{identity.other_key}"}}')
    assert run(["login"], store="prod").code == 4


@pytest.mark.parametrize("proof", ["secret_basic", "secret_post"])
def test_a_service_account_by_secret(login_as, monkeypatch, proof):
    store = login_as(f'method = "client"\nclient_id = "svc-secret"\nclient_auth = "{proof}"')
    monkeypatch.setenv("RORCLI_CLIENT_SECRET", "CANARI-secret-client-3Fv")
    source = source_of(store)
    assert claims_of(source.token())["azp"] == "svc-secret"
    monkeypatch.setenv("RORCLI_CLIENT_SECRET", "CANARI-faux-secret")
    refused = run(["login"], store="prod")
    assert (refused.code, "svc-secret" in refused.err) == (4, True)


def claims_of(token: str) -> dict[str, Any]:
    from joserfc.jws import extract_compact

    return dict(json.loads(extract_compact(token.encode()).payload))


# The last resort: password and one-time code in the terminal


def password(seed: str) -> str:
    os.environ["CLE"] = seed
    return (
        PUBLIC + 'method = "password"\npassword = {env = "MOT"}\n'
        'otp = {from = "seed", seed = {env = "CLE"}}\n'
    )


@pytest.fixture
def kept_password(monkeypatch):
    monkeypatch.setenv("MOT", PASSWORD)
    monkeypatch.setenv("CLE", "")


def test_password_and_code_are_sent_once_and_never_twice_in_a_step(
    login_as, identity, kept_password
):
    store = login_as(password(identity.script_seed) + 'login = "automate"')
    first = run(["login"], store="prod")
    assert first.code == 0, first.err
    [kept] = Vault(store).path.parents[1].glob("steps/*.json")
    step = json.loads(kept.read_text())["step"]
    second = run(["login"], store="prod")
    assert second.code == 0, second.err
    assert json.loads(kept.read_text())["step"] > step


def test_a_seed_of_80_bits_is_taken_with_a_warning(login_as, identity, kept_password):
    login_as(password(f"otpauth://totp/x?secret={identity.short_seed}") + 'login = "ancien"')
    done = run(["login"], store="prod")
    assert (done.code, "moins de 112 bits" in done.err) == (0, True), done.err


def test_a_locked_account_answers_as_a_wrong_password_and_one_try_is_one(
    login_as, identity, monkeypatch, kept_password
):
    login_as(PUBLIC + 'method = "password"\nlogin = "distrait"\npassword = {env = "MOT"}')
    monkeypatch.setenv("RORCLI_PASSWORD", "CANARI-mauvais")
    for _ in range(3):
        assert "compte temporairement bloqué" in run(["login"], store="prod").err
    monkeypatch.delenv("RORCLI_PASSWORD")
    locked = run(["login"], store="prod")
    assert locked.code == 4
    assert "Aucun nouvel essai n'est fait automatiquement" in locked.err
    identity.unlock()
    assert run(["login"], store="prod").code == 0


def test_a_flow_that_is_closed_for_the_client_says_whom_to_ask(login_as, kept_password):
    login_as('client_id = "rorcli-strict"\nmethod = "password"\nlogin = "sans-code"\n'
             'password = {env = "MOT"}')  # fmt: skip
    refused = run(["login"], store="prod")
    assert refused.code == 2
    assert "n'est pas ouvert pour « rorcli-strict »" in refused.err
    refused = run(["login", "--method", "device"], store="prod")
    assert (refused.code, "GRADeS" in refused.err) == (2, True)


# Sessions


@pytest.fixture
def session(login_as, kept_password):
    """A session of somebody without a one-time code."""
    text = (PUBLIC + 'method = "password"\nlogin = "sans-code"\n'
            'password = {prompt = true}')  # fmt: skip
    store = login_as(text)
    os.environ["RORCLI_PASSWORD"] = PASSWORD
    done = run(["login"], store="prod")
    del os.environ["RORCLI_PASSWORD"]
    assert done.code == 0, done.err
    return store


def late(store) -> None:
    """The clock goes on: the access token is due."""
    vault = Vault(store)
    record = vault.read()
    vault.write(replace(record, obtained_at=record.obtained_at - 99, expires_at=time.time() - 1))


def test_a_due_token_is_refreshed_and_rotated(session):
    vault = Vault(session)
    before = vault.tokens(vault.read())
    late(session)
    source = source_of(session)
    after = source.token()
    kept = vault.tokens(vault.read())
    assert before is not None
    assert kept is not None
    assert kept[0].reveal() == after != before[0].reveal()
    assert kept[1] != before[1]


def test_parallel_processes_refresh_once_and_all_get_a_token(session):
    late(session)
    words = command("whoami", "--token")
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda _: subprocess.run(
            words, env=environment(), capture_output=True, text=True, check=False), range(6)))  # fmt: skip
    assert [each.returncode for each in done] == [0] * 6, [each.stderr for each in done]
    # The realm kills the whole session when an old refresh token comes back.
    assert len({each.stdout for each in done}) == 1
    late(session)
    source = source_of(session)
    assert source.token()


def test_reuse_of_a_rotated_token_ends_the_session_and_is_told(session):
    vault = Vault(session)
    record = vault.read()
    old = vault.tokens(record)
    assert old is not None
    late(session)
    source = source_of(session)
    source.token()
    vault.keep(vault.read(), *old)  # a thief, or a backup, brings the old one back
    late(session)
    again = run(["whoami", "--token"], store="prod")
    assert (again.code, "session expirée" in again.err) == (4, True), again.err
    assert not vault.read().is_open


def test_logout_revokes_on_the_server(session):
    vault = Vault(session)
    record = vault.read()
    held = vault.tokens(record)
    assert held is not None
    done = run(["logout"], store="prod")
    assert (done.code, "révoquée" in done.err) == (0, True)
    assert run(["whoami"], store="prod").code == 4
    vault.keep(record, *held)
    late(session)
    assert run(["whoami", "--token"], store="prod").code == 4


def test_a_session_that_an_administrator_closed_is_told_at_the_next_refresh(session, identity):
    identity.close_sessions("sans-code")
    late(session)
    again = run(["whoami", "--token"], store="prod")
    assert (again.code, "rorcli login" in again.err) == (4, True)


def test_a_refused_token_is_refreshed_once(session):
    source = source_of(session)
    first = source.token()
    second = source.token(refused=first)
    assert second != first


def test_a_refresh_can_be_asked_for(session):
    before = Vault(session).read().expires_at
    time.sleep(1.1)
    assert run(["login", "--refresh"], store="prod").code == 0
    assert Vault(session).read().expires_at > before


# Who answers


def test_another_issuer_than_ours_is_refused(login_as, identity):
    place = f"{identity.issuer()}/.well-known/openid-configuration"
    for issuer in (identity.issuer(PSC), f"{identity.issuer()}/", "https://ailleurs.example"):
        login_as(PUBLIC + f'discovery_url = "{place}"', issuer=issuer)
        refused = run(["login", "--no-browser"], store="prod")
        assert (refused.code, f"émetteur attendu {issuer}" in refused.err) == (2, True), refused.err


def test_an_unknown_realm_is_refused(login_as, identity):
    login_as(PUBLIC, issuer=identity.issuer("autre"))
    refused = run(["login", "--no-browser"], store="prod")
    assert (refused.code, "vérifiez issuer" in refused.err) == (2, True)


def test_a_server_whose_authority_is_unknown_is_refused(login_as, identity):
    login_as(PUBLIC)
    text = user_config().read_text("utf-8").replace(f'ca = "{identity.ca}"\n', "")
    user_config().write_text(text, "utf-8")
    refused = run(["login", "--no-browser"], store="prod")
    assert (refused.code, "certificat du serveur non reconnu" in refused.err) == (4, True)


def test_a_forged_token_is_not_taken_for_an_identity(login_as, identity):
    """A token signed by a key of ours, with claims of the realm, against the realm's own keys."""
    from joserfc import jwk, jwt

    from rorcli.errors import StoreDeniedError
    from rorcli.login.identity import read_id_token

    store = login_as(PUBLIC)
    assert store.auth is not None
    certs = f"{identity.issuer()}/protocol/openid-connect/certs"
    keys = requests.get(certs, verify=str(identity.ca), timeout=10).json()
    key = jwk.RSAKey.import_key(identity.signing)
    claims = {
        "iss": identity.issuer(),
        "aud": "rorcli",
        "exp": time.time() + 60,
        "iat": time.time(),
    }
    for head in ({"alg": "RS256", "kid": keys["keys"][0]["kid"]}, {"alg": "RS256", "kid": "x"}):
        forged = jwt.encode(head, claims, key)
        with pytest.raises(StoreDeniedError, match="incohérente"):
            read_id_token(forged, store.auth, identity.issuer(), "", lambda: keys)


def test_an_id_token_of_the_realm_is_taken_until_it_ends(login_as, identity, monkeypatch):
    from rorcli.errors import StoreDeniedError
    from rorcli.login.identity import read_id_token

    store = login_as(PUBLIC)
    assert store.auth is not None
    base = f"{identity.issuer()}/protocol/openid-connect"
    form = {"grant_type": "password", "client_id": "rorcli", "username": "sans-code",
            "password": PASSWORD, "scope": "openid"}  # fmt: skip
    given = requests.post(f"{base}/token", data=form, verify=str(identity.ca), timeout=10).json()
    keys = requests.get(f"{base}/certs", verify=str(identity.ca), timeout=10).json()
    read = partial(
        read_id_token, given["id_token"], store.auth, identity.issuer(), "", lambda: keys
    )
    assert read().name == "Alex DURAND"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 60)
    with pytest.raises(StoreDeniedError, match="ExpiredTokenError"):
        read()


def test_doctor_looks_at_discovery_clock_and_certificate(login_as, identity):
    auth = 'method = "client"\nclient_id = "svc-mtls"\nclient_auth = "mtls"'
    login_as(auth, store=f'cert = "{identity.certificate}"\nkey = "{identity.key}"')
    told = json.loads(run(["doctor", "-o", "json"], store="prod").out)["login"]
    assert told["issuer"] == identity.issuer()
    assert abs(told["clock_skew_s"]) < 30
    assert "service rorcli" in told["certificate"]
