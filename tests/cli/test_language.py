"""All that a person reads is French: every page of help, every misuse of the command line."""

import re
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import pytest
import typer

from rorcli.cli.app import COMMANDS, HELP
from rorcli.cli.french import common_options, load
from rorcli.cli.help import COMMON, WIDTH
from tests.cli.harness import run

NAMES = [entry.name for entry in COMMANDS]
# What typer writes of its own; case matters, and whole words.
ENGLISH = re.compile(
    r"\b(Usage|Options:|Arguments:|Commands|Error|Missing|No such|Try|Invalid|Show this|Show the|"
    r"required|requires|default|dynamic|env var|Got unexpected|[Dd]id you mean|Possible options|"
    r"Aborted|is not|does not|argument\(s\)|COMMAND|ARGS|TEXT|INTEGER|FLOAT|BOOLEAN|DIRECTORY|FILE|"
    r"PATH|str|int|bool|choice|datetime|exit\.|Install|completion for|range|one of)(?!\w)"
)


def test_the_net_catches_what_typer_writes():
    for phrase in ("Usage: x", "Error: No such option: --a", "Try 'x --help' for help.",
                   "Got unexpected extra argument(s) (a)", "Missing argument 'A'.", "[required]",
                   "[default: text]", "Show this message and exit.", "<int>"):  # fmt: skip
        assert ENGLISH.search(phrase)


@pytest.mark.parametrize("argv", [[], *([name] for name in NAMES)], ids=" ".join)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_page_of_help_is_french(argv, option):
    code, page, err = run([*argv, option])
    assert (code, err) == (0, "")
    assert page.startswith(f"Utilisation : {' '.join(['rorcli', *argv])} [OPTIONS]")
    assert f"\n{COMMON} :\n" in page
    assert "Afficher cette aide." in page
    assert ENGLISH.findall(page) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_explained_examples_first(name):
    page = run([name, "--help"]).out
    summary, _, rest = page.split("\n", 2)[2].partition("\n\n")
    assert summary.endswith(".")
    assert re.match(rf"Exemples? :\n  rorcli {name}\b", rest)


@pytest.mark.parametrize("entry", COMMANDS, ids=NAMES)
def test_every_option_and_argument_is_explained(entry):
    command = load(entry)
    assert [param.name for param in command.params if not getattr(param, "help", "")] == []
    assert set(common_options()[0].opts) <= {name for p in command.params for name in p.opts}


def test_the_program_lists_its_commands_by_panel():
    page = run(["--help"]).out
    assert page.index("Exemples :") < page.index("Connexion :")
    for title in dict.fromkeys(entry.panel for entry in COMMANDS):
        rows = page.partition(f"\n{title} :\n")[2].partition("\n\n")[0].splitlines()
        entries = [[entry.name, entry.help] for entry in COMMANDS if entry.panel == title]
        assert [row.split(maxsplit=1) for row in rows] == entries
    assert HELP in page


class Kind(Enum):
    LIT = "lit"
    PLACE = "place"


def everything(  # noqa: PLR0913, PLR0917 - all that a command may take
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FICHIER", exists=True, dir_okay=False)],
    number: Annotated[int, typer.Option("--number", min=0, max=9, help="Un nombre.")] = 1,
    ratio: Annotated[float, typer.Option("--ratio", max=1, help="Une part.")] = 0.5,
    least: Annotated[int, typer.Option("--least", min=2)] = 2,
    kind: Annotated[Kind, typer.Option("--kind")] = Kind.LIT,
    form: Annotated[Literal["text", "json"], typer.Option("-o", "--output")] = "text",
    day: Annotated[datetime | None, typer.Option("--day", formats=["%Y-%m-%d"])] = None,
    folder: Annotated[Path | None, typer.Option(exists=True, file_okay=False)] = None,
    pair: Annotated[tuple[str, str] | None, typer.Option("--pair")] = None,
    flag: Annotated[bool, typer.Option("--flag/--no-flag")] = False,  # noqa: FBT002 - typer's way
    words: Annotated[list[str] | None, typer.Option("-w", "--word")] = None,
) -> int:
    """Prend de tout."""
    return 0


@pytest.fixture
def _everything(monkeypatch):
    monkeypatch.setattr("rorcli.cli.commands.account.login", everything)


HERE = str(Path(__file__))
MISUSES = [
    (["--nope"], "l'option « --nope » n'existe pas"),
    (["-x"], "l'option « -x » n'existe pas"),
    (["--quite", "login"], "l'option « --quite » n'existe pas ; vouliez-vous dire « --quiet » ?"),
    (["-q"], "il manque une commande"),
    (["valider"], "la commande « valider » n'existe pas ; vouliez-vous dire « validate » ?"),
    (["xyz"], "la commande « xyz » n'existe pas"),
    (["--color", "bleu", "login"], "--color : « bleu » n'est pas accepté, choisissez parmi auto"),
    (["--version=3"], "l'option « --version » n'attend pas de valeur"),
    (["login"], "il manque l'argument FICHIER"),
    (["login", HERE, "b", "c"], "argument en trop : b c"),
    (["login", "absent.yaml"], "FICHIER : « absent.yaml » n'existe pas"),
    (["login", "."], "FICHIER : « . » est un dossier"),
    (["login", HERE, "--folder", HERE], f"--folder : « {HERE} » est un fichier"),
    (
        ["login", HERE, "--numbre", "3"],
        "« --numbre » n'existe pas ; vouliez-vous dire « --number »",
    ),
    (["login", HERE, "--number"], "l'option « --number » attend une valeur"),
    (["login", HERE, "--number", "x"], "--number : « x » n'est pas un nombre entier"),
    (["login", HERE, "--number", "10"], "« 10 » est hors des bornes (de 0 à 9 attendu)"),
    (["login", HERE, "--least", "1"], "« 1 » est hors des bornes (2 ou plus attendu)"),
    (["login", HERE, "--ratio", "2"], "« 2.0 » est hors des bornes (1 au plus attendu)"),
    (["login", HERE, "--ratio", "x"], "--ratio : « x » n'est pas un nombre"),
    (["login", HERE, "--kind", "x"], "« x » n'est pas accepté, choisissez parmi lit, place"),
    (["login", HERE, "-o", "l'un"], "-o, --output : « l'un » n'est pas accepté, choisissez parmi"),
    (["login", HERE, "--day", "hier"], "« hier » n'est pas une date de la forme %Y-%m-%d"),
    (["login", HERE, "--pair", "x"], "l'option « --pair » attend 2 valeurs"),
    (["login", HERE, "--flag=x"], "l'option « --flag » n'attend pas de valeur"),
    (["login", HERE, "-w"], "l'option « -w » attend une valeur"),
]


@pytest.mark.usefixtures("_everything")
@pytest.mark.parametrize(("argv", "message"), MISUSES, ids=[" ".join(a) for a, _ in MISUSES])
def test_every_misuse_is_told_in_french(argv, message):
    code, out, err = run(argv)
    path = "rorcli login" if "login" in argv[:1] else "rorcli"
    assert (code, out) == (2, "")
    assert f"Erreur : {message}" in err or message in err
    assert err.endswith(f"  → Essayez « {path} --help ».\n")
    if "-q" not in argv:
        assert err.startswith(f"Utilisation : {path} [OPTIONS]")
    assert ENGLISH.findall(err.replace(HERE, "")) == []


@pytest.mark.usefixtures("_everything")
def test_help_names_types_bounds_and_choices_in_french():
    page = run(["login", "--help"]).out
    lines = ["Utilisation : rorcli login [OPTIONS] FICHIER", "--number N ", "(par défaut : 1)",
             "--kind lit|place", "--day DATE", "--folder DOSSIER", "--flag, --no-flag",
             "-w, --word TEXTE", "(répétable)"]  # fmt: skip
    for line in lines:
        assert line in page
    assert ENGLISH.findall(page) == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("« 6m » : mois ou minutes ? écrivez 6mo", "« 6m » : mois ou minutes ? écrivez 6mo"),
        ("Path a b does not exist.", "« a b » n'existe pas"),
    ],
)
def test_a_misuse_that_a_command_finds_keeps_its_words(monkeypatch, said, told):
    def login(context: typer.Context, plain: str = typer.Argument("")) -> int:
        raise typer.BadParameter(said)

    monkeypatch.setattr("rorcli.cli.commands.account.login", login)
    err = run(["login"]).err
    assert err.startswith("Utilisation : rorcli login [OPTIONS] [PLAIN]\n")
    assert f"Erreur : {told}\n" in err


@pytest.mark.parametrize("tty", [True, False])
def test_help_is_the_same_on_a_screen_and_in_a_pipe(tty):
    page = run(["edit", "--help"], tty=tty).out
    assert page == run(["edit", "--help"]).out
    assert max(map(len, page.partition("Arguments :")[2].splitlines())) <= WIDTH


def test_answers_and_interruptions_are_french(monkeypatch):
    def login(context: typer.Context) -> int:
        raise typer.Abort

    monkeypatch.setattr("rorcli.cli.commands.account.login", login)
    assert run(["login"]).err == "Erreur : abandon : rien n'a été écrit\n"


@pytest.mark.parametrize("variable", ["_RORCLI_COMPLETE", "_TYPER_COMPLETE"])
def test_completion_says_nothing_in_english(monkeypatch, variable):
    monkeypatch.setenv(variable, "nope")
    assert run(["--version"]).err == ""
