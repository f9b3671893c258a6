"""HTTP to a FHIR server: who may be talked to, what is repeated, what an answer means.

A read is repeated until it answers; a write only when it certainly was not taken (no connection,
429). Of any other broken write nothing is known: `LostReplyError` says so, and its caller looks.
Rules 4, 11, 14, 15 of a pushing client are kept here. Nothing is logged.
"""

from __future__ import annotations

import json
import random
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from rorcli.access import LOOPBACK
from rorcli.errors import StoreDeniedError, StoreUnavailableError, UsageError
from rorcli.login import TokenSource
from rorcli.login.tls import Adapter, NoRedirects, pieces_of, proxies_of
from rorcli.login.wording import refused_by_store
from rorcli.settings import StoreSettings
from rorcli.stores.fhir.answers import (
    BrokenError,
    Reply,
    outcome,
    reason_of,
    shown,
    tls_trouble,
    understood,
)

FHIR_JSON = "application/fhir+json"
MAX_BYTES = 64 * 1024 * 1024
MAX_PAGES = 5000
CONNECT_SECONDS = 5
#: Requests under way at a time: servers answer bursts by 429, whatever they could bear.
AT_ONCE = 4
_UNUSED = (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError)


class LostReplyError(StoreUnavailableError):
    """The answer to a write was lost: the server may have taken it."""


@dataclass(slots=True)
class Patience:
    """How long one call may take, and who keeps the time; tests bring their own clock."""

    seconds: float = 120
    attempts: int = 6
    longest_wait: float = 30
    silence: float = 30
    clock: Any = time.monotonic
    sleep: Any = time.sleep
    chance: random.Random = field(default_factory=random.SystemRandom)

    def pause(self, attempt: int, asked: float | None, until: float) -> bool:
        """Waits as asked, else with full jitter; False when that would last too long."""
        backoff = self.chance.uniform(0, min(self.longest_wait, 0.25 * 2**attempt))
        wait = backoff if asked is None else asked + self.chance.uniform(0, 0.25)
        if attempt + 1 >= self.attempts or self.clock() + wait > until:
            return False
        self.sleep(wait)
        return True


class _Session(NoRedirects, requests.Session):
    """requests', which looks at no redirect."""


class Transport:
    """One server; safe to be called by several threads."""

    def __init__(
        self,
        settings: StoreSettings,
        tokens: TokenSource | None = None,
        context: ssl.SSLContext | None = None,
        patience: Patience | None = None,
        *,
        at_once: int = AT_ONCE,
    ) -> None:
        self.base, self.at_once = base_of(settings.url), at_once
        self._gate = BoundedSemaphore(at_once)
        self.requests = 0
        self._tokens, self._patience = tokens, patience or Patience()
        self._own = {name: value for name, value in settings.headers.items() if value}
        self._session = _Session()
        # No .netrc, no CA from the environment; its proxies are asked for call by call.
        self._session.trust_env = False
        self._session.headers.update({"Accept": FHIR_JSON, "User-Agent": "rorcli"})
        # Our certificate is shown to the server's own origin, and to nobody that it points to.
        if context:
            self._session.mount(f"{_origin(self.base)}/", Adapter(context, retries=0))

    def close(self) -> None:
        """Lets go of the connections."""
        self._session.close()

    def get(self, path: str) -> Reply:
        """Reads; repeated until there is an answer. 404 and 410 are answers."""
        return self._call("GET", self._url(path), None, {"Cache-Control": "no-cache"})

    def pages(
        self, path: str, parameters: Iterable[tuple[str, str]]
    ) -> Iterator[Mapping[str, Any]]:
        """The bundles of a search, each once, along the links that the server gives.

        StoreUnavailableError where the list breaks off: a part is never taken for the whole.
        """
        url, seen = self._url(path, parameters), set[str]()
        strict = {"Cache-Control": "no-cache", "Prefer": "handling=strict"}
        while url and url not in seen and len(seen) < MAX_PAGES:
            seen.add(url)
            reply = self._call("GET", url, None, strict)
            if reply.status >= HTTPStatus.BAD_REQUEST:
                raise self.refused("GET", path, reply)
            if reply.resource.get("resourceType") != "Bundle":
                raise broken_off(path, f"la réponse n'en est pas une{outcome(reply.resource)}")
            yield reply.resource
            links = {
                each.get("relation"): each.get("url") for each in reply.resource.get("link", ())
            }
            url = urljoin(self.base + "/", links["next"]) if links.get("next") else ""
        if url:
            raise broken_off(path, "ses pages tournent en rond" if url in seen else
                              f"elle a plus de {MAX_PAGES} pages")  # fmt: skip

    def write(
        self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> Reply:
        """Writes once; LostReplyError when nobody knows whether the server took it."""
        content = {"Content-Type": FHIR_JSON, "Prefer": "return=representation"}
        return self._call(method, self._url(path), body, {**content, **headers})

    def refused(self, method: str, path: str, reply: Reply) -> StoreUnavailableError:
        """What to raise for an answer that the caller cannot use."""
        return StoreUnavailableError(
            f"{method} {path} : le serveur refuse ({reply.status}){outcome(reply.resource)}",
            remedy="rorcli doctor montre ce que ce serveur accepte",
        )

    def _url(self, path: str, parameters: Iterable[tuple[str, str]] = ()) -> str:
        query = f"?{urlencode(list(parameters))}" if parameters else ""
        return f"{self.base}/{path}".rstrip("/") + query

    def _call(self, method: str, url: str, body: Any, headers: Mapping[str, str]) -> Reply:
        """One call with its repetitions, and one new token when the server refuses ours."""
        is_read, refused = method == "GET", None
        until, attempt = self._patience.clock() + self._patience.seconds, 0
        while True:
            token = self._token(url, refused)
            try:
                reply = self._attempt(method, url, body, self._signed(url, headers, token), until)
            except BrokenError as broken:
                waited = self._patience.pause(attempt, broken.asked, until)
                attempt += 1
                if waited and (is_read or broken.is_unused):
                    continue
                known = is_read or broken.is_unused
                raise self._gave_up(method, url, str(broken), is_known=known) from None
            if reply.status == HTTPStatus.UNAUTHORIZED and token and refused is None:
                refused = token
                continue
            return self._allowed(method, url, reply)

    def _attempt(
        self, method: str, url: str, body: Any, headers: Mapping[str, str], until: float
    ) -> Reply:
        self.requests += 1
        left = max(1.0, until - self._patience.clock())
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        try:
            with self._gate, self._session.request(
                method, url, data=data, headers=dict(headers), stream=True, allow_redirects=False,
                timeout=(CONNECT_SECONDS, min(self._patience.silence, left)),
                proxies=proxies_of(url),
            ) as response:  # fmt: skip
                content = self._content(response, until)
        except requests.exceptions.SSLError as error:
            said, remedy = tls_trouble(error)
            raise StoreUnavailableError(
                f"{shown(url)} : connexion sécurisée impossible ({said})", remedy=remedy
            ) from None
        except (requests.exceptions.RequestException, HTTPError, OSError) as error:
            is_unused = isinstance(error, _UNUSED) or "NewConnectionError" in str(error)
            raise BrokenError(reason_of(error), is_unused=is_unused) from None
        return understood(method, response, content)

    def _content(self, response: requests.Response, until: float) -> bytes:
        """The body, bounded in size and time."""
        found = bytearray()
        for chunk in pieces_of(response):
            found += chunk
            if len(found) > MAX_BYTES:
                raise StoreUnavailableError(
                    "le serveur envoie une réponse démesurée (plus de 64 Mo)"
                )
            if self._patience.clock() > until:
                raise BrokenError("réponse trop lente")
        return bytes(found)

    def _token(self, url: str, refused: str | None) -> str:
        if self._tokens is None or _origin(url) != _origin(self.base):
            return ""
        return self._tokens.token(refused)

    def _signed(self, url: str, headers: Mapping[str, str], token: str) -> dict[str, str]:
        """The headers; who we are is told to the server's own origin only."""
        _require_safe(urlsplit(url))
        if _origin(url) != _origin(self.base):
            return dict(headers)
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        return {**headers, **self._own, **bearer}

    def _allowed(self, method: str, url: str, reply: Reply) -> Reply:
        if reply.status == HTTPStatus.UNAUTHORIZED and self._tokens:
            raise refused_by_store()
        if reply.status == HTTPStatus.UNAUTHORIZED:
            raise StoreDeniedError(
                f"{shown(url)} : connexion refusée{outcome(reply.resource)}",
                remedy="réglez auth sous [store.NOM], puis rorcli login",
            )
        if reply.status == HTTPStatus.FORBIDDEN:
            raise StoreDeniedError(
                f"{method} {shown(url)} : votre profil d'accès ne le permet pas"
                f"{outcome(reply.resource)}",
                remedy="les droits viennent du certificat ou du compte, et des en-têtes Ror-* : "
                "voyez-les par rorcli doctor, demandez un autre profil à l'équipe ROR régionale",
            )
        return reply

    def _gave_up(
        self, method: str, url: str, said: str, *, is_known: bool
    ) -> StoreUnavailableError:
        message = f"{method} {shown(url)} : {said}"
        remedy = "réessayez plus tard ; rorcli doctor vérifie l'adresse et la connexion"
        return (StoreUnavailableError if is_known else LostReplyError)(message, remedy=remedy)


def broken_off(path: str, why: str) -> StoreUnavailableError:
    """What to raise for a list of which a part is missing."""
    return StoreUnavailableError(
        f"{path} : le serveur ne donne pas la liste entière : {why}",
        remedy="relancez plus tard ; rorcli doctor montre ce que ce serveur accepte",
    )


def base_of(url: str) -> str:
    """`fhir+https://host/base` -> `https://host/base`.

    Raises:
        UsageError: http to another machine, no host, or a password in the address.
    """
    parts = _split(url.removeprefix("fhir+").rstrip("/"))
    if "@" in parts.netloc:
        raise UsageError(
            "l'adresse d'un annuaire ne porte ni nom ni mot de passe",
            remedy="ôtez-les ; la connexion se règle par auth, sous [store.NOM]",
        )
    if not parts.hostname or parts.query or parts.fragment:
        raise UsageError(
            f"« {url} » : ce n'est pas l'adresse d'un serveur FHIR",
            remedy="par exemple fhir+https://ror.example/fhir",
        )
    _require_safe(parts)
    return parts.geturl()


def _split(url: str) -> SplitResult:
    """The parts of an address; none for what is no address at all."""
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 and url.isprintable() and " " not in url else urlsplit("")
    except ValueError:
        return urlsplit("")


def _require_safe(parts: SplitResult) -> None:
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise UsageError(
            f"{parts.scheme}://{parts.hostname} : seul https est admis (http : ce poste même)",
            remedy="écrivez fhir+https://…",
        )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
