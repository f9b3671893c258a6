"""The published hook, installed and run by pre-commit itself, from a repository of its own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.need import ROOT, program

pytestmark = [pytest.mark.integration, pytest.mark.timeout(480)]
WHO = {f"GIT_{role}_{what}": "essai@banc.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}  # fmt: skip
CLEAN, WRONG = "clinique-du-parc.yaml", "invalid/ROR203-siret-faux.yaml"


def git(folder: Path, *words: str) -> str:
    done = subprocess.run([program("git", "install git"), *words], cwd=folder, check=True,
                          capture_output=True, text=True, env=os.environ | WHO)  # fmt: skip
    return done.stdout


def committed(folder: Path) -> None:
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "-m", "essai")


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout, with what is not committed yet, as a repository with one commit."""
    folder = tmp_path_factory.mktemp("rorcli")
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    committed(folder)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit installs the hook: once for all tests."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def establishments(tmp_path: Path) -> Path:
    (tmp_path / "etablissements").mkdir()
    shutil.copy(ROOT / "examples" / CLEAN, tmp_path / "etablissements")
    (tmp_path / "compose.yaml").write_text("services: {}\n", "utf-8")
    committed(tmp_path)
    return tmp_path


def try_hook(folder: Path, hooks: Path, home: Path) -> subprocess.CompletedProcess[str]:
    pre_commit = program("pre-commit", "pip install --group integration")
    line = [pre_commit, "try-repo", str(hooks), "rorcli-validate", "--all-files", "--verbose"]
    # Whoever started the tests may have told pip where packages are in a home that tests hide.
    environment = os.environ | WHO | {"PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never"}
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True,
                          check=False)  # fmt: skip


def test_the_published_hook_passes_clean_files_and_stops_wrong_ones(establishments, hooks, home):
    passed = try_hook(establishments, hooks, home)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "Passed" in passed.stdout
    assert "dans 1 fichier" in passed.stdout  # compose.yaml is no business of the hook
    shutil.copy(ROOT / "examples" / WRONG, establishments / "etablissements")
    git(establishments, "add", "--all")
    stopped = try_hook(establishments, hooks, home)
    assert stopped.returncode == 1
    assert "etablissements/ROR203-siret-faux.yaml:10:10: ROR203 error" in stopped.stdout
    assert "dans 2 fichiers" in stopped.stdout
