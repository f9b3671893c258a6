"""What a narrow access profile may not see: its absence is no removal (ROR model 2.16).

Contacts and telecoms are served by confidentiality, sensitive units to few, measures of capacity
by kind. What the base knew of those, and a partial reading lacks, counts as still there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rorcli.planning.facts import PLACES, Path, Value, is_capacity, is_reference

_GUARDED = {"2", "3"}


def veiled(known: Mapping[Path, Value], held: Mapping[Path, Value]) -> dict[Path, Value]:
    """The facts of `known` that `held` may lack only because they were not shown."""
    roots = {root for root in _roots(known) if root not in held}
    roots |= {
        (PLACES, path[3]) for path in known if is_reference(path) and _is_below(path, roots)
    } - held.keys()
    return {path: value for path, value in known.items() if _is_below(path, roots)}


def _roots(known: Mapping[Path, Value]) -> Iterator[Path]:
    """The items and units that not everybody may see, each by its own path."""
    for path, value in known.items():
        if path[-1] == "confidentialite" and value in _GUARDED:
            yield path[:-1]
        elif path[2:] == ("unite_sensible",) and value is True:
            yield path[:2]
        elif is_capacity(path):
            yield path[:4]


def _is_below(path: Path, roots: set[Path]) -> bool:
    return any(path[:length] in roots for length in range(2, len(path) + 1))
