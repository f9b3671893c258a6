"""Findings that somebody looked at and wants to see no more: `# rorcli: ignore=ROR304 reason`.

A comment at the end of a line speaks for that line; alone on its line, for the next line that is
not a comment. It gives a reason, for whoever reads the file next, and is told when nothing is left
to ignore. Family 1xx cannot be ignored: what breaks text or schema, no program reads for sure. The
others can: wrong check digits exist in real life (SIRET of La Poste, test servers), and so do
exceptions to coherence and completeness.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rorcli.text.document import Document
from rorcli.validation.findings import RULES, Finding

SIGN = "rorcli:"
# Texts, which `re` compiles when they are needed: few files have such comments.
_RULE = r"[A-Z]+\d+"
# French puts a space before a colon. Without one it is prose ("rorcli ignore cette clé"), unless it
# names a rule: then it is told.
_COLON = r"[ \t\xa0\u202f]*:[ \t]*"
_MEANT = rf"{_COLON}ignor|[ \t]+ignor\w*[ \t:=]+{_RULE}"
_COMMENT = rf"(?m)(?:^|(?<=[ \t\ufeff]))#[ \t]*rorcli((?:{_MEANT}).*)$"
_ORDER = rf"{_COLON}ignore[ \t]*=[ \t]*({_RULE}(?:[ \t]*,[ \t]*{_RULE})*)(?:[ \t]+(.*))?"
_BESIDE = r"[ \t]*(?:#.*)?\r?"  # a line that holds no more than a comment
_FORM = f"écrivez la règle et le motif : # {SIGN} ignore=ROR304 motif"


class Order(NamedTuple):
    """One comment: where it stands, the line that it speaks for, what it names."""

    place: tuple[int, int]
    line: int
    rules: tuple[str, ...]
    reason: str


def orders(document: Document) -> tuple[Order, ...]:
    """What the comments of a file ask for."""
    if "rorcli" not in document.text or document.data is None:
        return ()
    return tuple(_read(document, found) for found in _comments(document))


def settle(path: str, asked: Sequence[Order], findings: Sequence[Finding]) -> list[Finding]:
    """The findings of a file that nobody ignores, and what there is to say of its comments."""
    named = {(order.line, rule) for order in asked for rule in order.rules if may_ignore(rule)}
    met = {(each.line, each.rule) for each in findings} & named
    left = [each for each in findings if (each.line, each.rule) not in met]
    return [*left, *(said for order in asked for said in _judge(path, order, met))]


def _comments(document: Document) -> Iterator[re.Match[str]]:
    """The comments that ignore something, not what looks like one inside a text."""
    for found in re.finditer(_COMMENT, document.text):
        at = found.start()
        if not any(
            mark.start <= at < mark.end and mark.style not in ("mapping", "sequence")
            for mark in document.marks.values()
        ):
            yield found


def _read(document: Document, comment: re.Match[str]) -> Order:
    line, _ = place = document.line_column(comment.start())
    lines = document.text.split("\n")
    if not lines[line - 1].partition("#")[0].strip(" \t\ufeff"):
        following = (n for n in range(line, len(lines)) if not re.fullmatch(_BESIDE, lines[n]))
        line = next(following, line) + 1
    said = re.fullmatch(_ORDER, comment[1].rstrip())
    rules = tuple(re.findall(_RULE, said[1])) if said else ()
    return Order(place, line, rules, ((said and said[2]) or "").strip())


def may_ignore(rule: str) -> bool:
    """True for a rule that a comment can set aside."""
    return rule in RULES and not rule.startswith("ROR1")


def _judge(path: str, order: Order, met: set[tuple[int, str]]) -> Iterator[Finding]:
    """ROR117 and ROR118."""
    if not order.rules:
        yield _at(path, order, "ROR117", f"« {SIGN} ignore » n'est pas compris", _FORM)
    for rule in order.rules:
        if rule not in RULES:
            message, remedy = f"la règle {rule} n'existe pas", "vérifiez son numéro"
            yield _at(path, order, "ROR117", message, remedy)
        elif not may_ignore(rule):
            message = f"{rule} ne peut pas être ignorée : le fichier ne serait pas lu partout"
            yield _at(path, order, "ROR117", message, "corrigez ce qu'elle signale")
        elif (order.line, rule) not in met:
            message = f"{rule} est ignorée ici, où elle n'a rien à signaler"
            yield _at(path, order, "ROR118", message, "retirez-la de ce commentaire")
        elif not order.reason:
            yield _at(path, order, "ROR117", f"{rule} est ignorée sans motif", _FORM)


def _at(path: str, order: Order, rule: str, message: str, remedy: str) -> Finding:
    return Finding(rule, RULES[rule].severity, path, *order.place, "", message, remedy)
