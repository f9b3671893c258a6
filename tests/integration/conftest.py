"""Other people's servers and browsers, started once for all tests that need them."""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from tests.integration import keycloak
from tests.integration.need import missing, program


@pytest.fixture(scope="session")
def identity(tmp_path_factory) -> Iterator[keycloak.Keycloak]:
    """A running Keycloak."""
    with keycloak.started(tmp_path_factory.mktemp("keycloak")) as found:
        yield found


@pytest.fixture(scope="session")
def chromium(tmp_path_factory) -> Iterator[Any]:
    """A headless Chromium that takes our authority's certificates."""
    if find_spec("selenium") is None:
        missing("selenium", "pip install --group integration")
    from selenium import webdriver

    browser = program("chromium", "apt-get install chromium")
    driver = program("chromedriver", "apt-get install chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    profile = tmp_path_factory.mktemp("chromium")
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                 "--ignore-certificate-errors", f"--user-data-dir={profile}"):  # fmt: skip
        options.add_argument(word)
    service = webdriver.ChromeService(executable_path=driver)
    window = webdriver.Chrome(options=options, service=service)
    try:
        yield window
    finally:
        window.quit()
        shutil.rmtree(profile, ignore_errors=True)
