"""Debian's Chromium, without a window, driven by selenium."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from tests.integration.need import missing, program


@contextmanager
def chromium(*flags: str, **capabilities: Any) -> Iterator[Any]:
    """A browser with a profile of its own; `flags` and `capabilities` beside the usual ones."""
    driver_path = program("chromedriver", "apt-get install chromium chromium-driver")
    path = program("chromium", "apt-get install chromium chromium-driver")
    if find_spec("selenium") is None:
        missing("selenium", "pip install --group integration")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = path
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage",
                 "--disable-background-networking", "--lang=fr", *flags):  # fmt: skip
        options.add_argument(flag)
    for name, value in capabilities.items():
        options.set_capability(f"goog:{name}", value)
    driver = webdriver.Chrome(options, webdriver.ChromeService(driver_path))
    try:
        yield driver
    finally:
        driver.quit()
