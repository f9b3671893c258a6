"""Where a session is kept, in which keyring, and who may renew it."""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from rorcli.errors import StoreDeniedError, StoreUnavailableError, UsageError
from rorcli.login import drawer, ring
from rorcli.login.secret import Secret, Secrets
from rorcli.login.standing import standing
from rorcli.login.vault import Vault
from tests.cli.harness import run
from tests.login.conftest import source_of

ACCESS, REFRESH = Secret("CANARI-acces-" + "a" * 3000), Secret("CANARI-renouvellement-" + "r" * 900)


class Ring(KeyringBackend):
    """A keyring in memory, as narrow as that of Windows; `fails` and `sleeps` make it a bad one."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}
        self.fails = False
        self.sleeps = 0.0

    def get_password(self, service, username):
        time.sleep(self.sleeps)
        return self.held.get((service, username))

    def set_password(self, service, username, password):
        if self.fails or len(password.encode("utf-16-le")) > 2560:
            raise keyring.errors.PasswordSetError("The stub received bad data")
        self.held[service, username] = password

    def delete_password(self, service, username):
        del self.held[service, username]


@pytest.fixture
def held():
    before = keyring.get_keyring()
    found = Ring()
    keyring.set_keyring(found)
    yield found
    keyring.set_keyring(before)


def kept(store, **changes):
    place = Vault(store)
    now = time.time()
    record = replace(place.read(), method="psc", obtained_at=now, expires_at=now + 300, **changes)
    return place, place.keep(record, ACCESS, REFRESH)


def test_tokens_are_cut_into_what_the_keyring_takes_and_are_not_in_the_file(configure, held):
    place, record = kept(configure())
    assert (record.storage, record.chunks) == ("keyring", len(held.held))
    assert record.chunks > 3
    assert "CANARI" not in place.path.read_text("utf-8")
    assert place.tokens(place.read()) == (ACCESS, REFRESH)
    place.keep(place.read(), Secret("CANARI-court"), None)
    assert len(held.held) == 1
    assert place.tokens(place.read()) == (Secret("CANARI-court"), None)
    place.forget()
    assert held.held == {}
    assert not place.path.exists()


@pytest.mark.parametrize("fault", ["refuses", "hangs", "absent"])
def test_without_a_keyring_that_works_a_private_file_is_taken_and_said(
    configure, held, provider, monkeypatch, fault
):
    monkeypatch.setattr(ring, "LIMIT_S", 0.05)
    held.fails = fault == "refuses"
    held.sleeps = 0.2 if fault == "hangs" else 0
    if fault == "absent":
        keyring.set_keyring(keyring.backends.fail.Keyring())
    monkeypatch.setenv("RORCLI_PASSWORD", "CANARI-mot")
    configure('method = "password"\nlogin = "x"')
    provider.nonce = None
    done = run(["login"], store="prod")
    assert (done.code, "session gardée dans un fichier" in done.err) == (0, True)
    assert json.loads(run(["whoami", "-o", "json"], store="prod").out)["storage"] == "file"
    assert run(["whoami", "--token"], store="prod").out.startswith("CANARI-acces")


def test_a_keyring_that_was_asked_for_must_be_there(configure, held):
    held.fails = True
    with pytest.raises(UsageError, match="aucun trousseau"):
        kept(configure('storage = "keyring"'))
    held.fails = False
    assert kept(configure('storage = "keyring"'))[1].storage == "keyring"
    assert kept(configure('storage = "file"'))[1].storage == "file"
    assert held.held == {}
    assert not kept(configure('storage = "none"'))[1].is_open


def test_a_keyring_that_lost_its_tokens_means_to_log_in_again(configure, held):
    store = configure()
    kept(store)
    held.held.clear()
    with pytest.raises(StoreDeniedError, match="session expirée"):
        source_of(store).token()


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"schema": "autre"}', '{"schema": "rorcli/session/v1", "chunks": "x"'],
)
def test_half_a_file_is_no_session(configure, content):
    place, _ = kept(configure())
    place.path.write_text(content)
    assert not place.read().is_open


def test_secrets_come_from_the_keyring_by_the_name_of_the_store(configure, held):
    held.held["rorcli", "prod.password"] = "CANARI-du-trousseau"
    from rorcli.access import Reference

    assert Secrets("prod").get("PASSWORD", Reference("keyring")) == Secret("CANARI-du-trousseau")
    with pytest.raises(UsageError, match="keyring prod.totp_seed") as refused:
        Secrets("prod").get("TOTP_SEED", Reference("keyring"))
    assert refused.value.remedy == "keyring set rorcli prod.totp_seed"


def test_environment_goes_first_then_a_file_then_the_settings(tmp_path):
    from rorcli.access import Reference

    place = tmp_path / "mot"
    place.write_text("CANARI-fichier\n")
    place.chmod(0o600)
    reference = Reference("command", (sys.executable, "-c", "print('CANARI-commande')"))
    both = {"RORCLI_PASSWORD": "CANARI-variable", "RORCLI_PASSWORD_FILE": str(place)}
    for environment, expected in (
        (both, "CANARI-variable"),
        ({"RORCLI_PASSWORD_FILE": str(place)}, "CANARI-fichier"),
        ({}, "CANARI-commande"),
    ):
        assert Secrets("p", environment=environment).get("PASSWORD", reference) == Secret(expected)
    assert Secrets("p", environment={}).get("PASSWORD", Reference("prompt"), "?") is None


# Renewal


def late(place: Vault) -> None:
    record = place.read()
    place.write(replace(record, obtained_at=time.time() - 300, expires_at=time.time() - 1))


def test_a_fresh_token_asks_nobody(configure, provider):
    store = configure()
    kept(store)
    assert source_of(store).token() == ACCESS.reveal()
    assert provider.seen("/token") == provider.seen("/certs") == []


def test_a_due_token_is_renewed_and_the_rotated_one_is_kept_before_use(configure, provider):
    store = configure()
    place, _ = kept(store)
    late(place)
    provider.nonce = None
    token = source_of(store).token()
    assert provider.seen("/token")[0].form["refresh_token"] == REFRESH.reveal()
    held = place.tokens(place.read())
    assert held is not None
    assert held[0].reveal() == token
    assert held[1] == Secret("CANARI-renouvellement-1")
    assert place.read().method == "psc"


def test_a_refused_token_is_renewed_once_and_then_the_store_is_wrong(configure, provider):
    store = configure()
    kept(store)
    provider.nonce = None
    source = source_of(store)
    first = source.token()
    with ThreadPoolExecutor(6) as pool:  # all of whom saw the old one refused
        taken = set(pool.map(lambda _: source.token(refused=first), range(6)))
    [second] = taken
    assert second != first
    with pytest.raises(StoreDeniedError, match="jeton refusé par l'annuaire"):
        source.token(refused=second)
    assert len(provider.seen("/token")) == 1


def test_a_token_that_another_run_renewed_is_taken_without_asking(configure, provider):
    store = configure()
    place, record = kept(store)
    source = source_of(store)
    first = source.token()
    place.keep(replace(record, obtained_at=time.time()), Secret("CANARI-d-un-autre"), REFRESH)
    assert source.token(refused=first) == "CANARI-d-un-autre"
    assert provider.seen("/token") == []


def test_parallel_processes_renew_once(configure, provider):
    store = configure()
    place, _ = kept(store)
    late(place)
    provider.nonce = None
    line = [sys.executable, "-m", "rorcli", "whoami", "--token", "--store", "prod"]
    root = Path(__file__).parents[2]
    runs = [subprocess.Popen(line, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = [each.communicate(timeout=50)[0] for each in runs]
    assert [each.returncode for each in runs] == [0] * 4
    assert len(set(said)) == 1
    assert len(provider.seen("/token")) == 1


def test_a_server_that_is_down_costs_no_session(configure, provider):
    store = configure()
    place, _ = kept(store)
    late(place)
    provider.says("/token", 503)
    with pytest.raises(StoreUnavailableError):
        source_of(store).token()
    provider.nonce = None
    assert source_of(store).token().startswith("CANARI-acces")


def test_a_refresh_that_fails_for_another_reason_costs_no_session(configure, provider):
    store = configure()
    place, _ = kept(store)
    late(place)
    provider.says("/token", 401, {"error": "invalid_client"})
    with pytest.raises(StoreDeniedError, match="n'est pas reconnu"):
        source_of(store).token()
    assert place.read().is_open


def test_an_unattended_password_is_sent_once_and_its_session_serves_the_next_runs(
    configure, provider, monkeypatch
):
    monkeypatch.setenv("RORCLI_PASSWORD", "CANARI-mot")
    store = configure('method = "password"\nlogin = "x"')
    provider.nonce = None
    assert standing(store).source == "account"
    assert source_of(store).token() == source_of(store).token()
    assert len(provider.seen("/token")) == 1
    assert standing(store).source == "session"


def test_a_lock_that_is_never_let_go_is_told(configure, monkeypatch):
    monkeypatch.setattr(drawer, "LOCK_S", 0.05)
    place = Vault(configure())
    other = Vault(configure())
    with (
        place.locked(),
        pytest.raises(StoreUnavailableError, match="une autre commande renouvelle"),
        other.locked(),
    ):
        pass


def test_a_service_account_keeps_nothing_and_asks_at_each_run(configure, provider, monkeypatch):
    monkeypatch.setenv("RORCLI_CLIENT_SECRET", "CANARI-secret")
    store = configure('method = "client"\nclient_auth = "secret_basic"')
    provider.nonce = None
    source = source_of(store)
    assert source.token() == source.token()
    assert source_of(store).token() != source.token()
    assert len(provider.seen("/token")) == 2
    assert not Vault(store).path.exists()
    assert standing(store).source == "account"
