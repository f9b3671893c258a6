"""Which value wins, where it came from, and what a settings file may not hold."""

import os
from pathlib import Path
from typing import Any

import pytest

from rorcli.access import Auth
from rorcli.errors import UsageError
from rorcli.planning.limits import Thresholds
from rorcli.settings import DEFAULT, LOCAL, StoreSettings, load_settings, user_config

STORES = """
[store.prod]
url = "fhir+https://fhir.example/r4"
production = true
ca = "igc.pem"
auth = {issuer = "https://idp.example/realms/ror", client_id = "rorcli", scopes = ["openid"]}
[store.essai]
url = "sqlite:/srv/essai.sqlite"
"""


class Desk:
    """A user's folder of settings and a project, with a run in a folder below it."""

    def __init__(self, root: Path) -> None:
        self.project = root / "project" / "rorcli.toml"
        self.cwd = root / "project" / "etablissements" / "44"
        self.cwd.mkdir(parents=True)
        self.user = user_config()

    def load(self, *, user="", project="", environment=None, **flags):
        for path, text in ((self.user, user), (self.project, project)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if text:
                path.write_text(text, encoding="utf-8")
        return load_settings(environment or {}, self.cwd, flags)

    def refused(self, **files):
        with pytest.raises(UsageError) as raised:
            self.load(**files)
        return raised.value.message


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_without_any_file_everything_has_its_default(desk):
    found = desk.load()
    assert found.guards == Thresholds()
    assert found.region.name == "Pays de la Loire"
    assert found.region.mail == "ror.pdl@esante-paysdelaloire.fr"
    assert found.region.phone.startswith("02 44 76 13 90")
    assert (found.older_than, found.ignore) == ("6mo", ())
    assert (found.output, found.color) == ("text", "auto")
    assert set(found.origins.values()) == {DEFAULT}


def test_the_default_store_lies_in_the_data_folder_of_the_user(desk):
    store = desk.load().store
    assert store.name == LOCAL
    assert store.url.startswith("sqlite:")
    assert Path(store.url.removeprefix("sqlite:")).is_absolute()
    assert Path(store.url).parts[-2:] == ("rorcli", "annuaire.sqlite")
    assert not store.production


def test_flag_then_environment_then_project_then_user_then_default(desk):
    user = '[store]\ndefault = "essai"\n' + STORES
    given = {"user": user, "project": 'store = "prod"'}
    environment = {"RORCLI_STORE": "sqlite:/env.sqlite"}
    runs: list[tuple[dict[str, Any], str, str]] = [
        ({**given, "environment": environment, "store": "local"}, "--store", LOCAL),
        ({**given, "environment": environment}, "RORCLI_STORE", ""),
        (given, str(desk.project), "prod"),
        ({"user": user}, str(desk.user), "essai"),
        ({}, DEFAULT, LOCAL),
    ]
    for files, origin, name in runs:
        found = desk.load(**files)
        assert (found.origins["store"], found.store.name) == (origin, name)


def test_keys_are_merged_one_by_one(desk):
    found = desk.load(
        user="[guards]\nmass_delete_max = 5\nmass_delete_min = 3",
        project='[guards]\nmass_delete_max = 7\n[validate]\nignore = ["ROR412"]',
    )
    assert found.guards == Thresholds(mass_delete_max=7, mass_delete_min=3)
    assert found.ignore == ("ROR412",)
    assert found.origins["guards.mass_delete_max"] == str(desk.project)
    assert found.origins["guards.mass_delete_min"] == str(desk.user)
    assert found.origins["guards.empty_section_min"] == DEFAULT


def test_a_named_store_has_its_address_login_and_mark(desk):
    store = desk.load(user=STORES, store="prod").store
    assert store.url == "fhir+https://fhir.example/r4"
    assert store.auth == Auth(issuer="https://idp.example/realms/ror", client_id="rorcli")
    assert store.production
    assert store.ca == str(desk.user.parent / "igc.pem")


def test_any_store_can_be_asked_for_by_name_and_a_bare_address_is_anonymous(desk):
    anywhere = "fhir+https://ror.example"
    assert desk.load(user=STORES, store="prod").store.production
    assert desk.load(user=STORES, store=anywhere).store == StoreSettings(url=anywhere)
    with pytest.raises(UsageError, match="vouliez-vous dire prod"):
        desk.load(user=STORES, store="prd")


def test_the_user_file_may_give_an_address_at_once(desk):
    assert desk.load(user='store = "sqlite:/srv/a.sqlite"').store.url == "sqlite:/srv/a.sqlite"


def test_a_store_that_nobody_defines_is_refused_with_its_origin(desk):
    message = desk.refused(user=STORES, project='store = "prd"')
    assert str(desk.project) in message
    assert "vouliez-vous dire prod ?" in message


def test_empty_variables_and_flags_count_for_nothing(desk):
    assert desk.load(environment={"RORCLI_STORE": ""}, store=None).origins["store"] == DEFAULT


def test_output_and_colour_belong_to_the_call(desk):
    found = desk.load(environment={"RORCLI_OUTPUT": "json", "RORCLI_COLOR": "never"}, output="text")
    assert (found.output, found.color) == ("text", "never")
    assert (found.origins["output"], found.origins["color"]) == ("--output", "RORCLI_COLOR")
    assert "output : clé inconnue" in desk.refused(user='output = "json"')
    assert "RORCLI_COLOR" in desk.refused(environment={"RORCLI_COLOR": "bleu"})


def test_another_user_file_may_be_named(desk, tmp_path):
    (tmp_path / "autre.toml").write_text('[region]\nname = "Bretagne"')
    relative = "../../../autre.toml"
    assert desk.load(environment={"RORCLI_CONFIG": relative}).region.name == "Bretagne"
    assert desk.load(config=str(tmp_path / "autre.toml")).region.name == "Bretagne"
    assert "--config" in desk.refused(config="absent.toml")


def test_a_threshold_may_be_nought_and_not_less(desk):
    assert desk.load(user="[guards]\nmass_delete_min = 0").guards.mass_delete_min == 0
    assert "attendu : un entier" in desk.refused(user="[guards]\nmass_delete_min = -1")


def test_every_fault_of_both_files_is_told_at_once(desk):
    message = desk.refused(
        user='[guards]\nmass_delete_mx = 1\nmass_delete_min = "3"\n[validate]\nignore = [1]',
        project='regions = 1\n[audit]\nolder_than = 6\n[store.x]\nurl = "sqlite:/x"',
    )
    assert f"{desk.user} : guards.mass_delete_mx : clé inconnue" in message
    assert "vouliez-vous dire guards.mass_delete_max ?" in message
    assert f"{desk.user} : guards.mass_delete_min : attendu : un entier" in message
    assert f"{desk.user} : validate.ignore : attendu : une liste de textes" in message
    assert f"{desk.project} : regions : clé inconnue" in message
    assert f"{desk.project} : audit.older_than : attendu : un texte" in message
    assert f"{desk.project} : store.x.url : refusé dans un fichier de projet" in message


@pytest.mark.parametrize(
    "text",
    [
        'store = "sqlite:/x.sqlite"',
        '[store]\ndefault = "fhir+https://fhir.example"',
        '[store.prod]\nurl = "sqlite:/x.sqlite"',
        "[store.prod]\nauth = {password = {command = ['x']}}",
        "[store.prod]\nproduction = false",
    ],
)
def test_a_project_file_never_says_where_a_store_or_a_login_is(desk, text):
    assert "voyage avec les données" in desk.refused(user=STORES, project=text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("guards = 3", "guards : clé inconnue"),
        ("guards.mass_delete_min = true", "attendu : un entier"),
        ("guards.mass_delete_min = -1", "attendu : un entier, zéro ou plus"),
        ("validate.ignore = 'ROR301'", "attendu : une liste de textes"),
        ("store = 3", "store : attendu : un texte"),
        ("[store.prod]\nurl = 3", "store.prod.url : attendu : un texte"),
        ("[store.prod]\nurl = 'x:y'\nproduction = 'oui'", "attendu : true ou false"),
        ("[store.prod]\nurl = 'x:y'\nauth = 'x'", "attendu : une table"),
        ("[store.prod]\nuri = 'x:y'", "store.prod.uri : clé inconnue"),
        ("a = = 1", "TOML en UTF-8 est attendu, ligne 1"),
        ("a = [", "TOML en UTF-8 est attendu"),
    ],
)
def test_a_fault_names_file_key_and_what_was_expected(desk, text, fault):
    message = desk.refused(user=text)
    assert str(desk.user) in message
    assert fault in message


COMMANDS = """
passphrase = {command = ["coffre", "lire"]}
[store.essai.auth]
issuer = "https://idp.example/realms/ror"
client_id = "rorcli"
otp = {from = "seed", seed = {command = ["coffre", "lire"]}}
"""


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_command_in_a_file_that_others_may_write_is_refused(desk, mode):
    desk.load(user=STORES + COMMANDS)
    desk.user.chmod(mode)
    with pytest.raises(UsageError) as raised:
        load_settings({}, desk.cwd, {})
    for key in ("passphrase", "auth.otp.seed"):
        assert f"{desk.user} : store.essai.{key} : une commande ne se lit" in raised.value.message
    desk.user.write_text(STORES, encoding="utf-8")
    assert load_settings({}, desk.cwd, {"store": "prod"}).store.production


def test_a_file_that_is_no_text_is_told(desk):
    desk.load()
    desk.project.write_bytes(b"\xff\xfe\0")
    with pytest.raises(UsageError, match="UTF-8"):
        load_settings({}, desk.cwd, {})
