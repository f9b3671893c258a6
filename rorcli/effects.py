"""What an edit did: changes in the words of a comparison, findings, and what it left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
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
    """A sentence for each address that names another commune and keeps the former one's codes."""
    changed = {change.path for change in effect.changes}
    for change in effect.changes:
        address, before, after = change.path[:-1], str(change.before), str(change.after)
        is_other = change.before and change.after and codes.fold(before) != codes.fold(after)
        if change.path[-1] != "commune" or not is_other:
            continue
        kept = [key for key in ("code_postal", "code_insee")
                if (*address, key) in effect.held.keys() - changed]  # fmt: skip
        if kept:
            said = " et ".join(f"{key} ({effect.held[(*address, key)]})" for key in kept)
            yield (
                f"{effect.path} : commune {before} → {after}, mais {said} sans changement ; "
                f"si c'est à corriger : {_command(effect, address, kept)}"
            )


def _command(effect: Effect, address: Path, keys: Iterable[str]) -> str:
    """The edit that gives an address these keys; a lieu without identifier is edited by hand."""
    command, prefix = f"rorcli edit {effect.path}", "adresse"
    if address[0] == EJ:
        prefix = "entite_juridique.adresse"
    if address[0] == PLACES:
        lieu = address[1]
        uo = next(path[1] for path in effect.held if is_reference(path) and path[3] == lieu)
        if "#" in lieu:
            return command
        command, prefix = f"{command} --unit {uo}", f"lieux[{lieu}].adresse"
    return " ".join([command, *(f'"{prefix}.{key}=…"' for key in keys)])


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
