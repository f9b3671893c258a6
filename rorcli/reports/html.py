"""An audit as one page to open, share and print: no network, nothing of what is personal.

The page is `data/rapport.html`; what fills it is text, escaped, or JSON that no `</script>` ends.
Its policy (CSP) names the page's own script and style by their hashes: nothing else ever runs.
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from rorcli.plurals import counted
from rorcli.reports.audit import STATUS_WORDS, UNKNOWN, about, asked_of, requirement_counts, told
from rorcli.reports.discretion import hiding
from rorcli.reports.findings import one_line
from rorcli.validation.auditing import Audit, Criteria
from rorcli.validation.freshness import Aged, parse_limit
from rorcli.validation.national import Status
from rorcli.validation.perimeters import needs, title

_PAGE = Path(__file__).parents[1] / "data" / "rapport.html"
_LEVELS = {"eg": "EG", "pole": "Pôle", "service": "Service", "uf": "UF", "uo": "UO"}
# Age classes: label, the span that ends it; then what has no day. Colours are in the page.
AGES = (("moins de 3 mois", "3mo"), ("3 à 6 mois", "6mo"), ("6 à 12 mois", "1y"),
        ("plus d'un an", ""), (UNKNOWN, ""))  # fmt: skip
_BARS = 25
_LABEL, _WIDTH, _STEP, _THICK, _LETTERS = 330, 500, 28, 18, 40

Hide = Callable[[str], str]
Bar = tuple[str, Sequence[int]]


def page(audits: Sequence[Audit], asked: Criteria, *, show_personal: bool = False) -> str:
    """The whole page. Without `show_personal` sensitive units are counted and not named."""
    told_ = [(one, _shown(one, show_personal=show_personal)) for one in audits]
    every = [one.summary for one in audits]
    kept, points = sum(one.kept for one in every), sum(one.points for one in every)
    unseen = 0 if show_personal else sum(e.at.is_sensitive for one in audits for e in one.aged)
    texts = {
        "jour": asked.today.isoformat(),
        "limite": asked.limit.isoformat(),
        "etablissements": counted(len(every), "établissement"),
        "retard": str(sum(one.late for one in every)),
        "noeuds": str(sum(one.nodes for one in every)),
        "manques": str(sum(one.missing for one in every)),
        "ecarts": str(sum(len(one.gaps) for one in every)),
        "completude": f"{100 * kept // points if points else 100} %",
        "points": f"{counted(kept, 'point')} sur {points}",
        "cachees": f"{counted(unseen, 'unité')} sensible{'s' * (unseen > 1)}, "
        "comptées mais non montrées." if unseen else "",
    }  # fmt: skip
    parts = {name: escape(text) for name, text in texts.items()}
    parts["ages"] = _chart("ages", "pôle", [label for label, _ in AGES], _by_pole(told_, asked))
    parts["exigences"] = _chart("exigences", "exigence", [*STATUS_WORDS.values()], _met(audits))
    parts["verdicts"] = "".join(_verdicts(told_))
    parts["donnees"] = _json(_data(told_, asked, show_personal=show_personal))
    return _filled(_PAGE.read_text(encoding="utf-8"), parts)


def _shown(one: Audit, *, show_personal: bool) -> Hide:
    """What a text becomes on the page: nothing to hide, nor signs that are not to be seen."""
    hide = str if show_personal else hiding(one.hidden)
    return lambda text: one_line(hide(text))


def _filled(text: str, parts: Mapping[str, str]) -> str:
    """The page with its parts, in one pass: what a part holds is no place to fill."""
    for kind in ("script", "style"):
        [held] = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        digest = base64.b64encode(sha256(held.encode()).digest()).decode()
        parts = {**parts, f"hash_{kind}": f"'sha256-{digest}'"}
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], text)


def _json(data: object) -> str:
    """JSON that may stand in a script element: no sign there means anything to HTML."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _data(told_: Sequence[tuple[Audit, Hide]], asked: Criteria, *, show_personal: bool
          ) -> dict[str, Any]:  # fmt: skip
    """What the tables show: units by establishment, and the establishments."""
    sites, units = [], []
    for rank, (one, hide) in enumerate(told_):
        summary, site = one.summary, one.site
        words = (site.departement, site.categorie, site.raison_sociale or site.finess_ej,
                 one.finess, site.nom)  # fmt: skip
        sites.append([
            *map(hide, words), summary.nodes, summary.late, summary.missing, summary.score,
            len(summary.gaps),
        ])  # fmt: skip
        lacks = _lacks(one)
        shown = (e for e in one.aged if show_personal or not e.at.is_sensitive)
        units += [[rank, *_unit(e, lacks.get(e.at.key, []), asked, hide)] for e in shown]
    return {"sites": sites, "units": units}


def _unit(each: Aged, lacks: Sequence[str], asked: Criteria, hide: Hide) -> list[object]:
    day = each.dated_on
    age = (asked.today - day).days if day else None
    ask = hide(asked_of(each.ask)) if each.ask else ""
    name = hide(each.at.path or each.at.etablissement)
    return [_LEVELS[each.at.level], name, day.isoformat() if day else "", age,
            int(each.is_late), hide(" ; ".join(lacks)), ask]  # fmt: skip


def _lacks(one: Audit) -> dict[str, list[str]]:
    """What is missing and what is in écart, by node."""
    found: dict[str, list[str]] = {}
    for missing in one.missing:
        # The node is named beside it.
        said = missing.issue.message.rpartition("» : ")[2]
        found.setdefault(missing.at.key, []).append(said)
    for gap in one.summary.gaps:
        for key in gap.verdict.units if gap.verdict else ():
            found.setdefault(key, []).append(f"{gap.code} : {about(gap, key)}")
    return found


def _by_pole(told_: Sequence[tuple[Audit, Hide]], asked: Criteria) -> list[Bar]:
    """Units of each age by outermost unit; the fullest of old ones, and the others together."""
    limits = [parse_limit(span, asked.today) for _, span in AGES if span]
    poles: dict[str, list[int]] = {}
    for one, hide in told_:
        site = f"{hide(one.site.nom)} > " if len(told_) > 1 else ""
        for each in one.aged:
            if each.at.key:
                name = site + hide(each.at.path).partition(" > ")[0]
                poles.setdefault(name, [0] * len(AGES))[_class(each.dated_on, limits)] += 1
    oldest = sorted(poles.items(), key=lambda pole: (-sum(pole[1][2:]), pole[0]))
    shown: list[Bar] = list(oldest[:_BARS])
    if rest := [counts for _, counts in oldest[_BARS:]]:
        shown.append((f"{len(rest)} autres", [sum(column) for column in zip(*rest, strict=True)]))
    return shown


def _class(day: date | None, limits: Sequence[date]) -> int:
    return len(AGES) - 1 if day is None else sum(day < limit for limit in limits)


def _met(audits: Sequence[Audit]) -> list[Bar]:
    counts = requirement_counts([one.summary for one in audits])
    return [(f"{code} {title(code)}", [met[status] for status in STATUS_WORDS])
            for code, met in counts.items()]  # fmt: skip


def _chart(name: str, head: str, classes: Sequence[str], bars: Sequence[Bar]) -> str:
    """Stacked bars in SVG, their legend, and the same numbers as a table."""
    if not bars:
        return "<p>Rien à montrer.</p>"
    height = _STEP * len(bars)
    drawn = "".join(_bar(name, rank, bar, classes) for rank, bar in enumerate(bars))
    keys = "".join(
        f'<li><svg width="14" height="14" aria-hidden="true"><rect width="14" height="14" '
        f'class="{name}-{rank}"/></svg> {escape(label)}</li>'
        for rank, label in enumerate(classes)
    )
    heads = "".join(f'<th scope="col">{escape(label)}</th>' for label in (head, *classes))
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th>'
        + "".join(f"<td>{count}</td>" for count in counts) + "</tr>"
        for label, counts in bars
    )  # fmt: skip
    return (
        f'<ul class="legende">{keys}</ul><svg class="graphique" role="img" '
        f'aria-label="Les mêmes nombres que le tableau qui suit" '
        f'viewBox="0 0 {_LABEL + _WIDTH + 60} {height}">{drawn}</svg>'
        f"<details><summary>Les nombres</summary><table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table></details>"
    )


def _bar(name: str, rank: int, bar: Bar, classes: Sequence[str]) -> str:
    (label, counts), top, at = bar, rank * _STEP, float(_LABEL)
    total = sum(counts) or 1
    short = label if len(label) <= _LETTERS else label[: _LETTERS - 1] + "…"
    parts = [f'<text x="{_LABEL - 8}" y="{top + 18}" text-anchor="end">{escape(short)}</text>']
    for each, count in enumerate(counts):
        width = _WIDTH * count / total
        if count:
            said = escape(f"{label} : {count} {classes[each]}")
            parts.append(f'<rect x="{at:.1f}" y="{top + 4}" width="{width:.1f}" height="{_THICK}" '
                         f'class="{name}-{each}"><title>{said}</title></rect>')  # fmt: skip
        at += width
    parts.append(f'<text x="{_LABEL + _WIDTH + 8}" y="{top + 18}">{sum(counts)}</text>')
    return "".join(parts)


def _verdicts(told_: Sequence[tuple[Audit, Hide]]) -> Iterator[str]:
    """The requirements of one establishment, each with its counts; of several, what each needs."""
    if len(told_) == 1:
        [(one, hide)] = told_
        for each in one.requirements:
            words = hide(told(each, one)) + (f" ; sans {each.needs}" if each.needs else "")
            yield _item(each.code, words, each.status)
        return
    for code, counts in requirement_counts([one.summary for one, _ in told_]).items():
        if needs(code):
            yield _item(code, f"rorcli n'a pas {needs(code)}", _worst(counts))


def _worst(counts: Counter[Status]) -> Status:
    return Status.ECART if counts[Status.ECART] else Status.NON_CALCULABLE


def _item(code: str, words: str, status: Status) -> str:
    name = f"{escape(code)} {escape(title(code))}"
    return f'<li class="{status.value}"><strong>{name}</strong> : {escape(words)}</li>'
