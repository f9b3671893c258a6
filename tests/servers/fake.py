"""A FHIR R4 server in memory, as much of the protocol as rorcli speaks; for tests without network.

Versions are numbers, stale ones are answered 412. It pages, includes, patches extensions by the
FHIRPath that rorcli sends, and answers what it is told to answer beforehand (`answers`).
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

Resource = dict[str, Any]
# Search parameter -> element that holds references.
LINKS = {
    "partof": "partOf", "organization": "providedBy", "service": "healthcareService",
    "location": "location", "practitioner": "practitioner",
}  # fmt: skip
TYPES = ("Organization", "HealthcareService", "Location", "Practitioner", "PractitionerRole")
INTERACTIONS = ("read", "search-type", "create", "update", "patch")


class Answer(Exception):  # noqa: N818 - an answer that is no success
    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(text)
        self.status, self.text = status, text


class FakeServer:
    """`held` is what it holds; `log` what it was asked, as (method, path, headers)."""

    def __init__(
        self, *, takes_ids: bool = True, page: int = 200, tls: SSLContext | None = None
    ) -> None:
        self.held: dict[str, Resource] = {}
        self.log: list[tuple[str, str, dict[str, str]]] = []
        # Asked before each request: an answer (status, headers, body) goes out instead.
        self.answers: Callable[[str, str], tuple[int, dict[str, str], bytes] | None] = (
            lambda method, path: None
        )
        self.statement: Resource = {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}
        # What the way there and back takes, in seconds.
        self.lag = 0.0
        # How many resources it sends along with those that were asked for, per page.
        self.most_included: int | None = None
        self.takes_ids, self.page, self.lock = takes_ids, page, threading.Lock()
        # Some servers keep no versions, and some look at no condition.
        self.has_versions = self.heeds_conditions = True
        self.http = _Server(("127.0.0.1", 0), _handler(self))
        if tls:
            self.http.socket = tls.wrap_socket(self.http.socket, server_side=True)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self.http.server_address[1]}/fhir"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def list_interactions(self, **of: tuple[str, ...]) -> None:
        """Says what it does with each type; the types that are left out do all."""
        listed = [{"type": kind, "versioning": "versioned-update",
                   "interaction": [{"code": c} for c in of.get(kind, INTERACTIONS)]}
                  for kind in TYPES]  # fmt: skip
        self.statement["rest"] = [{"mode": "server", "resource": listed}]

    def versions(self) -> dict[str, str]:
        return {key: each["meta"]["versionId"] for key, each in self.held.items()}

    def handle(self, method: str, target: str, headers: dict[str, str], body: Any) -> Any:
        """(status, resource) of a request."""
        parts = urlsplit(target)
        path = parts.path.removeprefix("/fhir/")
        with self.lock:
            match method, path.split("/"):
                case "GET", ["metadata"]:
                    return 200, self.statement
                case "GET", [kind]:
                    return 200, self.search(kind, parse_qsl(parts.query))
                case "GET" | "DELETE", [_, _]:
                    return 200, self.need(path) if method == "GET" else self.held.pop(path, {})
                case "PUT", [_, _]:
                    return self.put(path, headers, body)
                case "PATCH", [_, _]:
                    self.check(path, headers)
                    return 200, self.keep(path, patched(deepcopy(self.need(path)), body))
                case "POST", [kind]:
                    return self.create(kind, headers, body)
                case _:
                    raise Answer(405)

    def put(self, path: str, headers: dict[str, str], body: Any) -> tuple[int, Resource]:
        is_new = path not in self.held
        if is_new and not self.takes_ids:
            raise Answer(404, "no such resource")
        if path != f"{body.get('resourceType')}/{body.get('id')}":
            raise Answer(400, "id")
        self.check(path, headers)
        return (201 if is_new else 200), self.keep(path, body)

    def create(self, kind: str, headers: dict[str, str], body: Any) -> tuple[int, Resource]:
        query = headers.get("if-none-exist")
        if query and self.heeds_conditions:
            found = [each for each in self.held.values()
                     if each["resourceType"] == kind and suits(each, parse_qsl(query))]  # fmt: skip
            if found:
                return (200, found[0]) if len(found) == 1 else self.refuse(412)
        name = f"{kind}/s{len(self.held) + 1}"
        return 201, self.keep(name, {**body, "id": name.split("/")[1]})

    def refuse(self, status: int) -> Any:
        raise Answer(status)

    def need(self, path: str) -> Resource:
        if path not in self.held:
            raise Answer(404, path)
        return self.held[path]

    def check(self, path: str, headers: dict[str, str]) -> None:
        if not self.heeds_conditions:
            return
        if headers.get("if-none-match") == "*" and path in self.held:
            raise Answer(412, "exists")
        wanted = headers.get("if-match")
        if wanted and wanted != f'W/"{self.need(path)["meta"]["versionId"]}"':
            raise Answer(412, "stale")

    def keep(self, path: str, body: Resource) -> Resource:
        before = self.held.get(path, {}).get("meta", {}).get("versionId", "0")
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        version = {"versionId": str(int(before) + 1)} if self.has_versions else {}
        meta = {**body.get("meta", {}), **version, "lastUpdated": moment}
        self.held[path] = {**body, "meta": meta}
        return self.held[path]

    def search(self, kind: str, asked: list[tuple[str, str]]) -> Resource:
        given = dict(asked)
        offset, count = int(given.get("_offset", 0)), min(int(given["_count"]), self.page)
        tests = [(key, value) for key, value in asked if key not in {"_offset", "_count"}]
        matches = [each for each in self.held.values()
                   if each["resourceType"] == kind and suits(each, tests)]  # fmt: skip
        shown = matches[offset : offset + count]
        entries = [{"resource": each, "search": {"mode": "match"}} for each in shown]
        entries += [{"resource": each, "search": {"mode": "include"}}
                    for each in self.included(shown, tests)]  # fmt: skip
        links = [{"relation": "self", "url": f"{self.url}/{kind}?{urlencode(asked)}"}]
        if offset + count < len(matches):
            more = {"_offset": str(offset + count), "_count": str(count)}
            query = urlencode([*tests, *more.items()])
            links.append({"relation": "next", "url": f"{self.url}/{kind}?{query}"})
        return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries}

    def included(self, found: list[Resource], asked: list[tuple[str, str]]) -> Iterator[Resource]:
        """One turn of `_revinclude`, then of `_include` on all of it."""
        every = list(found)
        for key, value in asked:
            kind, _, link = value.partition(":")
            if key == "_revinclude":
                names = {f"{each['resourceType']}/{each['id']}" for each in found}
                every += [each for each in self.held.values()
                          if each["resourceType"] == kind and names & {*targets(each, link)}]  # fmt: skip
        for key, value in asked:
            kind, _, link = value.partition(":")
            if key.startswith("_include"):
                some = [each for each in every if each["resourceType"] == kind]
                every += [self.held[t] for each in some for t in targets(each, link)
                          if t in self.held]  # fmt: skip
        yield from every[len(found) :][: self.most_included]


def suits(resource: Resource, asked: list[tuple[str, str]]) -> bool:
    return all(_suits(resource, key, value.split(",")) for key, value in asked)


def _suits(resource: Resource, key: str, values: list[str]) -> bool:
    if key.startswith(("_include", "_revinclude")):
        return True
    if key == "_id":
        return resource["id"] in values
    if key == "identifier":
        held = resource.get("identifier") or ()
        return any(_is(each, value) for each in held for value in values)
    if key == "specialty":
        codings = [c for each in resource.get("specialty") or () for c in each.get("coding") or ()]
        return any(_is({**c, "value": c["code"]}, value) for c in codings for value in values)
    if key in LINKS:
        return bool({*targets(resource, key)} & {*values})
    raise Answer(400, f"unknown parameter {key}")


def _is(identifier: Resource, asked: str) -> bool:
    system, bar, value = asked.rpartition("|")
    told = identifier.get("system") == system if bar and system else True
    return told and (identifier.get("value") == value or (bool(bar) and not value))


def targets(resource: Resource, link: str) -> list[str]:
    held = resource.get(LINKS[link]) or []
    return [each["reference"] for each in (held if isinstance(held, list) else [held])]


def patched(resource: Resource, parameters: Resource) -> Resource:
    """FHIRPath Patch, as far as `rorcli.stores.fhir.patches` writes it."""
    for operation in parameters["parameter"]:
        part = {each["name"]: each for each in operation["part"]}
        if part["type"]["valueCode"] == "add":
            resource.setdefault("extension", []).append(_extension(part["value"]["part"]))
            continue
        path = part["path"]["valueString"]
        url = re.match(r"Location\.extension\.where\(url='([^']+)'\)", path)
        tests = re.findall(r"\(url='(\w+)'\)\.(?:value\.coding\.code='(\w+)'|empty\(\))", path)
        gone = [each for each in resource["extension"]
                if url and each["url"] == url[1] and all(_code(each, n) == c for n, c in tests)]  # fmt: skip
        if len(gone) != 1:
            raise Answer(422, f"{len(gone)} elements")
        resource["extension"].remove(gone[0])
    return resource


def _extension(parts: list[Resource]) -> Resource:
    found: Resource = {}
    for each in parts:
        if each["name"] == "url":
            found["url"] = each["valueUri"]
        elif each["name"] == "extension":
            found.setdefault("extension", []).append(_extension(each["part"]))
        else:
            found |= {key: value for key, value in each.items() if key != "name"}
    return found


def _code(extension: Resource, name: str) -> str:
    found = (each for each in extension["extension"] if each["url"] == name)
    return next((str(e["valueCodeableConcept"]["coding"][0]["code"]) for e in found), "")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *arguments: object) -> None:
        """Whoever hangs up, or shows no certificate, is no business of a test's output."""


def _handler(server: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body are two writes, and the second would wait for an acknowledgement.
        disable_nagle_algorithm = True

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            content = self.rfile.read(length)
            headers = {key.lower(): value for key, value in self.headers.items()}
            time.sleep(server.lag)
            server.log.append((self.command, self.path, headers))
            if told := server.answers(self.command, self.path):
                self.send(*told)
                return
            try:
                body = json.loads(content) if content else None
                status, resource = server.handle(self.command, self.path, headers, body)
            except Answer as answer:
                issue = {"severity": "error", "code": "invalid", "diagnostics": answer.text}
                status, resource = (
                    answer.status,
                    {"resourceType": "OperationOutcome", "issue": [issue]},
                )
            more = {}
            if version := resource.get("meta", {}).get("versionId"):
                more["ETag"] = f'W/"{version}"'
            if status == 201:
                more["Location"] = f"{server.url}/{resource['resourceType']}/{resource['id']}"
            self.send(status, more, json.dumps(resource).encode())

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - http.server's names

        def send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    return Handler
