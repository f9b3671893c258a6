"""What the shell proposes: the answers of the program, then real shells."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rorcli import favorites
from rorcli.cli.app import COMMANDS
from rorcli.cli.completion import SHELLS, script
from rorcli.codes import TABLES, table
from rorcli.planning.limits import GUARDS
from rorcli.validation.findings import CATALOGUE
from tests.cli.harness import run

ROOT = Path(__file__).parents[2]
UO = "Consultations de gynécologie"


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "examples" / "ch-des-saules.yaml", "etab.yaml")


@pytest.fixture
def ask(monkeypatch):
    """What is proposed for the last of these words, with its meaning."""

    def asked(*words: str, by: str = "zsh"):
        monkeypatch.setenv("_RORCLI_COMPLETE", by)
        monkeypatch.setenv("_RORCLI_WORD", words[-1])
        code, out, err = run(words[:-1])
        assert (code, err) == (0, "")
        pairs = (line.partition("\t") for line in out.splitlines())
        return {value: said for value, _, said in pairs}

    return asked


def test_commands_come_with_their_help(ask):
    assert ask("") == {entry.name: entry.help for entry in COMMANDS}
    assert list(ask("add-")) == ["add-activity", "add-practitioner"]
    assert "--version" in ask("--v")


def test_options_and_their_words(ask):
    assert {"--unit", "--full", "--store"} <= set(ask("show", "--"))
    assert list(ask("show", "etab.yaml", "-o", "")) == ["text", "yaml", "json"]
    assert list(ask("push", "etab.yaml", "--allow", "")) == list(GUARDS)
    assert list(ask("--store", "")) == ["local"]
    assert list(ask("favorite", "")) == ["add", "list", "remove"]
    assert list(ask("completion", "")) == list(SHELLS)


@pytest.mark.parametrize(
    "words",
    [
        ("show", "etab.yaml", "--unit"),
        ("edit", "etab.yaml", "--unit"),
        ("confirm", "etab.yaml", "--unit"),
        ("refresh", "etab.yaml", "--unit"),
        ("push", "etab.yaml", "--theirs"),
    ],
)
def test_units_of_the_file_by_name(ask, words):
    found = ask(*words, "Consultations de gyn")
    assert found == {UO: "52/0000104"}
    assert "Pôle femme-mère-enfant" in ask(*words, "")


def test_a_uo_is_proposed_where_one_is_expected(ask):
    assert "Pôle femme-mère-enfant" not in ask("add-activity", "etab.yaml", "")
    assert ask("set-capacity", "etab.yaml", UO[:20]) == {UO: "52/0000104"}
    by_id = ask("add-practitioner", "etab.yaml", "52/00001040"[:-1])
    assert list(by_id) == ["52/0000104"]
    assert by_id["52/0000104"].endswith(f"> {UO}")


def test_units_of_one_name_are_told_by_their_path(ask):
    text = Path("etab.yaml").read_text("utf-8")
    Path("etab.yaml").write_text(
        text.replace("nom: UF Gynécologie", "nom: Pôle femme-mère-enfant"), "utf-8"
    )
    found = ask("show", "etab.yaml", "--unit", "Pôle femme-mère-enfant")
    assert "Pôle femme-mère-enfant > Pôle femme-mère-enfant" in found


def test_codes_come_with_their_labels(ask):
    assert ask("add-activity", "etab.yaml", UO, "053") == {"053": "Gynécologie médicale"}
    assert ask("add-practitioner", "etab.yaml", UO, "--specialite", "SM19") == {
        "SM19": "Gynécologie médicale (SM)"}  # fmt: skip
    assert "secteur_2" in ask("add-practitioner", "etab.yaml", UO, "--secteur", "")
    assert list(ask("codes", "")) == list(TABLES)
    # A code that is closed today is not proposed.
    assert table("civilites").label("MLLE")
    assert list(ask("add-practitioner", "etab.yaml", UO, "--civilite", "M")) == ["M", "MME"]


def test_rules_come_with_their_title(ask):
    assert list(ask("validate", "--explain", "")) == list(CATALOGUE)
    assert ask("validate", "--explain", "ROR402") == {"ROR402": "Consultation sans praticien"}


def test_keys_of_what_is_edited_come_step_by_step(ask):
    assert ask("edit", "etab.yaml", "site") == {"site_internet=": "Site internet",
                                                "site=": "Site web"}  # fmt: skip
    assert ask("edit", "etab.yaml", "adr") == {"adresse.": "Adresse"}
    assert list(ask("edit", "etab.yaml", "adresse.co")) == [
        "adresse.complement=", "adresse.code_postal=", "adresse.commune=", "adresse.code_insee="]  # fmt: skip
    assert "contacts[fonction:12]." in ask("edit", "etab.yaml", "contacts")
    assert "entite_juridique.siren=" in ask("edit", "etab.yaml", "entite_juridique.s")
    of_uo = ask("edit", "etab.yaml", "--unit", UO, "p")
    assert {"patientele.", "praticiens[10099999996]."} <= set(of_uo)
    assert "telephone=" in ask("edit", "etab.yaml", "--unit", UO, "")
    # Before the file, the shell proposes files.
    assert ask("edit", "s") == {}


@pytest.mark.parametrize("unit", [(), ("--unit", UO)])
def test_every_key_that_is_proposed_may_be_edited(ask, unit):
    waiting, found = [""], set()
    while waiting:
        steps = set(ask("edit", "etab.yaml", *unit, waiting.pop()))
        waiting += [step for step in steps if step.endswith(".")]
        found |= {step for step in steps if step.endswith("=")}
    assert len(found) > 40
    for key in found:
        assert "clé inconnue" not in run(["edit", "etab.yaml", *unit, key, "--dry-run"]).err


def test_what_a_key_may_be_comes_behind_its_sign(ask):
    assert ask("edit", "etab.yaml", "categorie=35") == {
        "categorie=354": "Service de soins infirmiers à domicile (SSIAD)",
        "categorie=355": "Centre hospitalier (CH)",
    }
    known = ask("edit", "etab.yaml", "--unit", UO, "praticiens[10099999996].secteur=")
    assert "praticiens[10099999996].secteur=secteur_2" in known
    assert set(ask("edit", "etab.yaml", "--unit", UO, "unite_sensible=")) == {
        "unite_sensible=true", "unite_sensible=false"}  # fmt: skip
    assert ask("edit", "etab.yaml", "nom=") == {}
    assert ask("edit", "etab.yaml", "absente=") == {}


def test_favourites_where_an_establishment_is_named(ask):
    favorites.save([favorites.Favorite("440099919", "Hôpital des Saules")])
    for command in ("show", "pull", "history"):
        assert ask(command, "") == {"440099919": "Hôpital des Saules"}


@pytest.mark.parametrize(
    "words",
    [
        ("inconnue", ""),
        ("show", "--nope", ""),
        ("add-activity", "absent.yaml", ""),
        ("add-activity", "extrait.bin", ""),
        ("validate", ""),
        ("--help", "x"),
        ("show", "--config", "absent.toml", "--store", ""),
    ],
)
def test_what_cannot_be_completed_is_left_to_the_shell(ask, words):
    Path("extrait.bin").write_bytes(b"\x00\xff")
    assert ask(*words) == {}


def test_bash_gives_words_as_they_are_typed(ask):
    assert ask("show", "etab.yaml", "--unit", '"Consultations de gyn', by="bash")
    assert ask("show", "etab.yaml", "--unit", r"Consultations\ de\ gyn", by="bash")
    assert ask("show", "etab.yaml", "--unit", "=", "Consultations", by="bash")
    # What bash takes for a word of its own, it leaves in place.
    assert list(ask("edit", "etab.yaml", "categorie", "=", "355", by="bash")) == ["355"]
    assert "354" in ask("edit", "etab.yaml", "categorie", "=", by="bash")
    assert "12]." in ask("edit", "etab.yaml", "contacts[fonction", ":", "1", by="bash")
    assert ask("add-activity", "etab.yaml", f"'{UO}'", "053", by="bash") == {
        "053": "Gynécologie médicale"}  # fmt: skip


def test_commands_are_proposed_without_importing_them():
    code = "import sys; from rorcli.__main__ import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "_RORCLI_COMPLETE": "zsh",
        "_RORCLI_WORD": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert "validate\t" in done.stdout
    assert not {"rorcli.cli.commands.read", "rorcli.cli.commands.write", "yaml"} & set(
        done.stderr.split()
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_printed_and_is_for_that_shell(shell):
    result = run(["completion", shell])
    assert result == (0, script(shell), "")
    assert f"_RORCLI_COMPLETE={shell}" in result.out.replace(" = '", "=").replace("'\n", "\n")


def test_an_unknown_shell_is_refused():
    result = run(["completion", "tcsh"])
    assert (result.code, "choisissez parmi bash, zsh, fish, powershell" in result.err) == (2, True)


# Real shells


@pytest.fixture
def shell_environment(tmp_path):
    """A home and a PATH where `rorcli` is this checkout's."""
    program = tmp_path / "bin" / "rorcli"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m rorcli "$@"\n', "utf-8")
    program.chmod(0o755)
    return {
        **os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
        "LC_ALL": "C.UTF-8", "PS1": "$ ", "TERM": "dumb", "HOME": str(tmp_path), "INPUTRC": "/dev/null",
    }  # fmt: skip


def typed_in(shell: list[str], environment, start: str, keys: str, until: str) -> str:
    """What a terminal shows once these keys are typed to a shell that has completion."""
    import pty

    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    seen, due = "", time.monotonic() + 40

    def wait(text: str) -> None:
        nonlocal seen
        while text not in seen:
            assert time.monotonic() < due, seen
            try:
                seen += os.read(ours, 4096).decode(errors="replace")
            except BlockingIOError:
                time.sleep(0.02)

    with subprocess.Popen(
        shell, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    ) as process:
        try:
            os.write(ours, f"{start}; echo pr''et\n".encode())
            wait("pret\r\n")
            os.write(ours, keys.encode())
            wait(until)
        finally:
            process.kill()
            os.close(ours)
            os.close(theirs)
    return seen


BASH = [
    ("rorcli valid\t", "rorcli validate "),
    ("rorcli add-p\t", "rorcli add-practitioner "),
    ("rorcli show eta\t", "rorcli show etab.yaml "),
    (
        "rorcli show etab.yaml --unit Consultations\\ de\\ gyn\t",
        r"--unit Consultations\ de\ gynécologie ",
    ),
    (
        'rorcli show etab.yaml --unit "Consultations de gyn\t',
        '--unit "Consultations de gynécologie"',
    ),
    ("rorcli add-activity etab.yaml 52/0000104 05\t\t", "053"),
    ("rorcli codes special\t", "rorcli codes specialites "),
    ("rorcli push etab.yaml --allow cap\t", "--allow capacity-drop "),
    ("rorcli validate --explain ROR402\t", "--explain ROR402 "),
    ("rorcli edit etab.yaml adresse.comm\tNantes", "adresse.commune=Nantes"),
    ("rorcli edit etab.yaml adr\tvo\tx", "adresse.voie=x"),
    ("rorcli edit etab.yaml categorie=355\tx", "categorie=355 x"),
    ("rorcli edit etab.yaml contacts[06\ttelec\tx", r"\[06\].telecopie=x"),
]


@pytest.mark.skipif(
    not shutil.which("bash") or os.name == "nt", reason="no bash on a terminal here"
)
@pytest.mark.parametrize(("keys", "until"), BASH)
def test_in_a_real_bash(shell_environment, keys, until):
    line = ["bash", "--norc", "--noprofile", "-i"]
    assert until in typed_in(
        line, shell_environment, "source <(rorcli completion bash)", keys, until
    )


@pytest.mark.skipif(not shutil.which("zsh"), reason="no zsh here")
@pytest.mark.parametrize(
    ("keys", "until"),
    [
        ("rorcli valid\t", "validate "),
        (
            "rorcli show etab.yaml --unit Consultations\\ de\\ gyn\t",
            r"Consultations\ de\ gynécologie",
        ),
        ("rorcli show eta\t", "etab.yaml "),
        ("rorcli validate --explain ROR402\t", "ROR402 "),
        ("rorcli edit etab.yaml adr\tvo\tx", "adresse.voie=x"),
        ("rorcli edit etab.yaml categorie=355\t", "categorie=355 "),
    ],
)
def test_in_a_real_zsh(shell_environment, keys, until):
    start = "autoload -Uz compinit; compinit -u; source <(rorcli completion zsh)"
    assert until in typed_in(["zsh", "-f", "-i"], shell_environment, start, keys, until)


@pytest.mark.skipif(not shutil.which("fish"), reason="no fish here")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("rorcli valid", "validate\tVérifier des fichiers."),
        ("rorcli show etab.yaml --unit Consultations\\ de\\ gyn", f"{UO}\t52/0000104"),
        ("rorcli show eta", "etab.yaml"),
        ("rorcli validate --explain ROR402", "ROR402\tConsultation sans praticien"),
        ("rorcli edit etab.yaml adresse.comm", "adresse.commune=\tAdresse, Commune"),
        ("rorcli edit etab.yaml categorie=355", "categorie=355\tCentre hospitalier (CH)"),
    ],
)
def test_in_a_real_fish(shell_environment, words, found):
    line = f"rorcli completion fish | source; complete -C'{words}'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", line],  # noqa: S607 - the person's own
        env=shell_environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found in done.stdout
