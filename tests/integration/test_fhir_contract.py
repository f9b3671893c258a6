"""The store contract on servers that others wrote."""

import pytest

from tests.servers.proxy import FAULTS
from tests.stores.fhir_contract import FhirContract
from tests.stores.fhir_faults import Desk

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


class TestHapi(FhirContract):
    @pytest.fixture
    def server(self, empty_hapi):
        return empty_hapi


class TestMedplum(FhirContract):
    @pytest.fixture
    def server(self, empty_medplum):
        return empty_medplum


ROUNDS = [100, pytest.param(1000, marks=pytest.mark.long)]


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("server", ["empty_hapi", "empty_medplum"])
@pytest.mark.timeout(3600)
def test_what_is_said_of_a_push_is_what_the_server_holds(request, tmp_path, server, rounds):
    with Desk(request.getfixturevalue(server), tmp_path, seed=rounds, silence=3) as desk:
        for _ in range(rounds):
            desk.round()
        # A bad day indeed: each kind of fault was met.
        assert desk.proxy.met.keys() == {"", *FAULTS}
        print(desk.ends, desk.proxy.met)
