"""The contract is no test module by its name, yet its asserts are to be explained like any."""

import pytest

pytest.register_assert_rewrite(
    "tests.stores.contract", "tests.stores.fhir_contract", "tests.stores.fhir_faults"
)
