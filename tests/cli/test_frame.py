"""From the command line to the exit code: options, sessions, failures of every kind."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

import pytest
import typer

from rorcli import __version__
from rorcli.cli import crash, session
from rorcli.cli.app import COMMANDS, EXIT_CODES
from rorcli.cli.options import expand
from rorcli.cli.session import Session
from rorcli.cli.terminal import Terminal
from rorcli.errors import (
    DataError,
    ExitCode,
    RefusedError,
    StoreConflictError,
    StoreDeniedError,
    StoreUnavailableError,
    UsageError,
)
from tests.cli.harness import TODAY, Screen, make_store, run

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "ch-des-saules.yaml"
on_posix = pytest.mark.skipif(os.name == "nt", reason="signals and file descriptors of POSIX")


def rorcli(*argv, code=None, **options):
    """The program in a process of its own; `code` runs before it."""
    start = f"{code}\nfrom rorcli.__main__ import main\nmain()" if code else None
    command = [sys.executable, *(["-c", start] if start else ["-m", "rorcli"]), *argv]
    options = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(command, cwd=ROOT, **options)


@pytest.fixture
def command(monkeypatch):
    """Puts a function in the place of `rorcli login`."""
    return lambda function: monkeypatch.setattr("rorcli.cli.commands.account.login", function)


def ending(end):
    """A command that returns `end`, or raises it."""

    def login(context: typer.Context) -> int:
        if isinstance(end, BaseException):
            raise end
        return int(end or 0)

    return login


ENDS = [
    (None, ExitCode.OK),
    (ExitCode.OK, ExitCode.OK),
    (ExitCode.FINDINGS, ExitCode.FINDINGS),
    (DataError("non"), ExitCode.FINDINGS),
    (UsageError("non"), ExitCode.USAGE),
    (typer.BadParameter("non"), ExitCode.USAGE),
    (ExitCode.CHANGES, ExitCode.CHANGES),
    (StoreDeniedError("non"), ExitCode.AUTH),
    (StoreConflictError("non"), ExitCode.CONFLICT),
    (ExitCode.PARTIAL, ExitCode.PARTIAL),
    (RefusedError("non"), ExitCode.REFUSED),
    (typer.Abort(), ExitCode.REFUSED),
    (StoreUnavailableError("non"), ExitCode.UNAVAILABLE),
    (ValueError("non"), ExitCode.BUG),
    (RecursionError(), ExitCode.BUG),
    (MemoryError(), ExitCode.BUG),
    (KeyboardInterrupt(), ExitCode.INTERRUPTED),
    (typer.Exit(5), ExitCode.CONFLICT),
    (SystemExit(3), ExitCode.CHANGES),
]


@pytest.mark.parametrize(("end", "code"), ENDS, ids=[repr(end) for end, _ in ENDS])
def test_each_end_has_its_exit_code(command, end, code):
    command(ending(end))
    result = run(["login"])
    assert result.code == code
    assert result.out == ""
    assert "Traceback" not in result.err


def test_every_exit_code_is_told_by_help():
    page = run(["--help"]).out
    assert set(EXIT_CODES) == set(ExitCode)
    assert all(f"{code:>3}  {text}" in page for code, text in EXIT_CODES.items())


def test_version():
    assert run(["--version"]) == (0, f"rorcli {__version__}\n", "")


def test_without_a_word_help_is_no_success():
    code, out, err = run([])
    assert (code, out) == (2, "")
    assert err == run(["--help"]).out


def test_ctrl_c_is_one_line(command):
    command(ending(KeyboardInterrupt()))
    assert run(["login", "-q"]).err == "Interrompu.\n"


def test_a_failure_says_what_and_what_next(command):
    command(ending(DataError("440099919 : inconnu", remedy="rorcli load etab.yaml")))
    assert run(["login", "-q"]).err == "Erreur : 440099919 : inconnu\n  → rorcli load etab.yaml\n"


JSON = ["-o", "json"]


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["diff", *JSON, "--nope"], 2),
        (["diff", "--nope", "--output=json"], 2),
        (["diff", "-ojson", "absent.yaml"], 2),
        (["diff", "--output", "json", "--store", "inconnu"], 2),
    ],
)
def test_a_failure_is_one_json_document_when_json_is_asked_for(argv, code):
    result = run(argv)
    data = json.loads(result.out)
    assert result.code == code
    assert (data["schema"], data["ok"]) == ("rorcli/error/v1", False)
    assert data["error"]["code"] == "usage"
    assert data["error"]["exit_code"] == code
    assert data["error"]["message"] in result.err
    assert data["error"]["remedy"] in result.err


@pytest.mark.parametrize("argv", [["diff", "--nope"], ["diff", "--nope", "--", *JSON]])
def test_and_text_otherwise(argv, monkeypatch):
    assert run(argv).out == ""
    monkeypatch.setenv("RORCLI_OUTPUT", "json")
    assert json.loads(run(argv).out)["ok"] is False


def test_a_failure_adds_no_second_document(command):
    def login(context: typer.Context, output: str = typer.Option("text", "-o")) -> int:
        context.obj.terminal.write_text("{}\n")
        raise DataError("trop tard")

    command(login)
    assert run(["login", *JSON]).out == "{}\n"


@pytest.mark.parametrize("place", ["before", "behind"])
def test_common_options_stand_before_or_behind_the_command(command, place):
    seen = []

    def login(context: typer.Context) -> int:
        seen.append(context.obj)
        return 0

    command(login)
    options = ["--store", "sqlite:/x", "--config", "c.toml", "-q", "-vv", "--color", "never"]
    assert run([*options, "login"] if place == "before" else ["login", *options]).code == 0
    found = seen[0]
    assert (found.store, found.config) == ("sqlite:/x", "c.toml")
    assert (found.terminal.quiet, found.terminal.verbose) == (True, 2)
    assert found.terminal.color == "never"


def test_a_double_dash_ends_the_options(command):
    def login(context: typer.Context, words: list[str]) -> int:
        context.obj.terminal.write(words)
        return 0

    command(login)
    assert run(["login", "--", "-q", "--help"]).out == "-q\n--help\n"


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_command_of_the_table_exists(entry):
    module, _, name = entry.target.partition(":")
    assert callable(getattr(__import__(f"rorcli.cli.commands.{module}", fromlist=[name]), name))


def test_login_needs_nothing_on_a_local_store(tmp_path):
    code, out, err = run(["login"], store=f"sqlite:{tmp_path / 'annuaire.sqlite'}")
    assert (code, out) == (0, "")
    assert "aucune connexion nécessaire" in err
    assert list(tmp_path.iterdir()) == []


def test_login_says_that_a_bare_address_is_anonymous():
    code, out, err = run(["login", "--store", "fhir+https://moi:mot@ror.example/fhir"])
    assert (code, out) == (0, "")
    assert "fhir+https://***@ror.example/fhir : accès anonyme" in err


def test_a_bug_leaves_a_report_without_personal_data(command):
    def login(
        context: typer.Context,
        words: list[str],
        nom: str = typer.Option(""),
        rpps: str = typer.Option(""),
    ) -> int:
        person = f"{nom} {rpps}"
        try:
            int(person)
        except ValueError as error:
            raise KeyError(person) from error
        return 0

    command(login)
    argv = [
        "login",
        "--nom",
        "TARTAMPION",
        "--rpps=10099999996",
        "-v",
        "fiche-saules.yaml",
        "martin[1].yaml",
    ]
    argv += ["praticiens[10099999996].secteur=secteur_2", "telephone=02 61 91 00 01", "Zoé"]
    result = run(argv)
    report = Path(result.err.rpartition(" : ")[2].strip())
    text = report.read_text(encoding="utf-8")
    assert result.code == 70
    assert f"rorcli {__version__}" in text
    assert "rorcli login --nom *** --rpps=*** -v *** *** praticiens=*** telephone=*** ***\n" in text
    assert "KeyError" in text
    assert "ValueError" in text
    assert "int(person)" in text
    for told in (text, result.err):
        for private in ("TARTAMPION", "10099999996", "saules", "martin", "secteur_2", "Zoé"):
            assert private not in told
        assert not told.startswith("Traceback")
    if os.name != "nt":
        assert report.stat().st_mode & 0o777 == 0o600


def test_a_report_does_not_name_the_home_folder(monkeypatch):
    home = str(Path(__file__).parents[1])
    monkeypatch.setattr(Path, "home", lambda: Path(home))
    with pytest.raises(ValueError, match="non") as caught:
        ending(ValueError("non"))(None)
    assert home not in crash.render(caught.value, [], [])


@pytest.mark.parametrize(
    ("error", "told"),
    [(UsageError("disque plein"), "disque plein"), (RuntimeError("x"), "Runtime")],
)
def test_a_report_that_cannot_be_written_is_told(command, monkeypatch, error, told):
    command(ending(ValueError("non")))

    def refuse(*args, **options):
        raise error

    monkeypatch.setattr("rorcli.files.write", refuse)
    code, _, err = run(["login"])
    assert code == 70
    assert err.startswith("Erreur : défaut de rorcli (ValueError) ; ce n'est pas votre commande.")
    assert f"Rapport impossible : {told}" in err


def test_a_session_reads_the_day_in_paris(monkeypatch):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2026, 12, 31, 23, 30, tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr(session, "datetime", Clock)
    assert Session(Terminal()).today == date(2027, 1, 1)

    def missing(name):
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr("zoneinfo.ZoneInfo", missing)
    assert Session(Terminal()).today == date(2027, 1, 1)


def test_a_session_says_who_writes(monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "marie")
    monkeypatch.setattr("platform.node", lambda: "bureau")
    assert Session(Terminal()).author == "marie@bureau"

    def nobody():
        raise KeyError

    monkeypatch.setattr("getpass.getuser", nobody)
    monkeypatch.setattr("platform.node", lambda: "")
    assert Session(Terminal()).author == "inconnu@inconnu"


def test_a_session_opens_the_store_of_its_option_and_closes_it(tmp_path):
    url = make_store(tmp_path, EXAMPLE)
    opened = Session(Terminal(Screen(), Screen()), today=TODAY, store=url)
    store = opened.open_store(read_only=True)
    assert store.fetch("440099919") is not None
    opened.close()
    with pytest.raises(Exception, match="closed"):
        store.fetch("440099919")


def test_patterns_are_expanded_where_the_shell_does_not(tmp_path):
    for name in ("b.yaml", "a.yaml", "[x].yaml"):
        (tmp_path / name).touch()
    assert expand([tmp_path / "?.yaml"]) == [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    assert expand([tmp_path / "[x].yaml"]) == [tmp_path / "[x].yaml"]
    assert expand([tmp_path / "*.yml"]) == [tmp_path / "*.yml"]
    assert expand([]) is None


HEAVY = ("rich", "requests", "yaml", "ruamel", "jsonschema", "jsonschema_rs", "sqlite3",
         "platformdirs", "zoneinfo", "rorcli.model", "rorcli.settings")  # fmt: skip


@pytest.mark.parametrize("argv", [["--version"], ["--help"], ["login", "--help"], ["nope"]])
def test_the_frame_loads_nothing_heavy(argv):
    code = (
        "import sys, contextlib, io\nfrom rorcli.cli.app import main\n"
        "with contextlib.redirect_stdout(io.StringIO()): main(sys.argv[1:])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules]); sys.exit()"
    )
    out, _ = rorcli(*argv, code=code, stdout=subprocess.PIPE).communicate()
    assert out.strip() == b"[]"


@on_posix
def test_a_reader_that_is_gone_leaves_code_0_and_no_word():
    read, write = os.pipe()
    os.close(read)
    process = rorcli("codes", "activites", stdout=write)
    os.close(write)
    assert process.communicate()[1] == b""
    assert process.returncode == 0


@on_posix
def test_a_reader_that_leaves_after_a_line_leaves_code_0():
    process = rorcli("codes", "activites", stdout=subprocess.PIPE)
    assert process.stdout.readline()
    process.stdout.close()
    with process.stderr as err:
        assert err.read() == b""
    assert process.wait() == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_no_success():
    with Path("/dev/full").open("w") as full:
        process = rorcli("--help", stdout=full)
        err = process.communicate()[1].decode()
    assert process.returncode == 2
    assert "disque plein" in err
    assert "Traceback" not in err


@on_posix
@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1, 2]])
def test_closed_streams_are_survived(closed):
    code = f"import os\nfor each in {closed}: os.close(each)"
    script = f"{code}\nos.execv({sys.executable!r}, [{sys.executable!r}, '-m', 'rorcli', '--help'])"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_the_program_speaks_whatever_the_encoding_of_stdout(encoding):
    env = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    process = rorcli("--help", stdout=subprocess.PIPE, env=env)
    out, err = process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert out.decode(encoding).startswith("Utilisation : rorcli")
    assert b"\r" not in out


@on_posix
def test_ctrl_c_ends_a_running_command_with_130():
    code = (
        "import time, typer\nfrom rorcli.cli.commands import account\n"
        "def login(context: typer.Context):\n"
        "    context.obj.terminal.write(['prêt']); context.obj.terminal.flush(); time.sleep(50)\n"
        "account.login = login"
    )
    process = rorcli("login", code=code, stdout=subprocess.PIPE)
    assert process.stdout.readline() == "prêt\n".encode()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"Interrompu.\n")
