"""A table that went out and comes back untouched changes no byte, whatever the file holds."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rorcli.files import read_file
from rorcli.model import to_data
from rorcli.tables import sheets
from rorcli.tables.columns import TABLES
from rorcli.tables.entries import rows, shown
from rorcli.tables.importing import Way, take
from rorcli.text import batches, render
from rorcli.text.document import read
from tests.sample import SAMPLE
from tests.strategies import TEXT, establishments

EXAMPLES = Path(__file__).parents[2] / "examples"
TODAY = date(2026, 11, 25)
FORMS = {
    "csv": sheets.csv_bytes,
    "csv-utf16": lambda sheet: sheets.csv_bytes(sheet).decode("utf-8-sig").encode("utf-16"),
    "xlsx": lambda sheet: sheets.xlsx_bytes([sheet]),
}


def round_trip(document, name, form, *, replace):
    table = TABLES[name]
    headers = [column.header for column in shown(table)]
    sheet = sheets.Sheet(name, headers, list(rows(table, [document], TODAY)))
    grids = sheets.read(form(sheet), "t")
    intake = take([document], grids, Way({}, name, replace, TODAY), "t")
    assert intake.problems == []
    assert {each.did for each in intake.outcomes} <= {"unchanged", "empty"}
    assert len(intake.outcomes) == len(list(sheet.rows))
    return batches.apply(document, intake.steps.get(document.path, []))


@pytest.mark.parametrize("replace", [False, True], ids=["merge", "replace"])
@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("form", ["csv", "csv-utf16", "xlsx"])
@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_example_comes_back_untouched(file, name, form, replace):
    replace = replace and name != "contacts"  # refused there
    document = read_file(file)
    assert round_trip(document, name, FORMS[form], replace=replace) is document


@pytest.mark.parametrize("name", TABLES)
@given(
    establishment=establishments(),
    form=st.sampled_from(["csv", "csv-utf16", "xlsx"]),
    replace=st.booleans(),
)
def test_any_establishment_comes_back_untouched(name, establishment, form, replace):
    document = read(render.document(to_data(establishment), "schema.json"), "f.yaml")
    replace = replace and name != "contacts"  # refused there
    assert round_trip(document, name, FORMS[form], replace=replace) is document


def columns(name):
    return [column.key for column in shown(TABLES[name])]


def exported(document, name):
    return [
        ["" if cell is None else str(cell) for cell in row]
        for row in rows(TABLES[name], [document], TODAY)
    ]


def imported(document, name, cells, *, replace=False):
    headers = [column.header for column in shown(TABLES[name])]
    content = sheets.csv_bytes(sheets.Sheet(name, headers, cells))
    return take([document], sheets.read(content, "t"), Way({}, name, replace, TODAY), "t")


NUMBERS = st.integers(10, 99)


def another(canal, row, number):
    """A value of that channel, which no other row has."""
    if canal in {"Téléphone", "Mobile", "Télécopie"}:
        return f"06 39 98 {row:02} {number}"
    is_site = canal == "Site web"
    return f"https://r{row}-{number}.example" if is_site else f"r{row}-{number}@saules.example"


@pytest.mark.parametrize("replace", [False, True], ids=["merge", "replace"])
@given(data=st.data())
def test_what_is_corrected_in_the_table_is_what_the_next_one_shows(replace, data):
    document = read(SAMPLE, "f.yaml")
    keys = ("canal", "valeur", "valeur_actuelle")
    canal, value, former = (columns("coordonnees").index(key) for key in keys)
    before = exported(document, "coordonnees")
    chosen = data.draw(st.dictionaries(st.integers(0, len(before) - 1), NUMBERS, max_size=4))
    wanted = [list(row) for row in before]
    for rank, number in chosen.items():
        wanted[rank][value] = another(before[rank][canal], rank, number)
    intake = imported(document, "coordonnees", data.draw(st.permutations(wanted)), replace=replace)
    assert intake.problems == []
    after = exported(batches.apply(document, intake.steps.get("f.yaml", [])), "coordonnees")
    shown_again = sorted([*row[:former], *row[value:]] for row in after)
    assert shown_again == sorted([*row[:former], *row[value:]] for row in wanted)


@pytest.mark.parametrize("name", TABLES)
@given(data=st.data(), replace=st.booleans())
def test_any_cell_is_taken_or_refused_and_a_second_import_changes_nothing(name, data, replace):
    document = read(SAMPLE, "f.yaml")
    cells = exported(document, name)
    places = st.tuples(st.integers(0, len(cells) - 1), st.integers(0, len(columns(name)) - 1))
    words = TEXT | st.sampled_from(["", "1,0E+10", "=x", "oui", "0", "46152", "02 61 91 00 44"])
    for (row, column), text in data.draw(st.dictionaries(places, words, max_size=3)).items():
        cells[row][column] = text
    replace = replace and name != "contacts"  # refused there
    intake = imported(document, name, cells, replace=replace)
    assert all(problem.message and problem.row > 1 for problem in intake.problems)
    if not intake.problems:
        after = batches.apply(document, intake.steps.get("f.yaml", []))
        assert imported(after, name, exported(after, name)).steps == {}
