"""The tables and their columns: French headers, and which header of a person means which.

Headers come from the declarations of the model, so that a table, a message and the file use the
same words. A code has its label in the column beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from rorcli.codes import fold
from rorcli.errors import UsageError
from rorcli.fields import Kind, Spec, specs
from rorcli.items import SHORT, Capacite, Contact, Praticien, Telecom
from rorcli.model import Unite
from rorcli.tables.sheets import Grid, Row, column_letters

LABEL = "_libelle"
CANAL, ACTUELLE, VALEUR = "canal", "valeur_actuelle", "valeur"
MSSANTE_UNITE, SITE_FICHE = "mssante_unite", "site_fiche"
#: How many rows may stand above the headers: a title, a merged band, a date.
_ABOVE_HEADERS = 10


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key, its French header, the other names people give it, how it is read."""

    key: str
    header: str
    spec: Spec
    names: tuple[str, ...] = ()


def _text(key: str, header: str, *names: str) -> Column:
    return Column(key, header, Spec(key, Kind.TEXT, header, ""), names)


def _declared(owner: type, *keys: str) -> Iterator[Column]:
    """The columns of the keys that a noun declares, each code followed by its label."""
    for key in keys or specs(owner):
        spec = specs(owner)[key]
        yield Column(key, spec.label, spec)
        if spec.kind is Kind.CODE:
            yield _text(key + LABEL, f"{spec.label} (libellé)", f"libellé {spec.label}")


#: What names the unit of a row.
FINESS, NIVEAU, UNITE, ID = "finess", "niveau", "unite", "id"
WHERE = (
    _text(FINESS, "FINESS", "finess eg", "n° finess", "finess géographique"),
    _text("etablissement", "Établissement", "nom de l'établissement", "eg"),
    _text(NIVEAU, "Niveau", "type", "type d'unité"),
    _text(UNITE, "Unité", "chemin", "uo", "nom de l'unité", "chemin de l'unité"),
    _text(ID, "Identifiant", "id unité", "identifiant ror", "identifiant de l'unité"),
)
VERIFIE = Column("verifie", "Vérifié le", specs(Unite)["verifie_le"], ("verifie_le", "vérifiée le"))
LIEU_ID, LIEU = "lieu_id", "lieu"


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its name, the columns of its items, and those without which it is none.

    `blanks` are the columns that a template leaves empty; `absent`, those that it does not have.
    Where `one_of` are given, one of them is needed.
    """

    name: str
    columns: tuple[Column, ...]
    required: tuple[str, ...]
    blanks: tuple[str, ...]
    absent: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[Column, ...]:
        """All columns, in the order of the sheet."""
        return (*WHERE, *self.columns, VERIFIE)


_CONTACT = (
    *_declared(Contact, "fonction", "nature"),
    _text("contact", "Nom du contact", "nom", "personne"),
)
_TELECOM = tuple(_declared(Telecom, "confidentialite", "usage"))
_CANAL = Column(CANAL, "Canal", specs(Telecom)["canal"], ("moyen",))
_LIEU = (_text(LIEU_ID, "Identifiant du lieu", "id lieu"), _text(LIEU, "Lieu", "nom du lieu"))
_CODE = "activite"
_ACTIVITE = (
    Column(_CODE, "Activité", specs(Unite)["activites"], ("code", "code activité")),
    _text(_CODE + LABEL, "Activité (libellé)", "libellé", "libellé activité"),
)
_PRATICIEN, _CAPACITE = tuple(_declared(Praticien)), tuple(_declared(Capacite))
_NAMES = {
    "telephone": ("tel", "fixe"), "mobile": ("portable",), "courriel": ("mail", "email"),
    "mssante": ("bal mssante",), "telecopie": ("fax",), "site": ("site internet",),
}  # fmt: skip
_CHANNELS = (
    *(_text(key, spec.label, *_NAMES[key]) for key, spec in SHORT.items()),
    _text(MSSANTE_UNITE, "MSSanté de l'unité"),
    _text(SITE_FICHE, "Site de l'établissement"),
)
_OF_CHANNELS = tuple(column.key for column in _CHANNELS)
#: What names the contact of a row.
WHO = tuple(column.key for column in _CONTACT)
WIDE = Table("contacts", (*_CONTACT, *_CHANNELS), (), _OF_CHANNELS, (), _OF_CHANNELS)
_VALEUR = _text(VALEUR, "Valeur", "nouvelle valeur", "coordonnée")
_ACTUELLE = _text(ACTUELLE, "Valeur actuelle", "ancienne valeur")
TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        Table("coordonnees", (*_CONTACT, _CANAL, _ACTUELLE, _VALEUR, *_TELECOM), (CANAL, VALEUR),
              (VALEUR, *(c.key for c in _TELECOM)), (ACTUELLE,)),
        Table("praticiens", _PRATICIEN, ("rpps",), tuple(c.key for c in _PRATICIEN)),
        Table("capacites", (*_LIEU, *_CAPACITE), ("nature", "statut", "nombre"),
              ("nombre", "comptee_le", "commentaire")),
        Table("activites", _ACTIVITE, (_CODE,), tuple(c.key for c in _ACTIVITE)),
        WIDE,
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heading:
    """A row of headers: the table that it is of, and the place of each column that it names."""

    table: Table
    index: Mapping[str, int]
    headers: Row

    @property
    def ignored(self) -> list[str]:
        """The headers that name no column of the table."""
        known = set(self.index.values())
        return [h for place, h in enumerate(self.headers.cells) if h and place not in known]

    def holds(self, header: str) -> bool:
        """True for a header, as `parse_map` folds it, that the row has."""
        return header in map(_plain, self.headers.cells)

    def cell(self, row: Row, key: str) -> str:
        """The text of a row in a column; "" when there is none."""
        place = self.index.get(key, -1)
        return row.cells[place] if 0 <= place < len(row.cells) else ""

    def column(self, key: str, row: Row | None = None) -> str:  # noqa: ARG002 - some know by the row
        """A column as a person finds it: H « Valeur »; "" when the sheet lacks it."""
        if key not in self.index:
            return ""
        place = self.index[key]
        return f"{column_letters(place)} « {self.headers.cells[place]} »"


def parse_map(pairs: Iterable[str]) -> dict[str, str]:
    """`En-tête=colonne` pairs as folded header -> key of a column; UsageError for no column."""
    _, known = _names(chain.from_iterable(table.every for table in TABLES.values()))
    found: dict[str, str] = {}
    for pair in pairs:
        header, _, name = pair.rpartition("=")
        if not header or _plain(name) not in known:
            columns = sorted({c.key for table in TABLES.values() for c in table.every})
            raise UsageError(f"--map {pair} : « {name} » n'est pas une colonne",
                             remedy=f"En-tête=colonne, parmi : {', '.join(columns)}")  # fmt: skip
        found[_plain(header)] = known[_plain(name)]
    return found


def headed(grid: Grid, mapped: Mapping[str, str], wanted: str) -> tuple[Heading | None, list[Row]]:
    """The headers of a sheet, looked for in its first rows; the rows that were read on the way.

    `wanted` is the table that the person named, "" for any. None when no row names a table.
    """
    seen = []
    for row in islice(grid.rows, _ABOVE_HEADERS):
        seen.append(row)
        names = [wanted] if wanted else _order(grid.name)
        found = [h for name in names if (h := _heading(TABLES[name], row, mapped)) is not None]
        if found:
            return max(found, key=lambda heading: len(heading.index)), seen
    return None, seen


def lacking(rows: Sequence[Row], mapped: Mapping[str, str], wanted: str) -> str:
    """Why no row is the headers of a table, for the person who has to name them."""
    names = [wanted] if wanted else list(TABLES)
    tried = [(_index(TABLES[name], row, mapped), name) for row in rows for name in names]
    index, name = max(tried, key=lambda pair: len(pair[0]), default=({}, names[0]))
    known = {column.key: column.header for column in TABLES[name].every}
    lacks = [f"« {known[key]} »" for key in TABLES[name].required if key not in index]
    if (some := TABLES[name].one_of) and not set(some) & index.keys():
        lacks.append(" ou ".join(f"« {known[key]} »" for key in some))
    if not {ID, UNITE} & index.keys():
        lacks.append(f"« {known[ID]} » ou « {known[UNITE]} »")
    return f"table {name} : il manque la colonne {', '.join(lacks)}"


def _order(sheet: str) -> list[str]:
    """The tables, first the one that bears the name of the sheet."""
    return sorted(TABLES, key=lambda name: _plain(name) != _plain(sheet))


def _heading(table: Table, row: Row, mapped: Mapping[str, str]) -> Heading | None:
    index = _index(table, row, mapped)
    is_short = table.one_of and not set(table.one_of) & index.keys()
    if is_short or not set(table.required) <= index.keys() or not {ID, UNITE} & index.keys():
        return None
    return Heading(table, index, row)


def _index(table: Table, row: Row, mapped: Mapping[str, str]) -> dict[str, int]:
    """Key of each column that a row names -> its place; UsageError for one named twice.

    The name of a column, or a header that the person mapped, goes before what else it is called.
    """
    named = {header: key for header, key in mapped.items() if key in _keys(table)}
    index: dict[str, int] = {}
    for names in (named, *_names(table.every)):
        found = [
            (key, place)
            for place, text in enumerate(row.cells)
            if (key := names.get(_plain(text))) and key not in index and place not in index.values()
        ]
        index |= dict(found)
        if len({key for key, _ in found}) < len(found):
            twice = ", ".join(f"« {row.cells[place]} »" for _, place in found)
            raise UsageError(f"ligne {row.number} : plusieurs en-têtes désignent la même colonne, "
                             f"parmi {twice}", remedy="renommez ou supprimez-en un")  # fmt: skip
    return index


def _keys(table: Table) -> set[str]:
    return {column.key for column in table.every}


def _names(columns: Iterable[Column]) -> tuple[dict[str, str], dict[str, str]]:
    """Name -> key of the columns: by the names that are their own, by what people call them."""
    listed = list(columns)
    own = {_plain(name): c.key for c in listed for name in (c.key, c.header)}
    return own, {_plain(name): c.key for c in listed for name in c.names} | own


def _plain(header: str) -> str:
    """A header as it is compared: no accents, case, spaces or punctuation."""
    return "".join(letter for letter in fold(header) if letter.isalnum())
