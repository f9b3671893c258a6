"""Many edits of one document at little more than the price of one.

Values that only take another's place are spliced together, and the file is read again once. What
comes, goes or is longer is edited node by node, each in its own lines. All or nothing: a layout
that allows no safe edit is a UsageError, as in `text.edits`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from rorcli.fields import Kind
from rorcli.model import spec_at
from rorcli.text import blocks, edits
from rorcli.text.document import Document

_NODE = re.compile(r"/etablissement(?:/unites/\d+)*(?=/|$)")
_COLLECTIONS = (dict, list)


@dataclass(frozen=True, slots=True)
class Put:
    """Gives the key or item at `pointer` a value; the key may be absent."""

    pointer: str
    value: Any


@dataclass(frozen=True, slots=True)
class Add:
    """Adds an item to the list at `pointer`, made if it is absent."""

    pointer: str
    value: Any


@dataclass(frozen=True, slots=True)
class Drop:
    """Removes the item at `pointer`, which holds `value`; a key that holds it alone gets null."""

    pointer: str
    value: Any


Step = Put | Add | Drop


def apply(document: Document, steps: Sequence[Step]) -> Document:
    """The document after all these steps; every pointer is one of the document before them."""
    plain = {s.pointer: s.value for s in steps if _is_plain(document, s)}
    after = edits.set_scalars(document, plain)
    by_node: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        if step.pointer not in plain:
            by_node[_node_of(step.pointer)].append(step)
    work = {node: partial(_edited, node=node, steps=inside) for node, inside in by_node.items()}
    after, left = blocks.edit_nodes(after, work)
    for step in _ordered(step for node in left for step in by_node[node]):
        after = _done(after, step)
    return after


def _is_plain(document: Document, step: Step) -> bool:
    """True for a scalar in the place of another."""
    if not isinstance(step, Put) or step.pointer not in document.marks:
        return False
    old = edits.value_at(document.data, step.pointer)
    return not isinstance(old, _COLLECTIONS) and not isinstance(step.value, _COLLECTIONS)


def _node_of(pointer: str) -> str:
    """Pointer of the EG or unit whose lines hold a place; "" for another."""
    found = _NODE.match(pointer)
    return found[0] if found else ""


def _edited(document: Document, node: str, steps: list[Step]) -> Document:
    """The small document of a node after the steps that concern it."""
    home = node if node == blocks.SITE else blocks.UNIT
    for step in _ordered(steps):
        document = _done(document, replace(step, pointer=home + step.pointer[len(node) :]))
    return document


def _ordered(steps: Iterable[Step]) -> list[Step]:
    """What is given first, then what comes, then what goes, the last first: pointers hold.

    A list that is replaced item by item is never empty on the way.
    """
    listed = list(steps)
    puts, adds = ([s for s in listed if isinstance(s, kind)] for kind in (Put, Add))
    drops = [step for step in listed if isinstance(step, Drop)]
    return [*puts, *adds, *sorted(drops, key=lambda step: _key(step.pointer), reverse=True)]


def _key(pointer: str) -> list[tuple[int, str]]:
    return [(int(step) if step.isdigit() else -1, step) for step in pointer.split("/")]


def _done(document: Document, step: Step) -> Document:
    if isinstance(step, Put):
        return edits.set_value(document, step.pointer, step.value)
    held = edits.value_at(document.data, step.pointer)
    if isinstance(step, Add):
        alone = held is None and isinstance(step.value, str) and _holds_one(step.pointer)
        give = edits.set_value if alone else edits.append_item
        return give(document, step.pointer, step.value)
    if isinstance(held, list):  # it held the value alone until another was added
        return edits.remove_item(document, f"{step.pointer}/{held.index(step.value)}")
    if step.pointer.rpartition("/")[2].isdigit():
        return edits.remove_item(document, step.pointer)
    return edits.set_value(document, step.pointer, None)


def _holds_one(pointer: str) -> bool:
    """True for a key that writes its only text without a list."""
    spec = spec_at(pointer)
    return spec is not None and spec.kind is Kind.TEXTS
