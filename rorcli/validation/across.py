"""What files say of each other's subjects: one EG a file, one EJ, one unit, one person (3xx).

A file is compared with those before it, of which only `Claims` are kept: small, so that memory does
not follow the number of files, and picklable, so that files may be judged in several processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from rorcli import codes
from rorcli.fields import specs
from rorcli.model import EntiteJuridique, Establishment
from rorcli.validation.findings import Issue

_PERSON = ("civilite", "nom", "prenom")


class Claims(NamedTuple):
    """What a file says of subjects that other files may speak of.

    `units` are (id, pointer), `people` (rpps, pointer, path of the unit, values of `_PERSON`):
    plain tuples, since there are many of both.
    """

    finess: str
    legal: str
    about_legal: tuple[tuple[str, Any], ...]
    units: tuple[tuple[str, str], ...]
    people: tuple[tuple[str, str, str, tuple[str | None, ...]], ...]


def claims(read: Establishment) -> Claims:
    """The claims of one establishment."""
    legal = read.entite_juridique
    people = [
        (each.rpps, each.pointer, placed.path, (each.civilite, each.nom, each.prenom))
        for placed in read.units()
        for each in placed.unit.praticiens
        if each.rpps
    ]
    units = [(each.unit.id, each.unit.pointer) for each in read.units() if each.unit.id]
    about_legal = tuple(legal.to_data().items())
    return Claims(read.finess, legal.finess or "", about_legal, tuple(units), tuple(people))


class Across:
    """The files met so far, by what they claim."""

    def __init__(self) -> None:
        self._sites: dict[str, str] = {}
        self._legal: dict[tuple[str, str], tuple[str, Any]] = {}
        self._units: dict[str, str] = {}
        self._people: dict[tuple[str, str], tuple[str, str, str]] = {}

    def check(self, path: str, said: Claims) -> Iterator[Issue]:
        """ROR307 and ROR309 to ROR312 on the next file, at `path` as shown."""
        if said.finess in self._sites:
            message = f"{self._sites[said.finess]} décrit déjà l'établissement {said.finess}"
            yield Issue("ROR309", "/etablissement/finess", message, "gardez un seul fichier")
        else:  # two files of one EG share its units, which would be the same said again
            yield from self._check_units(path, said)
        if said.finess:
            self._sites.setdefault(said.finess, path)
        yield from self._check_legal_person(path, said)
        yield from self._check_people(path, said)

    def _check_units(self, path: str, said: Claims) -> Iterator[Issue]:
        """ROR312: an id names one unit of one EG."""
        for name, pointer in said.units:
            file = self._units.setdefault(name, path)
            if file != path:
                message = f"{file} a déjà une unité d'identifiant {name}"
                remedy = "corrigez-le, ou retirez-le d'une unité à créer"
                yield Issue("ROR312", f"{pointer}/id", message, remedy)

    def _check_legal_person(self, path: str, said: Claims) -> Iterator[Issue]:
        """ROR307: what two files both say of an EJ is the same."""
        for key, value in said.about_legal if said.legal else ():
            other, known = self._legal.setdefault((said.legal, key), (path, value))
            if known != value:
                label = specs(EntiteJuridique)[key].label
                message = f"« {label} » de l'EJ {said.legal} : {other} dit autre chose"
                remedy = "écrivez la même chose dans tous ses fichiers"
                yield Issue("ROR307", f"/entite_juridique/{key}", message, remedy)

    def _check_people(self, path: str, said: Claims) -> Iterator[Issue]:
        """ROR310 and ROR311, between files and between units."""
        for rpps, pointer, unit, values in said.people:
            for key, value in zip(_PERSON, values, strict=True):
                if not value:
                    continue
                known, file, where = self._people.setdefault((rpps, key), (value, path, unit))
                if known != value and codes.fold(known) != codes.fold(value):
                    rule = "ROR311" if key == "civilite" else "ROR310"
                    message = f"RPPS {rpps} : {value} ici, {known} dans {file}, {where}"
                    yield Issue(rule, f"{pointer}/{key}", message, "écrivez partout la même chose")
