"""An establishment as the portal shows it: its tree, what each level lacks, its capacities."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from rorcli.fields import Kind, Spec, specs
from rorcli.items import Adresse, Capacite, Contact, Horaire, Lieu, Patientele, Praticien, Telecom
from rorcli.model import EntiteGeographique, Establishment, Placed, Unite
from rorcli.nouns import Noun
from rorcli.reports import Line, nouns
from rorcli.reports.findings import one_line
from rorcli.validation.completeness import check_completeness
from rorcli.validation.freshness import Dates
from rorcli.validation.view import View, day_of, named

KINDS = {"pole": "Pôle", "service": "Service", "uf": "UF", "uo": "UO"}
# What the title and the dates of a node say already.
_SAID = {"finess", "raison_sociale", "type", "id", "nom", "verifie_le"}
# What the regional guide asks to check, at any level.
_CHECKED = frozenset({
    "adresse", "site_internet", "directeur", "mssante", "contacts", "praticiens", "lieux",
})  # fmt: skip
_COLUMNS = ("nature", "statut", "nombre", "temporalite", "comptee_le")
_HEADINGS = ("Nature", "Statut", "Nombre", "Temporalité", "Comptée le", "Précisions")


def show(
    establishment: Establishment,
    today: date,
    dates: Dates,
    *,
    unit: Placed | None = None,
    full: bool = False,
) -> Iterator[Line]:
    """The whole tree, or one unit with what depends on it.

    `dates` are the days known beside the file; `full` adds every field of every item, with codes.
    """
    tree = _Tree(View(establishment, today), dates, full=full)
    return tree.unit(unit, 0) if unit else tree.whole()


def alone(
    establishment: Establishment, today: date, dates: Dates, unit: Placed | None
) -> Iterator[Line]:
    """One node by itself, the EG without `unit`: what is checked twice a year, and what lacks."""
    tree = _Tree(View(establishment, today), dates, full=False, keys=_CHECKED)
    if unit is None:
        site = establishment.etablissement
        yield _title(0, "EG", site.nom, site.finess)
        yield from tree.node(site, site.verifie_le, "", 1)
    else:
        yield _title(0, KINDS.get(unit.unit.type or "", "?"), unit.unit.nom, unit.unit.id)
        yield from tree.node(unit.unit, unit.verifie_le, unit.key, 1)


def capacities(establishment: Establishment, unit: Placed | None = None) -> Iterator[Line]:
    """The measures of every lieu, a table each; of what is below `unit` when one is given."""
    top = f"{unit.unit.pointer}/" if unit else ""
    placed = (each for each in establishment.units() if f"{each.unit.pointer}/".startswith(top))
    counted = [(each, lieu) for each in placed for lieu in each.unit.lieux if lieu.capacites]
    if not counted:
        yield (("Aucune capacité.", "dim"),)
    for rank, (each, lieu) in enumerate(counted):
        yield from [""] if rank else []
        yield _title(0, KINDS["uo"], each.path, each.unit.id)
        yield _title(1, "Lieu", lieu.nom, lieu.id)
        yield from _table([_row(measure) for measure in lieu.capacites])


@dataclass
class _Tree:
    """Writes nodes, each with its age and with what is missing there."""

    view: View
    dates: Dates
    full: bool
    keys: frozenset[str] = frozenset()  # of a node; none for all
    missing: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    lieux: dict[str | None, Lieu] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for issue in check_completeness(self.view):
            node = re.match(r"/etablissement(/unites/\d+)*", issue.pointer)
            self.missing[node[0] if node else ""].append(issue.message)
        self.lieux = {each.id: each for each in self.view.all_of(Lieu) if each.managed - {"id"}}

    def whole(self) -> Iterator[Line]:
        """EJ, EG, then the units."""
        legal, site = self.view.establishment.entite_juridique, self.view.site
        yield _title(0, "EJ", legal.raison_sociale, legal.finess)
        yield from self.fields(legal, 1)
        yield ""
        yield _title(0, "EG", site.nom, site.finess)
        yield from self.node(site, site.verifie_le, "", 1)
        for unit in site.unites:
            yield ""
            yield from self.unit(Placed(unit, (), site), 1)

    def unit(self, placed: Placed, depth: int) -> Iterator[Line]:
        """A unit, then those that depend on it."""
        unit = placed.unit
        yield _title(depth, KINDS.get(unit.type or "", "?"), unit.nom, unit.id or "à créer")
        yield from self.node(unit, placed.verifie_le, placed.key, depth + 1)
        for each in unit.unites:
            yield ""
            yield from self.unit(Placed(each, (*placed.above, unit), placed.site), depth + 1)

    def node(
        self, node: EntiteGeographique | Unite, verified: str | None, key: str, depth: int
    ) -> Iterator[Line]:
        """Age, what is missing, then the fields."""
        days = {
            "Vérification": day_of(verified),
            "Annuaire": self.dates.changed_on.get(key),
            "Dernier échange avec l'annuaire": self.dates.saved_on,
        }
        said = [f"{what} : {day:%d/%m/%Y}" for what, day in days.items() if day]
        yield _line(depth, " ; ".join(said) or "Vérification : date inconnue", "dim")
        for message in self.missing[node.pointer]:
            yield _line(depth, f"! {message.removeprefix(f'{named(node)} : ')}", "warning")
        yield from self.fields(node, depth)

    def fields(self, noun: Noun, depth: int) -> Iterator[Line]:
        """Each key that holds something; with `full`, said or empty managed ones as well."""
        chosen = self.keys if isinstance(noun, (EntiteGeographique, Unite)) else ()
        for key, spec in specs(type(noun)).items():
            value = getattr(noun, key)
            if chosen and key not in chosen:
                continue
            if key == "unites" or (key in _SAID and not self.full):
                continue
            if value not in (None, ()):
                yield from self.field(spec, value, depth)
            elif self.full and key in noun.managed:
                yield _line(depth, f"{spec.label} : aucune valeur")

    def field(self, spec: Spec, value: Any, depth: int) -> Iterator[Line]:
        """One key: a line of its own, or a heading and a line for each item."""
        if spec.kind not in {Kind.NOUNS, Kind.CODES}:
            said = ", ".join(value) if spec.is_list else self.text(spec, value)
            yield _line(depth, f"{spec.label} : {said}")
            yield from self.details(value, depth + 1)
            return
        # Contacts say what they are for, and need no heading.
        below = depth + (spec.key != "contacts")
        if below > depth:
            yield _line(depth, f"{spec.label} :")
        for item in _gathered(value) if spec.key == "horaires" else value:
            yield _line(below, self.text(spec, item))
            yield from self.details(item, below + 1)

    def details(self, item: object, depth: int) -> Iterator[Line]:
        """What stands below an item: everything with `full`, else the counts of a lieu."""
        if isinstance(item, Noun) and self.full:
            yield from self.fields(item, depth)
        elif isinstance(item, Lieu):
            # Node by node, a lieu that another UO describes is shown with its counts too.
            held = self.lieux.get(item.id, item) if self.keys else item
            if held.capacites:
                yield _line(depth, ", ".join(map(nouns.measure, held.capacites)))

    def text(self, spec: Spec, value: Any) -> str:
        """One value or item in a few words."""
        match value:
            case Contact():
                said = nouns.contact(value)
                return f"{nouns.purpose(value)} : {said}" if spec.is_list else said
            case Lieu():
                return self.lieu(value)
            case Noun():
                return str(_WORDS[type(value)](value))
        said = nouns.words(spec, value)
        return f"{said} [{value}]" if self.full and spec.table and said != value else said

    def lieu(self, lieu: Lieu) -> str:
        """Name, id and address; a reference by id says what it refers to."""
        held = self.lieux.get(lieu.id, lieu)
        name = nouns.joined(" ", (held.nom, f"({lieu.id})" if lieu.id else ""))
        return nouns.joined(" - ", (name, nouns.address(held.adresse or Adresse())))


_WORDS: dict[type, Any] = {
    Adresse: nouns.address,
    Capacite: nouns.measure,
    Horaire: nouns.opening,
    Patientele: nouns.ages,
    Praticien: nouns.practitioner,
    Telecom: nouns.telecom,
}


def _gathered(openings: Iterable[Horaire]) -> list[Horaire]:
    """Days that share their hours, together."""
    shared: dict[tuple[str | None, str | None], Horaire] = {}
    for each in openings:
        first = shared.get((each.debut, each.fin))
        days = first.jours if first else ()
        shared[each.debut, each.fin] = replace(each, jours=(*days, *each.jours))
    return list(shared.values())


def _line(depth: int, text: str, style: str = "") -> Line:
    indented = "  " * depth + one_line(text)
    return ((indented, style),) if style else indented


def _title(depth: int, kind: str, name: str | None, identity: str | None) -> Line:
    shown = one_line(f" ({identity})") if identity else ""
    return (("  " * depth + f"{kind} : ", "dim"), (one_line(name or "?"), "title"), (shown, "dim"))


def _row(measure: Capacite) -> tuple[str, ...]:
    """The columns; what else tells measures apart or explains them comes last."""
    known = specs(Capacite)
    held = {**Capacite.DEFAULTS, **measure.to_data()}
    shown = {key: nouns.words(spec, held.get(key)) for key, spec in known.items()}
    usual = {"affectation", "source"} - measure.managed
    others = (f"{known[key].label} : {said}" for key, said in shown.items()
              if said and key not in {*_COLUMNS, *usual})  # fmt: skip
    return (*(shown[key] for key in _COLUMNS), " ; ".join(others))


def _table(rows: list[tuple[str, ...]]) -> Iterator[Line]:
    """Columns that line up, numbers to the right."""
    rows = [_HEADINGS if any(row[-1] for row in rows) else (*_HEADINGS[:-1], ""), *rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    number = _COLUMNS.index("nombre")
    for rank, row in enumerate(rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        cells[number] = row[number].rjust(widths[number])
        yield _line(2, "  ".join(cells).rstrip(), "" if rank else "dim")
