"""The contract on a FHIR server, whichever: what differs is the clock, and that nothing is deleted."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from rorcli.settings import StoreSettings
from rorcli.stores.base import LoadableStore
from rorcli.stores.fhir.moments import paris_day
from rorcli.stores.fhir.store import FhirStore
from rorcli.stores.fhir.transport import Patience, Transport
from tests.stores.contract import (
    LATER,
    LOADED,
    SAULES,
    TREE,
    LoadContract,
    StoreContract,
    changed,
    plan_to,
    rename_cardio,
)

VERIFIED = "https://rorcli.example/fhir/StructureDefinition/verifie-le"
CARDIO = "HealthcareService/ror-healthcareservice-52-0000003"
LIEU = {"id": "52/L1", "nom": "Étage 1",
        "capacites": [{"nature": "lit", "statut": "installe", "nombre": 12}]}  # fmt: skip
WITH_LIEU = changed(TREE, lambda eg: eg["unites"][0]["unites"][0].update(lieux=[LIEU]))
STRANGE = {"url": "https://ailleurs.example/x", "valueString": "à d'autres"}


def store_at(url: str, **more) -> Any:
    """The store there; Any, for tests know that what they fetch is held."""
    settings = StoreSettings(url=f"fhir+{url}", verifie_le_url=VERIFIED)
    return FhirStore(settings, Transport(settings, patience=Patience(longest_wait=0.05)), **more)


class FhirContract(StoreContract, LoadContract):
    """A `server` fixture gives the address of a server that holds nothing."""

    MANY = 50

    @pytest.fixture
    def store(self, server):
        opened: LoadableStore = store_at(server)
        yield opened
        opened.close()

    def written_on(self, today: date) -> date:
        """The server's clock counts, not what it was told."""
        return paris_day(datetime.now(UTC).isoformat()) or today

    def test_a_node_is_as_old_as_its_nearest_check_else_as_the_loading(self, store):
        self.put(store, TREE)
        held = store.fetch(SAULES)
        assert {*held.changed_on.values()} == {self.written_on(LOADED)}
        assert held.changed_on.keys() == {"", *(each.key for each in TREE.units())}

    def test_apply_dates_only_what_it_touches(self, store):
        self.put(store, TREE)
        plan = plan_to(store, changed(TREE, rename_cardio))
        before = versions(store, SAULES)
        store.apply(plan, today=LATER, author="")
        after = versions(store, SAULES)
        assert [key for key in after if after[key] != before[key]] == [
            "HealthcareService/ror-healthcareservice-52-0000003"
        ]


def versions(store: FhirStore, finess: str) -> dict[str, str]:
    """The version of each resource of an establishment."""
    store.fetch(finess)
    held = store._held[finess]
    return {f"{e['resourceType']}/{e['id']}": e["meta"]["versionId"] for e in held.resources}
