"""A FHIR server in memory for the tests of this folder."""

import pytest

from tests.servers.fake import FakeServer


@pytest.fixture
def fake():
    server = FakeServer()
    yield server
    server.close()
