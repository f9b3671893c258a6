"""Each way in which a login fails: what is said, what to do next, the exit code (auth reference, 9)."""

import re
import ssl
import time
from email.utils import formatdate
from typing import Any

import pytest

from tests.cli.harness import run
from tests.login.provider import Provider
from tests.pki import Authority

PASSWORD = 'method = "password"\nlogin = "referent"\npassword = {env = "MOT"}\n'
CLIENT = 'method = "client"\nclient_auth = "secret_post"\nclient_secret = {env = "MOT"}\n'
KEYCLOAK = {"error": "invalid_grant", "error_description": "Invalid user credentials"}
CONFIG = "/realm/.well-known/openid-configuration"
HTML = "<html><body>portail captif</body></html>"
SEED = 'otp = {from = "seed", seed = {env = "CLE"}}\n'

# name: auth settings, what the provider answers where, exit code, message, remedy
CASES: dict[str, tuple[str, list[Any], int, str, str]] = {
    "discovery is not there": ("", [(CONFIG, 404, HTML)], 2, "ne répond pas comme prévu", "vérifiez issuer"),
    "discovery is a page": ("", [(CONFIG, 200, HTML)], 2, "ne répond pas comme prévu", "vérifiez issuer"),
    "another issuer": ("", [(CONFIG, 200, {"issuer": "https://autre.example"})], 2,
                       "reçu https://autre.example", "vérifiez issuer"),
    "endpoint in clear": ("", [(CONFIG, 200, None)], 2, "adresse non chiffrée refusée : http://idp.example/token", "https"),
    "redirect": (PASSWORD, [("/token", 307, HTML)], 2, "renvoie vers ailleurs.example", "issuer"),
    "wrong password": (PASSWORD, [("/token", 401, KEYCLOAK)], 4,
                       "refusé (ou compte temporairement bloqué). Aucun nouvel essai n'est fait automatiquement", "navigateur"),
    "account disabled": (PASSWORD, [("/token", 400, {"error": "invalid_grant", "error_description": "Account disabled"})],
                         4, "ce compte est désactivé", "portail"),
    "code needed": (PASSWORD, [("/token", 401, {"error": "invalid_grant", "error_description": "Missing totp"})], 4,
                    "un code à usage unique est demandé", "par SMS ou courriel"),
    "code needed, nobody there": (PASSWORD + 'otp = {from = "prompt"}', [], 4,
                                  "un code à usage unique est demandé", "par SMS ou courriel"),
    "nobody there": ('method = "password"\nlogin = "x"', [], 4, "non connecté (annuaire « prod »)", "RORCLI_TOKEN"),
    "device refused": ('method = "device"', [("/token", 400, {"error": "access_denied"})], 4,
                       "connexion refusée sur le portail ou le téléphone. Rien n'a été modifié", ""),
    "device too late": ('method = "device"', [("/token", 400, {"error": "expired_token"})], 4,
                        "demande expirée sans validation", "recommencez"),
    "wrong secret": (CLIENT, [("/token", 401, {"error": "unauthorized_client",
                                               "error_description": "Invalid client or Invalid client credentials"})],
                     4, "le client « rorcli » n'est pas reconnu", "vérifiez client_id"),
    "invalid client": (CLIENT, [("/token", 401, {"error": "invalid_client"})], 4, "n'est pas reconnu", "client_id"),
    "flow closed": (PASSWORD, [("/token", 400, {"error": "unauthorized_client",
                                                "error_description": "Client not allowed for direct access grants"})],
                    2, "ce mode de connexion n'est pas ouvert pour « rorcli »", "GRADeS"),
    "flow unknown": (CLIENT, [("/token", 400, {"error": "unsupported_grant_type"})], 2, "n'est pas ouvert", "browser"),
    "grant not allowed": (CLIENT, [("/token", 400, {"error": "invalid_request", "error_description": "grant type not allowed"})],
                          2, "n'est pas ouvert", "GRADeS"),
    "scope": (CLIENT + 'scopes = ["ror", "ecrire"]', [("/token", 400, {"error": "invalid_scope"})], 4,
              "droits demandés refusés : ror ecrire", "scopes"),
    "anything else": (CLIENT, [("/token", 400, {"error": "temporarily_odd", "error_description": "une\nligne \x1b[31m"})],
                      4, "connexion refusée par le serveur d'identité (temporarily_odd : une ligne [31m)", ""),
    "down": (CLIENT, [("/token", 503, HTML)], 8, "indisponible (HTTP 503)", "météo des services"),
    "too many": (CLIENT, [("/token", 429, {"error": "slow"})], 8, "indisponible (HTTP 429)", "réessayez plus tard"),
    "a page for a token": (CLIENT, [("/token", 200, HTML)], 8, "indisponible (HTTP 200)", "réessayez plus tard"),
    "a bare refusal": (CLIENT, [("/token", 403, None)], 8, "indisponible", "plus tard"),
    "no token inside": (CLIENT, [("/token", 200, {"token_type": "Bearer"})], 8, "sans jeton d'accès", "plus tard"),
    "short key": (PASSWORD + SEED, [("CLE", "JBSWY3DP")], 2, "clé TOTP trop courte (moins de 80 bits)", "otpauth://"),
    "unreadable key": (PASSWORD + SEED, [("CLE", "pas-du-base32-du-tout-1!")], 2,
                       "clé TOTP illisible (base32 attendu)", "otpauth://"),
    "the token method": ('method = "token"', [], 2, "jeton que vous fournissez", "--with-token"),
    "no secret": ('method = "client"\nclient_auth = "secret_post"', [], 2, "le secret du client manque", "client_secret"),
    "nothing at the place": (PASSWORD.replace("MOT", "ABSENT"), [], 2, "le secret password est introuvable (env ABSENT)", ""),
    "a failing command": ('method = "password"\nlogin = "x"\npassword = {command = ["false"]}', [], 2,
                          "la commande false n'a pas donné de secret", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_failure_is_told_in_french_with_its_code(name, configure, provider, monkeypatch):
    auth, answers, code, message, remedy = CASES[name]
    monkeypatch.setenv("MOT", "CANARI-mot-de-passe")
    provider.nonce = None
    if name == "endpoint in clear":
        provider.published = {"token_endpoint": "http://idp.example/token"}
    for answer in answers:
        if len(answer) == 2:
            monkeypatch.setenv(*answer)
        elif answer[2] is not None or not answer[0].startswith("/realm"):
            location = {"Location": "https://ailleurs.example/x"} if answer[1] == 307 else {}
            provider.says(*answer, **location)
    configure(auth)
    words = ["--no-browser"] if not auth else []
    done = run(["login", *words], store="prod")
    assert (done.code, done.out) == (code, "")
    assert message in done.err
    assert remedy in done.err
    # One attempt a run, whatever the answer.
    assert len(provider.seen("/token")) <= 1


def test_a_server_that_repeats_a_secret_is_quoted_without_it(configure, provider, monkeypatch):
    monkeypatch.setenv("MOT", "CANARI-mot-de-passe")
    configure(CLIENT)
    told = "le secret CANARI-mot-de-passe ne va pas, ni token=CANARI-autre"
    provider.says("/token", 400, {"error": "odd", "error_description": told})
    assert "le secret *** ne va pas, ni token=***" in run(["login"], store="prod").err


def test_a_clock_that_is_wrong_is_said_with_the_refusal(configure, provider, monkeypatch):
    monkeypatch.setenv("MOT", "CANARI-mot-de-passe")
    configure(PASSWORD)
    provider.says("/token", 401, KEYCLOAK, Date=formatdate(time.time() + 95, usegmt=True))
    said = run(["login"], store="prod").err
    assert re.search(r"l'horloge de ce poste a \d\d s d'écart avec le serveur", said)


def test_a_server_that_is_not_there_is_exit_8(configure, provider):
    provider.close()
    configure()
    done = run(["login", "--no-browser"], store="prod")
    assert (done.code, "indisponible" in done.err) == (8, True)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "pki")


@pytest.fixture
def over_tls(authority):
    certificate, key = authority.issue("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(authority.pem)
    context.verify_mode = ssl.CERT_OPTIONAL
    found = Provider(context)
    yield found
    found.close()


def test_an_authority_that_is_unknown_is_told(configure, over_tls, authority):
    configure(issuer=over_tls.issuer)
    done = run(["login", "--no-browser"], store="prod")
    assert (done.code, "certificat du serveur non reconnu pour 127.0.0.1" in done.err) == (4, True)
    assert "renseignez ca" in done.err


def test_a_refused_certificate_is_named_with_its_end(configure, over_tls, authority):
    certificate, key = authority.issue("service fini", days=-1)
    configure('method = "client"\nclient_auth = "mtls"', issuer=over_tls.issuer,
              store=f'ca = "{authority.pem}"\ncert = "{certificate}"\nkey = "{key}"')  # fmt: skip
    over_tls.says("/token", 401, {"error": "invalid_client"})
    done = run(["login"], store="prod")
    assert done.code == 4
    assert "certificat absent, expiré ou non associé à « rorcli »" in done.err
    assert "service fini" in done.err


@pytest.mark.parametrize(
    ("phrase", "content"),
    [("CANARI-faux", None), ("CANARI-bon", b"pas un p12")],
    ids=["wrong", "garbage"],
)
def test_a_p12_that_does_not_open_is_exit_2(configure, over_tls, authority, phrase, content):
    path = authority.issue_pkcs12("service rorcli", "CANARI-bon")
    if content:
        path.write_bytes(content)
    place = authority.folder / "phrase"
    place.write_text(phrase)
    place.chmod(0o600)
    configure('method = "client"\nclient_auth = "mtls"', issuer=over_tls.issuer,
              store=f'ca = "{authority.pem}"\npkcs12 = "{path}"\npassphrase = {{file = "{place}"}}')  # fmt: skip
    done = run(["login"], store="prod")
    assert done.code == 2
    assert "mot de passe du fichier .p12 incorrect, ou fichier illisible" in done.err


def test_a_p12_opens_the_door(configure, over_tls, authority, monkeypatch):
    path = authority.issue_pkcs12("service rorcli", "CANARI-bon")
    monkeypatch.setenv("RORCLI_KEY_PASSPHRASE", "CANARI-bon")
    over_tls.nonce = None
    over_tls.published = {
        "mtls_endpoint_aliases": {"token_endpoint": f"{over_tls.base}/token-mtls"}
    }
    over_tls.says("/token-mtls", 200, over_tls.tokens())
    configure('method = "client"\nclient_auth = "mtls"', issuer=over_tls.issuer,
              store=f'ca = "{authority.pem}"\npkcs12 = "{path}"')  # fmt: skip
    assert run(["login"], store="prod").code == 0
    [asked] = over_tls.seen("/token-mtls")
    assert asked.form["client_id"] == "rorcli"
    assert "client_secret" not in asked.form


@pytest.mark.skipif(not hasattr(__import__("os"), "getuid"), reason="modes are POSIX")
def test_a_secret_that_others_can_read_is_refused(configure, provider, tmp_path):
    place = tmp_path / "mot"
    place.write_text("CANARI-mot-de-passe")
    place.chmod(0o644)
    configure(f'method = "password"\nlogin = "x"\npassword = {{file = "{place}"}}')
    done = run(["login"], store="prod")
    assert done.code == 2
    assert f"{place} est lisible par d'autres utilisateurs : faites chmod 600" in done.err


def test_a_session_that_has_ended_says_to_log_in_again(configure, provider, monkeypatch):
    monkeypatch.setenv("MOT", "CANARI-mot-de-passe")
    provider.lifetime, provider.nonce = 1, None
    configure(PASSWORD.replace('{env = "MOT"}', "{prompt = true}"))
    assert run(["login"], stdin="CANARI-mot\n", tty=True, store="prod").code == 0
    provider.says(
        "/token", 400, {"error": "invalid_grant", "error_description": "Token is not active"}
    )
    time.sleep(1)
    done = run(["whoami", "--token"], store="prod")
    assert (done.code, "session expirée" in done.err, "rorcli login" in done.err) == (4, True, True)
    assert "non connecté" in run(["whoami", "--token"], store="prod").err
