"""A provider, settings that name it, and somebody at the keyboard."""

import http.client
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from rorcli.login import TokenSource
from rorcli.login.sessions import token_source
from rorcli.settings import StoreSettings, load_settings, user_config
from tests.login.provider import Provider

STORE = "fhir+https://ror.example/fhir"
Configure = Callable[..., StoreSettings]


@pytest.fixture
def provider() -> Iterator[Provider]:
    found = Provider()
    yield found
    found.close()


@pytest.fixture
def configure(provider) -> Configure:
    """Writes `[store.prod]`: lines of its `auth` table, then of the store; the store."""

    def write(
        auth: str = "", store: str = "", *, url: str = STORE, issuer: str = ""
    ) -> StoreSettings:
        user_config().parent.mkdir(parents=True, exist_ok=True)
        head = f'[store.prod]\nurl = "{url}"\n{store}\n[store.prod.auth]\n'
        given = f'issuer = "{issuer or provider.issuer}"\nclient_id = "rorcli"\n{auth}\n'
        user_config().write_text(head + given, "utf-8")
        return load_settings({}, Path.cwd(), {"store": "prod"}).store

    return write


def source_of(store: StoreSettings) -> TokenSource:
    """The tokens of a store that has a login."""
    found = token_source(store)
    assert found is not None
    return found


class Typist:
    """Somebody who types these answers in turn, and whose browser does as `visits` says."""

    def __init__(self, *answers: str, visits: Callable[[str], None] | None = None) -> None:
        self.answers, self.visits = list(answers), visits
        self.told: list[str] = []
        self.can_ask = True

    def say(self, line: str) -> None:
        self.told.append(line)

    warn = say

    def ask_text(self, question: str, *, hidden: bool) -> str:
        self.told.append(question)
        return self.answers.pop(0)

    def browse(self, url: str) -> bool:
        if self.visits:
            threading.Thread(target=self.visits, args=(url,), daemon=True).start()
        return self.visits is not None


class Browser:
    """Comes back to the loopback with what the portal would send; `answers` holds the statuses."""

    def __init__(self, provider: Provider, **back: str) -> None:
        self.provider, self.back = provider, back
        self.query: dict[str, str] = {}
        self.answers: list[int] = []
        self.before: list[str] = []

    def __call__(self, url: str) -> None:
        self.query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.provider.nonce = self.query["nonce"]
        for stray in self.before:
            self.get(self.query["redirect_uri"] + stray)
        given = {"code": "CANARI-code", "state": self.query["state"], **self.back}
        kept = {name: value for name, value in given.items() if value}
        self.get(f"{self.query['redirect_uri']}?{urlencode(kept)}")

    def get(self, url: str) -> None:
        # Not by requests, whose logs, which tests/canaries.py hears, are ours to keep clean.
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=5)
        connection.request("GET", f"{parts.path}?{parts.query}")
        self.answers.append(connection.getresponse().status)
        connection.close()
