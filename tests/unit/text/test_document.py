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
        (b"a: 'x\n\nb: 1\n", "ROR101", (1, 4)),
        (b"a: @x\n", "ROR101", (1, 4)),
        (b"a: 1\nb: 2\na: 3\n", "ROR102", (3, 1)),
        (b"x:\r\n  a: 1\r\n  a: 2\r\n", "ROR102", (3, 3)),
        (b"\xef\xbb\xbfa: 1\na: 2\n", "ROR102", (2, 1)),
        (b"\xef\xbb\xbfa: *b\n", "ROR103", (1, 4)),
        (b"a: &b 1\n", "ROR103", (1, 4)),
        (b"a: !!str 1\n", "ROR103", (1, 4)),
        (b"<<: {a: 1}\n", "ROR103", (1, 1)),
        (b"? [a]\n: 1\n", "ROR103", (1, 3)),
        (b"a: ! 12\n", "ROR103", (1, 4)),
        (b"a: 1\rb: 2\r", "ROR101", (1, 5)),
        (b"a: 1\r\nb: 2\rc: 3\r\n", "ROR101", (2, 5)),
        ("a: 1  # x\u2028b: 2\n".encode(), "ROR101", (1, 10)),
        ("\ufeffa: x\x85b: 2\n".encode(), "ROR101", (1, 5)),
        ('a: "x\u2029y"\n'.encode(), "ROR101", (1, 6)),
        (b"a: ! [x]\n", "ROR103", (1, 4)),
        (b"a: !x\n", "ROR103", (1, 4)),
        (b"a: {<<: {b: 1}}\n", "ROR103", (1, 5)),
        (b"null\n", "ROR101", (1, 1)),
        (b"---\n# rien\n...\n", "ROR101", (1, 1)),
        (b"%YAML 2.0\n---\na: 1\n", "ROR101", (1, 1)),
        ("\ufeff".encode(), "ROR101", (1, 1)),
        ("a: 1\n".encode("utf-16-le"), "ROR101", (1, 1)),
        ("éé: \x02\n".encode(), "ROR101", (1, 5)),
        ("\ufeffé: \ufffe\n".encode(), "ROR101", (1, 4)),
        ("é: 1\r\nb: é\x7f\r\n".encode(), "ROR101", (2, 5)),
        (b"a: 1\r\nb: \xe9\r\n", "ROR101", (2, 4)),
        (b"\xef\xbb\xbfa: \xe9\n", "ROR101", (1, 4)),
        ("a: \ud800\n", "ROR101", (1, 4)),
        (b"a: 1\n" + b"#" * 5000 + b"\n\0", "ROR101", (3, 1)),
        (b"a:\n\t- b\n", "ROR101", (2, 1)),
        (b"\ta: 1\n", "ROR101", (1, 1)),
        (b"a: {b: 1, b: 2}\n", "ROR102", (1, 11)),
        (b"[" * 100, "ROR101", (1, 100)),
        (b"[" * 101, "ROR101", (1, 101)),
        (b"".join(b" " * n + b"a:\n" for n in range(400)), "ROR101", (101, 101)),
        (b"{a: " * 10_000, "ROR101", (1, 401)),
        (b"[" * 20_000, "ROR101", None),
    ],
)  # fmt: skip
def test_what_cannot_be_read_has_its_place(content, rule, place):
    assert (read(content, "x").data is None) == (rule != "ROR102")
    found = faults(content)
    assert [rule] == [each for each, _ in found]
    assert place in (None, found[0][1])


def test_a_text_that_is_too_big_is_not_even_parsed():
    assert faults(b"a: 1\n" * (MAX_BYTES // 5 + 1)) == [("ROR101", (1, 1))]
    said = [read(b"#" * size, "x").faults[0].message for size in (16 << 20, (16 << 20) + 1)]
    assert said == ["fichier vide", "fichier de plus de 16 Mo"]


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


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: 1\n\n\tb: 2\n", "tabulation"), ("a:\n\t- b\n", "tabulation"),
        ("a: 'x\nb: 1\n", "guillemets"), ("a: b: c\n", "mal placé"), ("a: é\x02\n", "U+0002"),
        ("a: @x\n", "ne commence pas"), ("a: [1,\nb: 2\n", "virgule"), ("a: *b\n", "alias"),
        ("a: &b 1\n", "ancre"), ("a: ! 1\n", "étiquette"), ("<<: {}\n", "fusion"),
        ("[" * 101, "100 niveaux"), ("[" * 20_000, "100 niveaux"), ("a: - b\n", "rompue"),
        ('a: "\\q"\n', "séquence"), ("a\nb: 1\n", "« : »"), ("", "vide"),
        ("a: 1\na: 2\n", "« a »"),
    ],
)  # fmt: skip
def test_a_fault_says_what_is_wrong_in_the_reader_s_words(content, said):
    (fault,) = read(content, "x").faults
    assert said in fault.message
    assert fault.remedy


@pytest.mark.parametrize("text", ["- a\n- b\n", "bonjour\n", "12\n"])
def test_what_is_no_mapping_is_read_all_the_same(text):
    assert data(text) is not None


def test_keys_are_texts_whatever_they_look_like():
    assert data("1: a\nno: b\n2026-05-10: c\n? d\n") == {
        "1": "a", "no": "b", "2026-05-10": "c", "d": None}  # fmt: skip


@pytest.mark.parametrize("plain", ["1234567890123456", "1" * 400 + ".5"])
def test_a_number_that_a_computer_would_round_stays_text_and_is_told(plain):
    document = read(f"a: {plain}\n", "x")
    assert document.data == {"a": plain}
    assert document.ambiguous == (("/a", plain),)


def test_a_day_is_text_only_where_a_day_is_expected():
    document = read("verifie_le: [2026-05-10]\nnom: 2026-05-10\n", "x")
    assert [pointer for pointer, _ in document.ambiguous] == ["/verifie_le/0", "/nom"]


def test_a_duplicate_marks_the_first_value_and_tells_the_second():
    document = read("a: 1\r\nb:\r\n  c: 2\r\n  c: 3\r\n", "x")
    (fault,) = document.faults
    assert (fault.pointer, document.line_column(fault.offset)) == ("/b/c", (4, 3))
    assert document.position("/b/c") == (3, 6)


def test_marks_tell_style_and_flow():
    document = read("a: 'x'\nb: \"y\"\nc: |\n  z\nd: >\n  w\ne: [1]\nf:\n  g: v\n", "x")
    assert {pointer: (mark.style, mark.flow) for pointer, mark in document.marks.items()} == {
        "/a": ("single", False), "/b": ("double", False), "/c": ("literal", False),
        "/d": ("folded", False), "/e/0": ("plain", False), "/e": ("sequence", True),
        "/f/g": ("plain", False), "/f": ("mapping", False), "": ("mapping", False)}  # fmt: skip


def test_python_s_own_parser_reads_the_same(monkeypatch):
    from yaml import SafeLoader

    fast = read(PLACES, "x")
    monkeypatch.setattr("rorcli.text.document._Parser", SafeLoader)
    slow = read(PLACES, "x")
    assert (slow.data, slow.marks) == (fast.data, fast.marks)
    assert [rule for rule, _ in faults(b"a: \x01\n")] == ["ROR101"]
