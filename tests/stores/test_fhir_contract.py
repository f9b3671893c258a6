"""The contract on the FHIR store, against the server in memory."""

import pytest

from tests.servers.fake import FakeServer
from tests.stores.fhir_contract import FhirContract


class TestFhir(FhirContract):
    @pytest.fixture
    def server(self):
        fake = FakeServer()
        yield fake.url
        fake.close()
