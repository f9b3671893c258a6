"""What an answer of a server means: a resource, a refusal, or nothing that can be used."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import requests

from rorcli.errors import StoreUnavailableError
from rorcli.stores.fhir.reading import UNEXPECTED

#: What the server surely did not take, and what says nothing of what became of the request.
WAITING, BROKEN = frozenset({429}), frozenset({408, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that makes sense: its status, its resource ({} without a body), the id it names."""

    status: int
    resource: Mapping[str, Any]
    named: str = ""


class BrokenError(Exception):
    """An attempt without a usable answer; `asked` is what Retry-After says, in seconds."""

    def __init__(self, said: str, *, asked: float | None = None, is_unused: bool = False) -> None:
        super().__init__(said)
        self.asked, self.is_unused = asked, is_unused


def understood(method: str, response: requests.Response, content: bytes) -> Reply:
    """An answer that makes sense; BrokenError for the others."""
    status = response.status_code
    if status in WAITING | BROKEN:
        # Of what a server is too busy for nothing was done; of the others nobody knows.
        raise BrokenError(f"le serveur répond {status}", asked=_asked(response.headers),
                      is_unused=status in WAITING)  # fmt: skip
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise StoreUnavailableError(
            f"{method} {shown(response.url)} : le serveur renvoie vers une autre adresse, qui "
            "n'est pas suivie",
            remedy="donnez la bonne adresse, celle où il renvoie, si elle vous est connue",
        )
    try:
        resource = json.loads(content) if content.strip() else {}
    except ValueError:
        resource = None
    if not isinstance(resource, dict):
        if status < HTTPStatus.BAD_REQUEST:
            raise BrokenError("la réponse n'est pas du FHIR en JSON (page d'un mandataire ?)")
        resource = _page(content)
    return Reply(status, resource, _named(response.headers.get("Location", "")))


def _page(content: bytes) -> Mapping[str, Any]:
    """What a page of a proxy says in its title, as an outcome; {} when it says nothing."""
    found = re.search(rb"<title>([^<]{1,200})</title>", content, re.IGNORECASE)
    if not found:
        return {}
    said = html.unescape(found[1].decode(errors="replace"))
    return {"resourceType": "OperationOutcome", "issue": [{"diagnostics": said.strip()}]}


def _named(location: str) -> str:
    """The id in a Location header: `[base]/Type/ID/_history/VERSION`, absolute or not."""
    return location.partition("/_history/")[0].rpartition("/")[2]


def _asked(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds or as a date; Azure says milliseconds in a header of its own."""
    try:
        if milliseconds := headers.get("x-ms-retry-after-ms"):
            return max(0.0, float(milliseconds) / 1000)
        told = headers.get("Retry-After", "").strip()
        if told.isdigit():
            return float(told)
        moment = parsedate_to_datetime(told)
        # A date without a zone, or with the unknown one "-0000", is taken for universal time.
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None


def outcome(resource: Mapping[str, Any]) -> str:
    """What an OperationOutcome says, short and on one line; "" for anything else."""
    if resource.get("resourceType") != "OperationOutcome":
        return ""
    said = [
        str(
            issue.get("diagnostics")
            or (issue.get("details") or {}).get("text")
            or issue.get("code")
        )
        for issue in resource.get("issue") or ()
    ]
    text = "".join(c if c.isprintable() else " " for c in " ; ".join(said))
    return f" : {text[:300]}" if text else ""


def not_fhir(what: str, said: str = "") -> StoreUnavailableError:
    """What to raise for an answer that has not the shape of what was asked for."""
    return StoreUnavailableError(
        f"{what} : la réponse du serveur n'est pas la ressource FHIR attendue{said}",
        remedy="rorcli doctor montre ce que ce serveur accepte ; signalez-le à l'équipe qui le "
        "tient",
    )


@contextmanager
def meant_as_fhir(what: str) -> Iterator[None]:
    """Within, JSON of any shape that is no FHIR ends as a StoreUnavailableError about `what`."""
    try:
        yield
    except UNEXPECTED as error:
        raise not_fhir(what) from error


def is_failure(resource: Mapping[str, Any]) -> bool:
    """True for an OperationOutcome that tells of an error, not only of a doubt."""
    issues = resource.get("issue")
    return any(
        isinstance(issue, dict) and issue.get("severity") in {"error", "fatal"}
        for issue in (issues if isinstance(issues, list) else ())
    )


def shown(url: str) -> str:
    """Without the query: it may hold what was sought."""
    return url.partition("?")[0]


_OURS = "réglez cert et key, ou pkcs12, sous [store.NOM] de vos réglages"
# What OpenSSL says of a handshake that fails, what a person should know of it, and do.
_TLS = (
    ("certificate has expired", "le certificat du serveur est périmé",
     "signalez-le à l'équipe qui tient le serveur ; vérifiez la date de ce poste"),
    ("not yet valid", "le certificat du serveur n'est pas encore valable",
     "vérifiez la date de ce poste"),
    ("mismatch", "le certificat du serveur est pour une autre adresse",
     "vérifiez l'adresse, url sous [store.NOM] de vos réglages"),
    ("verify failed", "certificat refusé : son autorité n'est pas connue ici",
     "donnez-la : ca, sous [store.NOM] de vos réglages"),
    ("alert", "le serveur demande un certificat, ou refuse le vôtre", _OURS),
    # TLS 1.3: a server may hang up before its alert is read.
    ("eof", "le serveur coupe : il demande peut-être un certificat, ou refuse le vôtre", _OURS),
)  # fmt: skip


def tls_trouble(error: BaseException) -> tuple[str, str]:
    """Why no safe connection came about, and what to do; in French."""
    told = str(error).lower()
    known = ((said, remedy) for sign, said, remedy in _TLS if sign in told)
    return next(known, ("TLS", "vérifiez ca, cert, key ou pkcs12 sous [store.NOM]"))


def reason_of(error: BaseException) -> str:
    """The kind of accident in French, never what was sent."""
    found: list[BaseException | None] = [error]
    names = {type(error).__name__, type(getattr(error, "reason", None)).__name__}
    if names & {"ConnectTimeout", "ReadTimeout", "ReadTimeoutError", "TimeoutError"}:
        return "pas de réponse à temps"
    if isinstance(found[0], requests.exceptions.ProxyError):
        return "le mandataire (proxy) ne répond pas"
    if "NewConnectionError" in str(error) or "NameResolution" in str(error):
        return "serveur injoignable"
    return "connexion interrompue"
