"""What a report that goes round must not tell: people, reserved numbers, sensitive units."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from os.path import commonprefix
from unicodedata import combining, normalize

from rorcli.items import Contact, Praticien
from rorcli.model import Establishment, Unite
from rorcli.validation.view import View

RESERVED = "3"  # for regulation and crisis only, table `confidentialite`


def personal(establishment: Establishment) -> frozenset[str]:
    """Names of practitioners and of sensitive units, telecoms of confidentiality 3 (design 7)."""
    return frozenset(word for word in _words(View(establishment, date.max)) if word)


def _words(view: View) -> Iterator[str | None]:
    for person in view.all_of(Praticien):
        yield from _spellings(person.nom or "")
        yield from _spellings(person.prenom or "")
    for unit in view.all_of(Unite):
        yield unit.nom if unit.unite_sensible else None
    for contact in view.all_of(Contact):
        for telecom in contact.telecoms:
            is_reserved = RESERVED in (contact.confidentialite, telecom.confidentialite)
            yield telecom.valeur if is_reserved else None


def _spellings(name: str) -> Iterator[str]:
    """A name as units and messages may hold it: TARTAMPION, Tartampion, with or without accents.

    Not in small letters: Petit and Blanc are words.
    """
    bare = "".join(c for c in normalize("NFD", name) if not combining(c))
    for each in (name, bare):
        yield from (each, each.upper(), each.title())


def hiding(words: Iterable[str]) -> Callable[[str], str]:
    """What puts "…" in the place of these words, wherever they stand alone in a text."""
    known = frozenset(word for word in words if word)
    found = re.compile(rf"(?<!\w){_any_of(known)}(?!\w)" if known else r"(?!)")
    return lambda text: found.sub("…", text)


def _any_of(words: frozenset[str]) -> str:
    """A pattern that takes the longest; a tree of letters, since a region has 100 000 words."""
    start = commonprefix([*words])  # noqa: RUF071 - letters, and no folders, are meant
    left: dict[str, set[str]] = {}
    for word in words - {start}:
        left.setdefault(word[len(start)], set()).add(word[len(start) :])
    branches = "|".join(_any_of(frozenset(left[letter])) for letter in sorted(left))
    may_end = "?" * (start in words)
    return re.escape(start) + (f"(?:{branches}){may_end}" if branches else "")
