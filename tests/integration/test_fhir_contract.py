"""The store contract on servers that others wrote."""

import pytest

from tests.stores.fhir_contract import FhirContract

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


class TestHapi(FhirContract):
    @pytest.fixture
    def server(self, empty_hapi):
        return empty_hapi


class TestMedplum(FhirContract):
    @pytest.fixture
    def server(self, empty_medplum):
        return empty_medplum
