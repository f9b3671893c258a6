"""A store in a dictionary: what `Store` and `LoadableStore` promise, written the plainest way."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import Any

from rorcli.codes import fold, table
from rorcli.errors import DataError, StoreConflictError
from rorcli.items import Adresse
from rorcli.model import Establishment, Unite
from rorcli.planning.plan import Plan
from rorcli.stores.base import Added, Hit, Query, Snapshot, Written, same_facts, valued


def tokens(text: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", fold(text)) if word]


def begin_words(sought: str, *texts: str | None) -> bool:
    """Each word sought begins a word of the texts."""
    words = tokens(" ".join(text or "" for text in texts))
    return all(any(word.startswith(each) for word in words) for each in tokens(sought))


def day_of(*nodes: Any) -> date | None:
    days = [node.verifie_le for node in nodes if node.verifie_le]
    return date.fromisoformat(max(days)) if days else None


class MemoryStore:
    """Every version of every establishment, the last one last."""

    url = "memory:"
    at_once = 1

    def __init__(self) -> None:
        self.versions: dict[str, list[Snapshot]] = {}
        self.writers: dict[str, list[tuple[date, str]]] = {}

    def describe(self) -> str:
        return f"{len(self.versions)} établissement(s)"

    def search(self, query: Query) -> Iterator[Hit]:
        current = [versions[-1].establishment for versions in self.versions.values()]
        current.sort(key=lambda e: (fold(commune(e)), fold(e.etablissement.nom or ""), e.finess))
        found = (hit for each in current if (hit := hit_of(each, query)))
        yield from islice(found, query.limit)

    def version(self, finess: str) -> str | None:
        held = self.fetch(finess)
        return held.version if held else None

    def fetch(self, finess: str) -> Snapshot | None:
        versions = self.versions.get(finess)
        return versions[-1] if versions else None

    def fetch_each(self, query: Query) -> Iterator[Snapshot]:
        for hit in list(self.search(query)):
            yield self.versions[hit.finess][-1]

    def history(self, finess: str) -> Iterator[Written]:
        kept = zip(self.versions.get(finess, []), self.writers.get(finess, []), strict=True)
        for snapshot, (day, author) in kept:
            yield Written(snapshot.version, day, author, snapshot.establishment)

    def unsupported(self, plan: Plan) -> list[str]:
        return []

    def apply(self, plan: Plan, *, today: date, author: str) -> Snapshot:
        before = self.fetch(plan.finess)
        if before is None or before.version != plan.version:
            raise StoreConflictError("moved")
        if not plan.changes:
            return before
        wanted = valued(plan.result(before.establishment))
        after = identified(wanted, f"memory/{before.version}")
        keys = {old.key: new.key for old, new in zip(wanted.units(), after.units(), strict=True)}
        require_ids(after)
        days = {
            new: today if old in plan.touched else before.changed_on.get(old, today)
            for old, new in {"": "", **keys}.items()
        }
        given = {old: new for old, new in keys.items() if old != new}
        self.versions[plan.finess].append(Snapshot(after, f"{int(before.version) + 1}", days))
        self.writers[plan.finess].append((today, author))
        return replace(self.versions[plan.finess][-1], given=given)

    def add(
        self, establishment: Establishment, *, today: date, replace: bool = False,
        changed_on: Mapping[str, date] | None = None,
    ) -> Added:  # fmt: skip
        new = valued(establishment)
        if not new.finess or any(not placed.unit.id for placed in new.units()):
            raise DataError("no key")
        require_ids(new)
        versions = self.versions.setdefault(new.finess, [])
        if versions and same_facts(versions[-1].establishment, new):
            return "unchanged"
        if versions and not replace:
            raise DataError("there already")
        days = {"": day_of(new.etablissement) or today}
        for placed in new.units():
            nodes = (placed.unit, *reversed(placed.above), placed.site)
            days[placed.key] = day_of(*nodes) or today
        days |= changed_on or {}
        versions.append(Snapshot(new, str(len(versions) + 1), days))
        self.writers.setdefault(new.finess, []).append((today, "rorcli load"))
        return "created" if len(versions) == 1 else "replaced"

    def close(self) -> None:
        self.versions.clear()


def require_ids(establishment: Establishment) -> None:
    keys = [placed.key for placed in establishment.units()]
    if len(set(keys)) < len(keys):
        raise DataError("double id")


def identified(establishment: Establishment, prefix: str) -> Establishment:
    numbers = iter(range(1, 1000))

    def visit(unit: Unite) -> Unite:
        new = unit.id or f"{prefix}-{next(numbers)}"
        return replace(
            unit,
            id=new,
            managed=unit.managed | {"id"},
            unites=tuple(visit(each) for each in unit.unites),
        )

    eg = establishment.etablissement
    eg = replace(eg, unites=tuple(visit(each) for each in eg.unites))
    return replace(establishment, etablissement=eg)


def commune(establishment: Establishment) -> str:
    return (establishment.etablissement.adresse or Adresse()).commune or ""


def hit_of(establishment: Establishment, query: Query) -> Hit | None:
    eg, ej = establishment.etablissement, establishment.entite_juridique
    adresse = eg.adresse or Adresse()
    code = "".join(tokens(query.place)).upper()
    postal = adresse.code_postal or ""
    insee = adresse.code_insee or (not postal.startswith("20") and postal) or eg.finess or ""
    codes = (postal, insee[:3] if insee[:2] in {"97", "98"} else insee[:2])
    in_place = code in codes or begin_words(query.place, adresse.commune, eg.nom)
    of_ej = "".join(tokens(query.ej)) == ej.finess or begin_words(query.ej, ej.raison_sociale)
    wanted = not query.finess or eg.finess in query.finess
    if not (in_place and of_ej and wanted):
        return None
    site = (*codes, eg.finess, ej.finess, adresse.commune, ej.raison_sociale)
    offers: Mapping[tuple[str, str], tuple[str | None, ...]] = {
        ("", ""): (eg.nom, table("categories").label(eg.categorie or "")),
        **{(p.key, p.path): (eg.nom, p.path, *labels(p.unit)) for p in establishment.units()},
    }
    places = {
        placed.key: [lieu.adresse.commune for lieu in placed.unit.lieux if lieu.adresse]
        for placed in establishment.units()
    }
    matching = [
        (key, path)
        for (key, path), offer in offers.items()
        if begin_words(query.what, *offer)
        and begin_words(query.words, *site, *places.get(key, ()), *offer)
    ]
    if not matching:
        return None
    units = () if ("", "") in matching else tuple(sorted(matching, key=lambda u: (u[1], u[0])))
    return Hit(
        eg.finess or "", eg.nom or "", eg.categorie or "", adresse.commune or "",
        adresse.code_postal or "", ej.finess or "", ej.raison_sociale or "", units,
    )  # fmt: skip


def labels(unit: Unite) -> Iterator[str | None]:
    yield table("modes").label(unit.mode_prise_en_charge or "")
    yield table("types-offre").label(unit.type_offre or "")
    yield table("champs").label(unit.champ_activite or "")
    yield from (table("activites").label(code) for code in unit.activites)
    yield from (table("specialites").label(p.specialite or "") for p in unit.praticiens)
