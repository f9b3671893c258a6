"""What `--explain` teaches is true: its examples are run, its page is the one that is published."""

import re
from itertools import takewhile
from textwrap import indent

import pytest

from rorcli.reports.lessons import render_page
from rorcli.text.document import read
from rorcli.validation import RULES, validate, validate_all
from rorcli.validation.findings import CATALOGUE
from rorcli.validation.lessons import lessons, page_of
from tests.examples.test_examples import EXAMPLES, TODAY, VALID
from tools import build_rules_page

CLINIC = (EXAMPLES / "clinique-du-parc.yaml").read_text("utf-8")
# Another site of the clinic's EJ, for the rules that compare files.
SECOND = (
    CLINIC.replace("720099910", "720099928")
    .replace("99900003700013", "99900003700021")
    .replace(" 52/", " 53/")
)
ACROSS = {"ROR307", "ROR309", "ROR312"}


def replaced(text, old, new):
    """The text with the last lines `old`, whatever their indent, as `new`; None without any."""
    lines = re.escape(old).replace("\\\n", "\n").replace("\n", r"\n(?P=indent)")
    found = list(re.finditer(rf"^(?P<indent> *){lines}$", text, re.MULTILINE))
    if not found:
        return None
    start, end = found[-1].span()
    return text[:start] + indent(new, found[-1]["indent"]) + text[end:]


def findings(rule, snippet):
    """The rules that are tripped by a snippet in the place of the right one, in its file."""
    lesson = lessons()[rule]
    texts = [SECOND] if rule in ACROSS else [path.read_text("utf-8") for path in VALID]
    edited = (replaced(text, lesson.instead_of or lesson.right, snippet) for text in texts)
    text = next(each for each in edited if each is not None)
    if rule in ACROSS:
        return validate_all([read(CLINIC, "1.yaml"), read(text, "2.yaml")], TODAY)
    return validate(read(text, "1.yaml"), TODAY)


def test_every_rule_has_its_lesson():
    assert list(lessons()) == list(CATALOGUE)


def test_every_rule_of_validate_has_its_example():
    assert {rule for rule, lesson in lessons().items() if lesson.wrong and lesson.right} == set(
        RULES
    )


@pytest.mark.parametrize("rule", RULES)
def test_the_wrong_example_trips_its_rule_and_no_other(rule):
    assert {each.rule for each in findings(rule, lessons()[rule].wrong)} == {rule}


@pytest.mark.parametrize("rule", RULES)
def test_the_right_example_trips_none(rule):
    assert findings(rule, lessons()[rule].right) == []


@pytest.mark.parametrize("rule", CATALOGUE)
def test_a_lesson_is_a_sentence_and_its_source_goes_on(rule):
    lesson = lessons()[rule]
    assert lesson.why.endswith(".")
    assert not lesson.source.endswith(".")
    for snippet in (lesson.wrong, lesson.right):
        assert all(len(list(takewhile(str.isspace, line))) % 2 == 0 for line in snippet.split("\n"))


def test_the_page_is_what_the_program_tells():
    assert build_rules_page.FILE.read_text("utf-8") == render_page(), (
        "run python -m tools.build_rules_page"
    )


@pytest.mark.parametrize("rule", CATALOGUE)
def test_each_rule_has_its_anchor_on_the_page(rule):
    page, _, anchor = page_of(rule).partition("#")
    text = (EXAMPLES.parent / page).read_text("utf-8")
    headings = [line[4:] for line in text.splitlines() if line.startswith("### ")]
    assert anchor in [heading.lower() for heading in headings]
