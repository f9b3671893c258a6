"""Servers, neighbours and machines that misbehave: each is told in French, none is a crash."""

import pickle
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from types import SimpleNamespace

import keyring
import platformdirs
import pytest
import requests

from rorcli.access import Otp, is_safe
from rorcli.errors import ExitCode, StoreDeniedError, StoreUnavailableError, UsageError
from rorcli.login import flows, sessions, tls, wire
from rorcli.login.otp import next_code, read_seed
from rorcli.login.receiver import Receiver
from rorcli.login.secret import Secret, private_text
from rorcli.login.vault import Record, Vault
from tests.cli.harness import run
from tests.login.conftest import Typist, source_of
from tests.login.provider import KEY, Provider
from tests.login.test_vault import Ring

CONFIG = "/realm/.well-known/openid-configuration"
PASSWORD = 'method = "password"\nlogin = "referent"\npassword = {env = "MOT"}\n'
CLIENT = 'method = "client"\nclient_auth = "secret_post"\nclient_secret = {env = "MOT"}\n'
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
FAULTS = {ExitCode.USAGE, ExitCode.AUTH, ExitCode.UNAVAILABLE}


@pytest.fixture(autouse=True)
def _nobody_logs_in_by_the_browser(provider, monkeypatch):
    provider.nonce = None
    monkeypatch.setenv("MOT", "CANARI-mot-de-passe")


def logged_in(store, *, until: float = -1, storage: str = "") -> Vault:
    place, now = Vault(store), time.time()
    place.keep(Record("psc", obtained_at=now - 300, expires_at=now + until),
               Secret("CANARI-vieux"), Secret("CANARI-renouveler"))  # fmt: skip
    return place


# What a server answers


@pytest.mark.parametrize("lifetime", ["abc", [1], -5, 1e999, float("nan"), 10**400, 1e15], ids=str)
def test_a_lifetime_that_is_none_is_unknown_or_bounded(configure, provider, lifetime):
    configure(PASSWORD)
    provider.says("/token", 200, {**provider.tokens(), "expires_in": lifetime})
    assert run(["login"], store="prod").code == ExitCode.OK
    assert run(["whoami"], store="prod").code == ExitCode.OK


@pytest.mark.parametrize("token", ["CANARI\r\nX: y", "CANARI-é", "CANARI €", "", 5], ids=str)
def test_a_token_that_no_header_takes_is_none(configure, provider, token):
    configure(CLIENT)
    provider.says("/token", 200, {"access_token": token})
    done = run(["login"], store="prod")
    assert (done.code, "sans jeton d'accès" in done.err) == (ExitCode.UNAVAILABLE, True)


@pytest.mark.parametrize(
    "offer", [{"interval": "abc"}, {"interval": -1}, {"interval": [1]}, {"expires_in": "x"},
              {"expires_in": float("nan")}, {"verification_uri": "https://["}, {"user_code": "\ud800"}],
    ids=str,
)  # fmt: skip
def test_an_offer_to_a_device_that_makes_no_sense_is_waited_for_as_usual(
    configure, provider, offer
):
    configure('method = "device"')
    body = {"device_code": "CANARI-d", "verification_uri": "https://x.example", "expires_in": 60}
    provider.says("/device", 200, {**body, "user_code": "A", **offer})
    waits: list[float] = []
    desk = sessions.open_desk(configure('method = "device"'), Typist())
    flows.device(replace(desk, sleep=waits.append))
    assert waits == [5]


def test_a_wait_for_a_device_is_bounded():
    assert flows._seconds(1e12, 5, 3600) == 3600


@pytest.mark.parametrize("path", [CONFIG, "/token", "/certs"])
@pytest.mark.parametrize(
    "body",
    ["[" * 99_999, '{"a":' * 99_999, '"x"', "\ufeff{}"],
    ids=["lists", "objects", "text", "mark"],
)
def test_json_that_is_none_is_no_answer(configure, provider, path, body):
    configure(PASSWORD)
    provider.says(path, 200, body)
    assert run(["login"], store="prod").code in FAULTS


@pytest.mark.parametrize(
    "keys", [{}, {"keys": {}}, {"keys": [{}]}, {"keys": [{"kty": "RSA", "kid": "k1"}]}, {"keys": "x"},
             {"keys": [1]}, {"keys": [{"kty": "oct", "k": "AAAA", "kid": "k1"}]}],
    ids=str,
)  # fmt: skip
def test_keys_that_are_none_sign_nothing(configure, provider, keys):
    configure(PASSWORD)
    provider.says("/certs", 200, keys)
    provider.says("/certs", 200, keys)
    done = run(["login"], store="prod")
    assert (done.code, "incohérente" in done.err) == (ExitCode.AUTH, True)


def test_keys_of_a_kind_to_come_do_not_hide_ours(configure, provider):
    configure(PASSWORD)
    strange = [{"kty": "AKP", "kid": "k0", "pub": "x"}, {"kty": "EC", "crv": "P-0", "kid": "k2"}]
    provider.says("/certs", 200, {"keys": [*strange, KEY.as_dict(private=False)]})
    assert "Claire MARTIN" in run(["login"], store="prod").err


def test_a_body_without_end_is_left(configure, provider, monkeypatch):
    monkeypatch.setattr(wire, "MOST_BYTES", 5000)
    provider.says(CONFIG, 200, {"issuer": "x" * 5000})
    with pytest.raises(StoreUnavailableError, match="réponse démesurée"):
        sessions.open_desk(configure(PASSWORD), Typist())


def test_a_body_that_drips_is_left_at_its_hour():
    pieces = iter([b"a"] * 9)
    response = SimpleNamespace(
        raw=SimpleNamespace(read1=lambda *_, **__: next(pieces)), url="https://idp.example/token"
    )
    with pytest.raises(StoreUnavailableError, match="réponse trop lente"):
        tls.content_of(response, 5000, time.monotonic() - 1)  # type: ignore[arg-type]
    assert len(list(pieces)) == 8


def test_a_body_is_read_as_it_comes():
    goes_on, listener = threading.Event(), socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        caller, _ = listener.accept()
        caller.recv(9999)
        caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na")
        goes_on.wait(9)
        caller.sendall(b"b")
        caller.close()

    threading.Thread(target=drip, daemon=True).start()
    port = listener.getsockname()[1]
    with requests.get(f"http://127.0.0.1:{port}/", stream=True, timeout=20) as response:
        pieces = tls.pieces_of(response)
        assert next(pieces) == b"a"
        goes_on.set()
        assert list(pieces) == [b"b"]
    listener.close()


@pytest.mark.parametrize("location", ["https://[", "//[", "\x1b[2J", ""])
def test_a_redirect_to_nowhere_is_refused(configure, provider, location):
    provider.says("/token", 302, "", Location=location)
    configure(CLIENT)
    done = run(["login"], store="prod")
    assert (done.code, "renvoie vers ? : renvoi refusé" in done.err) == (ExitCode.USAGE, True)


@pytest.mark.parametrize(
    "url", ["https://[", "https://h:99999/", "https://h:x/", "https://h/\x1b[2J", "https://h/\u2028",
            "https://h/\ud800", "https://h/a b", "https://", "", "https:h"],
)  # fmt: skip
def test_what_is_no_address_is_not_safe(configure, provider, url):
    assert not is_safe(url)
    provider.published = {"authorization_endpoint": url or "x"}
    with pytest.raises(UsageError, match="refusée"):
        sessions.open_desk(configure(), Typist())


@pytest.mark.parametrize("aliases", [["a"], "a", {"issuer": "https://autre.example"}], ids=str)
def test_aliases_for_a_certificate_do_not_change_the_issuer(configure, provider, aliases, tmp_path):
    provider.published = {"mtls_endpoint_aliases": aliases}
    store = configure('client_auth = "mtls"', store='cert = "c.pem"\nkey = "k.pem"')
    desk = sessions.open_desk(store_without_certificate(store), Typist())
    assert desk.provider.issuer == provider.issuer


def store_without_certificate(store):
    return replace(store, cert="", key="")


@pytest.mark.parametrize("url", ["fhir+https://[", "fhir+https://h:x/y", "fhir+https://h:99999/y"])
def test_a_store_at_no_address_is_told(configure, url):
    assert run(["search", "x"], store=url).code == ExitCode.USAGE
    with pytest.raises(UsageError):
        configure(PASSWORD, url=url)


def test_a_password_in_an_address_is_refused_and_not_shown(configure):
    done = run(["whoami"], store="fhir+https://c.martin:mot-secret@ror.example/fhir")
    assert "annuaire : fhir+https://***@ror.example/fhir" in done.out
    with pytest.raises(UsageError, match="ni nom ni mot de passe") as refused:
        configure(PASSWORD, issuer="https://c.martin:mot-secret@idp.example")
    assert "mot-secret" not in refused.value.message


# Clocks


@pytest.mark.parametrize("ahead", [600, -600])
def test_a_clock_that_is_wrong_is_the_remedy_of_a_token_out_of_its_time(configure, provider, ahead):
    configure(PASSWORD)
    then = time.time() + ahead
    provider.claims = {"iat": int(then), "exp": int(then) + 60}
    provider.says("/certs", 200, {"keys": [KEY.as_dict(private=False)]},
                  Date=formatdate(then, usegmt=True))  # fmt: skip
    done = run(["login"], store="prod")
    assert (done.code, "l'horloge de ce poste a" in done.err) == (ExitCode.AUTH, True)


@pytest.mark.parametrize(("last", "step"), [(10, 11), (11, 12), (12, 10), (10**6, 10)], ids=str)
def test_a_step_counted_by_a_clock_that_was_ahead_holds_nobody(last, step):
    totp = read_seed(Secret(SEED), Otp("seed"))
    assert next_code(totp, last, now=lambda: 300.0, sleep=lambda _: None)[1] == step


@pytest.mark.parametrize("given", ["period=0", "period=-30", "digits=0", "digits=99"])
def test_a_key_of_impossible_parameters_is_unreadable(given):
    with pytest.raises(UsageError, match="clé TOTP illisible"):
        read_seed(Secret(f"otpauth://totp/x?secret={SEED}&{given}"), Otp("seed"))


# Sessions


def test_a_renewed_token_is_kept_even_if_its_person_cannot_be_read(configure, provider):
    store = configure()
    place = logged_in(store)
    provider.says("/certs", 503)
    source_of(store).token()
    held = place.tokens(place.read())
    assert held is not None
    assert held[1] == Secret("CANARI-renouvellement-1")


def test_one_attempt_a_run_however_many_ask(configure, provider):
    store = configure(PASSWORD)
    provider.says("/token", 401, {"error": "invalid_grant"})
    source = source_of(store)
    for _ in range(3):
        with pytest.raises(StoreDeniedError, match="refusé"):
            source.token()
    assert len(provider.seen("/token")) == 1


def test_a_session_that_is_not_to_be_read_can_be_closed(configure):
    place = logged_in(configure())
    place.path.chmod(0o644)
    done = run(["logout"], store="prod")
    assert (done.code, place.path.exists()) == (ExitCode.OK, False)


def test_a_renewal_is_of_the_session_not_of_the_environment(configure, monkeypatch):
    configure()
    monkeypatch.setenv("RORCLI_TOKEN", "CANARI-x")
    done = run(["login", "--refresh"], store="prod")
    assert (done.code, "RORCLI_TOKEN est défini" in done.err) == (ExitCode.USAGE, True)


def test_where_nothing_can_be_kept_a_service_account_works_and_others_are_told(configure):
    state = Path(platformdirs.user_state_dir("rorcli", appauthor=False))
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text("un fichier, où rien ne peut être gardé")
    configure(CLIENT)
    assert run(["whoami", "--token"], store="prod").out.startswith("CANARI-acces")
    configure(PASSWORD)
    done = run(["login"], store="prod")
    assert (done.code, "écriture impossible" in done.err) == (ExitCode.USAGE, True)
    assert run(["logout"], store="prod").code in {ExitCode.OK, ExitCode.USAGE}


def test_nothing_to_keep_any_more_empties_the_keyring(configure):
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    try:
        logged_in(configure())
        assert ring.held
        logged_in(configure('storage = "none"'))
        assert ring.held == {}
    finally:
        keyring.set_keyring(before)


def test_a_secret_is_not_pickled():
    with pytest.raises(TypeError):
        pickle.dumps(Secret("CANARI-x"))


# The machine


def test_a_keyring_that_does_not_load_is_none(configure):
    from keyring.util.platform_ import config_root

    configure(PASSWORD)
    Path(config_root()).mkdir(parents=True)
    Path(config_root(), "keyringrc.cfg").write_text("ni section ni clé")
    done = subprocess.run([sys.executable, "-m", "rorcli", "login", "--store", "prod"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "Aucun trousseau sur ce poste" in done.stderr


def test_what_goes_to_this_machine_passes_by_no_proxy(configure, monkeypatch):
    other = Provider()
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, other.base)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    configure(PASSWORD)
    assert run(["login"], store="prod").code == ExitCode.OK
    assert other.seen("/token") == []
    other.close()
    assert tls.proxies_of("http://ailleurs.example") == {"http": other.base}


@pytest.mark.parametrize("place", ["a\0b", "/", "absent"])
def test_a_place_of_a_secret_that_cannot_be_read_is_told(place):
    with pytest.raises(UsageError, match="lecture impossible|lisible par|autre utilisateur"):
        private_text(Path(place))


@pytest.mark.parametrize(
    "place", ['{file = "~personne_de_ce_nom/x"}', '{file = "a\\u0000b"}', '{command = ["\\u0000"]}']
)
def test_a_place_in_the_settings_that_cannot_be_is_told(configure, place):
    configure(f'method = "password"\nlogin = "x"\npassword = {place}')
    assert run(["login"], store="prod").code == ExitCode.USAGE


@pytest.mark.parametrize("line", ["redirect_port = 99999", "redirect_port = 70000"])
def test_a_port_that_is_none_is_told(configure, line):
    configure(line)
    done = run(["login", "--no-browser"], store="prod")
    assert (done.code, "n'en est pas un" in done.err) == (ExitCode.USAGE, True)


def test_neighbours_on_the_loopback_write_nothing_on_our_terminal(capfd):
    with Receiver("127.0.0.1", 0, "etat") as receiver:
        host, _, port = receiver.host.partition(":")
        for said in (
            "GET http://[ HTTP/1.1\r\n\r\n",
            "\0\1",
            "POST /callback HTTP/1.1\r\n\r\n",
        ):
            with socket.create_connection((host, int(port)), timeout=2) as caller:
                caller.sendall(said.encode())
                caller.shutdown(socket.SHUT_WR)
                while caller.recv(999):
                    pass
        assert receiver.answer == {}
    assert capfd.readouterr().err == ""
