"""The store contract on servers that others wrote."""

from contextlib import closing

import pytest

from rorcli.errors import StoreUnavailableError
from rorcli.stores.fhir.capabilities import Capabilities
from rorcli.stores.fhir.probes import Probe
from tests.servers.proxy import FAULTS
from tests.stores.contract import LATER, LOADED, SAULES, TREE, changed, plan_to
from tests.stores.fhir_contract import FhirContract, store_at
from tests.stores.fhir_faults import Desk

CAPACITIES = [{"nature": "lit", "statut": "installe", "nombre": 12},
              {"nature": "lit", "statut": "ferme", "nombre": 1}]  # fmt: skip
LIEU = {"id": "52/L1", "nom": "Étage 1", "capacites": CAPACITIES}
WITH_CAPACITIES = changed(TREE, lambda eg: eg["unites"][0]["unites"][0].update(lieux=[LIEU]))
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


@pytest.mark.parametrize("server", ["empty_hapi", "empty_medplum"])
def test_a_patch_that_a_server_does_not_understand_is_told(request, server):
    """Neither takes an extension of several parts, as the ROR's capacities are: HAPI keeps one."""
    with closing(store_at(request.getfixturevalue(server))) as store:
        store.add(WITH_CAPACITIES, today=LOADED)
        told: list[Probe] = []
        store.write_test().run(told.append)
        probes = {each.name: each.is_ok for each in told}
        assert probes == {"création": True, "versions": True, "If-Match": True, "PATCH": False,
                          "transaction": True, "ménage": True}  # fmt: skip
        listed = {"type": "Location", "interaction": [{"code": "read"}, {"code": "patch"}]}
        store.capabilities = Capabilities({"rest": [{"resource": [listed]}]})

        def wish(eg):
            eg["unites"][0]["unites"][0]["lieux"][0]["capacites"][0]["nombre"] = 9

        held = store.fetch(SAULES)
        assert held
        plan = plan_to(store, changed(held.establishment, wish))
        with pytest.raises(StoreUnavailableError, match="PATCH"):
            store.apply(plan, today=LATER, author="")
