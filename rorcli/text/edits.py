"""Splices: a new Document that differs from the old one only where it was asked to.

Comments, quotes, order, indents, line endings and byte-order mark of everything else stay. Every
splice reads its own result again and compares the data with what was wanted, so a layout that is
not handled is refused and never damages the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rorcli import codes
from rorcli.errors import UsageError
from rorcli.fields import Kind, Spec
from rorcli.model import Establishment, keys_of, spec_at
from rorcli.nouns import Noun
from rorcli.text import render
from rorcli.text.document import Document, Mark, read


def set_value(document: Document, pointer: str, value: Any) -> Document:
    """Gives the key at `pointer` a value; the key, and the mappings above it, may be absent."""
    parent, _, key = pointer.rpartition("/")
    if pointer in document.marks:
        if _is_so(document, pointer, value):
            return document
        return _proved(document, _replace(document, pointer, value), {pointer: value})
    holder = value_at(document.data, parent)
    if holder is None and parent:
        return set_value(document, parent, {key: value})
    if not isinstance(holder, dict):
        raise _refusal(document, parent, f"« {_key(parent)} » ne tient pas de clés", _BY_HAND)
    return _proved(document, _insert_key(document, parent, key, value), {pointer: value})


def set_scalars(document: Document, values: Mapping[str, Any]) -> Document:
    """The same for many scalars that the file holds, at the cost of one: it is read again once."""
    wanted = {p: value for p, value in values.items() if not _is_so(document, p, value)}
    if not wanted:
        return document
    now = document
    # From the end: what stands before a change keeps its place.
    for pointer in sorted(wanted, key=lambda p: document.marks[p].start, reverse=True):
        now = replace(document, text=_replace(now, pointer, wanted[pointer]))
        now.__dict__["marks"] = document.marks
    return _proved(document, now.text, wanted)


def append_item(document: Document, pointer: str, item: Any) -> Document:
    """Adds an item at the end of the list at `pointer`, made if it is absent or null."""
    old = value_at(document.data, pointer)
    if isinstance(old, str):
        return set_value(document, pointer, [old, item])
    if old is None or old == []:
        return set_value(document, pointer, [item])
    if not isinstance(old, list):
        raise _refusal(document, pointer, f"« {_key(pointer)} » n'est pas une liste", _BY_HAND)
    mark = document.marks[pointer]
    if mark.flow:
        at = _content_end(document, f"{pointer}/{len(old) - 1}")
        text = _splice(document, at, at, ", " + render.one_line(item, _key(pointer)))
    else:
        indent = _column(document, mark.start)
        text = _insert_line(document, f"{pointer}/{len(old) - 1}",
                            render.items(_spec(pointer), [item], indent))  # fmt: skip
    return _proved(document, text, {f"{pointer}/{len(old)}": item})


def remove_item(document: Document, pointer: str) -> Document:
    """Removes one item of a list with the lines it stands on; the last one leaves `[]`."""
    parent, _, rank = pointer.rpartition("/")
    old = value_at(document.data, parent)
    if not isinstance(old, list) or int(rank) >= len(old):
        raise _refusal(document, parent, f"« {_key(parent)} » n'a pas cet élément", _BY_HAND)
    if len(old) == 1:
        return set_value(document, parent, [])
    index, mark = int(rank), document.marks[pointer]
    if document.marks[parent].flow and (lines := _own_lines(document, pointer)):
        start, end = lines
    elif document.marks[parent].flow:
        first = index == 0
        start = mark.start if first else _content_end(document, f"{parent}/{index - 1}")
        end = document.marks[f"{parent}/1"].start if first else _content_end(document, pointer)
    else:
        start = _line_start(document, _dash(document, parent, index))
        end = _after_line(document, _content_end(document, pointer))
        if end == len(document.text) and not document.text.endswith("\n"):
            start -= len(document.newline)
    rest = [each for place, each in enumerate(old) if place != index]
    return _proved(document, _splice(document, start, end, ""), {parent: rest})


def value_at(data: Any, pointer: str) -> Any:
    """The value at a JSON pointer; None when there is none."""
    for step in pointer.split("/")[1:]:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and step.isdigit() and int(step) < len(data):
            data = data[int(step)]
        else:
            return None
    return data


def _proved(document: Document, text: str, values: Mapping[str, Any]) -> Document:
    """The new text read again, if it holds exactly the wanted data."""
    wanted = document.data
    for pointer, value in values.items():
        wanted = _given(wanted, pointer.split("/")[1:], value)
    after = read(text, document.path)
    faults = [[fault._replace(offset=0) for fault in each.faults] for each in (document, after)]
    if after.data != wanted or faults[0] != faults[1]:
        raise _refusal(
            document, next(iter(values)),
            "la mise en page de ces lignes ne permet pas une modification sûre",
            "modifiez-les à la main, ou écrivez cette liste avec un élément par ligne",
        )  # fmt: skip
    return after


def _given(data: Any, steps: list[str], value: Any) -> Any:
    """The data with `value` at that place; what does not lead there is shared."""
    if not steps:
        return value
    first, *rest = steps
    if isinstance(data, list):
        at, held = int(first), value_at(data, f"/{first}")
        return [*data[:at], _given(held, rest, value), *data[at + 1 :]]
    return {**data, first: _given(data.get(first), rest, value)}


_BY_HAND = "corrigez ces lignes à la main : rorcli validate dit ce qui y est attendu"


def _refusal(document: Document, pointer: str, why: str, remedy: str) -> UsageError:
    line, column = document.position(pointer)
    said = f"{document.path}:{line}:{column} : {why} ; rien n'a été écrit"
    return UsageError(said, remedy=remedy)


def _is_so(document: Document, pointer: str, value: Any) -> bool:
    """True when nothing is to be written; a text that readers dispute still needs its quotes."""
    old = value_at(document.data, pointer)
    # The type too: True equals 1.
    return type(old) is type(value) and old == value and (pointer, old) not in document.ambiguous


def _replace(document: Document, pointer: str, value: Any) -> str:
    mark, key, flow = document.marks[pointer], _key(pointer), within_flow(document, pointer)
    emptied = mark.flow and not value_at(document.data, pointer)
    is_lines = mark.style in _COLLECTIONS and not mark.flow
    if _wants_lines(pointer, value) and not flow and (emptied or not mark.flow):
        return _write_below(document, pointer, value)
    if is_lines:
        # The lines below the key go with their comments.
        return _rewrite(document, pointer, " " + _inline(value, key, flow=False), "")
    new = _same_quotes(mark, value) or _inline(value, key, flow=flow)
    if mark.start == mark.end and document.text[mark.start - 1] not in " \t":
        new = " " + new
    text = _splice(document, mark.start, _content_end(document, pointer), new)
    return _relabel(document, pointer, value, text, len(new))


_COLLECTIONS = frozenset({"mapping", "sequence"})


def _wants_lines(pointer: str, value: Any) -> bool:
    """True for a collection that people write over several lines."""
    if isinstance(value, dict):
        return bool(value) and not render.fits_one_line(_owner(pointer), value)
    return isinstance(value, list) and bool(value) and _spec(pointer).kind is not Kind.TEXTS


def _inline(value: Any, key: str, *, flow: bool) -> str:
    if isinstance(value, (dict, list)):
        return render.one_line(value, key)
    return render.scalar(value, key, flow=flow)


def _same_quotes(mark: Mark, value: Any) -> str:
    """The value in the quotes that the old one had; "" when they do not fit."""
    if not isinstance(value, str):
        return ""
    if mark.style == "single" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return render.quoted(value) if mark.style == "double" else ""


def _relabel(document: Document, pointer: str, value: Any, text: str, length: int) -> str:
    """Writes the new code's label where the old one's stood, or beside it on a line of its own."""
    spec, start = spec_at(pointer), document.marks[pointer].start
    if spec is None or not spec.table:
        return text
    said, old = render.label(spec, value), render.label(spec, value_at(document.data, pointer))
    line_end = _line_end(text, start + length)
    rest = text[start + length : line_end]
    comment = re.search(r"[ \t]*#[ \t]*(?P<said>[^#]*)$", rest)
    if comment and old and codes.fold(comment["said"]) == codes.fold(old):
        fresh = f"  # {said}" if said else ""
        return text[: start + length + comment.start()] + fresh + text[line_end:]
    if not rest.strip() and said and not within_flow(document, pointer):
        return f"{text[: start + length]}  # {said}{text[line_end:]}"
    return text


def _write_below(document: Document, pointer: str, value: Any) -> str:
    """Writes a collection on lines below its key; a comment on the key's line stays there."""
    indent = _column(document, document.marks[pointer].key_start)
    return _rewrite(document, pointer, "", _in_file(document, _below(pointer, value, indent)))


def _rewrite(document: Document, pointer: str, beside: str, below: str) -> str:
    """The key with `beside` right after it, its line's comment, then `below` to the value's end."""
    mark, text = document.marks[pointer], document.text
    below_key = mark.style in _COLLECTIONS and not mark.flow
    colon = text.find(":", mark.key_end) + 1
    comment_start = colon if below_key else mark.end
    comment_end = _line_end(text, comment_start)
    end = _line_end(text, _content_end(document, pointer)) if below_key else comment_end
    comment = text[comment_start:comment_end].rstrip()
    return text[:colon] + beside + comment + below + text[end:]


def _below(pointer: str, value: Any, indent: int) -> str:
    spec = _spec(pointer)
    if isinstance(value, list):
        return render.items(spec, value, indent + 2)
    return render.block(spec.noun(), value, indent + 2)


def _insert_key(document: Document, parent: str, key: str, value: Any) -> str:
    """Puts a new key after the nearest one that precedes it in the order of the format."""
    mark, data = document.marks[parent], value_at(document.data, parent)
    if mark.flow and not data:
        return _splice(document, mark.start + 1, mark.start + 1,
                       f"{key}: {_inline(value, key, flow=True)}")  # fmt: skip
    before = f"{parent}/{_predecessor(_owner(parent), list(data), key)}"
    if mark.flow:
        at = _content_end(document, before)
        return _splice(document, at, at, f", {key}: {_inline(value, key, flow=True)}")
    first = next(iter(data))
    indent = _column(document, document.marks[f"{parent}/{first}"].key_start)
    owner = _owner(parent)
    return _insert_line(document, before, render.block(owner, {key: value}, indent))


def _predecessor(owner: type, present: list[str], key: str) -> str:
    order = list(keys_of(owner))
    if key not in order:
        return present[-1]
    earlier = [k for k in present if k in order and order.index(k) < order.index(key)]
    return max(earlier, key=order.index) if earlier else present[0]


def _owner(pointer: str) -> type:
    """The noun that the mapping at `pointer` is."""
    spec = spec_at(pointer)
    return spec.noun() if spec is not None else Noun if pointer else Establishment


def _spec(pointer: str) -> Spec:
    spec = spec_at(pointer)
    if spec is None:
        raise UsageError(f"« {_key(pointer)} » n'est pas une clé du format")
    return spec


def _key(pointer: str) -> str:
    return next(step for step in reversed(pointer.split("/")) if not step.isdigit())


def within_flow(document: Document, pointer: str) -> bool:
    """True when a collection above the value is written on one line."""
    while pointer:
        pointer = pointer.rpartition("/")[0]
        if pointer in document.marks and document.marks[pointer].flow:
            return True
    return False


def _content_end(document: Document, pointer: str) -> int:
    """Where the value's own text ends; a block's end mark lies beyond comments that follow it."""
    below, own = pointer + "/", document.marks[pointer]
    ends = [
        mark.end
        for place, mark in (document.marks.items() if own.style in _COLLECTIONS else ())
        if (place == pointer or place.startswith(below))
        and (mark.flow or mark.style not in _COLLECTIONS)
    ]
    end = max(ends, default=own.end)
    while end > 0 and document.text[end - 1] in "\r\n":
        end -= 1
    return end


def _own_lines(document: Document, pointer: str) -> tuple[int, int] | None:
    """Where the lines of a flow list's item begin and end, if it shares them with no other."""
    start, end = document.marks[pointer].start, _content_end(document, pointer)
    first = _line_start(document, start)
    rest = document.text[end : _line_end(document.text, end)]
    alone = not document.text[first:start].strip() and re.fullmatch(r"\s*(,\s*(#.*)?|#.*)?", rest)
    return (first, _after_line(document, end)) if alone else None


def _dash(document: Document, parent: str, index: int) -> int:
    """Offset of the dash of a block list's item; comments before the item may hold others."""
    first = document.marks[parent].start
    if index == 0:
        return first
    after = _content_end(document, f"{parent}/{index - 1}")
    dash = re.compile(f"^ {{{_column(document, first)}}}-", re.MULTILINE)
    found = dash.search(document.text, _line_end(document.text, after))
    return found.start() if found else first


def _column(document: Document, offset: int) -> int:
    return offset - _line_start(document, offset)


def _line_start(document: Document, offset: int) -> int:
    start = document.text.rfind("\n", 0, offset) + 1
    return start + int(start == 0 and document.text.startswith("\ufeff"))


def _line_end(text: str, offset: int) -> int:
    """Offset of the line's break, or of the end of the text."""
    found = re.compile(r"\r?\n|$").search(text, offset)
    return found.start() if found else len(text)


def _after_line(document: Document, offset: int) -> int:
    end = _line_end(document.text, offset)
    return end + len(document.newline) if end < len(document.text) else end


def _insert_line(document: Document, after: str, lines: str) -> str:
    """Puts whole lines after the last line of the value at pointer `after`."""
    at = _line_end(document.text, _content_end(document, after))
    return _splice(document, at, at, _in_file(document, lines))


def _in_file(document: Document, lines: str) -> str:
    return ("\n" + lines.removesuffix("\n")).replace("\n", document.newline)


def _splice(document: Document, start: int, end: int, new: str) -> str:
    return document.text[:start] + new + document.text[end:]
