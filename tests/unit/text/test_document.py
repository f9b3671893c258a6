"""What the reader makes of any text: data, faults with their place, and the place of every value."""

import pytest

from rorcli.text.document import MAX_BYTES, Document, is_text_when_plain, read


def data(text: str) -> object:
    document = read(text, "etab.yaml")
    assert document.faults == ()
    return document.data


def faults(content: bytes | str) -> list[tuple[str, tuple[int, int]]]:
    document = read(content, "etab.yaml")
    return [(fault.rule, document.line_column(fault.offset)) for fault in document.faults]


@pytest.mark.parametrize(
    ("plain", "value"),
    [
        ("24", 24), ("-3", -3), ("0", 0), ("1.5", 1.5),
        ("true", True), ("FALSE", False), ("null", None), ("~", None), ("", None),
        ("Nantes", "Nantes"), ("52/0000104", "52/0000104"), ("15 ans", "15 ans"),
        ("2B0000012", "2B0000012"), ("nonne", "nonne"), ("'no'", "no"), ('"0123"', "0123"),
        ("1" * 400, "1" * 400),
    ],
)  # fmt: skip
def test_what_every_reader_agrees_on_is_taken_as_such(plain, value):
    document = read(f"a: {plain}\n", "x")
    assert document.data == {"a": value}
    assert (type(document.data["a"]), document.ambiguous[:1]) == (type(value), (
        (("/a", plain),) if plain == "1" * 400 else ()))  # fmt: skip


DISPUTED = ["0123", "0199001234", "+33299001234", "1_000", "0x1F", "0b11", "0o17", "1e3", ".5",
            ".inf", ".NaN", "12:30", "9:00", "2026-05-10", "2026-05-10T08:00:00Z", "no", "Yes",
            "on", "OFF", "y", "N", "007.5"]  # fmt: skip


@pytest.mark.parametrize("plain", DISPUTED)
def test_what_readers_dispute_stays_text_and_is_told(plain):
    document = read(f"x:\n  - a: {plain}\n", "x")
    assert document.data == {"x": [{"a": plain}]}
    assert document.ambiguous == (("/x/0/a", plain),)
    assert not is_text_when_plain(plain)
    assert read(f'a: "{plain}"\n', "x").ambiguous == ()


def test_dates_stay_bare_where_a_date_is_expected():
    document = read("verifie_le: 2026-05-10\ncomptee_le: 2026-05-10T08:00:00+02:00\n", "x")
    assert document.data == {
        "verifie_le": "2026-05-10",
        "comptee_le": "2026-05-10T08:00:00+02:00",
    }
    assert document.ambiguous == ()


@pytest.mark.parametrize(
    ("content", "rule", "place"),
    [
        (b"", "ROR101", (1, 1)),
        (b"# rien\n", "ROR101", (1, 1)),
        ("a: Hôpital\nb: \xe9t\xe9\n".encode("latin-1"), "ROR101", (1, 5)),
        (b"a: \xff\n", "ROR101", (1, 4)),
        ("a: 1\n".encode("utf-16"), "ROR101", (1, 1)),
        (b"PK\x03\x04\x00\x00", "ROR101", (1, 1)),
        (b"a: \x01\n", "ROR101", (1, 4)),
        (b"a: 1\n---\nb: 2\n", "ROR101", (2, 1)),
        (b"a: 1\n\tb: 2\n", "ROR101", (2, 1)),
        (b"a: b: c\n", "ROR101", (1, 5)),
        (b"a: [1, 2\n", "ROR101", (1, 9)),
        (b"a: 'x\n", "ROR101", (1, 6)),
        (b"a: @x\n", "ROR101", (1, 4)),
        (b"a: 1\nb: 2\na: 3\n", "ROR102", (3, 1)),
        (b"x:\r\n  a: 1\r\n  a: 2\r\n", "ROR102", (3, 3)),
        (b"\xef\xbb\xbfa: 1\na: 2\n", "ROR102", (2, 1)),
        (b"\xef\xbb\xbfa: *b\n", "ROR103", (1, 4)),
        (b"a: &b 1\n", "ROR103", (1, 4)),
        (b"a: !!str 1\n", "ROR103", (1, 4)),
        (b"<<: {a: 1}\n", "ROR103", (1, 1)),
        (b"? [a]\n: 1\n", "ROR103", (1, 3)),
        (b"[" * 20_000, "ROR101", None),
        (b"".join(b" " * n + b"a:\n" for n in range(400)), "ROR101", (101, 101)),
    ],
)  # fmt: skip
def test_what_cannot_be_read_has_its_place(content, rule, place):
    found = faults(content)
    assert [rule] == [each for each, _ in found]
    assert place in (None, found[0][1])


def test_a_text_that_is_too_big_is_not_even_parsed():
    assert faults(b"a: 1\n" * (MAX_BYTES // 5 + 1)) == [("ROR101", (1, 1))]


def test_an_alias_bomb_stops_at_its_first_anchor():
    bomb = "a: &a [x]\n" + "".join(f"{c}: &{c} [*a, *a, *a]\n" for c in "bcdefgh")
    assert faults(bomb) == [("ROR103", (1, 4))]


def test_a_double_key_keeps_its_first_value_and_the_rest_is_read():
    document = read("a: 1\na: 2\nb: 3\n", "x")
    assert document.data == {"a": 1, "b": 3}
    assert document.faults[0].pointer == "/a"


PLACES = """\
# tête
a: 1
b:
  - x: "é"  # note
    y: [1, {z: deux}]
  - |
    bloc
c:
"""


@pytest.mark.parametrize(
    ("pointer", "place", "source"),
    [
        ("/a", (2, 4), "1"),
        ("/b/0", (4, 5), None),
        ("/b/0/x", (4, 8), '"é"'),
        ("/b/0/y/1/z", (5, 16), "deux"),
        ("/b/1", (6, 5), "|\n    bloc\n"),
        ("/c", (8, 3), ""),
        ("/b/0/absent", (4, 5), ""),
        ("/absent/partout", (2, 1), ""),
    ],
)
@pytest.mark.parametrize("dress", [str, lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n")],
                         ids=["plain", "BOM", "CRLF"])  # fmt: skip
def test_every_value_has_its_place(pointer, place, source, dress):
    document = read(dress(PLACES), "x")
    assert document.position(pointer) == place
    if source is not None:
        assert document.source(pointer).replace("\r\n", "\n") == source


def test_a_key_has_its_place_too():
    document = read(PLACES, "x")
    assert document.position_of_key("/b/0/y") == (5, 5)
    assert document.position_of_key("/b/0") == document.position("/b/0")


def test_an_unreadable_document_has_no_marks():
    assert dict(Document("x", "", None).marks) == {}
    assert read(b"a: *b\n", "x").position("/a") == (1, 1)
