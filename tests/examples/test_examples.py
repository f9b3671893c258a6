"""What `examples/` promises: the valid files are clean, the others show the rule in their name."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from stdnum import luhn

from rorcli import codes
from rorcli.model import Establishment, decode, keys_of, spec_at
from rorcli.text.document import Document, read
from rorcli.validation import RULES, Finding, validate, validate_all

EXAMPLES = Path(__file__).parents[2] / "examples"
TODAY = date(2026, 11, 25)

VALID = sorted(EXAMPLES.glob("*.yaml"))
# One file shows one rule; a rule about several files has a folder of them.
SHOWN = [
    case for name in ("invalid", "avertissements") for case in sorted((EXAMPLES / name).iterdir())
]
EVERY = VALID + [file for case in SHOWN for file in sorted(case.rglob("*.yaml")) or [case]]
LARGEST = EXAMPLES / "ch-des-saules.yaml"

IDENTIFIER = re.compile(r'\b(finess|siren|siret|rpps): "?(\d+)')
WRONG_ON_PURPOSE = {"ROR201": "finess", "ROR202": "siren", "ROR203": "siret", "ROR204": "rpps"}
# Numbers that the numbering plan keeps for fiction, and a domain that nobody can own (RFC 2606).
PHONE = re.compile(r'"((?:0\d|\+33)(?: \d+)+)"')
FICTIONAL_PHONE = re.compile(r"0(1 99 00|2 61 91|3 53 01|4 65 71|5 36 49|6 39 98)\b")
HOST = re.compile(r"(?:@|://|\bwww\.)([\w.-]+)")


def name_of(case: Path) -> str:
    return case.relative_to(EXAMPLES).as_posix()


def rule_of(case: Path) -> str:
    return case.name[:6]


def documents(*cases: Path) -> list[Document]:
    files = [file for file in EVERY if not {file, file.parent}.isdisjoint(cases)]
    return [read(file.read_bytes(), name_of(file)) for file in files]


def rules(findings: list[Finding]) -> list[str]:
    return [finding.rule for finding in findings]


@pytest.mark.parametrize("file", VALID, ids=name_of)
def test_a_valid_example_has_no_finding(file):
    [document] = documents(file)
    assert validate(document, TODAY) == []


def test_the_valid_examples_agree_with_one_another():
    assert validate_all(documents(*VALID), TODAY) == []


@pytest.mark.parametrize("case", SHOWN, ids=name_of)
def test_the_other_examples_trip_exactly_the_rule_in_their_name(case):
    findings = validate_all(documents(case), TODAY)
    assert rules(findings) == [rule_of(case)]
    assert (findings[0].severity == "error") == (case.parent.name == "invalid")


def test_they_trip_no_more_when_judged_together():
    found = Counter(rules(validate_all(documents(*VALID, *SHOWN), TODAY)))
    assert found == Counter(map(rule_of, SHOWN))


def test_every_rule_has_an_example():
    assert set(map(rule_of, SHOWN)) == set(RULES)


@pytest.mark.parametrize("case", SHOWN, ids=name_of)
def test_the_second_line_says_what_is_wrong(case):
    for document in documents(case):
        assert document.text.splitlines()[1].startswith(f"# {rule_of(case)} : ")


@pytest.mark.parametrize("file", EVERY, ids=name_of)
def test_the_first_line_points_to_the_schema(file):
    first = file.read_text("utf-8").splitlines()[0]
    schema = first.removeprefix("# yaml-language-server: $schema=")
    assert (file.parent / schema).resolve() == EXAMPLES.parent / "schemas/etablissement.schema.json"


def written(owner: type, data: dict[str, Any]) -> Iterator[tuple[type, str, Any]]:
    """Each key in the file: the noun that it belongs to, its name, its value."""
    for key, value in data.items():
        yield owner, key, value
        spec = keys_of(owner).get(key)
        for item in value if isinstance(value, list) else [value]:
            if spec and isinstance(item, dict):
                yield from written(spec.noun(), item)


def declared(owner: type, met: frozenset[type] = frozenset()) -> Iterator[tuple[type, str]]:
    """Each key that the model declares, noun by noun."""
    for key, spec in keys_of(owner).items():
        yield owner, key
        if (inner := spec.noun()) and inner not in {*met, owner}:
            yield from declared(inner, met | {owner})


def test_the_hospital_is_the_largest_file_and_has_sixty_units():
    assert max(EVERY, key=lambda file: file.stat().st_size) == LARGEST
    [hospital] = documents(LARGEST)
    assert len(list(decode(hospital.data).units())) >= 60


def test_the_hospital_holds_every_key_of_the_model():
    [hospital] = documents(LARGEST)
    found = {(owner, key) for owner, key, _ in written(Establishment, hospital.data)}
    assert set(declared(Establishment)) - found == set()


def test_the_hospital_holds_every_word_of_ours():
    [hospital] = documents(LARGEST)
    found = written(Establishment, hospital.data)
    used = {(owner, key, value) for owner, key, value in found if isinstance(value, str)}
    every = {
        (owner, key, word)
        for owner, key in declared(Establishment)
        for word in keys_of(owner)[key].words
    }
    assert every - used == set()


@pytest.mark.parametrize("file", VALID, ids=name_of)
def test_a_line_holds_one_code_followed_by_its_label(file):
    [document] = documents(file)
    lines = document.text.splitlines()
    seen: set[int] = set()
    for pointer, mark in document.marks.items():
        spec, value = spec_at(pointer), document.source(pointer).strip('"')
        if spec is None or not spec.table or mark.style == "sequence" or value == "null":
            continue
        number = document.position(pointer)[0]
        label = codes.table(spec.table).label(value)
        assert number not in seen
        assert label == value or lines[number - 1].endswith(f"  # {label}"), lines[number - 1]
        seen.add(number)


@pytest.mark.parametrize("file", EVERY, ids=name_of)
def test_identifiers_have_their_check_digit(file):
    on_purpose = {WRONG_ON_PURPOSE.get(rule_of(file))}
    numbers = IDENTIFIER.findall(file.read_text("utf-8"))
    assert {kind for kind, digits in numbers if not luhn.is_valid(digits)} <= on_purpose


@pytest.mark.parametrize("file", EVERY, ids=name_of)
def test_phones_and_domains_are_fictional(file):
    text = file.read_text("utf-8")
    phones = PHONE.findall(text)
    assert phones
    assert [phone for phone in phones if not FICTIONAL_PHONE.match(phone)] == []
    assert [host for host in HOST.findall(text) if not host.endswith(".example")] == []


def test_no_phone_is_given_to_two_units():
    phones = [phone for file in VALID for phone in PHONE.findall(file.read_text("utf-8"))]
    assert len(phones) == len(set(phones))
