"""Two views of an audit: what is to be done, in the order of the tree; a region's table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from rorcli.codes import table
from rorcli.plurals import counted
from rorcli.reports import Line
from rorcli.reports.audit import Cell, about, asked_of, day_word, told
from rorcli.reports.findings import one_line
from rorcli.validation.auditing import Audit, Site, Summary
from rorcli.validation.freshness import Aged, Place
from rorcli.validation.national import Status
from rorcli.validation.perimeters import title

REGION_COLUMNS = (
    "departement", "categorie", "ej", "raison_sociale", "etablissements", "unites", "en_retard",
    "manques", "completude", "ecarts",
)  # fmt: skip
_TOTAL = "total"


def render_agenda(audits: Sequence[Audit]) -> Iterator[Line]:
    """Each establishment, its nodes that ask for something in the order of the tree."""
    for rank, one in enumerate(audits):
        if rank:
            yield ""
        yield from _establishment(one)


def render_region(every: Sequence[Summary]) -> Iterator[Line]:
    """A line per département, category and EJ, with the sums of each département and of all."""
    rows = [list(REGION_COLUMNS), *(map(str, row) for row in region_rows(every))]
    lines = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for rank, line in enumerate(lines):
        cells = (
            text.ljust(width) if at < _FIRST_NUMBER else text.rjust(width)
            for at, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        is_sum = not rank or _TOTAL in line[:2]
        yield (("  ".join(cells).rstrip(), "title" if is_sum else ""),)


# Columns of words stand left of it, numbers right.
_FIRST_NUMBER = REGION_COLUMNS.index("etablissements")
_BY: tuple[Callable[[Site], str], ...] = (
    lambda site: site.departement, lambda site: site.categorie, lambda site: site.finess_ej,
)  # fmt: skip


def region_rows(every: Sequence[Summary]) -> Iterator[list[Cell]]:
    """The rows below `REGION_COLUMNS`; sums have "total" where they stop telling groups apart."""

    def key(one: Summary) -> tuple[str, ...]:
        return tuple(of(one.site) for of in _BY)

    ordered = sorted(every, key=key)
    for departement, there in groupby(ordered, key=lambda one: one.site.departement):
        held = list(there)
        for (_, category, ej), found in groupby(held, key=key):
            group = list(found)
            words = f"{category} {table('categories').label(category) or ''}".strip()
            yield [departement, words, ej, group[0].site.raison_sociale, *_sums(group)]
        yield [departement, _TOTAL, "", "", *_sums(held)]
    yield [_TOTAL, "", "", "", *_sums(ordered)]


def _sums(group: Sequence[Summary]) -> list[Cell]:
    points, kept = sum(one.points for one in group), sum(one.kept for one in group)
    share = f"{100 * kept // points} %" if points else ""
    numbers = (sum(one.nodes for one in group), sum(one.late for one in group),
               sum(one.missing for one in group))  # fmt: skip
    return [len(group), *numbers, share, sum(len(one.gaps) for one in group)]


def _establishment(one: Audit) -> Iterator[Line]:
    summary = one.summary
    score = (
        f" : complétude {summary.score} %, {counted(summary.kept, 'point')} sur {summary.points}"
    )
    yield (
        (f"{one.finess} {one_line(one.site.nom)}", "title"),
        (score if summary.points else "", "dim"),
    )
    todo = _todo(one)
    # Below what is closed nothing is late, but offres that are open still count for the nation.
    for key, lines in todo.items():
        yield f"  {_step(one.names[key])}"
        yield from lines
    applying = [each for each in one.requirements if each.verdict]
    if applying:
        yield "  Exigences nationales"
    for need in applying:
        style = "warning" if need.status is Status.ECART else "ok"
        said = f" {title(need.code)} : {one_line(told(need, one))}"
        yield (("    ", ""), (need.code, style), (said, ""))
    if not todo and not summary.gaps:
        yield (("  rien à faire", "ok"),)


def _step(at: Place) -> str:
    return one_line(at.path or f"{at.etablissement} (EG)")


def _age(each: Aged) -> Iterator[Line]:
    if each.is_late:
        ask = f" ; demander à : {asked_of(each.ask)}" if each.ask else ""
        yield (("    vérifier ", "warning"), (f" {one_line(day_word(each) + ask)}", ""))


def _todo(one: Audit) -> dict[str, list[Line]]:
    """What is late, missing and in écart, by node in the order of the tree."""
    found: dict[str, list[Line]] = {key: [] for key in one.names}
    for each in one.aged:
        found[each.at.key] += _age(each)
    for missing in one.missing:
        said = one_line(f" {missing.issue.message} — {missing.issue.remedy}")
        line = (("    compléter", "warning"), (said, ""))
        found[missing.at.key].append(line)
    for gap in one.summary.gaps:
        for key in gap.verdict.units if gap.verdict else ():
            line = (("    national ", "warning"), (f" {gap.code} {about(gap, key)}", ""))
            found[key].append(line)
    return {key: lines for key, lines in found.items() if lines}
