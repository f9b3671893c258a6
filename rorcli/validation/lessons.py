"""Why each rule exists, where that is written, and an example: what `--explain` teaches.

`data/regles.toml` holds it, beside the catalogue of `validation.findings` and read only when asked
for. `docs/regles.md` is made of it, and the tests run its examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from operator import eq
from pathlib import Path

from rorcli.errors import UsageError
from rorcli.validation.findings import CATALOGUE, Rule

FILE = Path(__file__).parents[1] / "data" / "regles.toml"
PAGE = "docs/regles.md"


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a rule is for, in French. `wrong` in the place of `right` trips it, and no other rule.

    `right` stands in a valid file of `examples/`, unless `instead_of` names the lines that do;
    `fix` is what `--fix` mends of it. Rules of `audit` have no example.
    """

    why: str
    source: str
    wrong: str = ""
    right: str = ""
    instead_of: str = ""
    fix: str = ""


@cache
def lessons() -> Mapping[str, Lesson]:
    """The lesson of every rule, by its id."""
    import tomllib

    read = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {rule: Lesson(**texts) for rule, texts in read.items()}


def page_of(rule: str) -> str:
    """Where the page of rules tells of this one, from the top of the repository."""
    return f"{PAGE}#{rule.lower()}"


def rule_named(word: str) -> Rule:
    """The rule that a person names: ROR203, ror203 or 203; UsageError with the closest one."""
    wanted = word.strip().upper()
    wanted = f"ROR{wanted}" if wanted.isdigit() else wanted
    if wanted in CATALOGUE:
        return CATALOGUE[wanted]
    from difflib import get_close_matches

    alike = get_close_matches(wanted, CATALOGUE, n=len(CATALOGUE), cutoff=0.5)
    # Of those that are alike, the one whose first digits are: it is of the same family.
    near = max(alike, key=lambda each: list(map(eq, each, wanted)), default="")
    meant = f"vouliez-vous dire {near} ({CATALOGUE[near].title}) ? " if near else ""
    raise UsageError(f"la règle « {word} » n'existe pas", remedy=f"{meant}toutes sont dans {PAGE}")
