"""Mends what is certain in a document: what `validate --fix` writes.

A finding that knows its value carries it (`Finding.mend`); besides, French phones take their usual
form and codes get their label as a comment. All are splices: no other byte changes. Mends that
would leave more findings than there were are not made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice

from rorcli import codes
from rorcli.errors import UsageError
from rorcli.identifiers import usual_phone
from rorcli.model import decode, spec_at
from rorcli.text import edits, render
from rorcli.text.document import Document, read
from rorcli.validation import Finding, Severity
from rorcli.validation.findings import Mend
from rorcli.validation.numbers import PHONES, addresses, is_phone
from rorcli.validation.view import View

Judge = Callable[[Document], Sequence[Finding]]
_PASSES = 5  # a value that is mended may show the next thing to mend


def mend(document: Document, judge: Judge) -> Document:
    """The document with all that is certain mended; itself when there is nothing.

    `judge` gives the findings on it; what they leave out on purpose is left alone.
    """
    for _ in range(_PASSES):
        after = _pass(document, judge) if isinstance(document.data, dict) else document
        if after.text == document.text:
            break
        document = after
    return document


def _pass(document: Document, judge: Judge) -> Document:
    findings = judge(document)
    told = {each.field: each.mend for each in findings if each.mend is not None}
    wanted = {**dict(_phones(document)), **told}
    certain = {
        place: value for place, value in wanted.items() if _is_certain(document, place, value)
    }
    after = _mended(document, findings, certain, judge)
    return _labelled(after, told)


def _phones(document: Document) -> Iterator[tuple[str, str]]:
    """French numbers that are right, and written in another way than the usual one."""
    for pointer, canal, value in addresses(View(decode(document.data), date.max)):
        usual = usual_phone(value) if value and canal in PHONES else ""
        if value and is_phone(value) and usual not in ("", value):
            yield pointer, usual


def _is_certain(document: Document, pointer: str, value: Mend) -> bool:
    """False for a code whose comment names a third one: nobody knows which was meant."""
    spec, tail = spec_at(pointer), document.tail(pointer)
    if tail is None or spec is None or not spec.table:
        return tail is not None
    named = codes.table(spec.table).by_label(tail["said"] or "")
    return named is None or named.code == value


def _mended(
    document: Document, findings: Sequence[Finding], values: Mapping[str, Mend], judge: Judge
) -> Document:
    """The document with these values, in halves where they do harm together."""
    try:
        after = edits.set_scalars(document, values)
        if after.text == document.text or not _is_worse(judge(after), findings):
            return after
    except UsageError:  # a layout that allows no safe edit
        pass
    if len(values) <= 1:
        return document
    pairs = iter(values.items())
    first = _mended(document, findings, dict(islice(pairs, len(values) // 2)), judge)
    return _mended(first, judge(first), dict(pairs), judge)


def _is_worse(after: Sequence[Finding], before: Sequence[Finding]) -> bool:
    """True for more errors, or more findings: what was hidden behind others may come to light."""
    errors = [sum(f.severity is Severity.ERROR for f in each) for each in (after, before)]
    return len(after) > len(before) or errors[0] > errors[1]


def _labelled(document: Document, told: Mapping[str, Mend]) -> Document:
    """Codes with their label behind them, where there is no comment or one `told` to be wrong."""
    text = document.text
    for pointer, mark in sorted(document.marks.items(), key=lambda item: -item[1].start):
        spec, value = spec_at(pointer), edits.value_at(document.data, pointer)
        said = render.label(spec, value)
        tail = document.tail(pointer) if said else None
        if tail is None:
            continue
        is_bare = tail["said"] is None and tail.start() == mark.end
        is_alone = is_bare and not edits.within_flow(document, pointer)
        if is_alone or (told.get(pointer) == value and tail["said"] is not None):
            text = f"{text[: tail.start()]}  # {said}{text[tail.end() :]}"
    after = read(text, document.path)
    return after if after.data == document.data else document
