"""What `audit` found: lines for people, rows for a spreadsheet, data for programs.

Each line begins with what it tells (`en retard`, `manque`, `national`, `exigence`, `total`), its
fields are separated by tabs. The JSON is described by `schemas/audit.v1.schema.json`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rorcli.plurals import counted
from rorcli.reports import Line
from rorcli.reports.findings import one_line
from rorcli.validation.auditing import Account, Audit, Criteria, Missing, Summary
from rorcli.validation.freshness import Aged, Ask, Place
from rorcli.validation.national import CODES, Requirement, Status
from rorcli.validation.perimeters import needs, title

SCHEMA = "rorcli/audit/v1"
UNKNOWN = "date inconnue"
COLUMNS = (
    "constat", "finess", "etablissement", "niveau", "unite", "id", "date", "jours", "regle",
    "detail", "demander_a", "courriel", "telephone",
)  # fmt: skip
# What a cell of a spreadsheet holds.
Cell = str | int | None
STATUS_WORDS = {
    Status.CONFORME: "conforme",
    Status.ECART: "écart",
    Status.NON_APPLICABLE: "sans objet",
    Status.NON_CALCULABLE: "non calculable",
}


def render_audit(told_: Account) -> Iterator[Line]:
    """What is late, the oldest first; what is missing, from the EG down; écarts; totals."""
    yield from map(late_line, told_.late)
    for missing in told_.missing:
        issue, at = missing.issue, missing.at
        said = (issue.rule, at.finess, named(at), f"{issue.message} — {issue.remedy}")
        yield row("manque", "warning", *said)
    for one in told_.audits:
        for gap in one.summary.gaps:
            yield row("national", "warning", gap.code, one.finess, one.site.nom, told(gap, one))
    yield from requirement_lines(told_.every)
    yield from map(total_line, told_.every)


def late_line(late: Aged) -> Line:
    """A node that is late, and who to ask."""
    ask = f"demander à : {asked_of(late.ask)}" if late.ask else "personne à qui demander"
    return row("en retard", "warning", day_word(late), late.at.finess, named(late.at), ask)


def total_line(one: Summary) -> Line:
    """An establishment in one line."""
    late_count = f"{one.late} en retard sur {one.nodes}"
    lacks = counted(one.missing, "manque")
    style = "warning" if one.late or one.missing or one.gaps else "ok"
    fields = [one.site.finess, one.site.nom, late_count, lacks]
    if one.points:
        fields.append(f"complétude {one.score} % ({counted(one.kept, 'point')} sur {one.points})")
    return row("total", style, *fields)


def requirement_lines(every: Sequence[Summary]) -> Iterator[Line]:
    """How many establishments meet each requirement that applies; those that nobody can judge."""
    blind = []
    for code, counts in requirement_counts(every).items():
        met, gaps = counts[Status.CONFORME], counts[Status.ECART]
        if met or gaps:
            said = f"{counted(met, 'conforme')}, {counted(gaps, 'écart')}"
            part = [f"sans {needs(code)}"] if needs(code) else []
            yield row("exigence", "warning" if gaps else "ok", code, title(code), said, *part)
        elif counts[Status.NON_CALCULABLE]:
            blind.append(code)
    if blind:
        yield row("exigence", "dim", ", ".join(blind), STATUS_WORDS[Status.NON_CALCULABLE],
                  "il y faudrait FINESS, ou tout l'annuaire")  # fmt: skip


def requirement_counts(every: Iterable[Summary]) -> dict[str, Counter[Status]]:
    """How many establishments have each status, by requirement."""
    counts: dict[str, Counter[Status]] = {}
    for each in (requirement for one in every for requirement in one.requirements):
        counts.setdefault(each.code, Counter())[each.status] += 1
    return {code: counts[code] for code in CODES if code in counts}


def told(each: Requirement, one: Audit | None = None) -> str:
    """A requirement in words: k of n, how many are needed, which units do not conform."""
    words = STATUS_WORDS[each.status]
    if found := each.verdict:
        words += f", {found.k} sur {found.n}, il en faut {found.needed}"
    if each.is_estimate:
        words += " (estimation, d'après les vérifications)"
    if found and found.units:
        names = (one.names[key].path if one and key in one.names else key for key in found.units)
        lacks = (", ".join(found.lacks.get(key, ())) for key in found.units)
        listed = (f"{name} ({lack})" if lack else name
                  for name, lack in zip(names, lacks, strict=True))  # fmt: skip
        words += f" ; {_TO_MEND[each.code]} : {', '.join(listed)}"
    return words


# What is wrong with the units that a requirement names, by the key to look at.
_TO_MEND: Mapping[str, str] = {
    "CO1": "« urgence » manque au nom",
    "CO2": "le nom (maternité), niveau_maternite et activites ne vont pas ensemble",
    "CO3": "unite_sensible est à revoir (oui : médecine pénitentiaire, NRBC, et elles seules)",
    "CP4": "à compléter",
    "CP5": "type_offre ou temporalite_accueil manque",
    "CP6": "aucune place installée",
    "RE1.2": "à vérifier, puis rorcli confirm",
}


def about(gap: Requirement, key: str) -> str:
    """What an écart means for a unit: the requirement, and what is to be filled there."""
    lacks = gap.verdict.lacks.get(key, ()) if gap.verdict else ()
    return f"{title(gap.code)} (à compléter : {', '.join(lacks)})" if lacks else title(gap.code)


def render_audit_counts(every: Sequence[Summary], asked: Criteria) -> Line:
    """The sums, with the day that separates what is late."""
    counts = [counted(sum(one.missing for one in every), "manque")]
    if any(one.requirements for one in every):
        counts.append(counted(sum(len(one.gaps) for one in every), "écart"))
    return (
        f"{sum(one.late for one in every)} en retard (avant le {asked.limit}), "
        f"{', '.join(counts)} dans {counted(len(every), 'établissement')}"
    )


def audit_rows(told_: Account, asked: Criteria) -> Iterator[list[Cell]]:
    """The rows below `COLUMNS`."""
    for late in told_.late:
        yield late_cells(late, asked)
    for missing in told_.missing:
        issue = missing.issue
        yield ["manque", *_cells(missing.at), "", None, issue.rule, issue.message, "", "", ""]
    for one in told_.audits:
        for gap in one.summary.gaps:
            place = [one.finess, one.site.nom, "eg", "", ""]
            yield ["national", *place, "", None, gap.code, told(gap, one), "", "", ""]


def late_cells(late: Aged, asked: Criteria) -> list[Cell]:
    """The row of a node that is late."""
    days = None if late.dated_on is None else (asked.today - late.dated_on).days
    ask = late.ask or Ask("", "", "")
    said = ["", "", ask.role, ask.courriel, ask.telephone]
    return ["en retard", *_cells(late.at), day_word(late), days, *said]


def audit_data(told_: Account, asked: Criteria, *, ok: bool) -> dict[str, Any]:
    """The whole answer."""
    every = told_.every
    sums = {name: sum(getattr(one, name) for one in every)
            for name in ("late", "missing", "points", "kept")}  # fmt: skip
    return {
        "schema": SCHEMA,
        "ok": ok,
        "as_of": asked.today.isoformat(),
        "older_than": asked.limit.isoformat(),
        "checks": list(asked.checks),
        "late": [_late(each, asked) for each in told_.late],
        "missing": [_missing(each) for each in told_.missing],
        "requirements": [requirement_data(each) for one in every for each in one.requirements],
        "establishments": [_summary(one) for one in every],
        "counts": {"establishments": len(every), **sums, "gaps": sum(len(e.gaps) for e in every)},
    }


def requirement_data(each: Requirement) -> dict[str, Any]:
    """A requirement and an establishment; counts only where it applies."""
    data: dict[str, Any] = {"finess": each.finess, "code": each.code, "status": each.status.value}
    if each.verdict:
        k, n, needed, units, _ = each.verdict
        data |= {"k": k, "n": n, "needed": needed, "units": list(units)}
    if each.needs:
        data["needs"] = each.needs
    if each.is_estimate:
        data["estimate"] = True
    return data


def row(word: str, style: str, *fields: str) -> Line:
    """What a line tells, then its fields."""
    return ((word, style), ("\t" + "\t".join(one_line(field) for field in fields), ""))


def day_word(each: Aged) -> str:
    """The day of a node, or that none is known."""
    return UNKNOWN if each.dated_on is None else each.dated_on.isoformat()


def named(at: Place) -> str:
    """The establishment, and the path of the unit below it."""
    return f"{at.etablissement} > {at.path}" if at.path else at.etablissement


def asked_of(ask: Ask) -> str:
    """Who to ask, and how to reach them."""
    return ", ".join(filter(None, (ask.role, ask.courriel, ask.telephone)))


def _cells(at: Place) -> tuple[str, ...]:
    return (at.finess, at.etablissement, at.level, at.path, at.key)


def _place(at: Place) -> dict[str, str]:
    return {"finess": at.finess, "establishment": at.etablissement, "level": at.level,
            "unit": at.path, "key": at.key}  # fmt: skip


def _late(late: Aged, asked: Criteria) -> dict[str, Any]:
    day, ask = late.dated_on, late.ask
    return {
        **_place(late.at),
        "dated_on": day.isoformat() if day else None,
        "age_days": (asked.today - day).days if day else None,
        "ask": {"role": ask.role, "mail": ask.courriel, "phone": ask.telephone} if ask else None,
    }


def _missing(missing: Missing) -> dict[str, Any]:
    issue = missing.issue
    return {**_place(missing.at), "rule": issue.rule, "field": issue.pointer,
            "message": issue.message, "remedy": issue.remedy}  # fmt: skip


def _summary(one: Summary) -> dict[str, Any]:
    site = one.site
    return {"finess": site.finess, "name": site.nom, "department": site.departement,
            "category": site.categorie, "ej": site.finess_ej, "ej_name": site.raison_sociale,
            "open_nodes": one.nodes, "late": one.late, "missing": one.missing,
            "points": one.points, "kept": one.kept, "score": one.score,
            "gaps": [gap.code for gap in one.gaps]}  # fmt: skip
