"""`rorcli validate`: what is told, where, and with which exit code."""

import json
import os
import re
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from rorcli.cli import validating
from rorcli.inspection import inspect
from tests.cli.harness import run

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
CLEAN = EXAMPLES / "clinique-du-parc.yaml"
SCHEMA = json.loads((ROOT / "schemas" / "findings.v1.schema.json").read_text("utf-8"))
LINE = re.compile(r"^.+:\d+:\d+: ROR\d{3} (?:error|warning|info) \S.*$", re.MULTILINE)
# All severities; a name and a value that would break whoever prints them as markup or as they are.
FAULTY = """\
format: 1
entite_juridique:
  finess: "2A0099918"
  raison_sociale: Centre hospitalier des Ormes
etablissement:
  finess: "440099919"
  nom: Clinique [/bold] des Ormes
  categorie: "355"  # Centre hospitalier (CH)
  adresse: {code_postal: 44000, commune: Nantes}
  contacts:
    - nature: "06"  # Standard
      telephone: "02 61 91"
      courriel: "accueil\\u001b[31m\\n@ch"
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def faulty(here):
    (here / "ormes.yaml").write_text(FAULTY, encoding="utf-8")
    return "ormes.yaml"


def data(result):
    told = json.loads(result.out)
    Draft202012Validator(SCHEMA).validate(told)
    return told


def test_a_clean_file_says_nothing_but_its_counts():
    result = run(["validate", CLEAN])
    assert result == (0, "", "0 erreur, 0 avertissement, 0 information dans 1 fichier\n")
    assert run(["validate", "-q", CLEAN]).err == ""


def test_findings_are_told_in_their_order_each_with_its_line(faulty, golden):
    result = run(["validate", faulty])
    golden("validate/findings.txt", result.out)
    assert result.code == 1
    paragraphs = result.out.removesuffix("\n\n").split("\n\n")
    assert [len(LINE.findall(each)) for each in paragraphs] == [1] * 5
    assert all(LINE.match(each) for each in paragraphs)
    assert result.err.endswith("1 erreur, 3 avertissements, 1 information dans 1 fichier\n")


def test_json_is_one_document_of_the_shipped_schema(faulty, golden):
    result = run(["validate", faulty, "-o", "json"])
    golden("validate/findings.json", result.out)
    assert data(result)["ok"] is False
    assert result.code == 1
    assert data(run(["validate", CLEAN, "-o", "json"]))["ok"] is True


def test_every_example_is_told_as_the_schema_says():
    result = run(["validate", EXAMPLES, "-o", "json"])
    told = data(result)
    assert told["files"] == len([p for p in EXAMPLES.rglob("*.yaml") if p.parent.name != "ci"])
    places = [(each["path"], each["line"], each["rule"]) for each in told["findings"]]
    assert places == sorted(places)
    assert sum(told["counts"].values()) == len(places)


def test_warnings_fail_only_when_asked():
    warned = next((EXAMPLES / "avertissements").glob("*.yaml"))
    assert run(["validate", warned]).code == 0
    assert run(["validate", warned, "--fail-on", "warning"]).code == 1
    told = run(["validate", warned, "--fail-on", "warning", "-o", "json"])
    assert data(told)["ok"] is False
    assert run(["validate", CLEAN, "--fail-on", "warning"]).code == 0


def test_files_are_judged_against_one_another():
    result = run(["validate", EXAMPLES / "invalid" / "ROR309-etablissement-decrit-deux-fois"])
    assert "ROR309" in result.out
    assert result.code == 1


def test_without_a_path_the_current_folder_is_judged(faulty, here):
    (here / "compose.yaml").write_text("services: {}\n", encoding="utf-8")
    (here / ".cache").mkdir()
    (here / ".cache" / "ormes.yaml").write_text(FAULTY, encoding="utf-8")
    result = run(["validate"])
    assert result.out == run(["validate", faulty]).out
    assert "1 autre fichier YAML" in result.err
    assert "dans 1 fichier\n" in result.err


def test_a_folder_without_establishment_is_a_wrong_call(here):
    (here / "compose.yaml").write_text("services: {}\n", encoding="utf-8")
    result = run(["validate"])
    assert (result.code, result.out) == (2, "")
    assert "aucun établissement" in result.err
    named = run(["validate", "compose.yaml"])
    assert named.code == 1
    assert "compose.yaml:1:1: ROR" in named.out


def test_stdin_is_judged_under_the_name_given(faulty):
    expected = run(["validate", faulty]).out
    assert run(["validate", "-", "--name", faulty], stdin=FAULTY).out == expected
    unnamed = run(["validate", "-"], stdin=FAULTY)
    assert unnamed.out == expected.replace(faulty, "-")
    assert unnamed.code == 1
    both = run(["validate", "-", faulty, "-o", "json"], stdin=FAULTY)
    assert data(both)["files"] == 2
    assert "ROR309" in both.out


def test_an_empty_stdin_is_a_finding():
    result = run(["validate", "-"], stdin="")
    assert result.code == 1
    assert result.out.startswith("-:1:1: ROR101 error ")


def test_what_cannot_be_opened_does_not_hide_the_others(faulty, here, monkeypatch):
    locked, opened = here / "locked.yaml", Path.open
    locked.write_text(FAULTY, encoding="utf-8")

    def refuse(path, *how, **more):
        if path.name == locked.name:
            raise PermissionError(13, "no")
        return opened(path, *how, **more)

    monkeypatch.setattr(Path, "open", refuse)
    for target in (["locked.yaml", faulty], ["."]):
        result = run(["validate", *target])
        assert result.code == 2
        assert result.out == run(["validate", faulty]).out
        assert "locked.yaml" in result.err
        assert "accès refusé" in result.err
    result = run(["validate", "locked.yaml", "absent.yaml", faulty, "-o", "json"])
    assert len(data(result)["unreadable"]) == 2
    assert data(result)["ok"] is False


def test_nothing_to_judge_is_a_wrong_call():
    result = run(["validate", "absent.yaml", "lost.yaml", "-o", "json"])
    assert result.code == 2
    assert json.loads(result.out)["error"]["code"] == "usage"
    assert "absent.yaml" in result.err
    assert "lost.yaml" in result.err


TEXT = CLEAN.read_text("utf-8")
BOMB = "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 99))])


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "ROR101"),
        (b"\n# rien\n", "ROR101"),
        (TEXT.encode() + b"---\n" + TEXT.encode(), "ROR101"),
        (TEXT.encode("latin-1", "replace"), "ROR101"),
        (TEXT.encode("utf-16"), "ROR101"),
        (b"\x00\x01\x02" * 1000, "ROR101"),
        (b"nom: \x07\n", "ROR101"),
        (b"# " + b"x" * (50 << 20), "ROR101"),
        (b"[" * 10_000, "ROR101"),
        (b"a:\n" + b"".join(b" " * n + b"- \n" for n in range(1, 200)), "ROR101"),
        (b"{" * 10_000 + b"}" * 10_000, "ROR101"),
        (b"a: {", "ROR101"),
        (b"\tformat: 1\n", "ROR101"),
        (BOMB.encode(), "ROR103"),
        (b"<<: {format: 1}\n", "ROR103"),
        (b"!!python/object:os.system {}\n", "ROR103"),
        (b"- format: 1\n", "ROR112"),
        (b"etablissement\n", "ROR112"),
        (b"? [a]\n: b\n", "ROR103"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_finding(here, content, rule):
    (here / "odd.yaml").write_bytes(content)
    result = run(["validate", "odd.yaml"])
    assert re.match(rf"odd\.yaml:\d+:\d+: {rule} error ", result.out)
    assert len(LINE.findall(result.out)) == 1
    assert result.code == 1
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.encode() + b"...\n",
    ],
    ids=["byte-order mark", "CRLF", "end marker"],
)
def test_what_editors_of_windows_write_is_clean(here, content):
    (here / "clean.yaml").write_bytes(content)
    assert run(["validate", "clean.yaml", "--fail-on", "warning"]).code == 0


def test_rules_set_aside_in_the_project_are_not_told(faulty, here):
    settings = '[validate]\nignore = ["ROR206", "ROR104"]\n'
    (here / "rorcli.toml").write_text(settings, encoding="utf-8")
    result = run(["validate", faulty])
    assert "ROR207" in result.out
    assert not re.search("ROR206|ROR104", result.out)
    assert result.code == 0


def test_colours_never_change_the_words(faulty):
    painted = run(["validate", "--color", "always", faulty]).out
    assert "\x1b[" in painted
    assert re.sub(r"\x1b\[[\d;]*m", "", painted) == run(["validate", faulty]).out


@pytest.fixture
def interrupted(faulty, here, monkeypatch):
    """Ctrl-C when the first of two files has been told."""

    def first_only(*asked):
        yield from islice(inspect(*asked), 1)
        raise KeyboardInterrupt

    (here / "second.yaml").write_text(FAULTY, encoding="utf-8")
    monkeypatch.setattr(validating, "inspect", first_only)


def test_ctrl_c_leaves_what_was_seen_and_its_counts(interrupted, faulty):
    result = run(["validate", "."])
    assert result.code == 130
    assert {line.split(":")[0] for line in LINE.findall(result.out)} == {faulty}
    assert result.err.splitlines()[0] == "Interrompu : 1 vus sur 2 fichiers"
    assert result.err.splitlines()[-1].endswith(" dans 1 fichier")


def test_ctrl_c_leaves_no_report_that_looks_whole(interrupted, here):
    result = run(["validate", ".", "-o", "json", "--report", "junit=essai.xml"])
    assert (result.code, data(result)["ok"], data(result)["files"]) == (130, False, 1)
    assert not (here / "essai.xml").exists()
    assert "Aucun rapport" in result.err


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_a_real_ctrl_c_reaches_all_processes(here):
    for number in range(1500):
        (here / f"{number}.yaml").write_bytes((EXAMPLES / "ch-des-saules.yaml").read_bytes())
    process = subprocess.Popen(
        [sys.executable, "-m", "rorcli", "validate"], start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout
    first = process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate()
    assert first.startswith(b"1.yaml:")
    assert process.returncode == 130
    assert err.decode().startswith("Interrompu : ")
    assert "Traceback" not in err.decode()
    assert (first + out).endswith(b"\n")


def test_progress_is_shown_on_a_terminal(faulty, here, monkeypatch):
    monkeypatch.setattr("rorcli.cli.terminal.PROGRESS_AFTER_S", 0)
    assert "Vérification 1/1" in run(["validate", faulty], tty=True).err


def test_validate_loads_nothing_heavy():
    code = "import sys; from rorcli.cli.app import main; main(sys.argv[1:]); print(*sys.modules)"
    line = [sys.executable, "-c", code, "validate", str(CLEAN)]
    done = subprocess.run(line, cwd=ROOT, check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    heavy = {
        "concurrent.futures",
        "rorcli.access",
        "rorcli.stores",
        "rorcli.sync",
        "rorcli.reports.forges",
        "sqlite3",
        "requests",
        "rich",
        "ruamel",
        "jsonschema",
    }
    assert loaded >= {"rorcli.validation", "jsonschema_rs"}
    assert heavy & loaded == set()
