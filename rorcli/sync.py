"""The use case of `diff` and `push`: read both sides, plan, check, apply, tell the outcome.

One establishment is the unit: each ends as applied, unchanged, refused, conflicted or failed, and
the others go on. What is applied is the plan that was shown, against the version that it was
computed from; the result is read again before it is called applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from rorcli.adoption import adopt_ids
from rorcli.basefile import Base, Head, fingerprint, known_facts, notes_on, own_base, remember
from rorcli.errors import (
    DataError,
    ExitCode,
    RorcliError,
    StoreConflictError,
    strongest,
)
from rorcli.files import save
from rorcli.model import Establishment, decode
from rorcli.planning.changes import Change, Choice, Merge, merge, rebase
from rorcli.planning.facts import Facts, doubles, facts
from rorcli.planning.limits import Thresholds
from rorcli.planning.plan import Guard, Plan, Sides
from rorcli.plurals import counted
from rorcli.text.document import Document
from rorcli.text.edits import set_value
from rorcli.text.selectors import node_keys
from rorcli.validation.findings import Finding, Severity

if TYPE_CHECKING:
    from rorcli.stores.base import Snapshot, Store


class Status(StrEnum):
    """How an establishment ends."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    CONFLICTED = "conflicted"
    FAILED = "failed"


@dataclass(frozen=True)
class Prepared:
    """One file ready to be compared: both sides, the plan, and the findings on the file.

    `document` is the file, `identified` the same with the ids that the store gave meanwhile.
    `snapshot` and `plan` are None when the store does not know the establishment, or when the file
    cannot be read; `problem` then says why. `notes` are what one should know beside the plan.
    """

    file: Path
    document: Document
    identified: Document
    ours: Establishment
    findings: tuple[Finding, ...]
    snapshot: Snapshot | None = None
    sides: Sides | None = None
    plan: Plan | None = None
    problem: RorcliError | None = None
    notes: tuple[str, ...] = ()

    @property
    def errors(self) -> list[Finding]:
        """The errors in the nodes that the plan changes, and those of an unreadable file."""
        errors = [f for f in self.findings if f.severity is Severity.ERROR]
        if self.plan is None or self.document.data is None:
            return errors
        return [f for f in errors if self._node_of(f.field) in self.plan.touched]

    def _node_of(self, pointer: str) -> str:
        """Key of the node that a finding belongs to: the deepest unit around it."""
        if pointer.startswith("/entite_juridique"):
            return "ej"
        around = [
            placed.key
            for placed in self.ours.units()
            if f"{pointer}/".startswith(f"{placed.unit.pointer}/")
        ]
        return around[-1] if around else ""


@dataclass(frozen=True)
class Outcome:
    """What became of one establishment, and why."""

    prepared: Prepared
    status: Status
    code: ExitCode = ExitCode.OK
    reason: str = ""
    remedy: str = ""

    @property
    def finess(self) -> str:
        """The establishment's key; "" when the file does not say."""
        return self.prepared.ours.finess


@dataclass(frozen=True, slots=True)
class Named:
    """The units whose own, or whose directory's, values win where both sides changed.

    What the file alone changed in `discarded` units is given up for the directory's.
    `only_capacities` leaves all but the measures of lieux for another day.
    """

    ours: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()
    discarded: tuple[str, ...] = ()
    only_capacities: bool = False

    def choice(self, ours: Establishment, theirs: Establishment) -> Choice:
        """The same by keys of nodes; UsageError for a name that neither side knows."""
        # A unit that the file has lost is known by the directory.
        sides = (self.ours, self.theirs, self.discarded)
        return Choice(*(node_keys(ours, names, theirs) for names in sides))


NOBODY = Named()


def unmoved(file: Path, heads: Mapping[str, Head], store: Store, *, today: date) -> Prepared | None:
    """A file that agrees with its store, told from its base alone; None when that takes a look.

    Neither the text nor the version moved since both were found to agree: nothing is read, which
    makes the cost of a folder follow what changed in it.
    """
    with suppress(OSError):
        head = heads.get(fingerprint(file.read_bytes()))
        if head is None or head.store != store.url or head.saved_on > today:
            return None
        if store.version(head.finess) == head.version:
            ours = decode({"etablissement": {"finess": head.finess}})
            document, plan = Document(str(file), "", None), Plan(head.finess, head.version)
            return Prepared(file, document, document, ours, (), plan=plan)
    return None


def prepare(  # noqa: PLR0913 - all that a comparison depends on
    file: Path,
    document: Document,
    findings: Iterable[Finding],
    store: Store,
    limits: Thresholds,
    *,
    named: Named = NOBODY,
    today: date = date.max,
) -> Prepared:
    """Reads the other two sides of a file and plans; never raises for one establishment."""
    ours = decode(document.data) if isinstance(document.data, dict) else Establishment()
    ready = Prepared(file, document, document, ours, tuple(findings))
    if not ours.finess:
        return replace(ready, problem=DataError(
            f"{document.path} : fichier illisible, ou sans FINESS d'établissement",
            remedy=f"rorcli validate {document.path}"))  # fmt: skip
    try:
        snapshot = store.fetch(ours.finess)
        base = own_base(file, ours.finess)
    except RorcliError as error:
        return replace(ready, problem=error)
    if snapshot is None:
        unknown = DataError(
            f"{ours.finess} : établissement inconnu de l'annuaire {store.url}",
            remedy=f"rorcli load {document.path}, ou choisissez l'annuaire avec --store",
        )
        return replace(ready, problem=unknown)
    try:
        adopted = adopt_ids(document, ours, snapshot.establishment).without(snapshot.unheld)
        nodes = (ours.etablissement, *(placed.unit for placed in ours.units()))
        unheld = {key for node in nodes for key in node.managed & snapshot.unheld}
        ours = adopted.ours
        choice = named.choice(ours, snapshot.establishment)
    except RorcliError as error:
        return replace(ready, problem=error)
    known, is_partial = known_facts(base, store.url), snapshot.is_partial
    sides = Sides.of(ours, snapshot.establishment, known, is_partial=is_partial)
    plan = sides.plan(
        ours.finess, snapshot.version, limits, choice, only_capacities=named.only_capacities
    )
    notes = notes_on(file, base, store.url, adopted.doubtful, today)
    notes += tuple(
        f"{key} : cet annuaire n'a pas de place pour cela ; {key}_url, sous [store.NOM] dans vos "
        "réglages, lui en donne une"
        for key in sorted(unheld)
    )
    ready = replace(ready, identified=adopted.document, ours=ours, notes=notes)
    return replace(ready, snapshot=snapshot, sides=sides, plan=plan)


def stops(prepared: Prepared, store: Store, allowed: Iterable[str]) -> Outcome | None:
    """Why this establishment will not be written; None when nothing stands against it."""
    if prepared.problem is not None:
        return _failed(prepared, prepared.problem)
    plan = prepared.plan
    if plan is not None and plan.conflicts:
        return Outcome(
            prepared,
            Status.CONFLICTED,
            ExitCode.CONFLICT,
            "des valeurs ont changé des deux côtés",
            "rorcli diff les montre ; gardez votre valeur par --ours UNITÉ, ou laissez celle de "
            f"l'annuaire par --theirs UNITÉ ; ici : {plan.disputed}",
        )
    if plan is None or not plan.changes:
        return Outcome(prepared, Status.UNCHANGED)
    return _refusal(prepared, plan, store, allowed)


def _refusal(
    prepared: Prepared, plan: Plan, store: Store, allowed: Iterable[str]
) -> Outcome | None:
    """Errors in what would be written, then guards, then what the store cannot take."""
    if prepared.errors:
        return Outcome(
            prepared,
            Status.REFUSED,
            ExitCode.FINDINGS,
            f"{counted(len(prepared.errors), 'erreur')} dans les unités à modifier",
            f"rorcli validate {prepared.document.path}",
        )
    if refused := plan.refusals(allowed):
        return _refused(prepared, refused)
    if missing := store.unsupported(plan):
        return Outcome(prepared, Status.REFUSED, ExitCode.REFUSED, " ; ".join(missing))
    return None


def apply(prepared: Prepared, store: Store, *, today: date, author: str) -> Outcome:
    """Writes the plan, reads the result again, keeps the new base."""
    plan = prepared.plan
    if plan is None or not plan.changes:
        return settle(prepared, store, today=today)
    try:
        after = _applied(plan, store, today=today, author=author)
        reread = store.fetch(plan.finess)
    except RorcliError as error:
        return _failed(prepared, error)
    # Whoever wrote since then has seen our version: what they left is theirs to explain.
    seen = reread if reread is not None and reread.version == after.version else after
    held = facts(seen.establishment, plan.doubled).values
    astray = [c for c in plan.changes if _is_stable(c, after) and held.get(c.path) != c.after]
    if astray:
        return Outcome(
            prepared,
            Status.FAILED,
            ExitCode.UNAVAILABLE,
            "relu après écriture, l'annuaire tient autre chose pour "
            f"{counted(len(astray), 'valeur')}",
            "rorcli diff montre ce qu'il tient",
        )
    try:
        _settle(prepared, store, after, today=today)
    except RorcliError as error:
        remedy = f"{error.remedy}, puis relancez la commande : rien n'est perdu".lstrip(", ")
        return Outcome(prepared, Status.APPLIED, error.exit_code, f"mais {error.message}", remedy)
    named = "identifiants donnés par l'annuaire et écrits dans le fichier : "
    reason = named + ", ".join(after.given.values()) if after.given else ""
    return Outcome(prepared, Status.APPLIED, reason=reason)


def _applied(plan: Plan, store: Store, *, today: date, author: str) -> Snapshot:
    """Writes the plan; where the store moved, again on what it holds now, if that is no conflict.

    Another writer who touched none of our fields is no reason to stop (design, Three-way).
    """
    for _ in range(_RETRIES):
        try:
            return store.apply(plan, today=today, author=author)
        except StoreConflictError:
            moved = store.fetch(plan.finess)
            left = plan.left(facts(moved.establishment, plan.doubled).values) if moved else None
            if moved is None or left is None or moved.version == plan.version:
                raise
            plan = replace(left, version=moved.version)
    return store.apply(plan, today=today, author=author)


_RETRIES = 2


def _is_stable(change: Change, after: Snapshot) -> bool:
    """False for a unit that the store gave an id, and its lieux: they now have another key."""
    told = [str(step) for step in (*change.path, change.after)]
    return not any(s == key or s.startswith(f"{key}#") for key in after.given for s in told)


def settle(prepared: Prepared, store: Store, *, today: date) -> Outcome:
    """Nothing to write; what both sides agree on is still worth remembering."""
    plan, snapshot = prepared.plan, prepared.snapshot
    try:
        if plan is not None and snapshot is not None and not plan.conflicts:
            _settle(prepared, store, snapshot, today=today)
    except RorcliError as error:
        return _failed(prepared, error)
    return Outcome(prepared, Status.UNCHANGED)


def _settle(prepared: Prepared, store: Store, held: Snapshot, *, today: date) -> None:
    """Splices the ids that the store gave into the file, then keeps what both sides agree on."""
    document, sides = prepared.identified, prepared.sides
    pointers = {placed.key: placed.unit.pointer for placed in prepared.ours.units()}
    for key, given in held.given.items():
        document = set_value(document, f"{pointers[key]}/id", given)
    if document.text != prepared.document.text:
        save(prepared.file, prepared.document, document)
    former = sides.base if sides else None
    if sides is None or held is not prepared.snapshot:
        said = decode(document.data)
        sides = Sides.of(said, held.establishment, former, is_partial=held.is_partial)
    kept = rebase(sides.base, sides.ours, sides.theirs)
    agreed = agreement(document, sides, kept)
    base = Base(prepared.ours.finess, store.url, held.version, today, kept, agreed)
    remember(prepared.file, base)


def agreement(document: Document, sides: Sides, base: Facts) -> str:
    """The fingerprint of a file that holds what the store holds, where it manages it; else ""."""
    is_agreed = merge(sides.ours, sides.theirs, base) == Merge()
    return fingerprint(document.text.encode()) if is_agreed else ""


def exit_code(outcomes: Iterable[Outcome]) -> ExitCode:
    """PARTIAL when some were written and others not, else the strongest of all."""
    listed = list(outcomes)
    codes = {outcome.code for outcome in listed}
    if codes - {ExitCode.OK} and any(o.status is Status.APPLIED for o in listed):
        return ExitCode.PARTIAL
    return strongest(codes)


def new_base(
    establishment: Establishment, text: str, store: str, version: str, today: date
) -> Base:
    """The base of a file that was just pulled: it agrees with the store on all that it holds."""
    held = facts(establishment, doubles(establishment))
    return Base(establishment.finess, store, version, today, held, fingerprint(text.encode()))


def _refused(prepared: Prepared, guards: list[Guard]) -> Outcome:
    flags = " ".join(f"--allow {guard.name}" for guard in guards)
    advice = f"si c'est voulu : {flags}"
    if any(guard.name == "structure" for guard in guards):
        advice = (
            f"rorcli dossier {prepared.document.path} rédige la demande à l'équipe ROR régionale ; "
            f"une fois qu'elle l'a acceptée : {flags}"
        )
    return Outcome(
        prepared, Status.REFUSED, ExitCode.REFUSED,
        " ; ".join(f"{guard.name} : {guard.message}" for guard in guards), advice,
    )  # fmt: skip


def _failed(prepared: Prepared, error: RorcliError) -> Outcome:
    status = Status.CONFLICTED if isinstance(error, StoreConflictError) else Status.FAILED
    return Outcome(prepared, status, error.exit_code, error.message, error.remedy)
