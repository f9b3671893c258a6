"""The lines of one node as a document of their own, and back; an item moved with its lines.

Edits of a small document cost little. What is put back is read once more, whole, and compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rorcli.errors import UsageError
from rorcli.text.document import Document, read
from rorcli.text.edits import append_item, remove_item, value_at

SITE, _EG, _UNITS = "/etablissement", "etablissement", "unites"
#: Where a unit stands in the small document that its lines are.
UNIT = f"{SITE}/{_UNITS}/0"


@dataclass(frozen=True, slots=True)
class Cut:
    """A node's own lines, without the units below, as a small document that begins by `head`."""

    pointer: str
    start: int
    end: int
    head: str
    document: Document


def alone(data: dict[str, Any]) -> dict[str, Any]:
    """The data of a node without the units below it."""
    return {key: value for key, value in data.items() if key != _UNITS}


def cut(document: Document, pointer: str) -> Cut | None:
    """The lines of the EG (with the EJ) or of a unit; None when they do not stand by themselves."""
    text, marks, line = document.text, document.marks, document.newline
    start, head, end = 0, "", len(text)
    wanted = {**document.data, _EG: alone(value_at(document.data, pointer))}
    if pointer != SITE:
        start = text.rfind("\n", 0, marks[pointer].start) + 1
        before_dash = text[start : marks[pointer].start].partition("-")[0]
        head = f"{_EG}:{line}{before_dash}{_UNITS}:{line}"
        wanted = {_EG: {_UNITS: [wanted[_EG]]}}
        # The node ends before what stands as far to the left, comments aside.
        left = re.compile(rf"^ {{0,{len(before_dash)}}}(?![ \r\n#])", re.MULTILINE)
        following = left.search(text, marks[pointer].start)
        end = following.start() if following else end
    if (below := marks.get(f"{pointer}/{_UNITS}")) is not None:
        end = text.rfind("\n", 0, below.key_start) + 1
    small = read(head + text[start:end], document.path)
    return Cut(pointer, start, end, head, small) if small.data == wanted else None


def pasted(document: Document, cuts: list[Cut]) -> Document | None:
    """The whole file with its cuts put back; None if it does not say what they say."""
    if not cuts:
        return document
    text, wanted = document.text, _copied(document.data)
    for each in sorted(cuts, key=lambda cut: -cut.start):
        text = text[: each.start] + each.document.text[len(each.head) :] + text[each.end :]
        node, small = value_at(wanted, each.pointer), each.document.data
        below = {_UNITS: node[_UNITS]} if _UNITS in node else {}
        node.clear()
        node |= (small[_EG] if each.pointer == SITE else small[_EG][_UNITS][0]) | below
        wanted |= {k: v for k, v in small.items() if k != _EG}
    after = read(text, document.path)
    return after if after.data == wanted else None


def edit_nodes(
    document: Document, work: Mapping[str, Callable[[Document], Document]]
) -> tuple[Document, list[str]]:
    """Edits nodes in their own lines alone: the file after that, and the nodes that are left.

    `work` gives, for the pointer of each node, what is to be done to the small document that its
    lines are, where the EG keeps its pointer and a unit has that of `UNIT`. What a layout does not
    allow there is left, to be done, or refused with its place, in the whole file.
    """
    left: list[str] = []
    cuts: list[Cut] = []
    for pointer, edit in work.items():
        small = cut(document, pointer) if pointer else None
        try:
            made = small and replace(small, document=edit(small.document))
        except UsageError:  # to be said again with the place in the whole file
            made = None
        cuts += [made] if made else []
        left += [] if made else [pointer]
    after = pasted(document, cuts)
    return (document, list(work)) if after is None else (after, left)


def moved(document: Document, pointer: str, target: str) -> Document:
    """An item of a list put at the end of another list, with its lines and comments."""
    there = append_item(document, target, value_at(document.data, pointer))
    last = f"{target}/{len(value_at(there.data, target)) - 1}"
    old, new = _lines(document, pointer), _lines(there, last)
    if old and new:
        block = _shifted(document.text[old[0] : old[1]], new[2] - old[2])
        as_it_was = read(there.text[: new[0]] + block + there.text[new[1] :], document.path)
        there = as_it_was if as_it_was.data == there.data else there
    return remove_item(there, pointer)


def _lines(document: Document, pointer: str) -> tuple[int, int, int] | None:
    """Start and end of the lines of a list's item, and the column of its dash."""
    text, mark = document.text, document.marks[pointer]
    start = text.rfind("\n", 0, mark.start) + 1
    if text[start : mark.start].strip() != "-":
        return None
    inside = (m for p, m in document.marks.items() if p.startswith(f"{pointer}/"))
    written = [m.end for m in inside if m.flow or m.style not in {"mapping", "sequence"}]
    content = text[: max(written, default=mark.end)].rstrip("\r\n")
    end = text.find("\n", len(content))
    return start, len(text) if end < 0 else end, text.index("-", start) - start


def _shifted(block: str, columns: int) -> str:
    """Lines moved to the right, or to the left; empty ones stay as they are."""
    lines = block.splitlines(keepends=True)
    moved = [" " * columns + line if columns > 0 else line[-columns:] for line in lines]
    return "".join(new if old.strip() else old for old, new in zip(lines, moved, strict=True))


def _copied(data: Any) -> Any:
    """Another tree with the same leaves."""
    if isinstance(data, dict):
        return {key: _copied(value) for key, value in data.items()}
    return [_copied(each) for each in data] if isinstance(data, list) else data
