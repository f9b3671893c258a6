"""What an edit changes in a file, as a unified diff."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rorcli.reports import Line
    from rorcli.text.document import Document

_STYLES = {"+": "added", "-": "removed", "@": "dim"}


def render_difference(before: Document, after: Document) -> Iterator[Line]:
    """The lines of the diff; a file only ever differs where it was edited."""
    old, new = before.text.splitlines(), after.text.splitlines()
    for line in unified_diff(old, new, before.path, after.path, lineterm=""):
        yield ((line, _STYLES.get(line[:1], "")),)
