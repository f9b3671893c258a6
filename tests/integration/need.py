"""What the tests of this folder need besides Python: without it they skip, and say what to do.

`RORCLI_REQUIRE_INTEGRATION=1`, as `.ci/run` has it, makes a skip a failure. Programs are looked for
on PATH and beside the Python that runs the tests, packages of npm in the folders of NODE_PATH, the
JSON-Schema-Test-Suite in that of JSON_SCHEMA_SUITE.
"""

import os
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Read before the tests have an environment of their own.
IS_REQUIRED = os.environ.get("RORCLI_REQUIRE_INTEGRATION") == "1"
FOLDERS = [Path(folder) for folder in os.environ.get("NODE_PATH", "").split(os.pathsep) if folder]

SUITE = os.environ.get("JSON_SCHEMA_SUITE", "")


def missing(what: str, remedy: str) -> None:
    """Skips the test, or fails it where all must run."""
    reason = f"{what} is missing: {remedy}"
    if IS_REQUIRED:
        pytest.fail(reason)
    pytest.skip(reason)


def program(name: str, remedy: str) -> str:
    """The path of a program."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which(name) or shutil.which(name, path=beside)
    if not found:
        missing(name, remedy)
    return str(found)


def npm_package(name: str) -> Path:
    """The folder of a package of npm."""
    found = next((folder / name for folder in FOLDERS if (folder / name).is_dir()), None)
    if not found:
        missing(f"the npm package {name}",
                f"npm install --prefix FOLDER {name}, then NODE_PATH=FOLDER/node_modules")  # fmt: skip
    return found or Path()


def json_schema_suite() -> Path:
    """The folder of the JSON-Schema-Test-Suite, as the sources of `jsonschema` carry it."""
    if not SUITE:
        missing("JSON_SCHEMA_SUITE", "pip download --no-deps --no-binary jsonschema jsonschema, unpack it, then "
                "JSON_SCHEMA_SUITE=FOLDER/json")  # fmt: skip
    return Path(SUITE)
