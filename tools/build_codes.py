"""Rebuild `rorcli/data/codes/` from a folder of public nomenclature extracts (development only).

The folder holds tab-separated extracts of the NOS terminologies, one file each, and their
`INDEX.tsv` (columns `fichier`, `version`, `date`, `depot_source`, `commit_source`):

- `JDV_*.tsv`, the value sets of the ROR: columns `system` (canonical URL), `code`, `libelle`;
- `TRE_*.tsv`, whole code systems: columns `code`, `libelle` and, where the system has them,
  `autres_libelles` (a second wording) and `date_fin` (ISO date).

One table comes from one value set and from the code systems that it draws on: first the codes of
the value set, in its order, then the other codes of those systems, marked `hors-ror`. The same
folder always gives the same bytes. Small tables that no extract holds are written out below.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

TARGET = Path(__file__).parents[1] / "rorcli" / "data" / "codes"
OUTSIDE = "hors-ror"

Record = Mapping[str, str]

#: Table name: French title, value set of the ROR.
VALUE_SETS = {
    "activites": ("Activités opérationnelles", "JDV_J17-ActiviteOperationnelle-ROR"),
    "modes": ("Modes de prise en charge", "JDV_J19-ModePriseEnCharge-ROR"),
    "champs": ("Champs d'activité", "JDV_J20-ChampActivite-ROR"),
    "categories": ("Catégories d'établissement", "JDV_J55-CategorieEG-ROR"),
    "types-offre": ("Types d'offre", "JDV_J34-CategorieOrganisation-ROR"),
    "specialites": ("Spécialités ordinales", "JDV_J210-SpecialiteOrdinale-ROR"),
    "professions": ("Professions de santé", "JDV_J229-ProfessionSante-ROR"),
    "savoir-faire": ("Types de savoir-faire", "JDV_J209-TypeSavoirFaire-ROR"),
    "civilites": ("Civilités", "JDV_J207-Civilite-ROR"),
    "titres": ("Titres d'exercice", "JDV_J208-CiviliteExercice-ROR"),
    "natures-contact": ("Natures de contact", "JDV_J221-NatureContact-ROR"),
    "fonctions-contact": ("Fonctions de contact", "JDV_J220-FonctionContact-ROR"),
    "confidentialite": ("Niveaux de confidentialité", "JDV_J222-NiveauConfidentialite-ROR"),
    "modalites": ("Modalités d'accueil", "JDV_J226-ModaliteAccueil-ROR"),
    "temporalites": ("Temporalités d'accueil", "JDV_J30-TemporaliteAccueil-ROR"),
    "canaux": ("Canaux de communication", "JDV_J225-CanalCommunication-ROR"),
    "temporalites-capacite": ("Temporalités de capacité", "JDV_J189-TemporaliteCapacite-ROR"),
    "affectations-capacite": ("Affectations temporaires", "JDV_J195-AffectationTemporaire-ROR"),
    "genres-capacite": ("Genres de capacité", "JDV_J190-GenreCapacite-ROR"),
    "sources-capacite": ("Sources de capacité", "JDV_J193-TypeSourceCapacite-ROR"),
    "fermetures-capacite": ("Fermetures de capacité", "JDV_J191-TypeFermetureCapacite-ROR"),
    "lits-supplementaires": ("Lits supplémentaires", "JDV_J192-TypeLitSupplementaire-ROR"),
    "crises-capacite": ("Types de crise", "JDV_J194-TypeCrise-ROR"),
}


class Row(NamedTuple):
    """A line of a table; `system` is empty for the table's first code system."""

    code: str
    label: str
    ends_on: str = ""
    scope: str = ""
    system: str = ""


class TableText(NamedTuple):
    """What a table file holds; a key may stand twice among the headers."""

    headers: list[tuple[str, str]]
    rows: list[Row]


_NOS = "ansforge/IG-terminologie-de-sante"
_GUIDE = "ansforge/IG-fhir-repertoire-offre-ressources-sante, ans.fhir.fr.ror 0.7.0"

#: Tables without an extract, as published: the implementation guide, and the NOS for closings.
SMALL_TABLES = {
    "modes-exercice": TableText(
        [
            ("title", "Modes d'exercice"),
            ("value_set", "JDV_J217-ModeExercice-ROR"),
            ("version", "0.7.0"),
            ("dated_on", "2026-07-23"),
            ("source", _GUIDE),
            ("system", "TRE_R23-ModeExercice"),
        ],
        [Row("S", "Salarié"), Row("L", "Libéral"), Row("B", "Bénévole"), Row("I", "Indirect")],
    ),
    "niveaux-maternite": TableText(
        [
            ("title", "Niveaux de maternité"),
            ("value_set", "JDV_J227-NiveauExpertise-ROR"),
            ("version", "0.7.0"),
            ("dated_on", "2026-07-23"),
            ("source", _GUIDE),
            ("system", "TRE_R253-TypeMaternite"),
        ],
        [Row("01", "Type 1"), Row("02", "Type 2A"), Row("03", "Type 2B"), Row("04", "Type 3")],
    ),
    "types-fermeture": TableText(
        [
            ("title", "Types de fermeture"),
            ("value_set", "JDV_J201-TypeFermeture-ROR"),
            ("version", "20250923120000"),
            ("dated_on", "2025-09-23"),
            ("source", f"{_NOS}, commit 41ef7b221c1791dba08ed726e8962d8a560eb124"),
            ("system", "TRE_R286-TypeFermeture, 20260505120000, 2026-05-05"),
        ],
        [
            Row("DEF", "Définitive"),
            Row("ERR", "Erreur"),
            Row("NDI", "Non défini"),
            Row("CHP", "Sortie du champ FINESS"),
            Row("EML", "Ancienne autorisation fonctionnement EML"),
            Row("PRO", "Provisoire"),
            Row("PRE", "Prévisionnelle"),
        ],
    ),
}


def read_records(path: Path) -> list[dict[str, str]]:
    """The records of an extract; quotes are text, not quoting.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [{key: (value or "").strip() for key, value in each.items()} for each in reader]


def read_index(folder: Path) -> dict[str, Record]:
    """The records of `INDEX.tsv` by extract name, without `.tsv`."""
    return {Path(each["fichier"]).stem: each for each in read_records(folder / "INDEX.tsv")}


def system_name(url: str) -> str:
    """The short name, such as `TRE_R66-CategorieEtablissement`, in a canonical NOS URL."""
    return url.partition("/NOS/")[2].partition("/")[0]


def choose_label(member: Record, concept: Record | None, *, concept_is_newer: bool) -> str:
    """The value set's wording, unless a newer edition of the code system has dropped it.

    A code system often abbreviates where the ROR's screens write in full; it then lists the full
    wording in `autres_libelles`, and that is the one that people know from the portal.
    """
    label = member["libelle"]
    if concept is None or not concept_is_newer or label == concept.get("autres_libelles"):
        return label
    return concept["libelle"]


class Extracts:
    """A value set, the code systems that it draws on, and what the index says of them."""

    def __init__(self, folder: Path, value_set: str) -> None:
        """Read the extracts; a code system without an extract counts as empty."""
        self.index = read_index(folder)
        self.value_set = value_set
        self.members = read_records(folder / f"{value_set}.tsv")
        names = dict.fromkeys(system_name(each["system"]) for each in self.members)
        self.systems: dict[str, dict[str, dict[str, str]]] = {
            name: {each["code"]: each for each in read_records(folder / f"{name}.tsv")}
            if name in self.index
            else {}
            for name in names
        }

    def headers(self, title: str) -> list[tuple[str, str]]:
        """Title, origin of the value set, then one line for each code system."""
        about = self.index[self.value_set]
        return [
            ("title", title),
            ("value_set", self.value_set),
            ("version", about["version"]),
            ("dated_on", about["date"]),
            ("source", f"{about['depot_source']}, commit {about['commit_source']}"),
            *(("system", self._origin(name)) for name in self.systems),
        ]

    def _origin(self, name: str) -> str:
        about = self.index.get(name)
        if about is None:
            return name
        return f"{name}, {about['version']}, {about['date']}, commit {about['commit_source']}"

    def rows(self) -> list[Row]:
        """Every code once: where two systems share a code, the value set's first one stays."""
        rows: dict[str, Row] = {}
        for row in (*self._inside(), *self._outside()):
            rows.setdefault(row.code, row)
        return list(rows.values())

    def _inside(self) -> Iterator[Row]:
        for member in self.members:
            name = system_name(member["system"])
            concept = self.systems[name].get(member["code"])
            newer = concept is not None and (
                self.index[name]["date"] > self.index[self.value_set]["date"]
            )
            label = choose_label(member, concept, concept_is_newer=newer)
            ends_on = concept.get("date_fin", "") if concept else ""
            yield Row(member["code"], label, ends_on, "", self._unless_first(name))

    def _outside(self) -> Iterator[Row]:
        for name, concepts in self.systems.items():
            for code, concept in concepts.items():
                ends_on = concept.get("date_fin", "")
                yield Row(code, concept["libelle"], ends_on, OUTSIDE, self._unless_first(name))

    def _unless_first(self, name: str) -> str:
        return "" if name == next(iter(self.systems)) else name


def render_table(table: TableText) -> str:
    """The text of a table file; empty columns at the end of a line are left out."""
    lines = [f"# {key}: {value}" for key, value in table.headers]
    lines += ["\t".join(row).rstrip("\t") for row in table.rows]
    return "\n".join(lines) + "\n"


def build(folder: Path, target: Path = TARGET) -> list[str]:
    """Write the tables of all value sets that `folder` indexes, and the small ones.

    Returns:
        The names of the tables whose value set the folder lacks; their files are left alone.

    Raises:
        OSError: An indexed file cannot be read, or `target` cannot be written.
    """
    indexed = read_index(folder)
    tables = dict(SMALL_TABLES)
    for name, (title, value_set) in VALUE_SETS.items():
        if value_set in indexed:
            extracts = Extracts(folder, value_set)
            tables[name] = TableText(extracts.headers(title), extracts.rows())
    target.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        (target / f"{name}.tsv").write_text(render_table(table), encoding="utf-8", newline="\n")
    return [name for name in VALUE_SETS if name not in tables]


def main(arguments: Sequence[str] | None = None) -> int:
    """Build from the command line; 1 if the folder lacks a value set."""
    parser = argparse.ArgumentParser(description="Rebuild the code tables of rorcli.")
    parser.add_argument("folder", type=Path, help="folder of extracts, with INDEX.tsv")
    parser.add_argument("--to", type=Path, default=TARGET, help="where the tables are written")
    options = parser.parse_args(arguments)
    missing = build(options.folder, options.to)
    if missing:
        print("no value set for:", ", ".join(missing), file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
