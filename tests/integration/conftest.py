"""The servers and the browser of these tests: started once, emptied for each test."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.integration import browser, keycloak, servers


@pytest.fixture(scope="session")
def hapi() -> Iterator[str]:
    with servers.hapi() as url:
        yield url


@pytest.fixture(scope="session")
def medplum() -> Iterator[str]:
    with servers.medplum() as url:
        yield url


@pytest.fixture
def empty_hapi(hapi: str) -> str:
    expunge = {"resourceType": "Parameters",
               "parameter": [{"name": "expungeEverything", "valueBoolean": True}]}  # fmt: skip
    requests.post(f"{hapi}/$expunge", json=expunge, timeout=60).raise_for_status()
    return hapi


@pytest.fixture
def empty_medplum(medplum: str) -> str:
    requests.post(f"{medplum}/$reset", timeout=60).raise_for_status()
    return medplum


@pytest.fixture(scope="session")
def identity(tmp_path_factory) -> Iterator[keycloak.Keycloak]:
    """Keycloak, with the region's realm and the one that plays Pro Santé Connect."""
    with keycloak.started(tmp_path_factory.mktemp("keycloak")) as found:
        yield found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser that takes our authority's certificates."""
    with browser.chromium("--ignore-certificate-errors") as found:
        yield found
