"""Whatever was done to a file, `--fix` is stable, makes nothing worse and touches values only."""

import json
import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from rorcli import codes
from rorcli.mending import mend
from rorcli.model import spec_at
from rorcli.text.document import read
from rorcli.validation import Severity, validate
from tests.sample import SAMPLE, TODAY

EXAMPLES = Path(__file__).parents[2] / "examples"
TEXTS = [SAMPLE, (EXAMPLES / "ehpad-les-tilleuls.yaml").read_text("utf-8")]


def judge(document):
    return validate(document, TODAY)


def label_of(pointer, source):
    spec = spec_at(pointer)
    label = codes.table(spec.table).label(source.strip('"')) if spec and spec.table else None
    return label or source


def quoted_as(label):
    return label if label.startswith('"') else json.dumps(label, ensure_ascii=False)


# What people and programs do to a value: its place and its text -> another text.
DAMAGES = [
    lambda _, source: source.strip('"'),
    lambda _, source: source.strip('"').lstrip("0") or "0",
    lambda _, source: f'"{source.strip(chr(34)).lstrip("0")}"',
    label_of,
    lambda pointer, source: label_of(pointer, source).upper(),
    lambda _, source: source.replace(" ", "."),
    lambda _, source: source.replace('"0', '"+33 (0)'),
    lambda _, source: source.replace(":00", "h"),
    lambda _, source: {"false": "non", "true": "oui"}.get(source, f'"{source.strip(chr(34))}"'),
    lambda _, source: source.replace("secteur_", "c"),
    lambda _, source: "zzz",
    lambda _, source: "12",
]
COMMENTS = [
    ("  # Standard", "  # Secrétariat"),
    ("  # Madame", ""),
    ("  # ", "  # rorcli: ignore=ROR206 "),
]


@st.composite
def damaged(draw):
    text = draw(st.sampled_from(TEXTS))
    for old, new in draw(st.lists(st.sampled_from(COMMENTS), max_size=2, unique=True)):
        text = text.replace(old, new, draw(st.integers(1, 3)))
    document = read(text, "s.yaml")
    scalars = [p for p, m in document.marks.items() if m.style not in ("mapping", "sequence")]
    chosen = draw(st.dictionaries(st.sampled_from(scalars), st.sampled_from(DAMAGES), max_size=12))
    for pointer in sorted(chosen, key=lambda p: document.marks[p].start, reverse=True):
        mark, source = document.marks[pointer], document.source(pointer)
        text = text[: mark.start] + chosen[pointer](pointer, source) + text[mark.end :]
    return read(text, "s.yaml")


def skeleton(document):
    """The text without its values and without comments at the end of lines."""
    text = document.text
    for mark in sorted(document.marks.values(), key=lambda m: m.start, reverse=True):
        if mark.style not in ("mapping", "sequence"):
            text = f"{text[: mark.start]}¤{text[mark.end :]}"
    return re.sub(r"(?m)[ \t]+(#.*)?$", "", text)


def weight(document):
    found = judge(document)
    return sum(f.severity is Severity.ERROR for f in found), len(found)


@settings(max_examples=80)
@given(damaged())
def test_mending_is_stable_makes_nothing_worse_and_touches_values_only(before):
    after = mend(before, judge)
    assert mend(after, judge).text == after.text
    assert all(new <= old for new, old in zip(weight(after), weight(before), strict=True))
    assert skeleton(after) == skeleton(before)
    for pointer in before.marks:
        if pointer and spec_at(pointer) is None:
            assert after.source(pointer) == before.source(pointer)


@settings(max_examples=60)
@given(st.sampled_from(TEXTS), st.data())
def test_lost_quotes_and_labels_for_codes_come_back_as_they_were(text, data):
    whole = mend(read(text, "s.yaml"), judge)
    quoted = [
        p for p, m in whole.marks.items() if m.style == "double" and " " not in whole.source(p)
    ]
    losses = [lambda _, source: source.strip('"'), lambda *code: quoted_as(label_of(*code))]
    chosen = data.draw(st.dictionaries(st.sampled_from(quoted), st.sampled_from(losses)))
    text = whole.text
    for pointer in reversed([each for each in quoted if each in chosen]):
        mark, source = whole.marks[pointer], whole.source(pointer)
        text = text[: mark.start] + chosen[pointer](pointer, source) + text[mark.end :]
    assert mend(read(text, "s.yaml"), judge).text == whole.text
