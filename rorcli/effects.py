"""What an edit did: changes in the words of a comparison, findings, and what it left behind."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from rorcli import codes
from rorcli.model import Establishment, decode
from rorcli.planning.changes import Change, differences
from rorcli.planning.facts import EJ, PLACES, Path, Value, doubles, facts, is_reference
from rorcli.text.document import Document
from rorcli.validation import validate
from rorcli.validation.findings import Finding, Severity


@dataclass(frozen=True)
class Effect:
    """A file before and after an edit, and the changes that lead from one to the other.

    `held` are the facts of the file after it.
    """

    path: str
    before: Establishment
    after: Establishment
    changes: tuple[Change, ...]
    held: Mapping[Path, Value]


def effect_of(before: Document, after: Document) -> Effect:
    """What became of a document; one that cannot be read holds nothing."""
    old, new = (decode(each.data) if isinstance(each.data, dict) else Establishment()
                for each in (before, after))  # fmt: skip
    doubled = doubles(old, new)
    now = facts(new, doubled)
    changes = differences(facts(old, doubled), now)
    return Effect(after.path, old, new, changes, now.values)


def stale_codes(effect: Effect) -> Iterator[str]:
    """A sentence for each commune that moved while addresses keep the former one's codes."""
    moved: dict[tuple[str, ...], list[Path]] = defaultdict(list)
    changed = {change.path for change in effect.changes}
    for change in effect.changes:
        address, before, after = change.path[:-1], str(change.before), str(change.after)
        is_other = change.before and change.after and codes.fold(before) != codes.fold(after)
        if change.path[-1] == "commune" and is_other:
            held = {key: effect.held.get((*address, key)) for key in ("code_postal", "code_insee")}
            kept = [f"{key} {value}" for key, value in held.items()
                    if value and (*address, key) not in changed]  # fmt: skip
            moved[before, after, *kept].append(address)
    for (before, after, *kept), addresses in moved.items():
        if kept:
            yield (
                f"{effect.path} : commune {before} → {after}, mais {' et '.join(kept)} sans "
                f"changement ; si c'est à corriger : {_command(effect, addresses, kept)}"
            )


def _command(effect: Effect, addresses: list[Path], kept: list[str]) -> str:
    """The edit that gives an address these codes, or several addresses the first of them."""
    command, prefix = f"rorcli edit {effect.path}", "adresse"
    if len(addresses) > 1:
        return f"{command} --replace {kept[-1]} …"
    ((root, *below),) = addresses
    if root == EJ:
        prefix = "entite_juridique.adresse"
    if root == PLACES:
        lieu = below[0]
        uo = next(path[1] for path in effect.held if is_reference(path) and path[3] == lieu)
        if "#" in lieu:  # without identifier, it has no name on the command line
            return command
        command, prefix = f"{command} --unit {uo}", f"lieux[{lieu}].adresse"
    return " ".join([command, *(f'"{prefix}.{each.split()[0]}=…"' for each in kept)])


def added_errors(before: Document, after: Document, today: date) -> list[Finding]:
    """The errors that an edit adds; those that were there before never refuse it."""
    return [f for f in added_findings(before, after, today) if f.severity is Severity.ERROR]


def added_findings(before: Document, after: Document, today: date) -> list[Finding]:
    """All that `validate` says of a document and did not say before its edit."""
    if after.text == before.text or not (found := validate(after, today)):
        return []
    known = Counter((f.rule, f.message) for f in validate(before, today))
    added = []
    for finding in found:
        known[finding.rule, finding.message] -= 1
        if known[finding.rule, finding.message] < 0:
            added.append(finding)
    return added
