"""How conflicts read: one line each, whatever the number of fields they are made of.

An item that one side removes while the other changes it is one conflict, and so are the numbers
that both sides put in the place of the same one (`planning.changes.merge`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rorcli.planning.changes import Change, is_channel_value
from rorcli.planning.facts import PRESENT, Path
from rorcli.planning.plan import Plan, Sides
from rorcli.reports.changes import Names, is_thing, show
from rorcli.reports.findings import one_line

Pair = tuple[Change, Change]


@dataclass(frozen=True, slots=True)
class Dispute:
    """One conflict as a person counts them: the node's path, where it is, what each side says."""

    path: Path
    where: str
    said: str


def disputes(plan: Plan, sides: Sides | None, names: Names) -> list[Dispute]:
    """The conflicts of a plan, in its order."""
    pairs = _outermost(plan.conflicts)
    channels: Mapping[Path, list[Pair]] = defaultdict(list)
    for pair in pairs:
        if _is_rival(pair):
            channels[pair[0].path[:-1]].append(pair)
    told = [_dispute(pair, names) for pair in pairs if not _is_rival(pair)]
    return told + [_rivals(listed, sides, names) for listed in channels.values()]


def _outermost(conflicts: Iterable[Pair]) -> list[Pair]:
    """Without those inside an item that is one."""
    listed = list(conflicts)
    whole = {mine.path for mine, _ in listed if is_thing(mine.path)}
    return [
        pair
        for pair in listed
        if not any(pair[0].path[:n] in whole for n in range(1, len(pair[0].path)))
    ]


def _is_rival(pair: Pair) -> bool:
    """True for a value of a channel that one side alone holds, and the base did not."""
    return is_channel_value(pair[0].path) and pair[0].before is None


def _dispute(pair: Pair, names: Names) -> Dispute:
    mine, other = pair
    if is_thing(mine.path):
        said = _REMOVED if mine.after is None else _CHANGED
    else:
        values = (mine.before, mine.after, other.after)
        base, ours, theirs = (show(mine.path, value) for value in values)
        said = f"base {base}, fichier {ours}, annuaire {theirs}"
    return Dispute(mine.path, names.of(mine.path), said)


_REMOVED = "absent du fichier, modifié dans l'annuaire"
_CHANGED = "modifié dans le fichier, absent de l'annuaire"


def _rivals(pairs: list[Pair], sides: Sides | None, names: Names) -> Dispute:
    path = pairs[0][0].path
    former = list(_former(path[:-1], sides)) if sides else []
    ours = [mine.path[-1] for mine, _ in pairs if mine.after is PRESENT]
    theirs = [other.path[-1] for _, other in pairs if other.after is PRESENT]
    held = (("base", former), ("fichier", ours), ("annuaire", theirs))
    said = ", ".join(f"{side} {one_line(' et '.join(each)) or '(vide)'}" for side, each in held)
    return Dispute(path, names.of(path).removesuffix(f" {one_line(path[-1])}"), said)


def _former(channel: Path, sides: Sides) -> Iterator[str]:
    """The values of a channel that the base alone still holds."""
    for path in sides.base.values if sides.base else ():
        is_held = path in sides.ours.values or path in sides.theirs.values
        if path[:-1] == channel and is_channel_value(path) and not is_held:
            yield path[-1]
