"""An identity provider of paper: right by default, wrong where a test says so.

    provider.says("/token", 401, {"error": "invalid_grant"})   # the next answer, instead of the usual
    provider.seen("/token")                                    # the forms that came, in order

Every secret that it gives out begins by CANARI: none may ever be read in an output.
"""

import base64
import json
import ssl
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from joserfc import jwk, jwt

from tests.pki import new_key

CANARY = "CANARI"
KEY = jwk.RSAKey.import_key(new_key(), parameters={"kid": "k1", "use": "sig", "alg": "RS256"})


class Answer(NamedTuple):
    """What is sent back."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Seen(NamedTuple):
    """What came."""

    method: str
    form: dict[str, str]
    headers: dict[str, str]


class Provider:
    """Listens on the loopback until `close`; `tls` is an SSLContext for https."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._next: dict[str, deque[Answer]] = defaultdict(deque)
        self._seen: dict[str, list[Seen]] = defaultdict(list)
        self._numbers = count(1)
        self.published: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.lifetime: int | None = 300
        self.nonce = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.base = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_address[1]}"
        self.issuer = f"{self.base}/realm"
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def says(self, path: str, status: int = 200, body: Any = None, **headers: str) -> None:
        """Queues an answer; header names are given with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._next[path].append(Answer(status, body, named))

    def seen(self, path: str) -> list[Seen]:
        return self._seen[path]

    def id_token(
        self, header: Mapping[str, Any] | None = None, key: Any = KEY, **claims: Any
    ) -> str:
        """A token about Claire MARTIN; None as a value takes a claim out."""
        now = int(time.time())
        whole = {"iss": self.issuer, "aud": "rorcli", "exp": now + 60, "iat": now, "sub": "f:1:2",
                 "nonce": self.nonce, "given_name": "Claire", "family_name": "MARTIN",
                 "SubjectNameID": "899700000001", **self.claims, **claims}  # fmt: skip
        kept = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": "k1", **(header or {})}, kept, key)

    def tokens(self, **more: Any) -> dict[str, Any]:
        """What a good login gives."""
        number = next(self._numbers)
        found = {"access_token": f"{CANARY}-acces-{number}", "token_type": "Bearer",
                 "refresh_token": f"{CANARY}-renouvellement-{number}",
                 "expires_in": self.lifetime, "id_token": self.id_token(), **more}  # fmt: skip
        return {name: value for name, value in found.items() if value is not None}

    def _usual(self, path: str) -> Answer:
        match path:
            case "/realm/.well-known/openid-configuration":
                addresses = {
                    "authorization_endpoint": "/auth", "token_endpoint": "/token",
                    "device_authorization_endpoint": "/device", "revocation_endpoint": "/revoke",
                    "jwks_uri": "/certs",
                }  # fmt: skip
                body = {name: self.base + path for name, path in addresses.items()}
                return Answer(200, {"issuer": self.issuer, **body, **self.published}, {})
            case "/certs":
                return Answer(200, {"keys": [KEY.as_dict(private=False)]}, {})
            case "/token":
                return Answer(200, self.tokens(), {})
            case "/device":
                return Answer(200, {"device_code": f"{CANARY}-appareil", "user_code": "WDJB-MJHT",
                                    "verification_uri": f"{self.base}/device-page",
                                    "expires_in": 60, "interval": 1}, {})  # fmt: skip
            case "/revoke":
                return Answer(200, None, {})
        return Answer(404, "<html>introuvable</html>", {})

    def _handler(provider) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the handler has its own self
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                self._answer(dict(parse_qsl(body)))

            def _answer(self, form: dict[str, str]) -> None:
                path = urlsplit(self.path).path
                provider._seen[path].append(Seen(self.command, form, dict(self.headers)))
                queued = provider._next[path]
                answer = queued.popleft() if queued else provider._usual(path)
                body = answer.body if isinstance(answer.body, str) else (
                    "" if answer.body is None else json.dumps(answer.body))  # fmt: skip
                self.send_response_only(answer.status)
                if "Date" not in answer.headers:
                    self.send_header("Date", self.date_time_string())
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        return Handler


def basic(login: str, password: str) -> str:
    """The header that requests makes of a line of netrc."""
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()
