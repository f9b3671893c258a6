"""What files say of each other's subjects: one EG a file, one EJ, one unit, one person (3xx).

A file is compared with those before it, of which only `Claims` are kept: small, so that memory does
not follow the number of files, and picklable, so that files may be judged in several processes.
"""

from __future__ import annotations

from array import array
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
    about_legal = tuple((k, v) for k, v in legal.to_data().items() if k != "finess")
    return Claims(read.finess, legal.finess or "", about_legal, tuple(units), tuple(people))


class _Numbers:
    """Names that have a number, in 24 to 48 bytes each whatever their length: a dict takes 150.

    A name is known by its 64-bit hash: among a million units, one chance in forty million that two
    names are taken for one.
    """

    def __init__(self) -> None:
        self._held = 0
        self._hashes, self._numbers = _table(1 << 10)

    def setdefault(self, name: str, number: int) -> int:
        """The number of a name, which is `number` from now on if it had none."""
        if 2 * self._held >= len(self._hashes):
            self._grow()
        key = hash(name) or 1  # 0 is an empty place
        place = self._place(key)
        if not self._hashes[place]:
            self._hashes[place], self._numbers[place] = key, number
            self._held += 1
        return self._numbers[place]

    def _place(self, key: int) -> int:
        """Where a hash is, or may be put: its own place, or the first that follows."""
        hashes, last = self._hashes, len(self._hashes) - 1
        place = key & last
        while hashes[place] and hashes[place] != key:
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        former = zip(self._hashes, self._numbers, strict=True)
        self._hashes, self._numbers = _table(2 * len(self._hashes))
        for key, number in former:
            if key:
                place = self._place(key)
                self._hashes[place], self._numbers[place] = key, number


def _table(places: int) -> tuple[array[int], array[int]]:
    return array("q", bytes(8 * places)), array("i", bytes(4 * places))


class Across:
    """The files met so far, by what they claim."""

    def __init__(self) -> None:
        self._sites: dict[str, str] = {}
        self._legal: dict[tuple[str, str], tuple[str, Any]] = {}
        self._files: list[str] = []
        self._units = _Numbers()
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
        self._files.append(path)
        for name, pointer in said.units:
            file = self._files[self._units.setdefault(name, len(self._files) - 1)]
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
