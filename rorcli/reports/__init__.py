"""What people and programs read: pure functions from values to lines or to JSON-able data.

A line is a text, or spans of text with the name of a style; only `cli.terminal` knows what a style
looks like, and whether to show it.
"""

from __future__ import annotations

Span = tuple[str, str]
Line = str | tuple[Span, ...]


def plain(line: Line) -> str:
    """The line without its styles."""
    return line if isinstance(line, str) else "".join(text for text, _ in line)
