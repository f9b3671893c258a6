"""What every test stands on: an environment of its own, and golden files that can be rewritten."""

import os
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

from tests import canaries

# They are no test modules by their names, yet their asserts are to be explained like any; here, since
# suites of several folders take them up.
pytest.register_assert_rewrite(
    "tests.stores.contract", "tests.stores.fhir_contract", "tests.stores.fhir_faults"
)

GOLDEN = Path(__file__).parent / "golden"

# Variables that change what typer, rich or a terminal's size make of the same output.
DISPLAY = {"NO_COLOR", "FORCE_COLOR", "PY_COLORS", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES"}
DISPLAY |= {"CI", "GITHUB_ACTIONS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"}
# Where POSIX and Windows say that a user's files are.
HOMES = {"HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"}
HOMES |= {f"XDG_{kind}_HOME" for kind in ("CACHE", "CONFIG", "DATA", "STATE")}

# The first example pays for imports, and a busy machine may pause any: a deadline would be a dice.
# A landing must not hang on luck: CI draws the same cases every time, desks and .ci/long draw others.
settings.register_profile("rorcli", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("rorcli")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden/")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with tests/golden/<name>; with --update-golden, make the file say it."""

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        assert path.exists(), f"no golden file {name}: write it with pytest --update-golden"
        # Bytes, since reading as text would hide a CRLF.
        assert path.read_bytes().decode() == text

    return check


@pytest.fixture(scope="session", autouse=True)
def _no_secret_is_told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No output, log or file of the whole run holds a secret of the tests."""
    with canaries.watching():
        yield
    canaries.look_through(tmp_path_factory.getbasetemp() / "homes")
    assert canaries.LEAKS == []


# Each test has a home of its own: settings that one writes are none of another's business.
HOME_NUMBERS = count()


@pytest.fixture(autouse=True)
def _own_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Keep the settings and the files of whoever runs the tests out of them."""
    home = tmp_path_factory.getbasetemp() / "homes" / str(next(HOME_NUMBERS))
    for name in [n for n in os.environ if n.startswith("RORCLI_") or n in DISPLAY]:
        monkeypatch.delenv(name)
    for name in HOMES:
        monkeypatch.setenv(name, str(home / name.lower()))
    # Far from Paris, so that a day taken from the machine's zone is seen.
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    # Nor their keyring: there is none, unless a test brings one.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    reset_zone = getattr(time, "tzset", lambda: None)
    reset_zone()
    yield
    monkeypatch.undo()
    reset_zone()
