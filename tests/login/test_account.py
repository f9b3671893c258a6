"""`login`, `logout`, `whoami` and `doctor`, from keystroke to exit code."""

import base64
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rorcli.login import flows
from rorcli.login.vault import Vault
from tests.cli.harness import run
from tests.login.conftest import Browser
from tests.pki import Authority

ROOT = Path(__file__).parents[2]


@pytest.fixture
def browser(provider, monkeypatch):
    """The person's browser, which comes back at once."""
    import threading
    import webbrowser

    found = Browser(provider)
    monkeypatch.setenv("BROWSER", "chromium")

    def opens(url: str) -> bool:
        threading.Thread(target=found, args=(url,)).start()
        return True

    monkeypatch.setattr(webbrowser, "open", opens)
    return found


def test_log_in_look_log_out(configure, provider, browser):
    store = configure()
    done = run(["login", "--method", "psc"], store="prod", tty=True)
    assert done.code == 0
    assert "Connecté : Claire MARTIN, 899700000001." in done.err
    assert browser.query["kc_idp_hint"] == "psc"
    said = run(["whoami"], store="prod").out.splitlines()
    assert said[:3] == ["annuaire : prod", "connecté : Claire MARTIN, 899700000001",
                        "par : Pro Santé Connect"]  # fmt: skip
    assert said[3].endswith(", puis renouvelé sans vous")
    done = run(["logout"], store="prod")
    assert (done.code, done.err) == (0, "prod : session révoquée et oubliée.\n")
    [revoked] = provider.seen("/revoke")
    assert revoked.form["token"] == "CANARI-renouvellement-1"
    assert revoked.form["token_type_hint"] == "refresh_token"
    assert not Vault(store).path.exists()
    assert run(["logout"], store="prod").err == "prod : aucune session à fermer.\n"
    assert run(["whoami"], store="prod") == (
        4,
        "annuaire : prod\nnon connecté : rorcli login\n",
        "",
    )


def test_what_a_program_reads_follows_its_schema(configure, browser, monkeypatch, tmp_path):
    schema = json.loads((ROOT / "schemas" / "identity.v1.schema.json").read_text("utf-8"))
    store = configure()

    def said(address: str = "prod") -> dict[str, Any]:
        found = json.loads(run(["whoami", "-o", "json"], store=address).out)
        jsonschema.validate(found, schema)
        assert set(found) == set(schema["properties"])
        return dict(found)

    assert said()["source"] == "none"
    assert run(["login"], store="prod", tty=True).code == 0
    known = said()
    assert (known["source"], known["ok"], known["storage"]) == ("session", True, "file")
    place = Vault(store)
    place.write(replace(place.read(), expires_at=time.time() - 1, has_refresh=False))
    assert (said()["source"], said()["ok"]) == ("ended", False)
    monkeypatch.setenv("RORCLI_TOKEN", "CANARI-x")
    assert said()["variable"] == "RORCLI_TOKEN"
    assert said(f"sqlite:{tmp_path / 'a.sqlite'}")["source"] == "anonymous"


@pytest.mark.parametrize(
    "answer", [(400, {"error": "unsupported_token_type"}), (503, None), "gone"]
)
def test_logout_forgets_whatever_the_server_says(configure, provider, browser, answer):
    store = configure()
    assert run(["login"], store="prod", tty=True).code == 0
    if answer == "gone":
        provider.close()
    else:
        provider.says("/revoke", *answer)
    done = run(["logout"], store="prod")
    assert (done.code, "n'a pas confirmé" in done.err) == (0, True)
    assert not Vault(store).path.exists()


def test_logout_all_goes_round(configure, provider, browser):
    configure()
    assert run(["login"], store="prod", tty=True).code == 0
    done = run(["logout", "--all"])
    assert (done.code, done.err) == (0, "prod : session révoquée et oubliée.\n")


def test_nobody_at_the_keyboard_opens_no_browser(configure, browser, monkeypatch):
    configure()
    assert run(["login"], store="prod").code == 4
    monkeypatch.setenv("CI", "true")
    assert run(["login"], store="prod", tty=True).code == 4
    assert browser.query == {}


def test_an_embedded_store_wants_none(tmp_path):
    store = f"sqlite:{tmp_path / 'annuaire.sqlite'}"
    for words in (["login", "--method", "psc"], ["logout"], ["login", "--refresh"]):
        done = run(words, store=store)
        assert (done.code, "aucune connexion nécessaire" in done.err) == (0, True)
    done = run(["whoami", "-o", "json"], store=store)
    said = json.loads(done.out)
    assert (done.code, said["ok"], said["source"]) == (0, True, "anonymous")
    assert run(["whoami", "--token"], store=store).code == 2


def token(**claims) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"CANARI.{body}.CANARI"


def test_a_token_is_taken_from_stdin_and_its_end_is_known(configure):
    configure('method = "token"')
    end = int(time.time()) + 3600
    assert run(["login", "--with-token"], stdin=token(exp=end) + "\n", store="prod").code == 0
    said = json.loads(run(["whoami", "-o", "json"], store="prod").out)
    assert (said["method"], said["renewable"], said["source"]) == ("token", False, "session")
    assert said["expires_at"].startswith("20")
    assert run(["whoami", "--token"], store="prod").out == token(exp=end) + "\n"
    assert run(["login", "--refresh"], store="prod").code == 4
    for wrong in ("", "\n", "deux mots\n", "jeton-é", "a\nb"):
        assert run(["login", "--with-token"], stdin=wrong, store="prod").code == 2


def test_a_token_that_has_ended_is_not_used(configure):
    configure('method = "token"')
    run(["login", "--with-token"], stdin=token(exp=int(time.time()) - 5), store="prod")
    done = run(["whoami", "--token"], store="prod")
    assert (done.code, "session expirée" in done.err) == (4, True)
    done = run(["whoami"], store="prod")
    assert (done.code, "session expirée" in done.out) == (4, True)


def test_the_environment_goes_first_and_refuses_a_login(configure, monkeypatch, tmp_path):
    configure()
    place = tmp_path / "jeton"
    place.write_text("CANARI-de-fichier\n")
    place.chmod(0o600)
    monkeypatch.setenv("RORCLI_TOKEN_FILE", str(place))
    assert run(["whoami", "--token"], store="prod").out == "CANARI-de-fichier\n"
    monkeypatch.setenv("RORCLI_TOKEN", "CANARI-de-variable")
    assert run(["whoami", "--token"], store="prod").out == "CANARI-de-variable\n"
    assert "jeton de RORCLI_TOKEN" in run(["whoami"], store="prod").out
    for words in ([], ["--with-token"]):
        done = run(["login", *words], stdin="CANARI", store="prod")
        assert (done.code, "RORCLI_TOKEN est défini" in done.err) == (2, True)
    monkeypatch.setenv("RORCLI_TOKEN", "deux\nlignes")
    assert "RORCLI_TOKEN ne donne pas de jeton" in run(["whoami", "--token"], store="prod").err
    monkeypatch.delenv("RORCLI_TOKEN")
    place.chmod(0o644)
    assert run(["whoami", "--token"], store="prod").code == 2


def test_a_token_is_not_shown_on_a_terminal_unless_forced(configure, monkeypatch):
    configure()
    monkeypatch.setenv("RORCLI_TOKEN", "CANARI-x")
    done = run(["whoami", "--token"], store="prod", tty=True)
    assert (done.code, "CANARI" in done.out + done.err) == (2, False)
    assert run(["whoami", "--token", "--force"], store="prod", tty=True).out == "CANARI-x\n"


def test_ways_exclude_each_other_and_a_store_without_login_says_so(configure):
    configure()
    assert run(["login", "--method", "psc", "--refresh"], store="prod").code == 2
    assert run(["login", "--with-token", "--refresh"], store="prod").code == 2
    assert run(["login", "--method", "client"], store="prod").code == 2
    assert run(["login", "--refresh"], store="prod").code == 4


def test_a_bug_in_a_login_tells_no_secret(configure, monkeypatch):
    monkeypatch.setenv("RORCLI_CLIENT_SECRET", "CANARI-secret")
    configure('method = "client"\nclient_auth = "secret_post"')

    def broken(desk):
        secret = desk.held.get("CLIENT_SECRET")
        raise RuntimeError(secret.reveal())

    monkeypatch.setattr(flows, "client", broken)
    done = run(["-vv", "login"], store="prod")
    assert done.code == 70
    # The report lies in the home of this test: tests/conftest.py looks through it at the end.
    [report] = Path(done.err.rpartition(": ")[2].strip()).parent.glob("incident-*")
    assert "RuntimeError" in report.read_text("utf-8")
    assert "CANARI" not in report.read_text("utf-8")


# doctor


def test_doctor_looks_at_a_login_without_one(configure, provider, tmp_path):
    authority = Authority(tmp_path / "pki")
    certificate, key = authority.issue("service rorcli", days=20)
    configure(store=f'cert = "{certificate}"\nkey = "{key}"')
    provider.says("/realm/.well-known/openid-configuration", 200,
                  {"issuer": provider.issuer}, Date=formatdate(time.time() - 120, usegmt=True))  # fmt: skip
    said = json.loads(run(["doctor", "-o", "json"], store="prod").out)["login"]
    assert said["issuer"] == provider.issuer
    assert said["source"] == "none"
    assert -180 < said["clock_skew_s"] < -110  # the machine may pause
    assert "CN=service rorcli" in said["certificate"]
    expected = ["horloge", "finit bientôt"] + ["lisible par d'autres"] * (os.name != "nt")
    assert [w for w in expected if not any(w in each for each in said["warnings"])] == []
    told = run(["doctor"], store="prod").out
    assert f"  émetteur : {provider.issuer}" in told
    assert "  attention : le certificat finit bientôt" in told
    assert "store.prod.auth = {" in told
    assert provider.seen("/token") == []


def test_doctor_tells_a_provider_that_is_not_there(configure, provider):
    provider.close()
    configure()
    done = run(["doctor"], store="prod")
    assert done.code == 4
    assert "non connecté (annuaire « prod »)" in done.err
    assert "  refus : serveur d'identité" in done.out


# What is loaded

LOGIN = {
    "authlib",
    "joserfc",
    "keyring",
    "requests",
    "cryptography",
    "pyotp",
    "selenium",
    "filelock",
}


@pytest.mark.parametrize(
    "words",
    [["--version"], ["--help"], ["login", "--help"], ["codes", "civilites"], ["whoami", "--store", "prod"],
     ["validate", "examples/ehpad-les-tilleuls.yaml"], ["show", "examples/ehpad-les-tilleuls.yaml"],
     ["login"], ["logout", "--help"]],
    ids=" ".join,
)  # fmt: skip
def test_what_needs_no_network_loads_no_login_code(configure, words):
    configure()
    code = ("import sys; from rorcli.cli.app import main; main(sys.argv[1:]); "
            "sys.stdout.flush(); print(*sys.modules, file=sys.stderr)")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True,
                          text=True, check=True)  # fmt: skip
    loaded = set(done.stderr.splitlines()[-1].split())
    assert {name.partition(".")[0] for name in loaded} & LOGIN == set()
    if words[0] not in ("whoami", "login"):
        assert not {name for name in loaded if name.startswith("rorcli.login.")}
