"""Whether an establishment is what was sought, told on its own: for stores that cannot ask so.

The words are those of the embedded store, by the same rules: both find the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from rorcli.model import Establishment
from rorcli.stores.base import Hit, Query
from rorcli.stores.sqlite_index import SiteRow, node_rows, site_row, words_of


def hit_of(establishment: Establishment, query: Query) -> Hit | None:
    """The establishment as a hit of the query, None when it is not what was sought."""
    site = site_row(establishment)
    if not is_there(site, query):
        return None
    rows = node_rows(establishment, defaultdict(lambda: date.min))
    sought, what = words_of(query.words), words_of(query.what)
    found = [
        (row.key, row.path)
        for row in rows
        if _begin(what, row.offer) and _begin(sought, row.site + row.offer)
    ]
    if not found:
        return None
    # The EG's own row comes first: the whole is found.
    units = () if not found[0][0] else tuple(sorted(found, key=lambda unit: unit[::-1]))
    return Hit(
        site.finess, site.nom, site.categorie, site.commune, site.code_postal, site.finess_ej,
        site.raison_sociale, units,
    )  # fmt: skip


def is_there(site: SiteRow, query: Query) -> bool:
    """True when the establishment itself stands where and belongs to whom was asked for."""
    place, ej = words_of(query.place), words_of(query.ej)
    code = "".join(place).upper() in {site.code_postal, site.departement}
    of_ej = "".join(ej).upper() == site.finess_ej
    wanted = not query.finess or site.finess in query.finess
    return wanted and (code or _begin(place, site.names)) and (of_ej or _begin(ej, site.legal))


def _begin(sought: Iterable[str], words: str) -> bool:
    """True when each word sought begins one of the words, which stand after a space each."""
    return all(f" {word}" in words for word in sought)
