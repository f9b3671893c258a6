"""What a rule is for, told to whoever meets it, to a program, and as the page of all rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from rorcli.reports import Line
from rorcli.reports.findings import SEVERITIES
from rorcli.validation.findings import CATALOGUE, RULES, Rule
from rorcli.validation.lessons import Lesson, lessons, page_of
from rorcli.validation.suppressions import may_ignore

SCHEMA = "rorcli/rule/v1"
_WIDTH = 88
_FAMILIES: Mapping[str, str] = {
    "1": "Texte et schéma", "2": "Identifiants et adresses", "3": "Cohérence",
    "4": "Ce qui manque", "5": "Exigences nationales",
}  # fmt: skip
_AUDITED = "C'est rorcli audit qui le dit : cela dépend du jour et d'autres établissements."
_FIRM = "Ce constat ne s'écarte pas : d'autres lecteurs du fichier y verraient autre chose."


def render_lesson(rule: Rule) -> Iterator[Line]:
    """The rule, its reason, a wrong and a right example, its source, how to set it aside."""
    told = lessons()[rule.id]
    severity = (SEVERITIES[rule.severity], rule.severity.value)
    yield ((f"{rule.id} {rule.title}", "title"), (" (", ""), severity, (")", ""))
    yield ""
    yield from wrap(told.why, _WIDTH)
    for label, text in _examples(told):
        style = "removed" if text == told.wrong else "added"
        yield from ("", f"{label} :")
        yield from ((("  ", ""), (line, style)) for line in text.splitlines())
    yield from ("", *wrap(f"Source : {told.source}.", _WIDTH))
    for said in filter(None, (_mended(told), _aside(rule))):
        yield from wrap(said, _WIDTH)


def lesson_data(rule: Rule) -> dict[str, Any]:
    """The same as `schemas/rule.v1.schema.json` says."""
    told = lessons()[rule.id]
    return {
        "schema": SCHEMA,
        "ok": True,
        "rule": rule.id,
        "severity": rule.severity.value,
        "title": rule.title,
        "why": told.why,
        "source": told.source,
        "wrong": told.wrong or None,
        "right": told.right or None,
        "fix": told.fix or None,
        "ignorable": may_ignore(rule.id),
        "page": page_of(rule.id),
    }


def render_page() -> str:
    """`docs/regles.md`: every rule, by family, under an anchor that is its id."""
    parts = [_HEAD]
    for digit, family in _FAMILIES.items():
        rules = [rule for rule in CATALOGUE.values() if rule.id[3] == digit]
        if rules:
            parts.append(f"## {family} ({digit}xx)\n")
            parts += [_section(rule, lessons()[rule.id]) for rule in rules]
    return "\n".join(parts)


_HEAD = """\
# Les règles de `rorcli validate` et de `rorcli audit`

Cette page est écrite par `python -m tools.build_rules_page` ; ses exemples sont vérifiés par les
tests. Dans un terminal, `rorcli validate --explain ROR203` dit la même chose d'une règle.

Une **erreur** empêche d'enregistrer l'unité où elle se trouve ; un **avertissement** n'empêche
rien. Sauf dans la famille 1xx, un commentaire `# rorcli: ignore=ROR203 motif`, en fin de ligne ou
seul sur la ligne d'avant, écarte un constat ; `ignore` dans `rorcli.toml` écarte une règle partout.

`rorcli validate --fix` corrige ce qui est certain. Il écrit aussi les téléphones français sous leur
forme usuelle, et le libellé d'un code au bout d'une ligne qui n'a pas de commentaire.

ROR410 et la famille 5xx sont dites par `rorcli audit`, qui regarde le jour et toute la région.
"""


def _section(rule: Rule, told: Lesson) -> str:
    examples = (f"{label} :\n\n```yaml\n{text}\n```\n" for label, text in _examples(told))
    head = f"### {rule.id}\n\n**{rule.title}** ({SEVERITIES[rule.severity]}). {told.why}\n"
    tail = " ".join(filter(None, (f"Source : {told.source}.", _mended(told))))
    return "\n".join((head, *examples, f"{tail}\n"))


def _examples(told: Lesson) -> list[tuple[str, str]]:
    pairs = [("Faux", told.wrong), ("Juste", told.right)]
    return [pair for pair in pairs if pair[1]]


def _mended(told: Lesson) -> str:
    return f"Ce que --fix corrige : {told.fix}." if told.fix else ""


def _aside(rule: Rule) -> str:
    if rule.id not in RULES:
        return _AUDITED
    if not may_ignore(rule.id):
        return _FIRM
    return f"Pour l'écarter sur une ligne : # rorcli: ignore={rule.id} motif"
