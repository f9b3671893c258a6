"""What a text that a person types means as the value of a key: a code, a number, yes or no."""

from __future__ import annotations

from typing import Any

from rorcli import codes
from rorcli.errors import UsageError
from rorcli.fields import Kind, Spec

_SHOWN_CANDIDATES = 10


def parse_value(spec: Spec, text: str) -> Any:
    """`text` as the type of the key; "" erases. UsageError says what is expected."""
    if text == "":
        return [] if spec.kind in {Kind.NOUNS, Kind.CODES} else None
    if spec.kind is Kind.FLAG:
        said = {"true": True, "oui": True, "false": False, "non": False}.get(codes.fold(text))
        if said is None:
            raise UsageError(f"{spec.key}={text} : true ou false attendu")
        return said
    if spec.kind is Kind.COUNT:
        if not (text.isascii() and text.isdigit()):
            raise UsageError(f"{spec.key}={text} : nombre entier, zéro ou plus, attendu")
        return int(text)
    if spec.kind is Kind.CODES:
        return [code_for(spec, each.strip()) for each in text.split(",")]
    return code_for(spec, text)


def parse_item(spec: Spec, text: str) -> Any:
    """The same, where one item of a list takes the text."""
    return code_for(spec, text) if spec.is_list else parse_value(spec, text)


def code_for(spec: Spec, text: str) -> str:
    """A code given as such or by its exact label; other texts go through unchanged."""
    if not spec.table:
        return text
    table = codes.table(spec.table)
    found = table.by_label(text)
    return text if text in table.codes or found is None else found.code


def parse_words(name: str, words: str) -> str:
    """The one code of table `name` that WORDS mean: a code, an exact label, else all the words."""
    table = codes.table(name)
    if words in table.codes:
        return words
    exact = table.by_label(words)
    if exact is not None:
        return exact.code
    if meant := table.with_noughts(words):
        raise UsageError(f"« {words} » n'est pas un code de la table {name}",
                         remedy=_did_you_mean(meant))  # fmt: skip
    found = [code for code in table.search(words.split()) if code.in_value_set]
    if len(found) == 1 or (found and codes.fold(found[0].code) == codes.fold(words)):
        return found[0].code
    listed = ", ".join(f"{code.code} {code.label}" for code in found[:_SHOWN_CANDIDATES])
    closest = table.closest(words)
    if found:
        raise UsageError(f"« {words} » désigne {len(found)} codes : {listed}"
                         + ("…" if len(found) > _SHOWN_CANDIDATES else ""),
                         remedy="précisez, ou donnez le code")  # fmt: skip
    hint = _did_you_mean(closest) if closest else ""
    raise UsageError(f"« {words} » ne désigne aucun code de la table {name}",
                     remedy=f"{hint} rorcli codes {name} MOTS en propose".strip())  # fmt: skip


def lost_noughts(spec: Spec | None, text: str) -> str:
    """Which code a text means that lacks its leading zeros, as a question; "" for any other."""
    meant = codes.table(spec.table).with_noughts(text) if spec and spec.table else None
    return _did_you_mean(meant) if meant else ""


def _did_you_mean(code: codes.Code) -> str:
    return f"vouliez-vous dire {code.code} {code.label} ?"
