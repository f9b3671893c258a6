"""Writes docs/regles.md, the page of all rules, from what `rorcli validate --explain` tells.

python -m tools.build_rules_page
"""

from __future__ import annotations

from pathlib import Path

from rorcli.reports.lessons import render_page
from rorcli.validation.lessons import PAGE

FILE = Path(__file__).parents[1] / PAGE

if __name__ == "__main__":
    FILE.write_text(render_page(), encoding="utf-8", newline="\n")
