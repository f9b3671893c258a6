"""The documentation tells what the program does: pasted runs are replayed, the rest is looked up.

In README and guide a ```console block is a run: each `$ rorcli …` or `> rorcli …` is run here, on the
day of the tests, in a folder of its own; what follows must be what it says. A line `...` stands for
any lines, `…` for any characters, a question is answered by o. `<!-- rorcli … -->` is run too, and
not shown. `pytest --update-golden` writes what the program says now into the pages.
"""

import os
import pkgutil
import re
import shlex
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from rorcli.access import AUTH, STORE
from rorcli.cli.app import COMMANDS, main
from rorcli.cli.french import common_options, load
from rorcli.cli.session import Session
from rorcli.cli.terminal import Terminal
from rorcli.codes import TABLES
from rorcli.errors import ExitCode
from rorcli.planning.limits import GUARDS
from rorcli.settings import KEYS, load_settings
from rorcli.text.document import read
from rorcli.validation import RULES, validate
from rorcli.validation.lessons import lessons
from tests.cli.harness import TODAY, Screen
from tests.test_architecture import MODULES

ROOT = Path(__file__).parents[1]
README, GUIDE = ROOT / "README.md", ROOT / "docs" / "guide.md"
RUNS = (README, GUIDE)
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("benchmarks/*.md")})
NAMES = [entry.name for entry in COMMANDS]
COMMON = {option.opts[-1] for option in common_options()}

BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = re.compile(r"^```console\n(?P<body>.*?)^```$|<!-- (?P<hidden>rorcli .*?) -->",
                 re.MULTILINE | re.DOTALL)  # fmt: skip
STEP = re.compile(r"^(?P<prompt>[$>]) (?P<command>rorcli .*)\n(?P<said>(?:(?![$>] ).*\n)*)",
                  re.MULTILINE)  # fmt: skip
INLINE = re.compile(r"`(rorcli [^`]+)`")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
# Folders of a machine, and the places that packages come from, are nobody's business.
UNTOLD = re.compile(
    r"(?<![\w.%])/(?:work|root|home|tmp)/|[p]ypi|[p]ythonhosted|[n]pmjs|[a]naconda\.org|[m]aven\.org|"
    r"[c]rates\.io",
    re.IGNORECASE,
)


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, *kinds: str) -> list[str]:
    return [found["body"] for found in BLOCK.finditer(text_of(page)) if found["kind"] in kinds]


# What is pasted


def said_by(words: list[str], store: str) -> str:
    """What the person sees, both streams in the order of events, and the answers that were typed."""
    screen, keyboard = Screen(), Screen("o\n" * 9, tty=True)
    terminal = Terminal(screen, screen, keyboard)
    main(words[1:], Session(terminal, today=TODAY, author="mmartin@PC-DIM", store=store))
    return screen.getvalue().replace(" [o/N] ", " [o/N] o\n")


def agrees(pasted: str, said: str) -> bool:
    lines = ("(?:.*\n)*?" if line.strip() == "..." else re.escape(line).replace("…", ".*") + "\n"
             for line in pasted.splitlines())  # fmt: skip
    return re.fullmatch("".join(lines), said) is not None


def replayed(page: str, store: str) -> str:
    """The page with what its commands say, where that is not what it shows."""

    def step(found: re.Match[str]) -> str:
        said = said_by(shlex.split(found["command"]), store)
        shown = found["said"] if agrees(found["said"], said) else said
        return f"{found['prompt']} {found['command']}\n{shown}"

    def run(found: re.Match[str]) -> str:
        if found["hidden"]:
            said_by(shlex.split(found["hidden"]), store)
            return found[0]
        return f"```console\n{STEP.sub(step, found['body'])}```"

    return RUN.sub(run, page)


def tour_store(folder: Path) -> str:
    """Does what the tour of the README asks for first; the address that it exports."""
    setup = next(block for block in blocks(README, "sh") if "RORCLI_STORE" in block)
    shell = ["sh", "-euc", f'{setup}\nprintf "%s" "$RORCLI_STORE"']
    done = subprocess.run(shell, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.skipif(os.name == "nt", reason="the tour begins in a POSIX shell")
@pytest.mark.parametrize("page", RUNS, ids=name_of)
def test_pasted_runs_are_what_the_program_says(page, tmp_path, monkeypatch, request):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    store = tour_store(tmp_path) if page == README else ""
    monkeypatch.chdir(tmp_path / "tour" if page == README else tmp_path / "examples")
    now = replayed(text_of(page), store)
    if request.config.getoption("--update-golden"):
        page.write_text(now, "utf-8", newline="\n")
    assert text_of(page) == now


def test_a_run_shows_more_than_it_leaves_out():
    assert agrees("a\n...\nc\n", "a\nb\nb\nc\n")
    assert agrees("a …\n", "a b\n")
    assert not agrees("a\n", "b\n")
    assert not agrees("", "b\n")


# What is told to be typed


def typed(page: Path) -> Iterator[str]:
    """Every command line of rorcli in a page."""
    for body in blocks(page, "console"):
        yield from (found["command"] for found in STEP.finditer(body))
    for body in blocks(page, "sh", "powershell", "bat"):
        lines = (re.match(r"(?:\S+[\\/])?(rorcli .*)", line) for line in body.splitlines())
        yield from (found[1] for found in lines if found)
    # Two words name a command; with a third, it is one to type.
    yield from (line for line in INLINE.findall(text_of(page)) if len(line.split()) > 2)


def words_of(line: str) -> list[str]:
    """The words of a command, up to a redirection; a backslash is a letter, as on Windows."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split, lexer.escape, lexer.commenters = True, "", ""
    words = list(lexer)
    ends = [rank for rank, word in enumerate(words) if word in {">", "<", "|", "&&", "||", ";"}]
    return words[: ends[0]] if ends else words


@pytest.mark.parametrize("line", sorted({line for page in RUNS for line in typed(page)}))
def test_a_command_to_type_can_be_understood(line):
    name, *arguments = words_of(line)[1:]
    if name.startswith("-"):
        assert name in {"--help", "--version", *COMMON}
        return
    assert name in NAMES
    command = load(next(entry for entry in COMMANDS if entry.name == name))
    if {"--help", "-h"}.isdisjoint(arguments):
        screen = Screen()
        session = Session(Terminal(screen, screen, screen), today=TODAY)
        command.make_context(name, arguments, obj=session)


@pytest.mark.parametrize("page", RUNS, ids=name_of)
def test_pages_hold_commands_to_type(page):
    assert len(list(typed(page))) > 10


# What must be told


def long_options(name: str) -> set[str]:
    command = load(next(entry for entry in COMMANDS if entry.name == name))
    every = {word for param in command.params for word in param.opts if word.startswith("--")}
    return every - COMMON


@pytest.mark.parametrize("name", NAMES)
def test_the_guide_lists_each_command_with_exactly_its_options(name):
    [row] = re.findall(rf"^\| `rorcli {name}` \|.*$", text_of(GUIDE), re.MULTILINE)
    assert set(re.findall(r"--[a-z-]+", row)) == long_options(name)


@pytest.mark.parametrize("option", sorted(COMMON))
def test_the_guide_tells_the_common_options(option):
    assert re.search(rf"^\| .*`{option}\b", text_of(GUIDE), re.MULTILINE)


@pytest.mark.parametrize("page", RUNS, ids=name_of)
@pytest.mark.parametrize("code", ExitCode, ids=lambda code: code.name)
def test_every_exit_code_has_its_row(page, code):
    assert len(re.findall(rf"^\| {code:d} \|", text_of(page), re.MULTILINE)) == 1


@pytest.mark.parametrize("name", GUARDS)
def test_the_guide_has_a_row_for_every_guard(name):
    assert re.search(rf"^\| `{name}` \|", text_of(GUIDE), re.MULTILINE)


def test_the_messages_that_the_guide_explains_are_those_of_the_program():
    source = "".join(path.read_text("utf-8") for path in (ROOT / "rorcli").rglob("*.py"))
    source = re.sub(r'"\s*\+?\s*[f(]*\s*"', "", source)  # a message may go on behind quotes
    table = text_of(GUIDE).partition("| ce que vous lisez |")[2].partition("\n\n")[0]
    quoted = re.findall(r"^\| (.*?) \|", table, re.MULTILINE)
    said = [words.strip(" …") for row in quoted for words in re.findall(r"« (.*?) »", row)]
    assert len(said) > 10
    assert [words for words in said if words not in source] == []


def test_the_guide_tells_every_setting_and_every_table_of_codes():
    keys = {key.rpartition(".")[2] for key in (*KEYS, *STORE)} | set(TABLES)
    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b", text_of(GUIDE))] == []


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_every_rule_has_a_title_and_says_where_it_comes_from(rule):
    assert rule.title[0].isupper()
    assert not rule.title.endswith(".")
    assert len(lessons()[rule.id].why.split()) > 5
    assert lessons()[rule.id].source


CONTRIBUTING = ROOT / "CONTRIBUTING.md"


def section(page: Path, title: str) -> str:
    return text_of(page).partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("module", MODULES)
def test_every_module_stands_on_the_map_of_the_house(module):
    folder, _, name = module.rpartition(".")
    if module == "rorcli" or name == "__main__":
        return
    if MODULES[module].stem == "__init__":
        folder, name = module, ""
    start = f"| `{folder.replace('.', '/')}/`" if folder else "| `"
    rows = section(CONTRIBUTING, "The map of the house").splitlines()
    rooms = [row.split(" | ")[0] for row in rows if row.startswith(start)]
    assert any(f"`{name}`" in room or not name for room in rooms)


def test_the_walk_through_names_what_exists():
    told = section(CONTRIBUTING, "One command from keystroke to exit")
    names = re.findall(r"`([a-z_]+(?:\.\w+)+)`", told)
    assert len(names) > 20
    lost = []
    for name in set(names) - {"etab.yaml"}:
        try:
            pkgutil.resolve_name(f"rorcli.{name}")
        except (ImportError, AttributeError):
            lost.append(name)
    assert lost == []


# What is shown as an example


def test_the_file_of_the_readme_is_whole_and_clean():
    [extract] = blocks(README, "yaml")
    assert validate(read(extract, "README.md"), date(2026, 11, 25)) == []


def test_the_extracts_of_the_guide_are_read_as_they_are_written():
    found = [read(extract, "guide.md") for extract in blocks(GUIDE, "yaml")]
    assert found
    assert [(each.faults, each.ambiguous) for each in found] == [((), ())] * len(found)


def test_the_settings_of_the_guide_are_accepted(tmp_path):
    [own, project] = blocks(GUIDE, "toml")
    (tmp_path / "config.toml").write_text(own, "utf-8")
    (tmp_path / "rorcli.toml").write_text(project, "utf-8")
    settings = load_settings({}, tmp_path, {"config": "config.toml"})
    assert (settings.store.name, settings.older_than) == ("formation", "5mo")


CONNEXION = ROOT / "docs" / "connexion.md"


@pytest.mark.parametrize("text", blocks(CONNEXION, "toml"))
def test_the_settings_of_the_administrator_s_page_are_accepted(text, tmp_path):
    (tmp_path / "config.toml").write_text(text, "utf-8")
    stores = load_settings({}, tmp_path, {"config": "config.toml", "store": "local"}).stores
    assert next(store.auth for name, store in stores.items() if name != "local")


@pytest.mark.parametrize("key", sorted({*AUTH, *STORE}))
def test_the_administrator_s_page_tells_every_key(key):
    assert re.search(rf"(`|\b){key}(`| = |\.)", text_of(CONNEXION))


@pytest.mark.parametrize("marker", ["demo", "test"])
def test_the_readme_holds_the_blocks_that_ci_extracts(marker):
    assert re.search(rf"^<!-- ci:{marker} -->\n```sh\n\S.*\n```$", text_of(README), re.MULTILINE)
    assert (ROOT / ".ci" / "run").read_text("utf-8").count(f"as_printed {marker}") == 1


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_page_holds_the_marks_of_a_merge(page):
    assert re.findall(r"^(?:<{7}|>{7}) .*$", text_of(page), re.MULTILINE) == []


# Links, and what no page may name


def anchors(page: Path) -> set[str]:
    """The anchors that forges make of titles: lower case, no punctuation, dashes for spaces."""
    titles = re.findall(r"^#+ (.+)$", BLOCK.sub("", text_of(page)), re.MULTILINE)
    kept = ("".join(c for c in title.lower() if c in " -_" or unicodedata.category(c)[0] in "LN")
            for title in titles)  # fmt: skip
    return {title.replace(" ", "-") for title in kept}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_relative_links_lead_somewhere(page):
    lost = []
    for target in LINK.findall(BLOCK.sub("", text_of(page))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pages_name_no_folder_of_a_machine_and_no_registry(page):
    assert UNTOLD.findall(text_of(page)) == []
