"""The servers of these tests: started once, emptied for each test."""

from collections.abc import Iterator

import pytest
import requests

from tests.integration import servers


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
