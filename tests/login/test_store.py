"""What a FHIR store does with a token: renewed once, explained, and for its own origin only."""

import pytest

from rorcli.errors import StoreDeniedError
from rorcli.login.secret import Secret
from rorcli.login.sessions import token_source
from rorcli.login.vault import Record, Vault
from rorcli.stores.fhir.transport import Transport
from tests.cli.harness import run
from tests.login.provider import Provider

OK = {"resourceType": "Bundle", "entry": []}


@pytest.fixture
def fhir():
    """Another server of paper, which is the directory."""
    found = Provider()
    yield found
    found.close()


@pytest.fixture
def store(configure, fhir, provider):
    """Settings of that directory, somebody being logged in."""
    provider.nonce = None
    store = configure(url=f"fhir+{fhir.base}/fhir", store='headers = {Ror-Role = "AUTOMATE"}')
    Vault(store).keep(Record("psc"), Secret("CANARI-premier"), Secret("CANARI-renouveler"))
    return store


def bearers(fhir, path="/fhir/Organization"):
    return [seen.headers.get("Authorization") for seen in fhir.seen(path)]


def test_a_refused_token_is_renewed_once_and_the_call_goes_on(store, fhir):
    fhir.says("/fhir/Organization", 401)
    fhir.says("/fhir/Organization", 200, OK)
    fhir.says("/fhir/Organization", 200, OK)
    transport = Transport(store, token_source(store))
    assert transport.get("Organization").status == 200
    assert transport.get("Organization").status == 200
    assert bearers(fhir) == [
        "Bearer CANARI-premier",
        "Bearer CANARI-acces-1",
        "Bearer CANARI-acces-1",
    ]


def test_a_fresh_token_that_is_refused_means_another_environment(store, fhir, provider):
    for _ in range(4):
        fhir.says("/fhir/Organization", 401)
    transport = Transport(store, token_source(store))
    for _ in range(2):
        with pytest.raises(StoreDeniedError, match="jeton refusé par l'annuaire") as refused:
            transport.get("Organization")
        assert "bac à sable" in refused.value.remedy
    assert len(provider.seen("/token")) == 1


def test_a_profile_that_may_not_is_told(store, fhir):
    fhir.says("/fhir/Organization", 403)
    with pytest.raises(StoreDeniedError, match="profil d'accès") as refused:
        Transport(store, token_source(store)).get("Organization")
    assert "Ror-*" in refused.value.remedy


def test_a_next_page_elsewhere_gets_neither_token_nor_headers(store, fhir):
    other = Provider()
    other.says("/fhir/page2", 200, OK)
    link = [{"relation": "next", "url": f"{other.base}/fhir/page2"}]
    fhir.says("/fhir/Organization", 200, {**OK, "link": link})
    try:
        list(Transport(store, token_source(store)).pages("Organization", []))
    finally:
        other.close()
    assert bearers(fhir) == ["Bearer CANARI-premier"]
    assert fhir.seen("/fhir/Organization")[0].headers["Ror-Role"] == "AUTOMATE"
    for seen in other.seen("/fhir/page2"):
        assert {"Authorization", "Ror-Role"} & set(seen.headers) == set()


def test_without_a_login_the_directory_is_told_to_want_one(fhir):
    fhir.says("/fhir/metadata", 401)
    done = run(["search", "saules"], store=f"fhir+{fhir.base}/fhir")
    assert done.code == 4
    assert "réglez auth" in done.err
