"""Other forms of a comparison: for a review comment, one line an establishment, side by side.

What goes round tells no practitioner's name, no reserved number, nothing of sensitive units.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

from rorcli.model import Establishment
from rorcli.planning.changes import Change
from rorcli.planning.facts import EG, EJ, PARENT, Path, locate
from rorcli.planning.plan import by_node
from rorcli.plurals import counted
from rorcli.reports import Line
from rorcli.reports.changes import IDENTITY, is_thing, node_lines, show, tally
from rorcli.reports.conflicts import Dispute, disputes
from rorcli.reports.discretion import RESERVED, hiding, personal
from rorcli.reports.findings import escaped, one_line
from rorcli.reports.plan import names_of
from rorcli.sync import Prepared

_SIGNS = {"~": "!"}  # a diff of a forge has no sign for a change; this one is coloured


def render_summary(prepared: Prepared) -> Iterator[Line]:
    """Tab-separated: FINESS, name, +added -removed ~changed, theirs, conflicts; none when equal."""
    plan = prepared.plan
    if plan is None or not (plan.changes or plan.theirs or plan.conflicts):
        return
    count = tally(plan.changes)
    theirs = tally(plan.theirs).total()
    conflicts = len(disputes(plan, prepared.sides, names_of(prepared)))
    yield (
        (f"{plan.finess}\t{one_line(prepared.ours.etablissement.nom or '')}\t", ""),
        (f"+{count['create']} ", "added"),
        (f"-{count['delete']} ", "removed"),
        (f"~{count['update']}\t", "changed"),
        (f"annuaire {theirs}\t", "info" if theirs else ""),
        (f"conflits {conflicts}", "error" if conflicts else ""),
    )


def render_full(prepared: Prepared) -> Iterator[Line]:
    """Every managed field, tab-separated: sign, field, value of the file, value of the directory.

    The sign is `=` where both agree, `~` for a change of the file, `<` for one of the directory,
    `!` for a conflict.
    """
    plan, sides = prepared.plan, prepared.sides
    if plan is None or sides is None:
        return
    names, ours, theirs = names_of(prepared), sides.ours.values, sides.theirs.values
    signs = dict.fromkeys((c.path for c in plan.changes), ("~", "changed"))
    signs |= dict.fromkeys((c.path for c in plan.theirs), ("<", "info"))
    signs |= dict.fromkeys((mine.path for mine, _ in plan.conflicts), ("!", "error"))
    managed = [
        Change(path, theirs.get(path), ours.get(path))
        for path in dict.fromkeys((*ours, *theirs))
        if sides.ours.owns(path, theirs) and _is_told(path, differs=path in signs)
    ]
    yield ((one_line(f"{plan.finess} ({prepared.document.path})"), "title"),)
    nodes = by_node(managed)
    for node in sorted(nodes, key=lambda path: path[0] not in {EJ, EG}):
        yield ((f"  {names.node(node)}", "title"),)
        for change in nodes[node]:
            sign, style = signs.get(change.path, ("=", ""))
            values = (show(change.path, value) for value in (change.after, change.before))
            what = names.field(change.path) or "unité"
            yield ((f"    {sign}\t", style), ("\t".join((what, *values)), ""))


def _is_told(path: Path, *, differs: bool) -> bool:
    """False for what the line of an item says already, and for an item that both sides have."""
    if is_thing(path) or path[2:] == (PARENT,):
        return differs or "telecoms" in path
    return path[-1] not in IDENTITY or locate(path).node == path[:-1]


def markdown(compared: Iterable[Prepared], *, show_personal: bool) -> str:
    """A comment for a review, a heading an establishment; "" when there is nothing to say."""
    parts = [
        part for each in compared for part in _section(each, show_personal=show_personal) if part
    ]
    return "\n\n".join(parts) + "\n" if parts else ""


def _section(prepared: Prepared, *, show_personal: bool) -> Iterator[str]:
    """The paragraphs of one establishment."""
    plan, path = prepared.plan, escaped(prepared.document.path)
    if prepared.problem is not None:
        yield f"### {escaped(prepared.ours.finess) or path}"
        yield f"{path} : {escaped(prepared.problem.message)}"
    if plan is None or not (plan.changes or plan.theirs or plan.conflicts):
        return
    tell = _Teller(prepared, show_personal=show_personal)
    count, conflicts = tally(plan.changes), len(tell.disputes)
    counts = (
        counted(count["create"], "ajout"), counted(count["delete"], "retrait"),
        counted(count["update"], "modification"), counted(conflicts, "conflit"),
    )  # fmt: skip
    yield f"### {plan.finess} {escaped(prepared.ours.etablissement.nom or '')}"
    yield f"{path} : {', '.join(counts)}"
    guards = [f"- garde {g.name} : {escaped(tell.hide(g.message))}" for g in plan.guards]
    yield "\n".join([*guards, *(f"- {escaped(note)}" for note in prepared.notes)])
    yield _block([*tell.conflicts(), *tell.changes(plan.changes)])
    if theirs := list(tell.changes(plan.theirs)):
        yield f"Dans l'annuaire, à reprendre par pull --merge : {tally(plan.theirs).total()}"
        yield _block(theirs)
    if tell.left_out:
        yield f"Non montré, car dans une unité sensible : {counted(tell.left_out, 'ligne')}"


def _block(lines: Sequence[str]) -> str:
    """The lines as a diff, in a fence that none of them can close."""
    runs = (len(run) for line in lines for run in re.findall("`+", line))
    fence = "`" * max(3, 1 + max(runs, default=0))
    return "\n".join([f"{fence}diff", *lines, fence]) if lines else ""


class _Teller:
    """The lines of one establishment, without what must not go round."""

    def __init__(self, prepared: Prepared, *, show_personal: bool) -> None:
        self.prepared, self.names = prepared, names_of(prepared)
        self.hide: Callable[[str], str] = str if show_personal else hiding(_words(prepared))
        self.sensitive = frozenset() if show_personal else _sensitive(prepared)
        self.left_out = 0

    @cached_property
    def disputes(self) -> list[Dispute]:
        """The conflicts as a person counts them."""
        plan, sides = self.prepared.plan, self.prepared.sides
        return disputes(plan, sides, self.names) if plan else []

    def conflicts(self) -> Iterator[str]:
        """The conflicts, first."""
        for each in self.disputes:
            if self._may_tell(each.path):
                yield self.hide(f"! CONFLIT {each.where} : {each.said}")

    def changes(self, changes: Iterable[Change]) -> Iterator[str]:
        """The changes under the names of their nodes."""
        for node, listed in by_node(changes).items():
            lines = list(node_lines(listed, self.names))
            if not self._may_tell(listed[0].path, len(lines)):
                continue
            yield self.hide(f"@@ {self.names.node(node)} @@")
            yield from (self.hide(f"{_SIGNS.get(sign, sign)} {said}") for sign, _, said in lines)

    def _may_tell(self, path: Path, lines: int = 1) -> bool:
        sides = self.prepared.sides
        if sides is None or self.sensitive.isdisjoint(sides.nodes(path)):
            return True
        self.left_out += lines
        return False


def _words(prepared: Prepared) -> Iterator[str]:
    """What is personal on any side, the base included."""
    for side in _both(prepared):
        yield from personal(side)
    sides = prepared.sides
    paths = [item for side in (sides.ours, sides.theirs, sides.base) if side
             for item in side.values.items()] if sides else []  # fmt: skip
    # A contact, or a channel: what takes the place of a reserved number is reserved too.
    levels = (path for path, value in paths if (path[-1], value) == ("confidentialite", RESERVED))
    reserved = {path[:-2] if "telecoms" in path else path[:-1] for path in levels}
    for path, value in paths:
        if path[-3:-2] == ("telecoms",) and {path[:-1], path[:-3]} & reserved:
            yield path[-1]
        elif "praticiens" in path and path[-1] in {"nom", "prenom"}:
            yield str(value)


def _both(prepared: Prepared) -> tuple[Establishment, ...]:
    theirs = (prepared.snapshot.establishment,) if prepared.snapshot else ()
    return (prepared.ours, *theirs)


def _sensitive(prepared: Prepared) -> frozenset[str]:
    """Keys of the units that are sensitive on either side."""
    units = (placed for side in _both(prepared) for placed in side.units())
    return frozenset(placed.key for placed in units if placed.unit.unite_sensible is True)
