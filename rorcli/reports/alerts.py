"""What `audit` found as findings, each at its place, for the forms that forges read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rorcli.reports.audit import about, asked_of, day_word, told
from rorcli.validation.auditing import AGE, CHECKS, NATIONAL, Audit
from rorcli.validation.findings import Finding, Severity
from rorcli.validation.freshness import Aged
from rorcli.validation.national import Requirement
from rorcli.validation.perimeters import title

# Where a pointer stands in a file: path, line, column.
Locate = Callable[[str], tuple[str, int, int]]
_RULES = {"CO1": "ROR501", "CO2": "ROR502", "CO3": "ROR503", "CP4": "ROR504", "CP5": "ROR505",
          "CP6": "ROR506", "RE1.2": "ROR507", "ST3": "ROR508"}  # fmt: skip
_REMEDY = {"RE1.2": "vérifiez puis enregistrez les plus anciennes"}


def alerts(one: Audit, locate: Locate, fail_on: frozenset[str]) -> Iterator[Finding]:
    """A finding for each node late, thing missing and unit in écart.

    It is a mere information unless its check is one that fails.
    """

    def found(check: str, rule: str, pointer: str, message: str, remedy: str) -> Finding:
        severity = Severity.WARNING if check in fail_on else Severity.INFO
        return Finding(rule, severity, *locate(pointer), pointer, message, remedy)

    for late in one.late:
        yield found(AGE, "ROR410", late.at.pointer, *_late(late))
    for missing in one.missing:
        issue = missing.issue
        check = next(name for name, rules in CHECKS.items() if issue.rule in rules)
        yield found(check, issue.rule, issue.pointer, issue.message, issue.remedy)
    for gap in one.summary.gaps:
        for pointer, message in _gap(gap, one):
            remedy = _REMEDY.get(gap.code, "corrigez la fiche")
            yield found(NATIONAL, _RULES[gap.code], pointer, message, remedy)


def _late(late: Aged) -> tuple[str, str]:
    name = late.at.path or late.at.etablissement
    remedy = f"demandez à : {asked_of(late.ask)}" if late.ask else "vérifiez, puis rorcli confirm"
    return f"{name} : dernière vérification, {day_word(late)}", remedy


def _gap(gap: Requirement, one: Audit) -> Iterator[tuple[str, str]]:
    """Where an écart is to be seen: each unit that does not conform, else the establishment."""
    units = gap.verdict.units if gap.verdict else ()
    for key in units:
        yield one.names[key].pointer, f"{one.names[key].path} : {about(gap, key)}"
    if not units:
        yield one.names[""].pointer, f"{one.site.nom} : {title(gap.code)}, {told(gap)}"
