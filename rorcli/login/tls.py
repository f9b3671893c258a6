"""TLS as the settings of a store want it: their authorities, and our certificate."""

from __future__ import annotations

import os
import secrets
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from requests import Response
from requests.adapters import HTTPAdapter
from requests.sessions import SessionRedirectMixin
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies
from urllib3 import Retry

from rorcli.access import LOOPBACK
from rorcli.errors import StoreUnavailableError, UsageError
from rorcli.login.secret import Secrets, private_bytes, why_not_private
from rorcli.settings import StoreSettings

SOON = timedelta(days=30)
PIECE = 65536
# What a GET may meet and survive: an instance that restarts, or one that asks to slow down.
RETRIES = Retry(
    total=2, backoff_factor=0.3, status_forcelist=(429, 502, 503, 504), allowed_methods=("GET",),
    raise_on_status=False, respect_retry_after_header=False, redirect=0,
)  # fmt: skip


class Certificate(NamedTuple):
    """Our certificate: whose it is, until when."""

    subject: str
    ends_at: datetime

    def __str__(self) -> str:
        return f"sujet {self.subject}, fin le {self.ends_at:%d/%m/%Y}"

    def ends_soon(self, now: datetime) -> bool:
        """Whether less than 30 days are left."""
        return self.ends_at - now < SOON


class NoRedirects(SessionRedirectMixin):
    """A session that takes a redirect for an answer like any other."""

    def get_redirect_target(self, resp: Response) -> None:
        """None: else requests looks ahead, and reads all of a body that nobody wants."""


class Adapter(HTTPAdapter):
    """requests over one SSLContext, through a proxy too."""

    def __init__(self, context: ssl.SSLContext, retries: Retry | int = RETRIES) -> None:
        self._context = context
        super().__init__(max_retries=retries)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """As requests', with the context."""
        super().init_poolmanager(*args, **options, ssl_context=self._context)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """As requests', with the context."""
        return super().proxy_manager_for(proxy, **options, ssl_context=self._context)


def proxies_of(url: str) -> dict[str, str]:
    """The proxies of the environment; none to this machine, whose http is not to leave it."""
    return {} if urlsplit(url).hostname in LOOPBACK else get_environ_proxies(url)


def pieces_of(response: Response) -> Iterator[bytes]:
    """The body of a streamed response as it comes; `iter_content` waits until a piece is full."""
    while piece := response.raw.read1(PIECE, decode_content=True):
        yield piece


def content_of(response: Response, most_bytes: int, until: float) -> bytes:
    """The body of a streamed response; StoreUnavailableError when it is too long or too slow.

    `until` is of `time.monotonic`.
    """
    found = bytearray()
    for piece in pieces_of(response):
        found += piece
        if len(found) > most_bytes or time.monotonic() > until:
            said = "démesurée" if len(found) > most_bytes else "trop lente"
            raise StoreUnavailableError(f"{urlsplit(response.url).netloc} : réponse {said}",
                                        remedy="réessayez plus tard")  # fmt: skip
    return bytes(found)


def context_of(store: StoreSettings, held: Secrets) -> ssl.SSLContext:
    """What a connection of this store needs; UsageError when a file cannot be used.

    `ca` comes beside the public authorities: the identity provider may have a public certificate.
    """
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if store.ca:
            context.load_verify_locations(cafile=store.ca)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"{store.ca} : autorités illisibles (du PEM est attendu)") from error
    if store.cert or store.pkcs12:
        _load_own(context, store, held)
    return context


def certificate_of(store: StoreSettings, held: Secrets) -> Certificate | None:
    """Our certificate, if the store has one; UsageError when it cannot be read."""
    if store.pkcs12:
        found = _opened(store, held)[1]
    elif store.cert:
        from cryptography import x509

        try:
            found = x509.load_pem_x509_certificate(Path(store.cert).read_bytes())
        except (OSError, ValueError) as error:
            raise UsageError(f"{store.cert} : certificat illisible") from error
    else:
        return None
    return Certificate(found.subject.rfc4514_string(), found.not_valid_after_utc)


def _load_own(context: ssl.SSLContext, store: StoreSettings, held: Secrets) -> None:
    if store.pkcs12:
        _load_pkcs12(context, store, held)
        return
    if fault := why_not_private(Path(store.key)):
        raise UsageError(fault, remedy=f"chmod 600 {store.key}")
    try:
        phrase = held.get("KEY_PASSPHRASE", store.passphrase)
        # Without a function OpenSSL would ask on the terminal itself.
        context.load_cert_chain(
            store.cert, store.key, password=lambda: phrase.reveal() if phrase else ""
        )
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"{store.cert} : certificat, clé ou mot de passe incorrect") from error


def _load_pkcs12(context: ssl.SSLContext, store: StoreSettings, held: Secrets) -> None:
    """OpenSSL takes files only: the key passes through one, encrypted, in a folder of our own."""
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
    )

    key, certificate, others = _opened(store, held)
    phrase = secrets.token_bytes(16).hex()
    with tempfile.TemporaryDirectory(prefix="rorcli-") as folder:
        path = Path(folder, "own.pem")
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8,
                                        BestAvailableEncryption(phrase.encode())))  # fmt: skip
            for each in (certificate, *others):
                out.write(each.public_bytes(Encoding.PEM))
        context.load_cert_chain(path, password=phrase)


def _opened(store: StoreSettings, held: Secrets) -> tuple[Any, Any, list[Any]]:
    from cryptography.hazmat.primitives.serialization import pkcs12

    key = certificate = None
    others: list[Any] = []
    with suppress(OSError, ValueError):
        content = private_bytes(Path(store.pkcs12))
        phrase = held.get("KEY_PASSPHRASE", store.passphrase,
                          question=f"Mot de passe de {Path(store.pkcs12).name}")  # fmt: skip
        password = phrase.reveal().encode() if phrase else None
        key, certificate, others = pkcs12.load_key_and_certificates(content, password)
    if key is None or certificate is None:
        raise UsageError("mot de passe du fichier .p12 incorrect, ou fichier illisible",
                         remedy=f"vérifiez {store.pkcs12} et passphrase")  # fmt: skip
    return key, certificate, others
