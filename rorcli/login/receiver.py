"""The loopback address that the browser comes back to (RFC 8252 7.3): one answer, ours alone."""

from __future__ import annotations

import hmac
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

PATH = "/callback"
SOCKET_S = 5
PAGE = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>rorcli</title>
<p>Réponse reçue. Vous pouvez fermer cet onglet et revenir à rorcli.</p></html>"""
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}


class Receiver:
    """Listens from `with` on; `uri` is where the browser is to be sent back to.

    A request with another path, host or state is refused and the wait goes on: a stray one must
    not end the login. Threads, since a browser opens connections that it never uses.
    """

    def __init__(self, host: str, port: int, state: str) -> None:
        self.answer: dict[str, str] = {}
        self._state, self._done = state, Event()
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self.host = f"{host}:{self._server.server_address[1]}"
        self.uri = f"http://{self.host}{PATH}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float) -> dict[str, str]:
        """The parameters of the answer; {} when none came in time."""
        self._done.wait(seconds)
        return self.answer

    def take(self, target: str, host: str | None) -> int:
        """The HTTP status for a request; keeps the answer when it is one."""
        parts = urlsplit(target)
        if parts.path != PATH or host != self.host or self._done.is_set():
            return 404
        found = parse_qs(parts.query, keep_blank_values=True)
        state = found.get("state", [""])[0]
        if not hmac.compare_digest(state.encode(), self._state.encode()):
            return 400
        if any(len(values) > 1 for values in found.values()) or not {"code", "error"} & set(found):
            return 400
        self.answer = {name: values[0] for name, values in found.items()}
        self._done.set()
        return 200


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Two programs on one port would share the answers, on Windows.
    allow_reuse_address = False

    def handle_error(self, *_: Any) -> None:
        """Says nothing: what came was no HTTP, or went away before the answer."""


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = SOCKET_S
        server_version, sys_version = "rorcli", ""

        def do_GET(self) -> None:
            status = receiver.take(self.path, self.headers.get("Host"))
            body = PAGE.encode() if status == 200 else b""  # noqa: PLR2004 - HTTP's own
            self.send_response(status)
            for name, value in (*_HEADERS.items(), ("Content-Length", str(len(body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Says nothing: a request line holds the code."""

    return Handler
