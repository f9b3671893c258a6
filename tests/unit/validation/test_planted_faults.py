"""The generator of the benchmarks knows where it plants its faults: so must validation."""

from datetime import date

from benchmarks.generate import FAULTS, write
from rorcli.files import read_file
from rorcli.validation import validate_all

TODAY = date(2026, 11, 25)


def findings(folder):
    return validate_all([read_file(path) for path in sorted(folder.glob("*.yaml"))], TODAY)


def test_generated_files_have_no_finding(tmp_path):
    write(tmp_path, files=6)
    assert findings(tmp_path) == []


def test_each_planted_fault_is_told_once_at_its_line_and_column(tmp_path):
    planted = write(tmp_path, files=8, size="s", faults=99)
    found = [(each.path, each.rule, each.line, each.column) for each in findings(tmp_path)]
    expected = [(str(tmp_path / p.path), p.rule, p.line, p.column) for p in planted]
    assert sorted(found) == sorted(expected)
    assert {p.rule for p in planted} == {
        "ROR104", "ROR110", "ROR111", "ROR112", "ROR113", "ROR114", "ROR203", "ROR204", "ROR206",
        "ROR207", "ROR208", "ROR303", "ROR305", "ROR308",
    }  # fmt: skip
    assert len(planted) > len(FAULTS)
