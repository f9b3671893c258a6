"""What an establishment becomes in the embedded store: rows to search and to count; no I/O.

Words are folded and cut here, for the index and for the question alike, so that both follow the
rules of `codes.fold` whatever the SQLite; nothing that a person types reaches the query language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import NamedTuple

from rorcli.codes import fold, table
from rorcli.items import Adresse
from rorcli.model import EntiteGeographique, Establishment, Placed, Unite
from rorcli.stores.base import Query
from rorcli.validation.auditing import Criteria
from rorcli.validation.freshness import Chain, who
from rorcli.validation.view import day_of

DEFINITIVE = "DEF"

# What fills the braces is ours; what a person typed is bound.
_HIT = "finess, e.nom, categorie, e.commune, code_postal, finess_ej, raison_sociale"
_FOUND = f"SELECT {_HIT}, NULL, NULL FROM establishments e WHERE {{}} ORDER BY rank, finess"  # noqa: S608
_FOUND_BY_WORDS = f"""
    SELECT {_HIT}, n.key, n.path
    FROM nodes_fts JOIN nodes n ON n.id = nodes_fts.rowid JOIN establishments e USING (finess)
    WHERE {{}} ORDER BY e.rank, finess, n.path, n.key"""  # noqa: S608


_OPEN = "(closed_on IS NULL OR closed_on > ?)"
_LATE = f"""
    SELECT n.finess, e.nom, n.type, n.path, n.key, n.dated_on, ask_role, ask_mail, ask_phone
    FROM nodes n JOIN establishments e USING (finess)
    WHERE dated_on < ? AND dated_on < {{}} AND {_OPEN} AND {{}} ORDER BY dated_on, finess, path"""  # noqa: S608
_AGES = f"""
    SELECT finess, e.nom, departement, e.categorie, finess_ej, raison_sociale,
        count(*) FILTER (WHERE is_open), count(*) FILTER (WHERE is_open AND is_late)
    FROM (SELECT finess, dated_on < {{}} AS is_late, {_OPEN} AS is_open
        FROM nodes INDEXED BY nodes_age) n
    JOIN establishments e USING (finess) WHERE {{}} GROUP BY finess ORDER BY e.rank, finess"""  # noqa: S608


class SiteRow(NamedTuple):
    """A row of `establishments`; `names`, `legal` and `rank` are folded."""

    finess: str
    nom: str
    categorie: str
    commune: str
    code_postal: str
    departement: str
    code_insee: str
    finess_ej: str
    raison_sociale: str
    names: str
    legal: str
    rank: str


class NodeRow(NamedTuple):
    """A row of `nodes`: the EG (key "") or a unit; days in ISO form.

    `dated_on` is the latest of `verifie_le` and `changed_on`: how old the node is. `verifie_le` and
    `closed_on` hold for what is below; `closed_on` is the first day of a
    definitive closing. `site` and `offer` are the words that full-text search knows. The `ask_…`
    are those of `freshness.Ask`.
    """

    key: str
    parent: str | None
    type: str
    nom: str
    path: str
    mode: str | None
    type_offre: str | None
    commune: str
    verifie_le: str | None
    changed_on: str
    closed_on: str | None
    site: str
    offer: str
    ask_role: str | None
    ask_mail: str | None
    ask_phone: str | None
    dated_on: str


def words_of(text: str) -> list[str]:
    """The folded words, made of letters and digits alone."""
    return re.findall(r"[^\W_]+", fold(text))


def site_row(establishment: Establishment) -> SiteRow:
    """The establishment's own row."""
    eg, ej = establishment.etablissement, establishment.entite_juridique
    adresse = eg.adresse or Adresse()
    commune, nom, legal = adresse.commune or "", eg.nom or "", ej.raison_sociale or ""
    return SiteRow(
        finess=establishment.finess,
        nom=nom,
        categorie=eg.categorie or "",
        commune=commune,
        code_postal=adresse.code_postal or "",
        departement=eg.departement,
        code_insee=adresse.code_insee or "",
        finess_ej=ej.finess or "",
        raison_sociale=legal,
        names=_joined(words_of(f"{commune} {nom}")),
        legal=_joined(words_of(legal)),
        # A tab sorts before letters: Nantes goes before Nantes-en-Bresse, whatever the names.
        rank=f"{fold(commune)}\t{fold(nom)}",
    )


def node_rows(establishment: Establishment, changed_on: Mapping[str, date]) -> list[NodeRow]:
    """The EG's row, then one for each unit; `changed_on` holds every key."""
    place = site_row(establishment)
    numbers = (place.code_postal, place.departement, place.finess, place.finess_ej)
    site = _joined(words_of(" ".join((place.commune, place.raison_sociale, *numbers))))
    return [
        _eg_row(establishment.etablissement, place, changed_on[""], site),
        *(_unit_row(each, place, changed_on[each.key], site) for each in establishment.units()),
    ]


def age_columns(establishment: Establishment) -> Iterator[tuple[str, tuple[str | None, ...]]]:
    """`closed_on` and the `ask_…` of each node, by its key: what a file of before lacks."""
    site = establishment.etablissement
    yield "", (_closed_on(site), *_ask((site,), site).values())
    for placed in establishment.units():
        chain = _upwards(placed)
        yield placed.key, (_closed_on(*chain), *_ask(chain, site).values())


def verified_on(*nodes: EntiteGeographique | Unite) -> date | None:
    """The latest `verifie_le` of a node and those above it: each holds for what is below."""
    return max((day for node in nodes if (day := day_of(node.verifie_le))), default=None)


def days_of_load(establishment: Establishment, today: date) -> dict[str, date]:
    """`changed_on` of what is loaded: what its effective `verifie_le` says, else `today`."""
    days = {"": verified_on(establishment.etablissement) or today}
    for placed in establishment.units():
        days[placed.key] = verified_on(*_upwards(placed)) or today
    return days


def with_ids(establishment: Establishment, ids: Iterator[str]) -> Establishment:
    """Each unit without `id` gets the next of these, in the order of `Establishment.units`."""

    def identified(unit: Unite) -> Unite:
        new = unit.id or next(ids)
        below = tuple(identified(each) for each in unit.unites)
        return replace(unit, id=new, managed=unit.managed | {"id"}, unites=below)

    eg = establishment.etablissement
    eg = replace(eg, unites=tuple(identified(unit) for unit in eg.unites))
    return replace(establishment, etablissement=eg)


def select(query: Query) -> tuple[str, list[str]]:
    """SQL of a search and its values: rows of an establishment and a node, grouped and in order.

    Node columns are NULL when the query has no words for full-text search.
    """
    tests: list[str] = []
    values: list[str] = []

    def require(test: str, *given: str) -> None:
        tests.append(f"({test})")
        values.extend(given)

    match = [f'"{word}"*' for word in words_of(query.words)]
    match += [f'offer : "{word}"*' for word in words_of(query.what)]
    if match:
        require("nodes_fts MATCH ?", " AND ".join(match))
    if words := words_of(query.place):
        code = "".join(words).upper()
        require(f"? IN (code_postal, departement) OR {_has(words, 'names')}", code, *_like(words))
    if words := words_of(query.ej):
        require(f"finess_ej = ? OR {_has(words, 'legal')}", "".join(words).upper(), *_like(words))
    if query.finess:
        require("finess IN (SELECT value FROM json_each(?))", json.dumps(query.finess))
    return (_FOUND_BY_WORDS if match else _FOUND).format(" AND ".join(tests) or "TRUE"), values


def select_late(query: Query, asked: Criteria) -> tuple[str, list[str]]:
    """SQL of the open nodes that are late, oldest first, and its values."""
    test, days = _late(asked)
    among, values = _among(query)
    latest = max(asked.limit, *asked.levels.values()).isoformat() if asked.levels else days[-1]
    return _LATE.format(test, among), [latest, *days, asked.today.isoformat(), *values]


def select_ages(query: Query, asked: Criteria) -> tuple[str, list[str]]:
    """SQL of every establishment with its open nodes and those late, and its values."""
    test, days = _late(asked)
    among, values = _among(query)
    return _AGES.format(test, among), [*days, asked.today.isoformat(), *values]


def _late(asked: Criteria) -> tuple[str, list[str]]:
    """A test on `dated_on`, with a limit for each level that has one of its own."""
    known = [*asked.levels.items()]
    cases = "".join(" WHEN ? THEN ?" for _ in known)
    days = [text for level, day in known for text in (level, day.isoformat())]
    days.append(asked.limit.isoformat())
    return (f"CASE type{cases} ELSE ? END" if known else "?"), days


def _among(query: Query) -> tuple[str, list[str]]:
    if query == Query():
        return "TRUE", []
    sql, values = select(query)
    return f"n.finess IN (SELECT finess FROM ({sql}))", values  # noqa: S608 - values are bound


def _has(words: list[str], column: str) -> str:
    return " AND ".join(f"{column} LIKE ?" for _ in words)


def _like(words: list[str]) -> list[str]:
    return [f"% {word}%" for word in words]


def _eg_row(eg: EntiteGeographique, place: SiteRow, changed_on: date, site: str) -> NodeRow:
    return NodeRow(
        key="",
        parent=None,
        type="eg",
        nom=place.nom,
        path="",
        mode=None,
        type_offre=None,
        commune=place.commune,
        verifie_le=_iso(verified_on(eg)),
        changed_on=changed_on.isoformat(),
        closed_on=_closed_on(eg),
        site=site,
        offer=_joined([*words_of(place.nom), *_label("categories", place.categorie)]),
        **_ask((eg,), eg),
        dated_on=max(changed_on, verified_on(eg) or changed_on).isoformat(),
    )


def _unit_row(placed: Placed, place: SiteRow, changed_on: date, site: str) -> NodeRow:
    unit, nodes = placed.unit, _upwards(placed)
    found = (lieu.adresse.commune for lieu in unit.lieux if lieu.adresse)
    communes = [commune for commune in found if commune]
    if set(communes) - {place.commune}:
        site = _joined(words_of(" ".join((site, *communes))))
    return NodeRow(
        key=placed.key,
        parent=placed.parent_key,
        type=unit.type or "",
        nom=unit.nom or "",
        path=placed.path,
        mode=unit.mode_prise_en_charge,
        type_offre=unit.type_offre,
        commune=next(iter(communes), place.commune),
        verifie_le=_iso(verified_on(*nodes)),
        changed_on=changed_on.isoformat(),
        closed_on=_closed_on(*nodes),
        site=site,
        offer=_joined([*words_of(f"{place.nom} {placed.path}"), *_labels(unit)]),
        **_ask(nodes, placed.site),
        dated_on=max(changed_on, verified_on(*nodes) or changed_on).isoformat(),
    )


def _upwards(placed: Placed) -> tuple[Unite | EntiteGeographique, ...]:
    return (placed.unit, *reversed(placed.above), placed.site)


def _closed_on(*nodes: EntiteGeographique | Unite) -> str | None:
    """A date without a type is that of a definitive closing, as for `View.is_open`."""
    closings = (node for node in nodes if node.type_fermeture in {None, DEFINITIVE})
    days = (day for node in closings if (day := day_of(node.date_fermeture)))
    return _iso(min(days, default=None))


def _ask(chain: Chain, site: EntiteGeographique) -> dict[str, str | None]:
    if ask := who(chain, site):
        return {"ask_role": ask.role, "ask_mail": ask.courriel, "ask_phone": ask.telephone}
    return dict.fromkeys(("ask_role", "ask_mail", "ask_phone"))


def _labels(unit: Unite) -> Iterator[str]:
    yield from _label("modes", unit.mode_prise_en_charge)
    yield from _label("types-offre", unit.type_offre)
    yield from _label("champs", unit.champ_activite)
    for code in unit.activites:
        yield from _label("activites", code)
    for praticien in unit.praticiens:
        yield from _label("specialites", praticien.specialite)


@cache
def _label(name: str, code: str | None) -> list[str]:
    return words_of(table(name).label(code or "") or "")


def _joined(words: Iterable[str]) -> str:
    """Every word once, each after a space, so that `% word%` finds where a word begins."""
    return "".join(f" {word}" for word in dict.fromkeys(words))


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
