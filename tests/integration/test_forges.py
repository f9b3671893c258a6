"""Our reports and snippets, judged by what others published."""

import json
import subprocess
from pathlib import Path

import pytest
from jsonschema.validators import validator_for

from tests.cli.harness import run
from tests.integration.need import ROOT, npm_package, program

pytestmark = pytest.mark.integration
EXAMPLES = ROOT / "examples"


def test_sarif_is_accepted_by_the_published_schema(monkeypatch):
    folder = npm_package("@microsoft/jest-sarif")
    [path] = folder.rglob("sarif-2.1.0*.json")
    schema = json.loads(path.read_text("utf-8"))
    monkeypatch.chdir(ROOT)
    told = json.loads(run(["validate", "examples", "absent.yaml", "-o", "sarif"]).out)
    assert len(told["runs"][0]["results"]) > 30
    assert list(validator_for(schema)(schema).iter_errors(told)) == []


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-workflows", "github-actions.yml"),
        ("vendor.gitlab-ci", "gitlab-ci.yml"),
    ],
)
def test_snippets_are_accepted_by_the_schemas_of_the_forges(schema, file):
    check = program("check-jsonschema", "pip install --group integration")
    line = [check, "--builtin-schema", schema, str(EXAMPLES / "ci" / file)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("order", "file"),
    [
        ("validate-manifest", ROOT / ".pre-commit-hooks.yaml"),
        ("validate-config", EXAMPLES / "ci" / "pre-commit-config.yaml"),
    ],
)
def test_hook_and_configuration_are_accepted_by_pre_commit(order: str, file: Path):
    pre_commit = program("pre-commit", "pip install --group integration")
    done = subprocess.run([pre_commit, order, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
