"""What goes over the wire to a FHIR server, and what is made of the answers."""

import json
import random
import socket
import ssl
import threading
from contextlib import closing
from email.utils import formatdate

import pytest

from rorcli.errors import StoreDeniedError, StoreUnavailableError, UsageError
from rorcli.login.secret import Secrets
from rorcli.login.tls import context_of
from rorcli.settings import StoreSettings
from rorcli.stores.fhir import transport as transport_room
from rorcli.stores.fhir.answers import outcome
from rorcli.stores.fhir.capabilities import Capabilities
from rorcli.stores.fhir.transport import LostReplyError, Patience, Transport, base_of
from rorcli.stores.fhir.walk import Walker
from tests.pki import Authority
from tests.servers.fake import FakeServer

ORGANIZATION = {"resourceType": "Organization", "id": "ror-x", "name": "Un nom"}


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self):
        self.now, self.slept = 0.0, []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def __call__(self):
        return self.now


class Tokens:
    def __init__(self, *tokens):
        self.left, self.refused = list(tokens), []

    def token(self, refused=None):
        if refused is not None:
            self.refused.append(refused)
            self.left.pop(0)
        return self.left[0]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def transport(fake, clock):
    """Makes transports to the fake server."""
    made = []

    def make(tokens=None, **settings):
        patience = Patience(clock=clock, sleep=clock.sleep, chance=random.Random(1))
        stored = StoreSettings(url=f"fhir+{fake.url}", **settings)
        made.append(Transport(stored, tokens, patience=patience))
        return made[-1]

    yield make
    for each in made:
        each.close()


def answers(*told, after=(200, {}, b'{"resourceType": "Bundle"}')):
    """Those answers one after the other, then `after`."""
    left = list(told)
    return lambda method, path: left.pop(0) if left else after


# -- addresses


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("fhir+https://ror.example/fhir/", "https://ror.example/fhir"),
        ("fhir+http://127.0.0.1:8080/fhir", "http://127.0.0.1:8080/fhir"),
        ("fhir+http://localhost/r4", "http://localhost/r4"),
    ],
)
def test_an_address_is_a_base(url, base):
    assert base_of(url) == base


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("fhir+http://ror.example/fhir", "seul https"),
        ("fhir+https://moi:secret@ror.example", "ni nom ni mot de passe"),
        ("fhir+https:///fhir", "pas l'adresse"),
        ("fhir+https://[", "pas l'adresse"),
        ("fhir+https://ror.example:x/fhir", "pas l'adresse"),
        ("fhir+https://ror.example/fhir?x=1", "pas l'adresse"),
    ],
)
def test_an_address_that_is_unsafe_or_none(url, said):
    with pytest.raises(UsageError, match=said) as raised:
        base_of(url)
    assert "secret" not in raised.value.message


# -- who we are


def test_every_call_bears_who_we_are_and_what_we_take(fake, transport, tmp_path, monkeypatch):
    # A .netrc of the machine must not put another name in its place.
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login moi password secret")
    monkeypatch.setenv("HOME", str(tmp_path))
    headers = {"Ror-Profil-Utilisateur-Code": "CU22", "Ror-Role-Metier-Code": ""}
    transport(Tokens("abc"), headers=headers).get("metadata")
    (_, _, sent) = fake.log[0]
    assert sent["authorization"] == "Bearer abc"
    assert sent["accept"] == "application/fhir+json"
    assert sent["ror-profil-utilisateur-code"] == "CU22"
    assert "ror-role-metier-code" not in sent


def test_an_anonymous_call_bears_no_name(fake, transport):
    transport().get("metadata")
    assert "authorization" not in fake.log[0][2]


def test_a_refused_token_is_changed_once(fake, transport):
    tokens = Tokens("old", "new", "never")
    fake.answers = answers((401, {}, b""))
    assert transport(tokens).get("metadata").status == 200
    assert [each[2]["authorization"] for each in fake.log] == ["Bearer old", "Bearer new"]
    fake.answers = answers(after=(401, {}, b""))
    tokens = Tokens("old", "new", "never")
    with pytest.raises(StoreDeniedError, match="jeton refusé"):
        transport(tokens).get("metadata")
    assert tokens.refused == ["old"]


def test_a_server_that_wants_a_login_is_told(fake, transport):
    fake.answers = answers(after=(401, {}, b""))
    with pytest.raises(StoreDeniedError, match="connexion refusée") as raised:
        transport().get("metadata")
    assert "rorcli login" in raised.value.remedy


def test_what_the_access_profile_forbids_is_explained(fake, transport):
    told = {"resourceType": "OperationOutcome", "issue": [{"diagnostics": "profil 0"}]}
    fake.answers = answers(after=(403, {}, json.dumps(told).encode()))
    with pytest.raises(StoreDeniedError, match="profil d'accès.*profil 0") as raised:
        transport().get("Organization/x")
    assert "Ror-*" in raised.value.remedy


@pytest.mark.parametrize("location", ["https://autre.example/", "https://["])
def test_no_redirect_is_followed(fake, transport, location):
    fake.answers = answers(after=(302, {"Location": location}, b""))
    with pytest.raises(StoreUnavailableError, match="n'est pas suivie"):
        transport(Tokens("abc")).get("metadata")
    assert len(fake.log) == 1


def test_what_goes_to_this_machine_passes_by_no_proxy(fake, transport, monkeypatch):
    other = FakeServer()
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, other.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    transport(Tokens("abc")).get("metadata")
    assert (len(fake.log), other.log) == (1, [])
    other.close()


def test_another_origin_learns_nothing_of_us(fake, transport):
    other = FakeServer()
    link = [{"relation": "next", "url": f"{other.url}/Organization?_count=1"}]
    page = json.dumps({"resourceType": "Bundle", "link": link}).encode()
    fake.answers = answers((200, {}, page))
    mine = transport(Tokens("abc"), headers={"Ror-Role-Metier-Code": "AUTOMATE"})
    assert len(list(mine.pages("Organization", []))) == 2
    (_, _, sent) = other.log[0]
    assert not {"authorization", "ror-role-metier-code"} & sent.keys()
    other.close()


def test_a_link_to_another_machine_in_clear_is_refused(fake, transport):
    link = [{"relation": "next", "url": "http://ror.example/Organization"}]
    fake.answers = answers(
        after=(200, {}, json.dumps({"resourceType": "Bundle", "link": link}).encode())
    )
    with pytest.raises(UsageError, match="seul https"):
        list(transport().pages("Organization", []))


def test_pages_that_turn_in_a_circle_are_read_once_and_are_no_whole_list(fake, transport):
    link = [{"relation": "next", "url": f"{fake.url}/Organization?turn=1"}]
    page = json.dumps({"resourceType": "Bundle", "link": link}).encode()
    fake.answers = answers(after=(200, {}, page))
    with pytest.raises(StoreUnavailableError, match="tournent en rond"):
        list(transport().pages("Organization", []))
    assert len(fake.log) == 2


def test_more_pages_than_we_read_are_no_whole_list(fake, transport, monkeypatch):
    monkeypatch.setattr(transport_room, "MAX_PAGES", 1)
    link = [{"relation": "next", "url": f"{fake.url}/Organization?turn=1"}]
    page = json.dumps({"resourceType": "Bundle", "link": link}).encode()
    fake.answers = answers(after=(200, {}, page))
    with pytest.raises(StoreUnavailableError, match="plus de 1 pages"):
        list(transport().pages("Organization", []))


@pytest.mark.parametrize(
    "said",
    [b"{}", b'{"resourceType": "OperationOutcome", "issue": [{"diagnostics": "index en panne"}]}'],
)
def test_what_is_no_list_is_not_taken_for_an_empty_one(fake, transport, said):
    fake.answers = answers(after=(200, {}, said))
    with pytest.raises(StoreUnavailableError, match="la réponse n'en est pas une") as raised:
        list(transport().pages("Organization", []))
    assert ("index en panne" in raised.value.message) == (b"index" in said)


@pytest.mark.parametrize(
    ("severity", "fails"), [("error", True), ("fatal", True), ("warning", False)]
)
def test_a_list_with_an_error_in_it_is_not_whole(fake, transport, severity, fails):
    issue = [{"severity": severity, "diagnostics": "une partie de l'index"}]
    entry = [{"resource": {"resourceType": "OperationOutcome", "issue": issue}}]
    fake.answers = answers(
        after=(200, {}, json.dumps({"resourceType": "Bundle", "entry": entry}).encode())
    )
    walker = Walker(transport(), Capabilities({}))
    if fails:
        with pytest.raises(StoreUnavailableError, match="une erreur y est jointe : une partie"):
            list(walker.search("Organization"))
    else:
        assert list(walker.search("Organization")) == []


@pytest.fixture
def shut(tmp_path):
    """A server that lets in only who shows a certificate of its authority."""
    authority = Authority(tmp_path / "pki")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("127.0.0.1"))
    context.load_verify_locations(authority.pem)
    context.verify_mode = ssl.CERT_REQUIRED
    server = FakeServer(tls=context)
    yield server, authority
    server.close()


def call(server, clock, **settings):
    stored = StoreSettings(name="region", url=f"fhir+{server.url}", **settings)
    context = context_of(stored, Secrets("region"))
    patience = Patience(clock=clock, sleep=clock.sleep, attempts=2)
    with closing(Transport(stored, context=context, patience=patience)) as mine:
        return mine.get("metadata").status


def test_a_certificate_in_pem_opens_the_door(shut, clock):
    server, authority = shut
    cert, key = map(str, authority.issue("hopital"))
    assert call(server, clock, ca=str(authority.pem), cert=cert, key=key) == 200


def test_a_certificate_in_a_p12_opens_the_door(shut, clock, monkeypatch):
    server, authority = shut
    monkeypatch.setenv("RORCLI_KEY_PASSPHRASE", "phrase")
    pkcs12 = str(authority.issue_pkcs12("hopital", "phrase"))
    assert call(server, clock, ca=str(authority.pem), pkcs12=pkcs12) == 200


def test_without_certificate_nothing_is_read(shut, clock):
    server, authority = shut
    with pytest.raises(StoreUnavailableError, match="demande (peut-être )?un certificat") as raised:
        call(server, clock, ca=str(authority.pem))
    assert "cert et key, ou pkcs12" in raised.value.remedy
    assert server.log == []


def test_a_certificate_of_an_unknown_authority_is_not_taken(shut, clock, tmp_path):
    server, authority = shut
    cert, key = map(str, Authority(tmp_path / "autre", "une autre").issue("hopital"))
    with pytest.raises(StoreUnavailableError, match="refuse le vôtre"):
        call(server, clock, ca=str(authority.pem), cert=cert, key=key)


@pytest.mark.parametrize(
    ("days", "address", "said"),
    [(-1, "127.0.0.1", "périmé"), (9, "192.0.2.1", "pour une autre adresse")],
)
def test_what_is_wrong_with_the_certificate_of_a_server_is_told(
    tmp_path, clock, days, address, said
):
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("serveur", days=days, address=address))
    server = FakeServer(tls=context)
    with pytest.raises(StoreUnavailableError, match=said) as raised:
        call(server, clock, ca=str(authority.pem))
    assert raised.value.remedy
    assert server.log == []
    server.close()


def test_a_server_of_an_unknown_authority_learns_nothing(shut, clock):
    server, authority = shut
    cert, key = map(str, authority.issue("hopital"))
    with pytest.raises(StoreUnavailableError, match="certificat refusé") as raised:
        call(server, clock, cert=cert, key=key)
    assert "ca" in raised.value.remedy
    assert server.log == []


# -- bad days

HTML = (200, {"Content-Type": "text/html"}, b"<html>Maintenance</html>")


@pytest.mark.parametrize(
    "told", [(503, {}, b""), (504, {}, b""), (429, {}, b""), (500, {}, b""), HTML]
)
def test_a_read_is_repeated_until_it_answers(fake, transport, clock, told):
    fake.answers = answers(told, told)
    assert transport().get("metadata").status == 200
    assert len(clock.slept) == 2
    assert all(0 <= slept < 2 for slept in clock.slept)


def test_what_a_proxy_says_in_its_page_is_told(fake, transport):
    page = b"<html><title>400 No required SSL certificate was sent</title><p>nginx</html>"
    fake.answers = answers(after=(400, {"Content-Type": "text/html"}, page))
    with pytest.raises(StoreUnavailableError, match="No required SSL certificate was sent"):
        list(transport().pages("Organization", []))


def test_clients_that_were_refused_at_once_do_not_come_back_at_once(clock):
    """Full jitter: each waits for a random part of what doubles at each attempt."""
    patience = Patience(clock=clock, sleep=clock.sleep, chance=random.Random(1))
    for attempt in [0] * 50 + [3] * 50:
        assert patience.pause(attempt, None, until=clock() + 60)
    first, fourth = clock.slept[:50], clock.slept[50:]
    for waits, most in ((first, 0.25), (fourth, 2.0)):
        assert 0 < min(waits) < most * 0.2
        assert most * 0.8 < max(waits) <= most
        assert len({*waits}) == 50


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"x-ms-retry-after-ms": "1500"}, 1.5),
        ({"Retry-After": formatdate(0, usegmt=True)}, 0),
        ({"Retry-After": "soon"}, 0),
        ({"Retry-After": "Wed, 25 Nov 1970 16:00:00"}, 0),
        ({"Retry-After": "Wed, 25 Nov 1970 16:00:00 -0000"}, 0),
        ({"Retry-After": "Wed, 25 Nov 0001 00:00:00 +2359"}, 0),
    ],
)
def test_the_server_says_how_long_to_wait(fake, transport, clock, headers, seconds):
    fake.answers = answers((429, headers, b""))
    transport().get("metadata")
    assert seconds <= clock.slept[0] <= seconds + 0.3


def test_a_call_has_a_deadline(fake, transport, clock):
    fake.answers = answers(after=(503, {"Retry-After": "50"}, b""))
    with pytest.raises(StoreUnavailableError, match="répond 503"):
        transport().get("metadata")
    assert clock.now <= 120


def test_a_write_is_repeated_only_when_it_was_surely_not_taken(fake, transport):
    fake.answers = answers((429, {}, b""), (503, {}, b""))
    with pytest.raises(LostReplyError):
        transport().write("PUT", "Organization/ror-x", ORGANIZATION, {})
    assert len(fake.log) == 2


def test_a_server_that_is_not_there(fake, transport):
    mine = transport()
    fake.close()
    for call in (mine.get, lambda path: mine.write("PUT", path, ORGANIZATION, {})):
        with pytest.raises(StoreUnavailableError, match="injoignable") as raised:
            call("Organization/ror-x")
        assert not isinstance(raised.value, LostReplyError)


def test_an_endless_answer_is_cut(fake, transport, monkeypatch):
    monkeypatch.setattr("rorcli.stores.fhir.transport.MAX_BYTES", 1000)
    fake.answers = answers(after=(200, {}, b" " * 5000))
    with pytest.raises(StoreUnavailableError, match="démesurée"):
        transport().get("metadata")


def test_a_message_holds_neither_the_query_nor_the_token(fake, transport):
    fake.answers = answers(after=(503, {}, b""))
    with pytest.raises(StoreUnavailableError) as raised:
        list(transport(Tokens("jeton")).pages("Practitioner", [("identifier", "810099999996")]))
    assert "8100" not in raised.value.message + raised.value.remedy
    assert "jeton" not in raised.value.message + raised.value.remedy


def test_an_outcome_is_one_short_line():
    said = {"resourceType": "OperationOutcome",
            "issue": [{"diagnostics": "un\nmauvais\x1b[31m jour"}, {"code": "invalid"}]}  # fmt: skip
    assert outcome(said) == " : un mauvais [31m jour ; invalid"
    long = {"resourceType": "OperationOutcome", "issue": [{"diagnostics": "x" * 9999}]}
    assert len(outcome(long)) < 400


def test_proxies_of_the_environment_are_used(monkeypatch, clock):
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:

        def refuse():
            caller, _ = proxy.accept()
            asked.append(caller.recv(999).partition(b"\r\n")[0])
            caller.close()

        threading.Thread(target=refuse, daemon=True).start()
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "")
        patience = Patience(clock=clock, sleep=clock.sleep, attempts=1)
        settings = StoreSettings(url="fhir+https://ror.example/fhir")
        with (
            closing(Transport(settings, patience=patience)) as mine,
            pytest.raises(StoreUnavailableError),
        ):
            mine.get("metadata")
    # Which HTTP it speaks to a proxy is the affair of Python.
    assert [line.split()[:2] for line in asked] == [[b"CONNECT", b"ror.example:443"]]
