"""The lists and numbers of the national requirements, as `data/national.toml` holds them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rorcli.codes import fold

_TABLES = Path(__file__).parents[1] / "data" / "national.toml"


def up_to_date_needed(offers: int) -> int:
    """Of so many offres, how many must be up to date (RE1.2), in integers."""
    if offers <= table_of("re1_2")["few"]:
        return min(offers, 1)
    # round(k/n, 2) >= 0.25, half away from zero, is 200 k >= 49 n.
    return -(-49 * offers // 200)


def title(code: str) -> str:
    """What a requirement is about, in French."""
    return str(table_of("titles")[code])


def needs(code: str) -> str:
    """What rorcli would need to judge the whole of a requirement; "" when it has all."""
    return str(table_of("needs").get(code, ""))


def perimeter(name: str) -> frozenset[str]:
    """The categories of a perimeter."""
    return codes_of("perimeters", name)


def is_suspect(name: str | None) -> bool:
    """Whether a name is one that CO3 takes for a sensitive unit's."""
    rules, folded = table_of("co3"), fold(name or "")
    return any(
        word in folded and not (word in rules["unless"] and rules["unless"][word] in folded)
        for word in rules["words"]
    )


def table_of(section: str) -> Mapping[str, Any]:
    """A section as it is written."""
    held: Mapping[str, Any] = _tables()[section]
    return held


@cache
def _tables() -> Mapping[str, Any]:
    import tomllib

    return tomllib.loads(_TABLES.read_text(encoding="utf-8"))


@cache
def codes_of(section: str, key: str) -> frozenset[str]:
    """A list of codes of a section."""
    return frozenset(table_of(section)[key].split())
