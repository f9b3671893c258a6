"""The contract on the FHIR store, against the server in memory."""

import pytest

from tests.servers.fake import FakeServer
from tests.stores.fhir_contract import FhirContract
from tests.stores.fhir_faults import Desk


class TestFhir(FhirContract):
    @pytest.fixture
    def server(self):
        fake = FakeServer()
        yield fake.url
        fake.close()


@pytest.mark.parametrize("takes_ids", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_said_of_a_push_is_what_the_server_holds(tmp_path, seed, takes_ids):
    fake = FakeServer(takes_ids=takes_ids)
    with Desk(fake.url, tmp_path, seed, silence=0.3, lieux_have_ids=not takes_ids) as desk:
        for _ in range(6):
            desk.round()
        assert desk.proxy.met.keys() - {""}
    fake.close()
