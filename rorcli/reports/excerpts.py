"""Findings shown in their file: the line, a caret run under what is meant, what to write.

For whoever has the file before their eyes. What goes round has one line a finding, and no line of
the file: it may name people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from unicodedata import category, east_asian_width

from rorcli.model import spec_at
from rorcli.reports import Line
from rorcli.reports.findings import headline, one_line
from rorcli.validation.findings import Finding

WIDTH = 100  # characters of a line that are shown; of a longer one, those around the carets
_WORD = re.compile(r"[\w-]+|#.*\S|.|$")


def render_excerpts(findings: Iterable[Finding], text: str) -> Iterator[Line]:
    """Each finding on a file of that text, in a paragraph that ends in an empty line."""
    lines = text.removeprefix("\ufeff").split("\n")
    for finding in findings:
        yield headline(finding)
        yield from _excerpt(finding, "".join(lines[finding.line - 1 : finding.line]))
        if finding.remedy:
            mark = "  [--fix]" if finding.mend is not None else ""
            yield (("     = ", "dim"), (one_line(finding.remedy), ""), (mark, "ok"))
        yield ""


def _excerpt(finding: Finding, line: str) -> Iterator[Line]:
    """The line and its carets; none for a file without text."""
    start = finding.column - 1
    found = _WORD.match(line, start)
    if not line.strip() or not found:
        return
    end = start + (finding.width if finding.width > 1 else max(1, len(found[0])))
    cut = min(start, max(0, end + WIDTH // 4 - WIDTH)) if len(line) > WIDTH else 0
    before, after = "…" * bool(cut), "…" * (len(line) > cut + WIDTH)
    shown = before + one_line(line[cut : cut + WIDTH].rstrip()) + after
    carets = " " * _columns(before + line[cut:start]) + "^" * _columns(
        line[start : min(end, cut + WIDTH)]
    )
    yield ((f"{finding.line:>4} | ", "dim"), (shown, ""))
    yield (("     | ", "dim"), (carets, finding.severity.value), (_named(finding), "dim"))


def _columns(text: str) -> int:
    """How wide a terminal shows it: an accent set upon a letter takes nothing, 日 takes two."""
    if text.isascii():
        return len(text)
    widths = (0 if category(e) in ("Mn", "Me") else 1 + (east_asian_width(e) in "WF") for e in text)
    return sum(widths)


def _named(finding: Finding) -> str:
    """The French label of the key concerned, told to be missing where it is."""
    spec = spec_at(finding.field)
    if spec is None:
        return ""
    return f" {spec.label}" if finding.width else f" il y manque : {spec.label}"
