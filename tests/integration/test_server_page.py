"""The page that tells a region how to stand up HAPI on PostgreSQL: its commands, run as printed."""

import os
import re
import subprocess

import pytest
import requests

from tests.integration import servers
from tests.integration.need import ROOT, program
from tests.stores.fhir_contract import FhirContract

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(1800)]
PAGE = (ROOT / "docs" / "serveur-fhir.md").read_text("utf-8")


def block(name: str) -> str:
    found = re.search(rf"<!-- ci:{name} -->\n```sh\n(.*?)```", PAGE, re.DOTALL)
    assert found, name
    return found[1]


@pytest.fixture(scope="module")
def hapi_on_postgres():
    program("java", "apt-get install openjdk-17-jre-headless")
    with servers.postgres() as place:
        environment = {**os.environ, **place}
        subprocess.run(
            [program("sh", "a POSIX shell"), "-euc", block("database")], check=True, env=environment
        )
        start = {"PORT": "0", "MEMOIRE": "700m", "RORCLI_HAPI": str(servers.HAPI.resolve())}
        with servers.as_printed(block("start"), **place, **start) as url:
            yield url


class TestHapiOnPostgres(FhirContract):
    @pytest.fixture
    def server(self, hapi_on_postgres):
        everything = {"resourceType": "Parameters",
                      "parameter": [{"name": "expungeEverything", "valueBoolean": True}]}  # fmt: skip
        answer = requests.post(f"{hapi_on_postgres}/$expunge", json=everything, timeout=120)
        answer.raise_for_status()
        return hapi_on_postgres
