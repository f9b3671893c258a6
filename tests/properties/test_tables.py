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
from rorcli.tables.intake import Way, take
from rorcli.text import batches, render
from rorcli.text.document import read
from tests.strategies import establishments

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
    assert round_trip(document, name, FORMS[form], replace=replace) is document
