"""Whatever is typed into a file, reading and `validate` say so: no crash, no hang, no lost place.

Examples are spoiled as people and programs spoil files: pieces cut, repeated, moved, typed over.
A hang is pytest's to see (a test has a minute). `.ci/long` runs many more.
"""

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rorcli.text.document import read
from tests.cli.harness import run
from tests.sample import SAMPLE

EXAMPLES = Path(__file__).parents[2] / "examples"
TEXTS = [SAMPLE.encode()]
TEXTS += [
    path.read_bytes() for path in sorted(EXAMPLES.glob("*.yaml")) if "saules" not in path.name
]
# What YAML, UTF-8, a terminal or a rule may stumble over.
PIECES = [
    b"", b" ", b"  ", b"\n", b"\r\n", b"\r", b"\t", b"- ", b"? ", b": ", b":", b"#", b" # x", b"'", b'"', b"|\n", b">-\n",
    b"{", b"}", b"[", b"]", b",", b"&a ", b"*a", b"!!str ", b"<<: ", b"---\n", b"...\n", b"%YAML 1.1\n---\n", b"\\", b"\\x",
    b"\0", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc2\x85", b"\xe2\x80\xa8", b"\xef\xbf\xbe", b"\xf0\x9f\x8f\xa5",
    b"\x1b[31m", b"\x7f", b"0", b"-1", b"1e999", b"9" * 40, b"0x1F", b"2026-02-30", b"24:00", b"null", b"~", b"yes", b".nan",
    b"# rorcli: ignore=ROR304 vu\n", b"# rorcli: ignore", b"type: uo\n", b"unites:\n", b"{a: {a: {a: ", b"[[[[[[[[",
    b"nombre: 99999999999999999999\n", b'"02 61 91"', b"etablissement:\n", "é".encode("latin-1"), "Ⅷ".encode(),
]  # fmt: skip


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A file after one to five accidents."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 2, 8, 40, 400])))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=6) | st.just(text[start:end]))
        where = draw(st.integers(0, len(text))) if draw(st.booleans()) else start
        cut = text[:start] + text[end:] if draw(st.booleans()) else text
        text = cut[:where] + piece + cut[where:]
    return text


def check_reader(content: bytes) -> None:
    """Every place lies in the text; reading again gives the same."""
    document = read(content, "s.yaml")
    assert (document.data is None) <= bool(document.faults)
    lines = document.text.split("\n")
    for fault in document.faults:
        line, column = document.line_column(fault.offset)
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1
    for mark in document.marks.values():
        assert 0 <= mark.start <= mark.end <= len(document.text)
    again = read(document.text, "s.yaml") if document.data is not None else document
    assert again.data == document.data or "nan" in document.text


def check_command(folder: Path, content: bytes) -> None:
    """An answer for people and one for programs, which agree."""
    file = folder / "s.yaml"
    file.write_bytes(content)
    told = run(["validate", file])
    data = json.loads(run(["validate", "-o", "json", file]).out)
    assert told.code in (0, 1)
    assert told.code == (data["counts"]["error"] > 0)
    assert told.err.splitlines()[-1].endswith("dans 1 fichier")
    assert len(data["findings"]) == sum(data["counts"].values())
    assert all(found["line"] >= 1 and found["column"] >= 1 for found in data["findings"])
    assert all(found["message"] for found in data["findings"])
    told.out.encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@settings(max_examples=300)
@given(spoiled() | st.binary(max_size=60))
@example(b"a: [" * 2000)
@example(b"[" * 20_000)
@example(b"a: &a [*a]")
def test_any_content_is_read_or_refused(content):
    check_reader(content)


@settings(max_examples=60)
@given(content=spoiled() | st.binary(max_size=60))
def test_any_file_is_judged(folder, content):
    check_command(folder, content)


@pytest.mark.long
@pytest.mark.timeout(3600)
@settings(max_examples=20_000)
@given(spoiled())
def test_twenty_thousand_contents_are_read_or_refused(content):
    check_reader(content)


@pytest.mark.long
@pytest.mark.timeout(3600)
@settings(max_examples=4_000)
@given(content=spoiled())
def test_four_thousand_files_are_judged(folder, content):
    check_command(folder, content)
