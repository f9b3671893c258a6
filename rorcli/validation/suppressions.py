"""Findings that somebody looked at and wants to see no more: `# rorcli: ignore=ROR304 reason`.

A comment at the end of a line speaks for that line; alone on its line, for the next line that is
not a comment. It gives a reason, for whoever reads the file next, and is told when nothing is left
to ignore. Family 1xx cannot be ignored: what breaks text or schema, no program reads for sure. The
others can: wrong check digits exist in real life (SIRET of La Poste, test servers), and so do
exceptions to coherence and completeness.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rorcli.text.document import Document
from rorcli.validation.findings import RULES, Finding

SIGN = "rorcli:"
_COMMENT = re.compile(rf"(?:^|(?<=[ \t\ufeff]))#[ \t]*{SIGN}[ \t]*(ignore\b.*)$", re.MULTILINE)
_RULE = r"[A-Z]+\d+"
_ORDER = re.compile(rf"ignore[ \t]*=[ \t]*({_RULE}(?:[ \t]*,[ \t]*{_RULE})*)(?:[ \t]+(.*))?")
_BESIDE = re.compile(r"[ \t]*(?:#.*)?\r?")  # a line that holds no more than a comment
_FORM = f"écrivez la règle et le motif : # {SIGN} ignore=ROR304 motif"


class _Order(NamedTuple):
    """One comment: where it stands, the line that it speaks for, what it names."""

    offset: int
    line: int
    rules: tuple[str, ...]
    reason: str


def settle(documents: Sequence[Document], findings: Iterable[Finding]) -> list[Finding]:
    """The findings that nobody ignores, and what there is to say of the comments themselves."""
    told = list(findings)
    for document in documents:
        if SIGN in document.text and document.data is not None:
            told = _settle(document, told)
    return told


def _settle(document: Document, findings: list[Finding]) -> list[Finding]:
    orders = [_read(document, found) for found in _comments(document)]
    named = {(order.line, rule) for order in orders for rule in order.rules if _may_ignore(rule)}
    met = {(each.line, each.rule) for each in findings if each.path == document.path} & named
    left = [f for f in findings if f.path != document.path or (f.line, f.rule) not in met]
    return [*left, *(said for order in orders for said in _judge(document, order, met))]


def _comments(document: Document) -> Iterator[re.Match[str]]:
    """The comments that ignore something, not what looks like one inside a text."""
    for found in _COMMENT.finditer(document.text):
        at = found.start()
        if not any(
            mark.start <= at < mark.end and mark.style not in ("mapping", "sequence")
            for mark in document.marks.values()
        ):
            yield found


def _read(document: Document, comment: re.Match[str]) -> _Order:
    at = comment.start()
    line, _ = document.line_column(at)
    lines = document.text.split("\n")
    if not lines[line - 1].partition("#")[0].strip(" \t\ufeff"):
        following = (n for n in range(line, len(lines)) if not _BESIDE.fullmatch(lines[n]))
        line = next(following, line) + 1
    said = _ORDER.fullmatch(comment[1].rstrip())
    rules = tuple(re.findall(_RULE, said[1])) if said else ()
    return _Order(at, line, rules, ((said and said[2]) or "").strip())


def _may_ignore(rule: str) -> bool:
    return rule in RULES and not rule.startswith("ROR1")


def _judge(document: Document, order: _Order, met: set[tuple[int, str]]) -> Iterator[Finding]:
    """ROR117 and ROR118."""
    if not order.rules:
        yield _at(document, order, "ROR117", f"« {SIGN} ignore » n'est pas compris", _FORM)
    for rule in order.rules:
        if rule not in RULES:
            message, remedy = f"la règle {rule} n'existe pas", "vérifiez son numéro"
            yield _at(document, order, "ROR117", message, remedy)
        elif not _may_ignore(rule):
            message = f"{rule} ne peut pas être ignorée : le fichier ne serait pas lu partout"
            yield _at(document, order, "ROR117", message, "corrigez ce qu'elle signale")
        elif (order.line, rule) not in met:
            message = f"{rule} est ignorée ici, où elle n'a rien à signaler"
            yield _at(document, order, "ROR118", message, "retirez-la de ce commentaire")
        elif not order.reason:
            yield _at(document, order, "ROR117", f"{rule} est ignorée sans motif", _FORM)


def _at(document: Document, order: _Order, rule: str, message: str, remedy: str) -> Finding:
    line, column = document.line_column(order.offset)
    path, severity = document.path, RULES[rule].severity
    return Finding(rule, severity, path, line, column, "", message, remedy)
