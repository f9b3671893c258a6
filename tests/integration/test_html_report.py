"""The page of `audit --html` in a real browser: what a person clicks, types, prints and hears."""

import json
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from rorcli.model import decode
from rorcli.reports.discretion import personal
from rorcli.reports.html import page
from rorcli.validation.auditing import Criteria, audit_all
from rorcli.validation.freshness import Dates
from tests.cli.harness import TODAY, run
from tests.integration.browser import chromium
from tests.integration.need import npm_package

pytestmark = pytest.mark.integration
EXAMPLES = Path(__file__).parents[2] / "examples"
HOSTILE = (
    "</script><script>document.title='volé'</script><img src=x onerror=\"document.title='volé'\">"
)
UNITS = 30_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    logs = {"browser": "ALL", "performance": "ALL"}
    with chromium("--window-size=1200,1600", loggingPrefs=logs) as driver:
        yield driver


@pytest.fixture
def report(tmp_path):
    """The page of the examples, some of them late and incomplete."""
    path = tmp_path / "rapport.html"
    warnings = [EXAMPLES / "avertissements" / name for name in
                ("ROR401-uo-sans-mssante.yaml", "ROR402-consultation-sans-praticien.yaml")]  # fmt: skip
    run(["audit", *EXAMPLES.glob("*.yaml"), *warnings, "--older-than", "90d", "--html", path])
    return path


def opened(browser, path, *, within: float = 20):
    browser.get_log("browser")
    browser.get(path.as_uri())
    until = time.monotonic() + within
    while not browser.find_elements("css selector", "#unites-table tbody tr"):
        assert time.monotonic() < until, browser.get_log("browser")
        time.sleep(0.05)
    return browser


def column(browser, table, rank):
    script = "return [...document.querySelectorAll(arguments[0])].map((cell) => cell.textContent)"
    return browser.execute_script(script, f"#{table}-table tbody tr td:nth-child({rank})")


def header(browser, table, name):
    buttons = browser.find_elements("css selector", f"#{table}-table thead button")
    return next(button for button in buttons if button.text.startswith(name))


def settle(browser):
    """Two frames later, what was typed has been drawn."""
    browser.execute_async_script(
        "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))"
    )


def test_it_opens_without_the_network_and_without_a_complaint(browser, report):
    browser.get_log("performance")
    opened(browser, report)
    events = [json.loads(each["message"])["message"] for each in browser.get_log("performance")]
    asked = [
        e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"
    ]
    assert {url.partition(":")[0] for url in asked} <= {"file"}
    assert browser.get_log("browser") == []


def test_a_click_sorts_and_a_second_turns_it_round(browser, report):
    opened(browser, report)
    header(browser, "sites", "Nom").click()
    names = column(browser, "sites", 5)
    assert len(names) == 6
    cell = header(browser, "sites", "Nom").find_element("xpath", "..")
    assert cell.get_attribute("aria-sort") == "ascending"
    header(browser, "sites", "Nom").click()
    assert column(browser, "sites", 5) == names[::-1]
    assert cell.get_attribute("aria-sort") == "descending"
    header(browser, "unites", "Jours").click()
    ages = [int(text or -1) for text in column(browser, "unites", 5)]
    assert ages == sorted(ages)


def test_what_is_typed_filters_without_accents_and_is_said_aloud(browser, report):
    opened(browser, report)
    box = browser.find_element("id", "unites-filtre")
    box.send_keys("GYNECO")
    settle(browser)
    names = column(browser, "unites", 3)
    assert names
    assert all("gynéco" in name.lower() for name in names)
    status = browser.find_element("id", "unites-etat")
    assert status.get_attribute("role") == "status"
    assert status.text.startswith(f"{len(names)} sur ")
    browser.execute_script(
        "const box = document.getElementById('unites-choix'); box.value = 2;"
        "box.dispatchEvent(new Event('change')); arguments[0].value = '';"
        "arguments[0].dispatchEvent(new Event('input'))", box)  # fmt: skip
    settle(browser)
    lacks = column(browser, "unites", 6)
    assert lacks
    assert all(lacks)


@pytest.mark.parametrize("typed", ["coeur", "CŒUR", "l'aine", "L’AÎNÉ"])
def test_the_filter_folds_what_search_folds(browser, tmp_path, typed):
    unites = [{"type": "uo", "id": f"52/{n}", "nom": name} for n, name in
              enumerate(["Cœur de l’aîné", "Autre"])]  # fmt: skip
    held = decode({"etablissement": {"finess": "440099919", "nom": "Hôpital", "unites": unites}})
    opened(browser, written(tmp_path / "folded.html", held))
    browser.find_element("id", "unites-filtre").send_keys(typed)
    settle(browser)
    assert column(browser, "unites", 3) == ["Cœur de l’aîné"]


def test_who_does_not_see_colours_is_told_what_is_late(browser, tmp_path):
    unites = [{"type": "uo", "id": "52/1", "nom": "A", "verifie_le": TODAY.isoformat()},
              {"type": "uo", "id": "52/2", "nom": "B"}]  # fmt: skip
    held = decode({"etablissement": {"finess": "440099919", "nom": "EG", "unites": unites}})
    opened(browser, written(tmp_path / "late.html", held))
    assert not any(e.is_displayed() for e in browser.find_elements("css selector", ".pages"))
    told = dict(zip(column(browser, "unites", 3), column(browser, "unites", 8), strict=True))
    assert told == {"EG": "en retard", "A": "", "B": "en retard"}


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser, report):
    from selenium.webdriver.common.keys import Keys

    opened(browser, report)
    browser.execute_script("document.getElementById('sites-filtre').focus()")
    browser.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("role") == "region"
    browser.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.text.startswith("Département")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert column(browser, "sites", 1) == sorted(column(browser, "sites", 1))
    outline = browser.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_axe_finds_nothing_to_say(browser, report):
    axe = (npm_package("axe-core") / "axe.min.js").read_text("utf-8")
    opened(browser, report)
    for details in browser.find_elements("css selector", "details"):
        browser.execute_script("arguments[0].open = true", details)
    browser.execute_script(axe)
    found = browser.execute_async_script("axe.run().then(arguments[0])")
    told = [(v["id"], v["nodes"][0]["html"][:200]) for v in found["violations"]]
    assert told == []
    assert len(found["passes"]) > 20


def test_a_print_holds_what_the_filter_left_and_no_buttons(browser, report):
    opened(browser, report)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        browser.execute_script("dispatchEvent(new Event('beforeprint'))")
        printed = len(column(browser, "unites", 1))
        tools = browser.find_elements("css selector", ".outils, .pages")
        assert not any(each.is_displayed() for each in tools)
        assert printed > 100
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def tree(units, site=0):
    """Poles of a hundred UO, with words of an attacker and days of three years."""
    unites = []
    for pole in range(units // 101):
        held = []
        for number in range(100):
            day = TODAY - timedelta(days=(number * 37 + pole) % 1100)
            held.append({"type": "uo", "id": f"52/{site}-{pole}-{number}", "nom": f"UO {number} {HOSTILE}"[:60],
                         "verifie_le": day.isoformat(), "mode_prise_en_charge": "32"})  # fmt: skip
        unites.append(
            {"type": "pole", "id": f"52/{site}-{pole}", "nom": f"Pôle {pole}", "unites": held}
        )
    return decode({
        "entite_juridique": {"finess": "440099901", "raison_sociale": HOSTILE},
        "etablissement": {"finess": f"4400999{site:02}", "nom": HOSTILE, "categorie": "355", "unites": unites},
    })  # fmt: skip


def written(path, *seen, **options):
    asked = Criteria(TODAY, date(2026, 5, 25))
    audits = audit_all(((each, Dates()) for each in seen), asked, is_whole=True)
    path.write_text(page(audits, asked, **options), "utf-8")
    return path


def test_no_value_becomes_a_script(browser, tmp_path):
    opened(browser, written(tmp_path / "hostile.html", tree(101), tree(101, 1)))
    assert browser.title.startswith("Audit du ROR")
    assert browser.find_elements("css selector", "img") == []
    assert any(HOSTILE in text for text in column(browser, "sites", 5))
    assert browser.get_log("browser") == []


def test_thirty_thousand_units_do_not_freeze_it(browser, tmp_path):
    start = time.monotonic()
    opened(
        browser,
        written(tmp_path / "large.html", *(tree(UNITS // 10 + 101, site) for site in range(10))),
    )
    assert time.monotonic() - start < 20
    status = browser.find_element("id", "unites-etat").text
    assert int(status.split()[-1]) > UNITS
    assert len(column(browser, "unites", 1)) == 100
    # The longest time that a click or a letter keeps the page from answering.
    taken = browser.execute_async_script("""
        const done = arguments[0], times = [], box = document.getElementById("unites-filtre");
        const timed = (act) => { const start = performance.now(); act(); times.push(performance.now() - start); };
        for (const button of document.querySelectorAll("#unites-table thead button")) timed(() => button.click());
        for (const text of ["u", "uo", "uo 9", "pole 12"]) {
          box.value = text;
          box.dispatchEvent(new Event("input"));
        }
        requestAnimationFrame(() => requestAnimationFrame(() => {
          timed(() => document.querySelector("#unites-table thead button").click());
          done(times);
        }));
    """)
    assert max(taken) < 3000
    kept = browser.find_element("id", "unites-etat").text
    assert 0 < int(kept.split()[0]) < UNITS
    assert all("Pôle" in name for name in column(browser, "unites", 3))


def test_what_is_personal_is_left_out_unless_asked_for(browser, tmp_path):
    seen = decode({"etablissement": {
        "finess": "440099919", "nom": "Hôpital", "categorie": "355",
        "contacts": [{"fonction": "12", "telecoms": [{"canal": "1", "valeur": "06 39 98 00 09", "confidentialite": "3"}]}],
        "unites": [
            {"type": "uo", "id": "52/1", "nom": "Unité fermée Saturne", "unite_sensible": True},
            {"type": "uo", "id": "52/2", "nom": "Consultation", "praticiens": [{"rpps": "10099999996", "nom": "TARTAMPION"}]},
        ],
    }})  # fmt: skip
    asked = Criteria(TODAY, TODAY)
    [one] = audit_all([(seen, Dates())], asked, is_whole=True)
    one = type(one)(**{**vars(one), "hidden": personal(seen)})
    secret, shown = tmp_path / "discret.html", tmp_path / "tout.html"
    secret.write_text(page([one], asked), "utf-8")
    shown.write_text(page([one], asked, show_personal=True), "utf-8")
    told = [
        word
        for word in ("Saturne", "TARTAMPION", "06 39 98 00 09")
        if word in secret.read_text("utf-8")
    ]
    assert told == []
    opened(browser, secret)
    assert "1 unité sensible" in browser.find_element("id", "unites").text
    assert column(browser, "unites", 3) == ["Hôpital", "Consultation"]
    opened(browser, shown)
    assert "Unité fermée Saturne" in column(browser, "unites", 3)
