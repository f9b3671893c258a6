"""A proxy before a real server that fails on demand: what servers do on a bad day, at a chosen moment.

Faults are drawn by whoever drives it, for each request. What the server says then went through is
kept (`committed`), so that a test knows what really happened.
"""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

#: A fault of each kind, by name; those of `AFTER` let the server do its work first.
BEFORE = ("busy", "unavailable", "dropped", "page")
AFTER = ("lost", "gateway", "truncated", "late page", "wrong etag", "slow")
FAULTS = (*BEFORE, *AFTER)
_PAGE = b"<html><body>Maintenance</body></html>"


class Proxy:
    """Stands at `url` for the server at `upstream`; `choose(method, path)` names a fault or ""."""

    def __init__(
        self,
        upstream: str,
        choose: Callable[[str, str], str] = lambda *_: "",
        slowness: float = 1.5,
    ) -> None:
        parts = urlsplit(upstream)
        self.host, self.choose, self.slowness = parts.netloc, choose, slowness
        self.lag = 0.0
        self.met: dict[str, int] = {}
        self.count = 0
        self.http = _Server(self)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}{parts.path}"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *arguments: object) -> None:
        """Whoever asked has hung up: that is what some faults are for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def proxy(self) -> Proxy:
        assert isinstance(self.server, _Server)
        return self.server.proxy

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.proxy.choose(self.command, self.path)
        self.proxy.count += 1
        self.proxy.met[fault] = self.proxy.met.get(fault, 0) + 1
        time.sleep(self.proxy.lag)
        match fault:
            case "busy":
                self.send(429, {"Retry-After": "0"})
            case "unavailable":
                self.send(503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})
            case "dropped":
                self.close_connection = True
            case "page":
                self.send(200, {"Content-Type": "text/html"}, _PAGE)
            case _:
                self.answer(fault, *self.forwarded(body))

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = pass_on  # noqa: N815 - http.server's

    def forwarded(self, body: bytes) -> tuple[HTTPResponse, bytes]:
        """What the server answers: links and all name the proxy, since it is asked so."""
        connection = HTTPConnection(self.proxy.host, timeout=60)
        dropped = {"connection", "accept-encoding"}
        kept = {k: v for k, v in self.headers.items() if k.lower() not in dropped}
        with closing(connection):
            connection.request(self.command, self.path, body or None, kept)
            response = connection.getresponse()
            return response, response.read()

    def answer(self, fault: str, response: HTTPResponse, content: bytes) -> None:
        kept = {"Content-Type", "ETag", "Location"}
        headers = {name: value for name in kept if (value := response.getheader(name))}
        match fault:
            case "lost":
                self.close_connection = True
            case "gateway":
                self.send(504, {})
            case "truncated":
                self.send(response.status, headers, content, length=len(content) + 50)
                self.close_connection = True
            case "late page":
                self.send(200, {"Content-Type": "text/html"}, _PAGE)
            case "wrong etag":
                self.send(response.status, {**headers, "ETag": 'W/"99999"'}, content)
            case "slow":
                time.sleep(self.proxy.slowness)
                self.send(response.status, headers, content)
            case _:
                self.send(response.status, headers, content)

    def send(
        self, status: int, headers: dict[str, str], body: bytes = b"", length: int | None = None
    ) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass
