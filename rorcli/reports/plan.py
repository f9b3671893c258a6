"""Plans and outcomes in the portal's words, and as JSON.

A change reads "where: label : before → after"; an item that comes or goes takes one line. Lines
begin with `+`, `-` or `~`, so that the text pastes well into a review.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rorcli import codes
from rorcli.fields import Kind, Spec
from rorcli.items import Telecom
from rorcli.model import Establishment
from rorcli.planning.changes import Change
from rorcli.planning.facts import (
    EG,
    EJ,
    PLACES,
    PRESENT,
    UNITS,
    Path,
    Value,
    doubles,
    facts,
    locate,
)
from rorcli.planning.plan import Plan, by_node
from rorcli.reports import Line, Span
from rorcli.reports.findings import one_line
from rorcli.reports.nouns import channel_label
from rorcli.stores.base import Written
from rorcli.sync import Outcome, Prepared, Status

STATUS_WORDS = {
    Status.APPLIED: "enregistré",
    Status.UNCHANGED: "inchangé",
    Status.REFUSED: "refusé",
    Status.CONFLICTED: "en conflit",
    Status.FAILED: "en échec",
}
# Identity fields say again what the item's own line says.
_IDENTITY = {"canal", "valeur", "rpps", "nature", "statut", "jours", "debut", "fonction", "id"}
_NAMES = {"nom", "prenom"}
_HELD = {True: "présent", False: "absent"}


def render_plan(prepared: Prepared) -> list[Line]:
    """What a push would write for one establishment, conflicts first; [] when nothing."""
    plan = prepared.plan
    if plan is None or not (plan.changes or plan.conflicts):
        return []
    names = _Names.of_both(prepared)
    title = f"{plan.finess} {prepared.ours.etablissement.nom or ''} ({prepared.document.path})"
    lines: list[Line] = [((one_line(title), "title"),)]
    whole = {mine.path for mine, _ in plan.conflicts if _is_thing(mine.path)}
    inner = (any(m.path[:n] in whole for n in range(1, len(m.path))) for m, _ in plan.conflicts)
    lines += [
        _conflict_line(*pair, names)
        for pair, is_inside in zip(plan.conflicts, inner, strict=True)
        if not is_inside
    ]
    lines += _by_node(plan.changes, names)
    return lines


def _conflict_line(mine: Change, other: Change, names: _Names) -> Line:
    values = (mine.before, mine.after, other.after)
    base, ours, theirs = (
        _HELD[value is PRESENT] if _is_thing(mine.path) else _show(mine.path, value)
        for value in values
    )
    said = f" : base {base}, fichier {ours}, annuaire {theirs}"
    return (("  ! conflit ", "error"), (names.of(mine.path), ""), (said, ""))


def render_theirs(prepared: Prepared) -> list[Line]:
    """What the directory changed and the file lacks; told beside the plan, never written."""
    plan = prepared.plan
    if plan is None or not plan.theirs:
        return []
    names = _Names.of_both(prepared)
    head = f"{plan.finess} : {_count(plan.theirs)} modification(s) faites dans l'annuaire"
    return [((head, "info"),), *_by_node(plan.theirs, names)]


def render_version(
    written: Written, before: Establishment | None, changes: Iterable[Change]
) -> Iterator[Line]:
    """One version of the history: who, when, and what it changed."""
    head = f"version {written.version}, le {written.written_on:%d/%m/%Y}, par {written.author}"
    yield ((head, "title"),)
    if before is None:
        yield "  première version"
    else:
        yield from _by_node(changes, _Names(before, written.establishment))


def version_data(
    written: Written, before: Establishment | None, changes: Iterable[Change]
) -> dict[str, Any]:
    """One version of `rorcli/history/v1`."""
    names = _Names(before or written.establishment, written.establishment)
    return {
        "version": written.version,
        "written_on": written.written_on.isoformat(),
        "author": written.author,
        "changes": [_change_data(change, names) for change in changes],
    }


def render_outcome(outcome: Outcome) -> Iterator[Line]:
    """One line an establishment, and its remedy below."""
    style = "ok" if outcome.status in {Status.APPLIED, Status.UNCHANGED} else "error"
    who = outcome.finess or outcome.prepared.document.path
    said = f" : {outcome.reason}" if outcome.reason else ""
    yield ((f"{who} ", ""), (STATUS_WORDS[outcome.status], style), (said, ""))
    if outcome.remedy:
        yield ((f"  → {outcome.remedy}", "dim"),)


def render_counts(outcomes: Iterable[Outcome]) -> str:
    """The last line: how many establishments ended how."""
    listed = [outcome.status for outcome in outcomes]
    parts = [f"{listed.count(s)} {word}" for s, word in STATUS_WORDS.items() if s in listed]
    return ", ".join(parts) + "." if parts else "aucun établissement."


def plan_data(prepared: Prepared) -> dict[str, Any]:
    """One establishment of `rorcli/plan/v1`."""
    plan = prepared.plan
    names = _Names.of_both(prepared)
    if plan is None:
        problem = prepared.problem
        return {"finess": prepared.ours.finess, "path": prepared.document.path,
                "problem": problem.message if problem else ""}  # fmt: skip
    return {
        "finess": plan.finess,
        "path": prepared.document.path,
        "version": plan.version,
        "changes": [_change_data(change, names) for change in plan.changes],
        "theirs": [_change_data(change, names) for change in plan.theirs],
        "conflicts": [
            {"ours": _change_data(mine, names), "theirs": _change_data(other, names)}
            for mine, other in plan.conflicts
        ],
        "guards": [{"name": g.name, "count": g.count, "message": g.message} for g in plan.guards],
    }


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """One establishment of `rorcli/outcomes/v1`."""
    return {
        "finess": outcome.finess,
        "path": outcome.prepared.document.path,
        "status": str(outcome.status),
        "exit_code": int(outcome.code),
        "reason": outcome.reason,
        "remedy": outcome.remedy,
    }


def _change_data(change: Change, names: _Names) -> dict[str, Any]:
    return {
        "kind": _kind(change),
        "path": list(change.path),
        "where": names.of(change.path),
        "before": change.before,
        "after": change.after,
    }


class _Names:
    """What people call the nodes and items of two sides; the second one has the last word."""

    def __init__(self, *sides: Establishment) -> None:
        self.known: dict[Path, str] = {(EJ,): "Entité juridique", (EG,): "Établissement"}
        self.items: dict[Path, Value] = {}
        doubled = doubles(*sides)
        for side in sides:
            self._learn(side)
            self.items |= facts(side, doubled).values

    @classmethod
    def of_both(cls, prepared: Prepared) -> _Names:
        """The names on both sides of a comparison."""
        theirs = [prepared.snapshot.establishment] if prepared.snapshot else []
        return cls(*theirs, prepared.ours)

    def _learn(self, side: Establishment) -> None:
        for placed in side.units():
            self.known[UNITS, placed.key] = placed.path
            for lieu in placed.unit.lieux:
                key = lieu.id or f"{placed.key}#{lieu.identity}"
                if lieu.nom:
                    self.known[PLACES, key] = f"{placed.path} > lieu {lieu.nom}"
                else:
                    self.known.setdefault((PLACES, key), f"{placed.path} > lieu {key}")

    def node(self, path: Path) -> str:
        """The node's name and, for a unit or lieu, its identifier."""
        said = one_line(self.known.get(path, path[-1]))
        # A unit that is only proposed has no identifier yet.
        return f"{said} ({path[1]})" if path[0] == UNITS and ">" not in path[1] else said

    def of(self, path: Path) -> str:
        """Node and field in words."""
        said = [self.node(locate(path).node), self.field(path)]
        return " : ".join(part for part in said if part)

    def field(self, path: Path) -> str:
        """The keys of a path in words: "Contact Secrétariat, Téléphone"."""
        located = locate(path)
        at = len(located.node)
        words = []
        for spec, identity in located.steps:
            at += 1 + (len(identity.split(" ", 1)) if spec.noun() is Telecom else bool(identity))
            words.append(self._step(spec, path[:at], identity))
        return one_line(", ".join(words))

    def _step(self, spec: Spec, path: Path, identity: str) -> str:
        if not identity:
            return spec.label
        if spec.noun() is Telecom:
            canal, _, value = identity.partition(" ")
            return f"{channel_label(canal)} {value}"
        if spec.kind is Kind.NOUNS:
            return f"{_SINGULAR.get(spec.key, spec.label)} {self._item(spec.key, path)}".strip()
        shown = _coded(spec.table, identity) if spec.table else identity
        return f"{_SINGULAR.get(spec.key, spec.label)} {shown}"

    def _item(self, key: str, path: Path) -> str:
        """What tells an item apart, in words."""
        held = {p[-1]: v for p, v in self.items.items() if p[:-1] == path}
        if key == "contacts":
            nature = _coded("natures-contact", held.get("nature"))
            fonction = _coded("fonctions-contact", held.get("fonction"))
            who = " ".join(str(held[k]) for k in ("prenom", "nom") if k in held)
            return " ".join(part for part in (fonction, nature, who) if part)
        if key == "praticiens":
            who = " ".join(str(held[k]) for k in ("prenom", "nom") if k in held)
            return f"{who} ({path[-1]})".strip()
        if key == "capacites":
            return " ".join(part for part in path[-1].split("/")[:2])
        return path[-1]


_SINGULAR = {
    "activites": "Activité",
    "capacites": "Capacité",
    "contacts": "Contact",
    "horaires": "Horaire",
    "lieux": "Lieu",
    "modalites_accueil": "Modalité",
    "praticiens": "Praticien",
    "unites": "Unité",
}


def _by_node(changes: Iterable[Change], names: _Names) -> Iterator[Line]:
    nodes = by_node(changes)
    # The EJ and the EG first; units and lieux come in the order of the tree already.
    for node in sorted(nodes, key=lambda path: len(path) > 1):
        yield ((f"  {names.node(node)}", "title"),)
        yield from _lines(nodes[node], names)


def _lines(changes: list[Change], names: _Names) -> Iterator[Line]:
    """The changes of one node; what goes with an item that comes or goes is said on its line."""
    outer = _outer(changes)
    swaps = dict(_swaps(outer))
    gone = {old.path for old in swaps.values()}
    for change in outer:
        if change.path in swaps:
            yield _swap_line(swaps[change.path], change, names)
        elif change.path not in gone:
            yield _line(change, _inside(change, changes), names)


def _outer(changes: list[Change]) -> list[Change]:
    """The changes that are not inside an item that comes or goes."""
    whole = {c.path for c in changes if PRESENT in {c.before, c.after} and locate(c.path).noun}
    return [c for c in changes if not any(c.path[:n] in whole for n in range(1, len(c.path)))]


def _swaps(changes: list[Change]) -> Iterator[tuple[Path, Change]]:
    """Telecoms that take the place of the only one that leaves their channel."""
    for change in changes:
        if change.path[-3:-2] != ("telecoms",) or change.after is not PRESENT:
            continue
        channel = [c for c in changes if c.path[:-1] == change.path[:-1]]
        gone = [c for c in channel if c.after is None]
        if len(channel) == len(gone) + 1 and len(gone) == 1:
            yield change.path, gone[0]


def _swap_line(old: Change, new: Change, names: _Names) -> Line:
    what = names.field(new.path).removesuffix(f" {new.path[-1]}")
    return (("    ~ ", "changed"), (one_line(f"{what} : {old.path[-1]} → {new.path[-1]}"), ""))


def _inside(change: Change, changes: list[Change]) -> list[Change]:
    depth = len(change.path)
    return [c for c in changes if len(c.path) > depth and c.path[:depth] == change.path]


def _line(change: Change, inside: list[Change], names: _Names) -> Line:
    sign, style = _SIGNS[_kind(change)]
    head: tuple[Span, ...] = ((f"    {sign} ", style), (names.field(change.path) or "unité", ""))
    if _is_whole(change):
        detail = ", ".join(_details(inside, names)) if change.after is not None else ""
        return (*head, (f" : {detail}" if detail else "", ""))
    before, after = (_show(change.path, value) for value in (change.before, change.after))
    return (*head, (f" : {after}" if change.before is None else f" : {before} → {after}", ""))


_SIGNS = {"create": ("+", "added"), "delete": ("-", "removed"), "update": ("~", "changed")}


def _kind(change: Change) -> str:
    if change.before is None:
        return "create"
    return "delete" if change.after is None else "update"


def _is_whole(change: Change) -> bool:
    """True for a node, an item or a mapping that comes or goes."""
    return PRESENT in {change.before, change.after} and _is_thing(change.path)


def _is_thing(path: Path) -> bool:
    """True for the path of a node, an item or a mapping, which are there or are not."""
    steps = locate(path).steps
    return not steps or steps[-1][0].is_list or steps[-1][0].kind is Kind.NOUN


def _details(inside: list[Change], names: _Names) -> Iterator[str]:
    for change in inside:
        usual = "telecoms" in change.path and change.after in {"1", "2"}
        if change.path[-1] in _IDENTITY | _NAMES or change.after is None or usual:
            continue
        if change.after is PRESENT and locate(change.path).steps[-1][1]:
            yield names.field(change.path).rpartition(", ")[2]
        elif change.after is not PRESENT:
            label = locate(change.path).steps[-1][0].label
            yield f"{label} {_show(change.path, change.after)}"


def _show(path: Path, value: Value) -> str:
    """A value in words: a code with its label, nothing as "(vide)"."""
    if value is None:
        return "(vide)"
    steps = locate(path).steps
    spec = steps[-1][0] if steps else None
    if value is True or value is False:
        return "oui" if value else "non"
    if spec is not None and spec.table:
        return _coded(spec.table, value)
    if spec is not None and isinstance(value, str):
        return one_line(spec.words.get(value, value))
    return one_line(str(value))


def _coded(table: str, value: object) -> str:
    if not isinstance(value, str):
        return ""
    label = codes.table(table).label(value)
    return f"{label} ({value})" if label and label != value else value


def count_changes(plan: Plan) -> int:
    """How many changes a person counts: an item, or a number that takes another's place, is one."""
    return _count(plan.changes)


def _count(changes: Iterable[Change]) -> int:
    nodes = by_node(changes).values()
    outer = [c for listed in nodes for c in _outer(listed)]
    return len(outer) - len(dict(_swaps(outer)))
