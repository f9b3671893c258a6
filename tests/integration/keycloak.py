"""A real Keycloak on the loopback: the region's realm, and one that plays Pro Santé Connect.

`RORCLI_KEYCLOAK` names the unpacked distribution (`.ci/run` installs it); nothing is kept between
two starts. People and secrets are made up.
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyotp
import requests

from tests.integration.need import missing
from tests.pki import Authority, new_key, private_pem, public_pem

START_S = 240
HEAP = "-Xms64m -Xmx640m"
ADMIN = "essai-admin"
PASSWORD = "CANARI-mot-de-passe-7Qw"
SERVICE = "service rorcli"
# What `/.well-known/` and the realm's pages are called.
REGION, PSC = "region", "esante-wallet"
# Read before the tests have an environment of their own.
TOLD = os.environ.get("RORCLI_KEYCLOAK", "")


def home() -> Path:
    """The folder of the distribution."""
    if not TOLD or not Path(TOLD, "bin", "kc.sh").exists():
        missing(
            "Keycloak", "unpack org.keycloak:keycloak-quarkus-dist, then RORCLI_KEYCLOAK=FOLDER"
        )
    return Path(TOLD)


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


class Keycloak:
    """A running server: its addresses, its people, and what only an administrator may do."""

    def __init__(self, base: str, authority: Authority) -> None:
        self.base, self.ca = base, authority.pem
        self.authority = authority
        self.seed, self.psc_seed = pyotp.random_base32(), pyotp.random_base32()
        # A server takes a code once: people and scripts do not share a key.
        self.script_seed = pyotp.random_base32()
        self.short_seed = "JBSWY3DPEHPK3PXP"
        self.certificate, self.key = authority.issue(SERVICE)
        self.other_certificate, self.other_key = authority.issue("autre service")
        self.signing = new_key()
        self.signing_key = authority.folder / "signature.pem"
        self.signing_key.write_bytes(private_pem(self.signing))
        self.signing_key.chmod(0o600)

    def issuer(self, realm: str = REGION) -> str:
        return f"{self.base}/realms/{realm}"

    def admin(self, method: str, path: str, **options: Any) -> requests.Response:
        """A call of the administration."""
        form = {"grant_type": "password", "client_id": "admin-cli", "username": ADMIN,
                "password": ADMIN}  # fmt: skip
        token = self._send(
            "POST", f"{self.issuer('master')}/protocol/openid-connect/token", data=form
        )
        head = {"Authorization": f"Bearer {token.json()['access_token']}"}
        answer = self._send(method, f"{self.base}/admin{path}", headers=head, **options)
        answer.raise_for_status()
        return answer

    def unlock(self) -> None:
        """Forgets failed logins and the one-time codes that were used."""
        self.admin("DELETE", f"/realms/{REGION}/attack-detection/brute-force/users")

    def close_sessions(self, username: str) -> None:
        """What an administrator does to somebody who lost a laptop."""
        [user] = self.admin("GET", f"/realms/{REGION}/users?username={username}&exact=true").json()
        self.admin("POST", f"/realms/{REGION}/users/{user['id']}/logout")

    def create_realms(self) -> None:
        self.admin("POST", "/realms", json=self._psc())
        self.admin("POST", "/realms", json=self._region())

    def _send(self, method: str, url: str, **options: Any) -> requests.Response:
        return requests.request(method, url, verify=str(self.ca), timeout=30, **options)

    def _region(self) -> dict[str, Any]:
        loopback = {"redirectUris": ["http://127.0.0.1/callback", "http://localhost/callback"],
                    "publicClient": True, "standardFlowEnabled": True}  # fmt: skip
        pem = "".join(public_pem(self.signing).decode().splitlines()[1:-1])
        service = {"serviceAccountsEnabled": True, "standardFlowEnabled": False}
        return {
            "realm": REGION, "enabled": True, "accessTokenLifespan": 20,
            "revokeRefreshToken": True, "refreshTokenMaxReuse": 0,
            "bruteForceProtected": True, "failureFactor": 3, "waitIncrementSeconds": 300,
            "quickLoginCheckMilliSeconds": 0, "internationalizationEnabled": True,
            "supportedLocales": ["fr", "en"], "defaultLocale": "fr",
            "clients": [
                {"clientId": "rorcli", **loopback, "directAccessGrantsEnabled": True,
                 "attributes": {"oauth2.device.authorization.grant.enabled": "true",
                                "oauth2.device.polling.interval": "1",
                                "pkce.code.challenge.method": "S256"}},
                {"clientId": "rorcli-strict", **loopback, "directAccessGrantsEnabled": False},
                {"clientId": "svc-mtls", **service, "clientAuthenticatorType": "client-x509",
                 "attributes": {"x509.subjectdn": f".*CN={SERVICE}.*",
                                "x509.allow.regex.pattern.comparison": "true",
                                "tls.client.certificate.bound.access.tokens": "true"}},
                {"clientId": "svc-jwt", **service, "clientAuthenticatorType": "client-jwt",
                 "attributes": {"jwt.credential.public.key": pem,
                                "token.endpoint.auth.signing.alg": "RS256"}},
                {"clientId": "svc-secret", **service, "secret": "CANARI-secret-client-3Fv"},
            ],
            "users": [
                person("referent", "Claire", "MARTIN", seed=self.seed),
                person("sans-code", "Alex", "DURAND"),
                person("distrait", "Paule", "LEROUX"),
                person("automate", "Luc", "MOREL", seed=self.script_seed),
                person("ancien", "Anne", "PETIT", seed=self.short_seed),
            ],
            "identityProviders": [{
                "alias": "psc", "providerId": "oidc", "enabled": True, "trustEmail": True,
                "displayName": "Pro Santé Connect",
                "config": {
                    "issuer": self.issuer(PSC), "clientId": "portail", "clientSecret": "portail-secret",
                    "clientAuthMethod": "client_secret_post", "defaultScope": "openid profile email",
                    "authorizationUrl": f"{self.issuer(PSC)}/protocol/openid-connect/auth",
                    "tokenUrl": f"{self.issuer(PSC)}/protocol/openid-connect/token",
                    "jwksUrl": f"{self.issuer(PSC)}/protocol/openid-connect/certs",
                    "useJwksUrl": "true", "validateSignature": "true", "syncMode": "IMPORT",
                },
            }],
        }  # fmt: skip

    def _psc(self) -> dict[str, Any]:
        return {
            "realm": PSC, "enabled": True,
            "clients": [{"clientId": "portail", "secret": "portail-secret",
                         "redirectUris": [f"{self.issuer()}/broker/psc/endpoint"]}],
            "users": [person("899700000001", "Anne-Sophie", "TARTAMPION", seed=self.psc_seed)],
        }  # fmt: skip


def person(login: str, first: str, last: str, *, seed: str = "") -> dict[str, Any]:
    """A user with a password and, with a seed, a one-time code that the login page demands."""
    otp = {"subType": "totp", "digits": 6, "counter": 0, "period": 30, "algorithm": "HmacSHA1",
           "secretEncoding": "BASE32"}  # fmt: skip
    held: list[dict[str, Any]] = [{"type": "password", "value": PASSWORD}]
    if seed:
        held.append({"type": "otp", "credentialData": json.dumps(otp),
                     "secretData": json.dumps({"value": seed})})  # fmt: skip
    return {"username": login, "firstName": first, "lastName": last, "enabled": True,
            "email": f"{login}@ch-saules.example", "emailVerified": True, "credentials": held}  # fmt: skip


@contextmanager
def started(folder: Path) -> Iterator[Keycloak]:
    """A server that answers, with both realms; stopped at the end, however it goes."""
    distribution = home()
    authority = Authority(folder / "pki")
    certificate, key = authority.issue("127.0.0.1")
    port = free_port()
    command = [
        str(distribution / "bin" / "kc.sh"), "start-dev", "--db=dev-mem", "--cache=local",
        "--http-host=127.0.0.1", f"--http-port={free_port()}", f"--https-port={port}",
        f"--https-certificate-file={certificate}", f"--https-certificate-key-file={key}",
        "--https-client-auth=request", f"--truststore-paths={authority.pem}",
    ]  # fmt: skip
    environment = {**os.environ, "JAVA_OPTS_KC_HEAP": HEAP, "KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN,
                   "KC_BOOTSTRAP_ADMIN_PASSWORD": ADMIN}  # fmt: skip
    log = folder / "keycloak.log"
    with log.open("wb") as out:
        # A session of its own: the script starts Java, and both must end.
        server = subprocess.Popen(
            command, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        found = Keycloak(f"https://127.0.0.1:{port}", authority)
        _wait(server, found, log)
        found.create_realms()
        yield found
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)


def _wait(server: "subprocess.Popen[bytes]", found: Keycloak, log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and server.poll() is None:
        try:
            if requests.get(found.issuer("master"), verify=str(found.ca), timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.5)
    raise AssertionError(f"Keycloak did not start:\n{log.read_text('utf-8')[-3000:]}")
