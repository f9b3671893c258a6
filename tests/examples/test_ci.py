"""What `examples/ci/` gives to paste: it parses, names what exists, and its commands run."""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rorcli import __version__
from rorcli.reports.forges import HOME
from tests.cli.harness import run

ROOT = Path(__file__).parents[2]
CI = ROOT / "examples" / "ci"
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))


def parsed(name: str) -> Any:
    # As YAML 1.1 reads it, `on` is true: a key like another.
    return yaml.safe_load((CI / name).read_text("utf-8"))


GITHUB, GITLAB, PRE_COMMIT = map(
    parsed, ["github-actions.yml", "gitlab-ci.yml", "pre-commit-config.yaml"]
)
WINDOWS = (CI / "tache-windows.ps1").read_text("utf-8")


def commands() -> Iterator[str]:
    """Every command of rorcli, without what the shell does with its output."""
    for job in GITHUB["jobs"].values():
        yield from (step["run"] for step in job["steps"] if "run" in step)
    for job in GITLAB.values():
        yield from (*job.get("before_script", ()), *job.get("script", ()))
    yield from re.findall(r'^(?:cmd /c ")?(rorcli [^>"\n]+)', WINDOWS, re.MULTILINE)
    for hook in HOOKS:
        yield f"{hook['entry']} etablissements/clinique-du-parc.yaml"


RORCLI = sorted({line for line in commands() if line.startswith("rorcli ")})


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for file in (ROOT / "examples").glob("*.yaml"):
        (tmp_path / "etablissements").mkdir(exist_ok=True)
        shutil.copy(file, tmp_path / "etablissements")
    return tmp_path


def test_each_snippet_is_tried_here():
    assert {each.name for each in CI.iterdir()} == {
        "github-actions.yml",
        "gitlab-ci.yml",
        "pre-commit-config.yaml",
        "tache-windows.ps1",
    }
    assert len(RORCLI) >= 5


@pytest.mark.parametrize("line", RORCLI)
def test_its_commands_find_the_examples_clean_and_up_to_date(line, repository):
    result = run(shlex.split(line)[1:])
    assert result.code == 0, result.err
    for word in re.findall(r"--report \w+=(\S+)", line):
        assert (repository / word).read_text("utf-8") or word.endswith(".txt")


@pytest.mark.parametrize("line", [line for line in RORCLI if " validate " in line])
def test_its_commands_fail_where_there_is_an_error(line, repository):
    clean = repository / "etablissements" / "clinique-du-parc.yaml"
    text = clean.read_text("utf-8").replace("format: 1", "format: 2")
    clean.write_text(text, "utf-8")
    assert run(shlex.split(line)[1:]).code == 1


def test_what_forges_collect_is_what_the_commands_write():
    written = dict(re.findall(r"--report (\w+)=(\S+)", " ".join(GITLAB["verifier"]["script"])))
    kept = GITLAB["verifier"]["artifacts"]["reports"]
    assert kept == {"codequality": written["gitlab"], "junit": written["junit"]}
    steps = GITHUB["jobs"]["verifier"]["steps"]
    [sent] = [step["with"]["sarif_file"] for step in steps if "sarif_file" in step.get("with", ())]
    assert any(f"--report sarif={sent} " in step.get("run", "") for step in steps)


def test_what_is_late_is_told_by_the_code_that_gitlab_shows_in_orange(repository):
    late = repository / "etablissements" / "ehpad-les-tilleuls.yaml"
    late.write_text(re.sub(r"verifie_le: \S+", "verifie_le: 2020-01-01", late.read_text("utf-8")))
    [line] = GITLAB["retards"]["script"]
    assert [run(shlex.split(line)[1:]).code] == GITLAB["retards"]["allow_failure"]["exit_codes"]


def test_the_hook_of_pre_commit_takes_the_files_of_establishments_in_one_go():
    [hook] = HOOKS
    assert re.search(hook["files"], "etablissements/440099919.yaml")
    assert not re.search(hook["files"], ".rorcli/base/440099919.yaml")
    assert hook["require_serial"]


def test_the_configuration_of_pre_commit_names_the_hook_at_this_version():
    [repo] = PRE_COMMIT["repos"]
    assert repo["repo"].startswith(HOME)
    assert repo["rev"] == f"v{__version__}"
    [used] = repo["hooks"]
    assert used["id"] in {hook["id"] for hook in HOOKS}
    assert run([*shlex.split(HOOKS[0]["entry"])[1:], *used["args"], "absent.yaml"]).code == 2


def test_a_script_for_windows_is_read_the_same_in_every_encoding():
    code = [line for line in WINDOWS.splitlines() if not line.startswith("#")]
    assert all(line.isascii() for line in code)
