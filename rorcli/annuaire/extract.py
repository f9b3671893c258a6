"""The rows of `PS_LibreAcces_Personne_activite`, the open extract of the Annuaire santé (ANS).

About two million lines: one a professional, activity and savoir-faire; fields between `|`, never
quoted, UTF-8, a first line of names. Columns are found by name: their order has changed before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, TextIO

from rorcli import files
from rorcli.errors import UsageError

BLOCK = 1 << 22  # bytes read at once: what progress counts
LONGEST_HEADER = 1 << 16
SHOWN = 3
# A few lines may be odd; more of them, and the file is another, or damaged.
MAX_ODD_PERCENT = 0.1
RPPS_LENGTH = 11
# The fields of a line that a situation is made of, before it is one.
Row = tuple[str, ...]


class Situation(NamedTuple):
    """One activity of a professional; fields but the last two bear the keys of a practitioner.

    `specialite` is the savoir-faire whatever its type; `finess` and `site` are where it is done.
    """

    rpps: str
    civilite: str
    titre: str
    nom: str
    prenom: str
    profession: str
    type_savoir_faire: str
    specialite: str
    mode_exercice: str
    finess: str
    site: str


COLUMNS: Mapping[str, str] = {
    "rpps": "Identifiant PP",
    "civilite": "Code civilité",
    "titre": "Code civilité d'exercice",
    "nom": "Nom d'exercice",
    "prenom": "Prénom d'exercice",
    "profession": "Code profession",
    "type_savoir_faire": "Code type savoir-faire",
    "specialite": "Code savoir-faire",
    "mode_exercice": "Code mode exercice",
    "finess": "Numéro FINESS site",
    "site": "Raison sociale site",
}
_WHERE = "l'extrait PS_LibreAcces_Personne_activite, en accès libre sur annuaire.sante.fr"


@dataclass
class Extract:
    """An extract that is read: counts grow with the blocks; `odd` are lines without all fields."""

    path: Path
    lines: int = 0
    odd: list[int] = field(default_factory=list)

    def blocks(self) -> Iterator[list[Row]]:
        """The rows of people with an RPPS, some thousands at a time, in the order of `Situation`.

        Raises:
            UsageError: It cannot be opened or read, is no such extract, or is damaged.
        """
        try:
            with self.path.open(encoding="utf-8", newline="\n") as file:
                yield from self._blocks(file)
        except UnicodeDecodeError as error:
            raise self._damaged(f"la ligne {self._undecodable()} n'est pas en UTF-8") from error
        except OSError as error:
            said = f"{self.path} : extrait de l'Annuaire santé illisible ({files.reason(error)})"
            remedy = f"vérifiez le chemin ; il s'agit de {_WHERE}"
            raise UsageError(said, remedy=remedy) from error
        if len(self.odd) > SHOWN and len(self.odd) * 100 > self.lines * MAX_ODD_PERCENT:
            raise self._damaged(f"{len(self.odd)} lignes n'ont pas tous leurs champs, dont les "
                                f"lignes {', '.join(map(str, self.odd[:SHOWN]))}")  # fmt: skip

    def _blocks(self, file: TextIO) -> Iterator[list[Row]]:
        columns, width = self._header(file.readline(LONGEST_HEADER))
        pick: Callable[[list[str]], Row] = itemgetter(*columns)
        self.lines = 1
        while lines := file.readlines(BLOCK):
            yield list(self._rows(lines, pick, max(columns) + 1, width))
            if not lines[-1].endswith("\n") and self.odd[-1:] == [self.lines]:
                raise self._damaged(f"la dernière ligne ({self.lines}) est coupée")

    def _rows(
        self, lines: list[str], pick: Callable[[list[str]], Row], last: int, width: int
    ) -> Iterator[Row]:
        bars = width - 1
        for number, line in enumerate(lines, self.lines + 1):
            if line.count("|") == bars:
                row = pick(line.rstrip("\r\n").split("|", last))
                if len(row[0]) == RPPS_LENGTH and row[0].isdecimal():
                    yield row
            elif line.strip():
                self.odd.append(number)
        self.lines += len(lines)

    def _header(self, line: str) -> tuple[list[int], int]:
        """The place of each column, and how many there are."""
        if line[:2] == "PK":
            raise UsageError(f"{self.path} : c'est une archive ZIP",
                             remedy="décompressez-la, et donnez le fichier "
                             "PS_LibreAcces_Personne_activite….txt")  # fmt: skip
        names = [name.strip() for name in line.removeprefix("\ufeff").split("|")]
        lacking = [name for name in COLUMNS.values() if name not in names]
        if lacking:
            raise UsageError(
                f"{self.path} : ce n'est pas l'extrait attendu, il y manque "
                f"{'la colonne' if len(lacking) == 1 else 'les colonnes'} {', '.join(lacking)}",
                remedy=f"donnez {_WHERE}",
            )
        return [names.index(name) for name in COLUMNS.values()], len(names)

    def _undecodable(self) -> int:
        """The first line that is not UTF-8, looked for once there is known to be one."""
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    line.decode()
                except UnicodeDecodeError:
                    return number
        return 0

    def _damaged(self, why: str) -> UsageError:
        return UsageError(f"{self.path} : extrait abîmé ou incomplet ({why})",
                          remedy=f"téléchargez de nouveau {_WHERE}")  # fmt: skip
