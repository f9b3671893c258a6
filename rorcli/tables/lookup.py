"""Which unit of which file a row is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

from rorcli import codes
from rorcli.edition import establishment_of
from rorcli.errors import UsageError
from rorcli.tables.cells import CellError, same_but_zeros
from rorcli.tables.columns import FINESS, ID, UNITE
from rorcli.tables.entries import ETABLISSEMENT, Node
from rorcli.text import selectors
from rorcli.text.document import Document

_EG = {codes.fold(ETABLISSEMENT), "eg", "entite geographique"}
_MERGED = (
    "donnez « Identifiant » ou « Unité » à chaque ligne ; des cellules fusionnées se défont, et "
    "leur valeur se recopie"
)


@dataclass
class Places:
    """The nodes of several documents, found by what a row says of them.

    Sheets repeat themselves: each way to name a unit is looked up once.
    """

    nodes: Sequence[Node]
    _found: dict[tuple[str, ...], Node | CellError] = field(default_factory=dict)
    _exactly: dict[tuple[str, ...], list[Node]] = field(default_factory=lambda: defaultdict(list))
    _named: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    _by_id: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    _sites: dict[str, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in self.nodes:
            finess, _, level, path, key = node.where
            self._exactly[node.where].append(node)
            if key:
                self._by_id[key].append(node)
            if path:
                self._named[codes.fold(path)].append(node)
            elif level == ETABLISSEMENT and self._sites.setdefault(finess, node) is not node:
                files = f"{self._sites[finess].document.path} et {node.document.path}"
                raise UsageError(f"{files} décrivent le même établissement ({finess})",
                                 remedy="n'en donnez qu'un")  # fmt: skip

    def exactly(self, said: tuple[str, ...]) -> Sequence[Node]:
        """The nodes that an export names just so: one, but for units that nothing tells apart."""
        return self._exactly.get(said, ())

    def find(self, said: tuple[str, ...]) -> Node:
        """The node that the texts of the columns `WHERE` mean; CellError for none, or several."""
        exact = self.exactly(said)
        if len(exact) == 1:
            return exact[0]
        if said not in self._found:
            try:
                self._found[said] = self._search(_Said(*(text.strip() for text in said)))
            except CellError as error:
                self._found[said] = error
        found = self._found[said]
        if isinstance(found, CellError):
            raise found
        return found

    def _search(self, said: _Said) -> Node:
        sites = self._sites_of(said)
        if said.id:
            return self._by_identifier(said, sites)
        if said.unite:
            return self._by_name(said, sites)
        if codes.fold(said.niveau) not in _EG:
            raise CellError(UNITE, "la ligne ne dit pas de quelle unité il s'agit", _MERGED)
        if len(sites) > 1:
            raise CellError(FINESS, "plusieurs établissements : lequel ?", "donnez son FINESS")
        return next(iter(sites.values()))

    def _sites_of(self, said: _Said) -> Mapping[str, Node]:
        if not said.finess:
            return self._sites
        finess = same_but_zeros(said.finess.replace(" ", "").upper(), self._sites)
        if finess is None:
            known = ", ".join(list(self._sites)[:3])
            raise CellError(FINESS, f"« {said.finess} » n'est le FINESS d'aucun des fichiers",
                            f"FINESS des fichiers donnés : {known}")  # fmt: skip
        return {finess: self._sites[finess]}

    def _by_identifier(self, said: _Said, sites: Mapping[str, Node]) -> Node:
        known: Mapping[str, list[Node]] = self._by_id
        key = said.id if said.id in known else same_but_zeros(said.id, known)
        if key is None:
            close = get_close_matches(said.id, known, n=2)
            hint = " ou ".join(f"{each} ({known[each][0].name})" for each in close)
            raise CellError(ID, f"« {said.id} » n'est l'identifiant d'aucune unité",
                            f"vouliez-vous dire {hint} ?" if hint else _SHOW)  # fmt: skip
        found = [node for node in known[key] if node.where[0] in sites]
        if not found:
            raise CellError(FINESS, f"l'unité {key} n'est pas de l'établissement {said.finess}",
                            f"elle est de {known[key][0].where[0]}")  # fmt: skip
        node = found[0]
        if len(found) > 1:
            raise CellError(ID, f"« {key} » désigne plusieurs unités", "donnez aussi le FINESS")
        if said.unite and not _is_called(node, said.unite):
            raise CellError(
                UNITE, f"« {said.unite} » n'est pas l'unité {key}, qui est « {node.name} »",
                "une colonne a été triée sans les autres ? corrigez l'une des deux cellules, ou "
                "laissez-en une vide",
            )  # fmt: skip
        return node

    def _by_name(self, said: _Said, sites: Mapping[str, Node]) -> Node:
        found = [n for n in self._named.get(codes.fold(said.unite), ()) if n.where[0] in sites]
        refusals: list[UsageError] = []
        for site in () if len(found) == 1 else sites.values():
            try:
                placed = selectors.find_unit(establishment_of(site.document), said.unite)
                found.append(self._at(site.document, placed.unit.pointer))
            except UsageError as error:
                refusals.append(error)
        if len(found) == 1:
            return found[0]
        if found:
            raise CellError(UNITE, f"« {said.unite} » est une unité de {len(found)} établissements",
                            "donnez aussi le FINESS")  # fmt: skip
        raise CellError(UNITE, refusals[0].message, refusals[0].remedy or _SHOW)

    def _at(self, document: Document, pointer: str) -> Node:
        return next(n for n in self.nodes if n.document is document and n.pointer == pointer)


class _Said(NamedTuple):
    """The columns `WHERE` of a row, by their names."""

    finess: str
    etablissement: str
    niveau: str
    unite: str
    id: str


_SHOW = "rorcli show FICHIER montre l'arbre des unités"


def _is_called(node: Node, name: str) -> bool:
    """True for the path of the node, or the end of it."""
    path, said = codes.fold(node.name), codes.fold(name)
    return path == said or path.endswith(f"> {said}") or codes.fold(node.noun.nom or "") == said
