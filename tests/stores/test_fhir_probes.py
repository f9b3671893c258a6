"""`doctor --write-test`: whatever the server does, nothing is left behind without being named."""

from contextlib import closing
from random import Random

import pytest

from rorcli.errors import StoreError
from rorcli.settings import StoreSettings
from rorcli.stores.fhir.probes import Probe, WriteTest
from rorcli.stores.fhir.transport import Patience, Transport
from tests.servers.fake import FakeServer
from tests.servers.proxy import FAULTS, Proxy


class Bundling(FakeServer):
    """Takes transactions one entry at a time: what came before the one that fails stays."""

    def handle(self, method, target, headers, body):
        if (method, target) != ("POST", "/fhir"):
            return super().handle(method, target, headers, body)
        for each in body["entry"]:
            asked = each["request"]
            guard = {"if-match": asked["ifMatch"]} if "ifMatch" in asked else {}
            super().handle(asked["method"], f"/fhir/{asked['url']}", guard, each["resource"])
        return 200, {"resourceType": "Bundle"}


@pytest.fixture
def fake():
    server = Bundling()
    yield server
    server.close()


def tried(url):
    """The probes, as far as they go, by name; and what stopped them."""
    settings = StoreSettings(url=f"fhir+{url}")
    patience = Patience(seconds=5, attempts=3, longest_wait=0.01, silence=0.5, chance=Random(1))
    told: list[Probe] = []
    stopped = None
    with closing(Transport(settings, patience=patience)) as transport:
        try:
            WriteTest(transport).run(told.append)
        except (StoreError, KeyboardInterrupt) as error:
            stopped = error
    return told, stopped


def refusing(method, status):
    return lambda asked, _path: (status, {}, b"") if asked == method else None


def lost(fake, method, number=1):
    """The answer to that call of a kind is lost, once the server did what was asked."""
    left = [number]

    def choose(asked, _path):
        left[0] -= asked == method
        return "lost" if asked == method and left[0] == 0 else ""

    return Proxy(fake.url, choose)


def test_nothing_remains_where_the_server_deletes(fake):
    told, stopped = tried(fake.url)
    assert stopped is None
    assert [each.name for each in told] == [
        "création", "versions", "If-Match", "PATCH", "transaction", "ménage",
    ]  # fmt: skip
    assert not told[-2].is_ok  # this server keeps a part of what fails
    assert (told[-1].is_ok, told[-1].said) == (True, "rien ne reste de l'essai sur le serveur")
    assert fake.held == {}


@pytest.mark.parametrize("status", [403, 405, 401, 409])
def test_what_may_not_be_deleted_is_closed_and_named(fake, status):
    fake.answers = refusing("DELETE", status)
    told, stopped = tried(fake.url)
    assert stopped is None
    assert len(fake.held) == 2
    assert {each["active"] for each in fake.held.values()} == {False}
    assert told[-1].is_ok
    assert all(f"{fake.url}/{key} (fermée)" in told[-1].said for key in fake.held)


def test_what_can_be_neither_deleted_nor_closed_is_named_as_open(fake):
    puts = []

    def answers(method, _path):
        puts.append(method)
        refused = method == "DELETE" or (method == "PUT" and "DELETE" in puts)
        return (403, {}, b"") if refused else None

    fake.answers = answers
    told, _ = tried(fake.url)
    assert not told[-1].is_ok
    assert all(f"{fake.url}/{key} (ouverte)" in told[-1].said for key in fake.held)


def test_a_creation_whose_answer_was_lost_leaves_nothing(fake):
    with closing(lost(fake, "PUT")) as proxy:
        told, stopped = tried(proxy.url)
    assert isinstance(stopped, StoreError)
    assert [each.name for each in told] == ["ménage"]
    assert fake.held == {}


def test_a_transaction_whose_answer_was_lost_leaves_nothing(fake):
    with closing(lost(fake, "POST")) as proxy:
        told, stopped = tried(proxy.url)
    assert isinstance(stopped, StoreError)
    assert told[-1].is_ok
    assert fake.held == {}


def test_a_deletion_whose_answer_was_lost_is_looked_up(fake):
    with closing(lost(fake, "DELETE")) as proxy:
        told, stopped = tried(proxy.url)
    assert (stopped, told[-1].is_ok, fake.held) == (None, True, {})


def test_what_a_server_that_fell_silent_may_still_hold_is_named(fake):
    calls = []

    def choose(method, _path):
        calls.append(method)
        return "dropped" if calls.count("PUT") > 1 else ""

    with closing(Proxy(fake.url, choose)) as proxy:
        told, stopped = tried(proxy.url)
        [key] = fake.held
        assert f"{proxy.url}/{key} (peut-être)" in told[-1].said
    assert isinstance(stopped, StoreError)
    assert not told[-1].is_ok


@pytest.mark.parametrize("call", range(1, 12))
def test_ctrl_c_at_any_call_leaves_nothing(fake, monkeypatch, call):
    whole, left = Transport._attempt, [call]

    def interrupted(self, *words):
        left[0] -= 1
        reply = whole(self, *words)
        if left[0] == 0:
            raise KeyboardInterrupt
        return reply

    monkeypatch.setattr(Transport, "_attempt", interrupted)
    told, stopped = tried(fake.url)
    assert isinstance(stopped, KeyboardInterrupt)
    assert (told[-1].name, told[-1].is_ok) == ("ménage", True)
    assert fake.held == {}


def test_a_second_ctrl_c_names_what_may_remain(fake, monkeypatch):
    whole, seen = Transport._attempt, []

    def interrupted(self, method, *words):
        seen.append(method)
        if len(seen) >= 4:
            raise KeyboardInterrupt
        return whole(self, method, *words)

    monkeypatch.setattr(Transport, "_attempt", interrupted)
    told, stopped = tried(fake.url)
    assert isinstance(stopped, KeyboardInterrupt)
    [key] = fake.held
    assert f"{key} (peut-être)" in told[-1].said


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("deletes", [True, False])
def test_on_any_bad_day_what_remains_is_named(fake, seed, deletes):
    if not deletes:
        fake.answers = refusing("DELETE", 405)
    chance = Random(seed)
    faults = [each for each in FAULTS if each != "slow"]

    def choose(_method, _path):
        return chance.choice(faults) if chance.random() < 0.25 else ""

    with closing(Proxy(fake.url, choose)) as proxy:
        told, _ = tried(proxy.url)
    assert told[-1].name == "ménage"
    for key, held in fake.held.items():
        assert key in told[-1].said
        if told[-1].is_ok:
            assert held["active"] is False
    if not fake.held and told[-1].is_ok:
        assert "rien ne reste" in told[-1].said
