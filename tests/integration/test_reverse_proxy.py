"""nginx in front of HAPI, as the page for regions has it: who enters, where the pages lead."""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from tests.cli.harness import Result, run
from tests.integration.need import ROOT, program
from tests.pki import Authority

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
PAGE = (ROOT / "docs" / "serveur-fhir.md").read_text("utf-8")
EXAMPLE = ROOT / "examples" / "ehpad-les-tilleuls.yaml"


class Front(NamedTuple):
    """nginx: its address, the authority that it trusts, a certificate that it lets in, its key."""

    url: str
    ca: Path
    cert: Path
    key: Path

    def get(self, path: str, **more) -> requests.Response:
        own = (str(self.cert), str(self.key))
        return requests.get(f"{self.url}/{path}", verify=str(self.ca), cert=own, timeout=60, **more)


@pytest.fixture
def front(empty_hapi: str, tmp_path: Path) -> Iterator[Front]:
    nginx = program("nginx", "apt-get install nginx-light")
    authority = Authority(tmp_path / "pki")
    served, served_key = authority.issue("serveur")
    cert, key = authority.issue("hopital")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = re.search(r"<!-- ci:nginx -->\n```nginx\n(.*?)```", PAGE, re.DOTALL)
    assert found
    block = found[1]
    for printed, here in {
        "443 ssl": f"127.0.0.1:{port} ssl",
        "http://127.0.0.1:8080": empty_hapi.removesuffix("/fhir"),
        "/etc/nginx/ror/serveur.pem": served, "/etc/nginx/ror/serveur.key": served_key,
        "/etc/nginx/ror/autorite.pem": authority.pem,
    }.items():  # fmt: skip
        assert printed in block
        block = block.replace(printed, str(here))
    temporary = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = tmp_path / "nginx.conf"
    conf.write_text(
        f"daemon off; master_process off; pid {tmp_path}/pid; error_log {tmp_path}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{temporary}{block}}}\n"
    )
    running = subprocess.Popen([nginx, "-e", f"{tmp_path}/error.log", "-c", str(conf)])
    try:
        _wait(port)
        yield Front(f"https://localhost:{port}/fhir", authority.pem, cert, key)
    finally:
        running.terminate()
        running.wait(20)
        shutil.rmtree(tmp_path / "proxy", ignore_errors=True)


def _wait(port: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("nginx does not listen")


def settings(folder: Path, front: Front, *, with_certificate: bool) -> Path:
    own = f'cert = "{front.cert}"\nkey = "{front.key}"\n' if with_certificate else ""
    path = folder / "reglages.toml"
    path.write_text(f'[store.region]\nurl = "fhir+{front.url}"\nca = "{front.ca}"\n{own}')
    path.chmod(0o600)
    return path


def told(*words: str | Path) -> Result:
    return run([*words, "--store", "region"])


def test_rorcli_works_through_nginx_with_its_certificate(front, tmp_path, monkeypatch):
    monkeypatch.setenv("RORCLI_CONFIG", str(settings(tmp_path, front, with_certificate=True)))
    assert told("doctor").code == 0
    assert told("load", shutil.copy(EXAMPLE, tmp_path)).code == 0
    card = tmp_path / "etab.yaml"
    assert told("pull", "490099918", "-f", card).code == 0
    assert run(["edit", card, "telephone=02 61 91 00 44"]).code == 0
    assert told("push", "--yes", card).code == 0
    assert told("diff", "--exit-code", card).code == 0
    remains = told("doctor", "--write-test", "--yes")
    assert "fermée" in remains.out + remains.err


def test_links_lead_back_to_nginx_and_administration_is_closed(front, tmp_path, monkeypatch):
    monkeypatch.setenv("RORCLI_CONFIG", str(settings(tmp_path, front, with_certificate=True)))
    assert told("load", shutil.copy(EXAMPLE, tmp_path)).code == 0
    page = front.get("Organization", params={"_count": "1"}).json()
    [following] = [link["url"] for link in page["link"] if link["relation"] == "next"]
    assert following.startswith(f"{front.url}")
    own = (str(front.cert), str(front.key))
    expunge = requests.post(
        f"{front.url}/$expunge", verify=str(front.ca), cert=own, json={}, timeout=60
    )
    assert expunge.status_code == 403
    gone = requests.delete(
        f"{front.url}/Organization/x", verify=str(front.ca), cert=own, timeout=60
    )
    assert gone.status_code == 403


def test_without_a_certificate_nobody_enters(front, tmp_path, monkeypatch):
    monkeypatch.setenv("RORCLI_CONFIG", str(settings(tmp_path, front, with_certificate=False)))
    done = told("search", "--ou", "Nantes")
    assert (done.code, done.out) == (8, "")
    assert "No required SSL certificate was sent" in done.err
