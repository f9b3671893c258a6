"""Whole establishments between a store and files: what `pull` writes, what `load` takes.

One establishment is the unit: a refusal or a failure of one stops none of the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rorcli import files, schemafile
from rorcli.adoption import Adopted, adopt_ids
from rorcli.basefile import Base, known_facts, notes_on, own_base, remember
from rorcli.errors import (
    DataError,
    ExitCode,
    RefusedError,
    RorcliError,
    StoreConflictError,
    strongest,
)
from rorcli.fields import Kind, specs
from rorcli.items import CANAUX, COUNTED_ALL_DAY, Contact, Lieu, Telecom
from rorcli.merging import splice
from rorcli.model import Establishment, decode, to_data
from rorcli.nouns import Noun
from rorcli.planning.changes import Change, Choice, Merge, merge, rebase
from rorcli.planning.facts import Facts, facts
from rorcli.planning.plan import Sides
from rorcli.plurals import counted
from rorcli.stores.base import LoadableStore, Snapshot
from rorcli.sync import NOBODY, Named, agreement, new_base
from rorcli.text import render
from rorcli.text.document import Document
from rorcli.validation.findings import Finding, Severity

if TYPE_CHECKING:
    from rorcli.stores.fhir.bulk import ExportBag

# What a file says of capacities, without those that bed management counts all day.
KEPT_SOURCES = {None, "01"}
_SHORT = frozenset({"canal", "valeur"})
_KEYS = {canal: key for key, canal in CANAUX.items()}
_N = TypeVar("_N", bound=Noun)


class Status(StrEnum):
    """How an establishment ends."""

    WRITTEN = "written"
    MERGED = "merged"
    CREATED = "created"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What became of one establishment and its file; `problem` says why nothing was written."""

    finess: str
    path: Path
    status: Status
    problem: RorcliError | None = None
    notes: tuple[str, ...] = ()


def exit_code(exchanges: Iterable[Exchange]) -> ExitCode:
    """PARTIAL when some were written and others not, else the strongest of all."""
    listed = list(exchanges)
    failed = {each.problem.exit_code for each in listed if each.problem}
    if failed and any(each.status not in {Status.UNCHANGED, Status.REFUSED} for each in listed):
        return ExitCode.PARTIAL
    return strongest(failed)


def tidy(noun: _N, *, availability: bool = True) -> _N:
    """What a store holds, in the house look: a telecom that says nothing but the default is short.

    Without `availability`, only the capacities that a file manages remain.
    """
    inner: dict[str, Any] = {}
    for key, spec in specs(type(noun)).items():
        value = getattr(noun, key)
        if spec.kind is Kind.NOUN and value is not None:
            inner[key] = tidy(value, availability=availability)
        elif spec.kind is Kind.NOUNS:
            inner[key] = tuple(tidy(each, availability=availability) for each in value)
    if isinstance(noun, Contact):
        inner |= _shortened(noun)
    elif isinstance(noun, Lieu) and not availability:
        kept = tuple(c for c in noun.capacites
                     if c.statut not in COUNTED_ALL_DAY and c.source in KEPT_SOURCES)  # fmt: skip
        inner |= {"capacites": kept}
        inner |= {} if kept else {"managed": noun.managed - {"capacites"}}
    return replace(noun, **inner)


def _shortened(contact: Contact) -> Mapping[str, Any]:
    """The short keys of the telecoms that say no more, `telecoms` only if others are left."""
    usual = [_is_usual(each, contact) for each in contact.telecoms]
    pairs = list(zip(contact.telecoms, usual, strict=True))
    telecoms = tuple(replace(each, managed=_SHORT) if short else each for each, short in pairs)
    managed = set(contact.managed) - {"telecoms"}
    managed |= {_KEYS[each.canal or ""] for each, short in pairs if short}
    managed |= set() if all(usual) else {"telecoms"}
    return {"telecoms": telecoms, "managed": frozenset(managed)}


def _is_usual(telecom: Telecom, contact: Contact) -> bool:
    """True when the short form says it all (design, Homes: the default confidentiality)."""
    default = "2" if telecom.canal == CANAUX["mssante"] or contact.nom else "1"
    usual = telecom.confidentialite in (None, default) and not telecom.usage
    return usual and bool(telecom.valeur) and telecom.canal in _KEYS


def text_of(establishment: Establishment) -> str:
    """A whole file, in the house look."""
    return render.document(to_data(establishment), schemafile.BESIDE)


def pull(
    snapshot: Snapshot, path: Path, store: str, *, today: date, availability: bool
) -> Exchange:
    """Writes what the store holds, its base, the schema; never over a file that says otherwise."""
    held = snapshot.establishment
    wanted = tidy(held, availability=availability)
    done = Exchange(held.finess, path, Status.WRITTEN)
    try:
        if path.exists():
            wanted, text = _require_same(path, held, wanted)
            done = replace(done, status=Status.UNCHANGED)
        else:
            text = text_of(wanted)
            schemafile.place(path.parent)
            files.write(path, text)
        if told := remember(path, new_base(wanted, text, store, snapshot.version, today)):
            done = replace(done, notes=(told,))
    except RorcliError as error:
        return replace(done, status=Status.REFUSED, problem=error)
    return done


def _require_same(
    path: Path, held: Establishment, wanted: Establishment
) -> tuple[Establishment, str]:
    """What the file says, if it is what the store holds and nothing to be pulled is missing."""
    document = files.read_file(path)
    ours = decode(document.data) if isinstance(document.data, dict) else Establishment()
    sides = Sides.of(ours, held, None)
    missing = facts(wanted, sides.doubled).values.items() - sides.ours.values.items()
    if missing or merge(sides.ours, sides.theirs, None).ours:
        raise RefusedError(
            f"{path} : ce fichier existe et dit autre chose que l'annuaire ; il est resté intact",
            remedy=f"rorcli diff {path} montre les différences ; rorcli pull --merge {path} y "
            "reprend ce que l'annuaire a changé ; --to écrit ailleurs ; pour abandonner vos "
            f'modifications : rorcli pull --discard "*" {path}',
        )
    return ours, document.text


_STILL_OURS = (
    "l'annuaire n'a rien de nouveau ; vos modifications restent dans le fichier, rorcli diff {} "
    "les montre"
)


def merge_into(
    path: Path, snapshot: Snapshot, store: str, *, today: date, named: Named = NOBODY
) -> Exchange:
    """Splices what the directory changed into a file; our own lines and comments stay.

    Refused as a conflict (exit 5) where both sides changed and nothing was chosen. Without a base
    of this store, what the directory holds otherwise than the file is such a conflict. Our changes
    of discarded units leave the file.
    """
    theirs = snapshot.establishment
    done = Exchange(theirs.finess, path, Status.MERGED)
    try:
        document = files.read_file(path)
        base = own_base(path, done.finess)
        ours = _same_establishment(document, done.finess)
        choice = named.choice(ours, theirs)
        adopted = adopt_ids(document, ours, theirs).without(snapshot.unheld)
        done = replace(done, notes=notes_on(path, base, store, adopted.doubtful, today))
        after, kept, agreed = _merged(adopted, snapshot, known_facts(base, store), choice)
        if after.text == document.text:
            notes = done.notes if agreed else (*done.notes, _STILL_OURS.format(path))
            done = replace(done, status=Status.UNCHANGED, notes=notes)
        else:
            files.save(path, document, after)
        remember(path, Base(done.finess, store, snapshot.version, today, kept, agreed))
    except RorcliError as error:
        return replace(done, status=Status.REFUSED, problem=error)
    return done


def _same_establishment(document: Document, finess: str) -> Establishment:
    if not isinstance(document.data, dict):
        raise DataError(f"{document.path} : fichier illisible",
                        remedy=f"rorcli validate {document.path} dit pourquoi")  # fmt: skip
    ours = decode(document.data)
    if ours.finess != finess:
        raise RefusedError(
            f"{document.path} est le fichier de l'établissement {ours.finess or '(sans FINESS)'}, "
            f"pas de {finess}", remedy="donnez le fichier de cet établissement")  # fmt: skip
    return ours


def _merged(
    mine: Adopted, snapshot: Snapshot, known: Facts | None, choice: Choice
) -> tuple[Document, Facts, str]:
    """The document with theirs spliced in, the base to keep beside it, and their agreement."""

    def sides_of(ours: Establishment) -> Sides:
        return Sides.of(ours, snapshot.establishment, known, is_partial=snapshot.is_partial)

    document, sides = mine.document, sides_of(mine.ours)
    found = merge(sides.ours, sides.theirs, sides.base)
    doubted = _doubted(found, sides)
    settled = sides.settled(doubted, choice)
    if settled.conflicts:
        why = "ont changé des deux côtés"
        if len(doubted.conflicts) > len(found.conflicts):
            why = "diffèrent, et pas de base qui dise de quel côté elles ont changé"
        raise StoreConflictError(
            f"{document.path} : des valeurs {why}",
            remedy=f"rorcli diff {document.path} les montre ; gardez votre valeur par "
            "--ours UNITÉ, ou prenez celle de l'annuaire par --theirs UNITÉ ; ici : "
            f"{sides.disputed(settled.conflicts, mine.ours.finess)}",
        )
    after = splice(document, settled.theirs, tidy(snapshot.establishment), sides.doubled)
    again = sides if after is document else sides_of(decode(after.data))
    kept = rebase(again.base, again.ours, again.theirs, left=settled.ours)
    # What we chose to keep is ours from now on: the base takes the directory's value for former.
    for change in settled.ours if choice.ours else ():
        _put(kept, change)
    return after, kept, agreement(after, again, kept)


def _put(kept: Facts, change: Change) -> None:
    kept.values.pop(change.path, None)
    if change.before is not None:
        kept.values[change.path] = change.before


def _doubted(found: Merge, sides: Sides) -> Merge:
    """Where the base does not know, what the directory holds otherwise may be its change or ours.

    What leaves with an item that the base knows leaves with it.
    """

    def is_unknown(change: Change) -> bool:
        known = sides.base is not None and sides.base.owns(change.path, sides.theirs.values)
        return change.before is not None and not known

    doubt = [change for change in found.ours if is_unknown(change)]
    gone = {c.path for c in found.ours if c.after is None} - {c.path for c in doubt}
    doubt = [c for c in doubt if gone.isdisjoint(c.path[:n] for n in range(2, len(c.path)))]
    pairs = ((Change(c.path, None, c.after), Change(c.path, None, c.before)) for c in doubt)
    paths = {change.path for change in doubt}
    sure = tuple(change for change in found.ours if change.path not in paths)
    return Merge(sure, found.theirs, (*found.conflicts, *pairs))


def load(
    documents: Iterable[tuple[Path, Document]],
    findings: Iterable[Finding],
    store: LoadableStore,
    *,
    today: date,
    replacing: bool,
) -> Iterator[Exchange]:
    """Puts each establishment into the store, unless `findings` hold errors on its file."""
    errors: defaultdict[str, int] = defaultdict(int)
    for finding in findings:
        errors[finding.path] += finding.severity is Severity.ERROR
    for path, document in documents:
        data = document.data
        ours = decode(data) if isinstance(data, dict) else Establishment()
        refused = Exchange(ours.finess, path, Status.REFUSED)
        if count := errors[document.path]:
            yield replace(refused, problem=DataError(f"{path} : {counted(count, 'erreur')}",
                                                     remedy=f"rorcli validate {path}"))  # fmt: skip
            continue
        try:
            yield _load_one(ours, document.text, path, store, today=today, replacing=replacing)
        except RorcliError as error:
            yield replace(refused, problem=error)


def load_export(
    bag: ExportBag, store: LoadableStore, *, today: date, replacing: bool
) -> Iterator[Exchange]:
    """Puts each establishment of a bulk export into the store, as old as the export says it is.

    What is broken in it is noted: the rest is what the national directory holds.
    """
    for path, tree in bag.sites():
        ours = tree.establishment
        done = Exchange(ours.finess, path, Status.REFUSED, notes=tuple(tree.broken))
        try:
            days = tree.changed_on
            added = store.add(ours, today=today, replace=replacing, changed_on=days)
            yield replace(done, status=Status(added))
        except DataError as error:
            yield replace(done, problem=RefusedError(error.message, remedy=error.remedy))
        except RorcliError as error:
            yield replace(done, problem=error)


def _load_one(  # noqa: PLR0913 - a file and where it goes
    ours: Establishment,
    text: str,
    path: Path,
    store: LoadableStore,
    *,
    today: date,
    replacing: bool,
) -> Exchange:
    try:
        added = store.add(ours, today=today, replace=replacing)
    except DataError as error:
        nameless = [placed.path for placed in ours.units() if not placed.unit.id]
        kind = DataError if nameless else RefusedError
        raise kind(f"{path} : {error.message}", remedy=error.remedy) from error
    snapshot = store.fetch(ours.finess)
    if snapshot is not None:
        base = new_base(ours, text, store.url, snapshot.version, today)
        remember(path, base, claims=False)
    return Exchange(ours.finess, path, Status(added))
