"""Spreadsheets as bytes: what goes out comes back, and what is dangerous or broken is told."""

import builtins
import io
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from rorcli.errors import UsageError
from rorcli.tables import sheets
from rorcli.tables.sheets import Formula, Sheet, csv_bytes, read, xlsx_bytes

HEADERS = ("Code", "Téléphone", "Nombre")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [
        "=1+1",
        "'=x",
        "+33 2 61",
        "-",
        "@a",
        "\t",
        "'",
        "a;b",
        'a"b',
        "x\r\ny",
        "_x000D_",
        " à ",
        "007",
    ]
)


def sheet(*rows):
    return Sheet("coordonnees", HEADERS, rows)


def cells(content: bytes) -> list[list[str]]:
    return [list(row.cells) for grid in read(content, "t.csv") for row in grid.rows]


def book(*rows, title="Feuil1", **formats) -> bytes:
    made = Workbook()
    page = made.active
    assert page is not None
    page.title = title
    for row in rows:
        page.append(row)
    for place, form in formats.items():
        page[place].number_format = form
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@given(st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=4))
def test_texts_come_back_as_they_went_out(rows):
    expected = [list(HEADERS), *(sheets._stripped(list(row)) for row in rows if any(row))]
    assert cells(csv_bytes(sheet(*rows))) == expected
    assert cells(xlsx_bytes([sheet(*rows)])) == expected


def test_a_csv_is_what_excel_in_french_opens():
    content = csv_bytes(sheet(("007", "=1+1", 24), (None, "+33", None)))
    assert content.decode("utf-8-sig") == "Code;Téléphone;Nombre\r\n007;'=1+1;24\r\n;'+33;\r\n"
    assert content.startswith(b"\xef\xbb\xbf")


def test_a_workbook_opens_with_texts_a_frozen_header_and_wide_columns():
    content = xlsx_bytes([sheet(("007", "=HYPERLINK(1)", 24)), Sheet("praticiens", ("RPPS",), ())])
    made = load_workbook(io.BytesIO(content))
    assert made.sheetnames == ["coordonnees", "praticiens"]
    page = made["coordonnees"]
    assert page.freeze_panes == "A2"
    assert [(c.value, c.data_type, c.number_format) for c in page[2]] == [
        ("007", "s", "@"), ("=HYPERLINK(1)", "s", "@"), (24, "n", "General"),
    ]  # fmt: skip
    assert page["A1"].font.bold
    assert page.column_dimensions["B"].width == len("=HYPERLINK(1)") + 2
    assert page.column_dimensions["B"].number_format == "@"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_encoding_and_separator_are_found_out(encoding, separator):
    text = "\r\n".join(separator.join(row) for row in [HEADERS, ("1", "né à Âge", "2")]) + "\r\n"
    assert cells(text.encode(encoding)) == [list(HEADERS), ["1", "né à Âge", "2"]]


def test_a_title_or_a_separator_line_above_the_table_misleads_nobody():
    table = "Code;Nom, prénom\n1;a, b\n2;c, d\n"
    assert cells(f"Tableau du service, novembre, 2026\n{table}".encode())[1:] == cells(
        table.encode()
    )
    named = list(read(b"sep=,\r\nCode,A;B\r\n1,2\r\n", "t.csv")[0].rows)
    assert [(row.number, list(row.cells)) for row in named] == [
        (2, ["Code", "A;B"]),
        (3, ["1", "2"]),
    ]


def test_numbers_days_and_truth_values_are_texts_without_loss():
    nine_thirty = datetime.fromisoformat("2026-05-10T09:30")
    content = book([10099999996, 24.0, 1.5, True, date(2026, 5, 10), nine_thirty])
    expected = ["10099999996", "24", "1.5", "oui", "2026-05-10", "2026-05-10T09:30:00"]
    assert cells(content) == [expected]


def test_the_calendar_of_old_macs_is_known():
    from openpyxl.utils.datetime import MAC_EPOCH

    made = Workbook()
    made.epoch = MAC_EPOCH
    made.create_sheet("Feuil1")
    out = io.BytesIO()
    made.save(out)
    assert read(out.getvalue(), "t.xlsx")[0].origin.year == 1904
    assert read(book(["x"]), "t.xlsx")[0].origin == sheets.ORIGIN


def test_a_formula_and_the_error_of_one_are_no_values():
    (csv_row,) = cells(b'="0261";2\n')
    (row,) = cells(book(["=1+1", "#REF!", "=x"]))
    assert [isinstance(c, Formula) for c in csv_row] == [True, False]
    assert [isinstance(c, Formula) for c in row] == [True, True, True]


@pytest.mark.parametrize("shown", ["#N/A", "#N/D", "#REF!", "#VALEUR!", "#NOM?", "#DIV/0!", "####"])
def test_the_error_of_a_formula_is_no_value_in_a_csv_file_either(shown):
    (row,) = cells(f"{shown};# 3;#3\n".encode())
    assert [isinstance(c, Formula) for c in row] == [True, False, False]


def test_empty_rows_and_columns_far_away_cost_nothing():
    made = Workbook()
    page = made.create_sheet("Feuil1", 0)
    page["A1"], page["A1000"], page["XFD5"] = "x", "y", "z"
    out = io.BytesIO()
    made.save(out)
    assert [(r.number, list(r.cells)) for r in read(out.getvalue(), "t")[0].rows] == [
        (1, ["x"]), (1000, ["y"]),
    ]  # fmt: skip


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """A workbook with one more part, or another one of that name."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            if info.filename != name:
                new.writestr(info, old.read(info))
        new.writestr(name, part)
    return out.getvalue()


def test_macros_and_hidden_sheets_are_left_alone():
    content = with_part(book(["x"]), "xl/vbaProject.bin", b"Sub Auto_Open()")
    assert cells(content) == [["x"]]
    made = load_workbook(io.BytesIO(content))
    made.create_sheet("cachée").sheet_state = "hidden"
    out = io.BytesIO()
    made.save(out)
    assert [grid.name for grid in read(out.getvalue(), "t")] == ["Feuil1"]


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row><c t="str"><v>&b;</v></c>
</row></sheetData></worksheet>"""
BAD = {
    "a zip bomb": (
        packed(xl__workbook_xml=b"", xl__worksheets__sheet1_xml=b"0" * (64 << 20)),
        "se déplie",
    ),
    "a bomb of entities": (with_part(book(["x"]), "xl/worksheets/sheet1.xml", LAUGHS), "illisible"),
    "half a workbook": (book(["x"])[:-40], "endommagé"),
    "a workbook without sheets": (packed(xl__workbook_xml=b"<x/>"), "illisible"),
    "another zip": (packed(content_xml=b"<x/>"), "pas un classeur"),
    "an old .xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, r"\.xls"),
    "bytes": (b"a;b\n\x81\x8d;1\n", "codage"),
    "quotes never closed": (b'a;b\n1;"2\n3;4\n', "guillemets"),
    "an endless cell": (b"a;b\n" + b"x" * (1 << 21) + b";1\n", "plus de 1 Mo"),
}


@pytest.mark.parametrize(("content", "said"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_told_with_what_to_do(content, said):
    with pytest.raises(UsageError, match=said) as told:
        cells(content)
    assert told.value.message.startswith("t.csv")
    assert told.value.remedy


def test_a_hundred_thousand_rows_pass_and_too_many_are_refused(monkeypatch):
    rows = b"a;b\n" + b"1;2\n" * 100_000
    assert sum(1 for _ in read(rows, "t.csv")[0].rows) == 100_001
    monkeypatch.setattr(sheets, "MAX_ROWS", 3)
    with pytest.raises(UsageError, match="plus de 3 lignes"):
        cells(b"a;b\n" + b"1;2\n" * 4)
    assert len(cells(b"a;b\n" + b"1;2\n" * 3)) == 4
    monkeypatch.setattr(sheets, "MAX_BYTES", 3)
    with pytest.raises(UsageError, match="Mo"):
        cells(b"a;b\n")


def test_a_text_too_long_for_a_cell_is_not_cut():
    with pytest.raises(UsageError, match=r"trop long"):
        xlsx_bytes([sheet(("x" * 40_000, "", ""))])
    assert cells(csv_bytes(sheet(("x" * 40_000, "", ""))))[1] == ["x" * 40_000]


def test_without_the_extra_the_command_that_installs_it_is_told(monkeypatch):
    real = builtins.__import__

    def missing(name, *rest):
        if name.partition(".")[0] == "defusedxml":
            raise ImportError(name)
        return real(name, *rest)

    content = book(["x"])
    monkeypatch.setattr(builtins, "__import__", missing)
    for call in (lambda: xlsx_bytes([sheet()]), lambda: read(content, "t.xlsx")):
        with pytest.raises(UsageError) as told:
            call()
        assert "pip install" in told.value.remedy


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")]
)
def test_columns_are_named_as_spreadsheets_name_them(index, letters):
    assert sheets.column_letters(index) == letters
