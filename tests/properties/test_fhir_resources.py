"""Whatever an establishment holds, its resources are R4 to somebody else's reader of FHIR."""

import re
from typing import Any

import pytest
from fhir.resources.R4B.healthcareservice import HealthcareService
from fhir.resources.R4B.location import Location
from fhir.resources.R4B.organization import Organization
from fhir.resources.R4B.practitioner import Practitioner
from fhir.resources.R4B.practitionerrole import PractitionerRole
from hypothesis import HealthCheck, given, settings

from tests.fhir import printable, storable, written
from tests.fhir_samples import RESOURCES

# R4 and R4B are one for these.
MODELS = {each.__name__: each for each in
          (HealthcareService, Location, Organization, Practitioner, PractitionerRole)}  # fmt: skip


def check(resource: dict[str, Any]) -> None:
    MODELS[resource["resourceType"]].model_validate(resource)
    assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", resource["id"])
    assert_not_empty(resource)
    if resource["resourceType"] == "Organization":
        assert resource.keys() & {"identifier", "name"}  # invariant org-1


def assert_not_empty(held: Any) -> None:
    """FHIR has no empty arrays, objects or strings; the models let them pass."""
    assert held not in ([], {}, "")
    for each in held if isinstance(held, list) else held.values() if isinstance(held, dict) else ():
        assert_not_empty(each)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(storable().map(printable))
def test_what_is_written_is_r4(establishment):
    for resource in written(establishment):
        check(resource)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda each: each["id"])
def test_the_examples_are_r4(resource):
    check(resource)
