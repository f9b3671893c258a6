"""Numbers with what they count, in French."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """`0 erreur`, `2 erreurs`, `3 autres fichiers`: each word takes a plain plural."""
    said = " ".join(map(_plural, noun.split())) if number > 1 else noun
    return f"{number} {said}"


def _plural(word: str) -> str:
    return word if word.endswith(("s", "x", "z")) else f"{word}s"
