"""Which keys of a node may be given a value, for the shell to propose them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from rorcli.fields import Kind
from rorcli.items import SHORT
from rorcli.model import keys_of
from rorcli.text.selectors import EG_POINTER, EJ_KEY, EJ_POINTER, named_items, noun_of


def steps(data: Any, node: str, start: str) -> dict[str, str]:
    """What may follow `start`, each with its name: `KEY=`, or `KEY.` where more is to be said.

    A key comes step by step, as a path does: `adresse.`, then `adresse.commune=`.
    """
    found: dict[str, str] = {}
    for key, label in _assignable(data, node):
        if key.startswith(start):
            end = key.find(".", len(start)) + 1
            step, said = (key[:end], label.partition(", ")[0]) if end else (f"{key}=", label)
            found.setdefault(step, said)
    return found


def _assignable(data: Any, node: str) -> Iterator[tuple[str, str]]:
    """The keys that `selectors.place_of` finds at a node, with the names of what they hold."""
    for key, spec in keys_of(noun_of(node)).items():
        inner = keys_of(spec.noun()) if spec.noun() else {}
        if not inner and key not in _IDENTIFIERS:
            yield key, spec.label
        heads = [key] if spec.kind is Kind.NOUN else named_items(data, f"{node}/{key}")
        for head, (below, each) in product(heads, inner.items()):
            if each.noun() is None and below not in _IDENTIFIERS:
                yield f"{head}.{below}", f"{spec.label}, {each.label}"
    yield from ((key, spec.label) for key, spec in SHORT.items())
    if node == EG_POINTER:
        yield from ((f"{EJ_KEY}.{key}", f"Entité juridique, {label}")
                    for key, label in _assignable(data, EJ_POINTER))  # fmt: skip


_IDENTIFIERS = ("id", "finess", "rpps")
