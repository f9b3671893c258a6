"""What each editing command does to a document: splices, nothing else.

Each function takes a Document and answers an `Edited`: the new Document and notes for the person.
What is already so leaves the document as it is, and the notes say it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from rorcli import codes
from rorcli.errors import DataError, UsageError
from rorcli.fields import Kind, Spec, specs
from rorcli.identifiers import rpps_ok, usual_phone
from rorcli.items import CANAUX, Capacite, Lieu, Praticien
from rorcli.model import Establishment, Placed, Unite, decode, every_key, spec_at
from rorcli.plurals import counted
from rorcli.text import edits, selectors, values
from rorcli.text.document import Document
from rorcli.validation import forms
from rorcli.validation.numbers import PHONES
from rorcli.validation.view import day_of


@dataclass(frozen=True)
class Edited:
    """A document after an edit, and what to tell the person about it."""

    document: Document
    notes: tuple[str, ...] = ()

    def then(self, step: Callable[[Document], Edited]) -> Edited:
        """The next edit on top of this one, notes gathered."""
        after = step(self.document)
        return replace(after, notes=(*self.notes, *after.notes))


def establishment_of(document: Document) -> Establishment:
    """The establishment of a readable document; DataError when it cannot be read at all."""
    if not isinstance(document.data, dict):
        raise DataError(f"{document.path} : fichier illisible",
                        remedy=f"rorcli validate {document.path} dit pourquoi")  # fmt: skip
    return decode(document.data)


def unit_of(document: Document, name: str) -> Placed:
    """The unit of this document that `name` means."""
    return selectors.find_unit(establishment_of(document), name)


def uo_of(document: Document, name: str) -> Placed:
    """The same, for what only a UO holds."""
    found = unit_of(document, name)
    if not found.unit.is_uo:
        units = establishment_of(document).units()
        below = [each for each in units if each.unit.is_uo and found.unit in each.above]
        raise UsageError(
            f"« {found.path} » n'est pas une UO{selectors.listed(below, ' ; en dépendent :')}",
            remedy="donnez l'une de ces UO" if below else "donnez une UO : rorcli show",
        )
    return found


def nodes(
    document: Document, units: Iterable[str], where: list[tuple[str, str]]
) -> tuple[str, ...]:
    """Pointers of the nodes to edit: units by name, or by globs; the EG without either."""
    establishment = establishment_of(document)
    if where:
        return tuple(p.unit.pointer for p in selectors.select_units(establishment, where))
    found = tuple(selectors.find_unit(establishment, name).unit.pointer for name in units)
    return found or (selectors.EG_POINTER,)


def assign(document: Document, node: str, key: str, text: str) -> Edited:
    """Gives a key of a node a value (`KEY=VALUE`); "" erases it."""
    place = selectors.place_of(document.data, node, key)
    value = _as_meant(place.spec, values.parse_value(place.spec, text))
    _require_same_identity(document, place.pointer, key, value)
    so = f"{key} vaut déjà « {text} »" if text else f"{key} n'a déjà aucune valeur"
    if place.holder and not text:
        return _already(document, so)
    if place.holder:
        last = place.pointer.rpartition("/")[2]
        return Edited(edits.append_item(document, place.holder, {**dict(place.item), last: value}))
    after = _give(document, place.pointer, value)
    return _already(document, so) if after is document else Edited(after)


def _as_meant(spec: Spec, value: Any) -> Any:
    """The value in the form of the file, when it can mean one thing only: 1/9/1974, 0261910041."""
    if not isinstance(value, str):
        return value
    if spec.key in _DIALLED:
        return usual_phone(value) or value
    return forms.meant(spec, value) or value


_DIALLED = ("telephone", "mobile", "telecopie")


def _require_same_identity(document: Document, pointer: str, key: str, value: Any) -> None:
    """An identifier says which thing of the directory this is: another one is another thing."""
    held = edits.value_at(document.data, pointer)
    if pointer.endswith(_IDENTIFIERS) and held not in {None, value}:
        raise UsageError(
            f"{key} : « {held} » désigne cet élément dans l'annuaire ; avec un autre identifiant, "
            "push y verrait un retrait et une création",
            remedy="si c'est une faute de saisie, corrigez-la à la main : "
            f"rorcli edit {document.path}",
        )


_IDENTIFIERS = ("/id", "/finess")


def _give(document: Document, pointer: str, value: Any) -> Document:
    """Gives a key its value; without one the item of a list goes, and a telecom as a whole."""
    holder, _, last = pointer.rpartition("/")
    is_long = edits.value_at(document.data, f"{holder}/telecoms") is not None
    if value is None and last in CANAUX and is_long and pointer not in document.marks:
        return document  # that list says of every channel what there is
    if value is None and last == "valeur":
        return edits.remove_item(document, holder)
    if value is None and last.isdigit():
        return edits.remove_item(document, pointer)
    return edits.set_value(document, pointer, value)


def replace_value(
    document: Document, within: Iterable[str], key: str, old: str, new: str
) -> Edited:
    """Replaces the value `old` of every key `key` under the nodes `within`; "" erases it.

    A short key of contacts means the telecoms of its channel too. UsageError for a key that no file
    has, and for a value that the key cannot hold.
    """
    if key not in every_key():
        raise selectors.unknown_key(key, key, sorted(every_key()))
    if not old:
        raise UsageError("--replace : la valeur à remplacer est vide",
                         remedy="pour donner une valeur à une clé : CLÉ=VALEUR")  # fmt: skip
    prefixes = tuple(f"{node}/" for node in within)
    inside = [p for p in document.marks if p.startswith(prefixes) and _is_named(document, p, key)]
    wanted = [(p, edits.value_at(document.data, p), _item(p, old)) for p in inside]
    found = [p for p, held, item in wanted if held == item or _is_same_phone(key, held, item)]
    for pointer in reversed(found):  # what goes out of a list moves what follows
        document = _give(document, pointer, _item(pointer, new))
    said = f"{counted(len(found), 'remplacement')} de « {old} »"
    if not found:
        meant = values.lost_noughts(spec_at(inside[0]), old) if inside else ""
        said = f"« {old} » n'y figure pas{meant and f' ; {meant}'}"
    return Edited(document, (f"{document.path} : {said}",))


def _is_same_phone(key: str, held: Any, typed: Any) -> bool:
    """True for one number, however the file and the person set its digits apart."""
    numbers = [usual_phone(str(each)) for each in (held, typed)]
    return CANAUX.get(key) in PHONES and bool(numbers[0]) and numbers[0] == numbers[1]


def _is_named(document: Document, pointer: str, key: str) -> bool:
    """True for one value of `key`, or of a telecom on the channel of that short key."""
    if isinstance(edits.value_at(document.data, pointer), (dict, list)):
        return False
    steps = [step for step in pointer.split("/") if not step.isdigit()]
    if steps[-1] == "valeur" and key in CANAUX:
        canal = edits.value_at(document.data, f"{pointer.rpartition('/')[0]}/canal")
        return bool(canal == CANAUX[key])
    return steps[-1] == key and spec_at(pointer) is not None


def _item(pointer: str, text: str) -> Any:
    """The text as one value of the key at `pointer`."""
    spec = spec_at(pointer)
    return None if spec is None or not text else values.parse_item(spec, text)


def add_activities(document: Document, uo: str, wanted: Iterable[str]) -> Edited:
    """Adds operational activities (codes) to a UO."""
    edited = Edited(document)
    for code in wanted:
        edited = edited.then(lambda now, code=code: _add_activity(now, uo, code))  # type: ignore[misc]
    return edited


def _add_activity(document: Document, uo: str, code: str) -> Edited:
    placed = uo_of(document, uo)
    if code in placed.unit.activites:
        return _already(document, f"l'activité {_labelled('activites', code)} y est déjà")
    return Edited(edits.append_item(document, f"{placed.unit.pointer}/activites", code))


def remove_activities(document: Document, uo: str, unwanted: Iterable[str]) -> Edited:
    """Removes operational activities (codes) from a UO."""
    edited = Edited(document)
    for code in unwanted:
        edited = edited.then(lambda now, code=code: _remove_activity(now, uo, code))  # type: ignore[misc]
    return edited


def _remove_activity(document: Document, uo: str, code: str) -> Edited:
    unit = uo_of(document, uo).unit
    if code not in unit.activites:
        return _already(document, f"l'activité {_labelled('activites', code)} n'y est pas")
    rank = unit.activites.index(code)
    return Edited(edits.remove_item(document, f"{unit.pointer}/activites/{rank}"))


def add_practitioner(
    document: Document, uo: str, given: Mapping[str, str], registered: Mapping[str, str] = {}
) -> Edited:
    """Adds a practitioner to a UO, or updates the given fields of the one with that RPPS.

    What is not given is what a register knows, else what another UO of the file says of the person.
    """
    if not given.get("rpps"):  # found by name: as the register writes it, not as it was typed
        given = {**given, **{key: registered[key] for key in _FOUND_BY if key in registered}}
    establishment, unit = establishment_of(document), uo_of(document, uo).unit
    rpps = given["rpps"]
    same = [rank for rank, p in enumerate(unit.praticiens) if p.rpps == rpps]
    if len(same) > 1:
        same = [r for r in same if unit.praticiens[r].specialite == given.get("specialite")]
    if same:
        require_same_person(unit.praticiens[same[0]], given)
        return _update(document, f"{unit.pointer}/praticiens/{same[0]}", given)
    known = next(
        (p for placed in establishment.units() for p in placed.unit.praticiens if p.rpps == rpps),
        None,
    )
    notes = () if known is None else (_TAKEN_OVER,)
    merged = {**(known.to_data() if known else {}), **registered, **given}
    item = {key: merged[key] for key in specs(Praticien) if key in merged}
    return Edited(edits.append_item(document, f"{unit.pointer}/praticiens", item), notes)


_FOUND_BY = ("rpps", "nom", "prenom")
_TAKEN_OVER = (
    "ce que vous n'avez pas donné est repris d'une autre unité où cette personne exerce : "
    "vérifiez-le"
)


def require_same_person(known: Praticien, given: Mapping[str, str]) -> None:
    """A number with one wrong digit may be a colleague's: a known person is never renamed."""
    for key, held in (("nom", known.nom), ("prenom", known.prenom)):
        if held and key in given and codes.fold(given[key]) != codes.fold(held):
            raise DataError(
                f"le n° RPPS {known.rpps} est celui de {known.prenom or ''} {known.nom or ''}, "
                "déjà présent ; rien n'a été écrit",
                remedy="vérifiez le numéro ; pour un changement de nom : "
                f"rorcli edit … praticiens[{known.rpps}].{key}=…",
            )


def _update(document: Document, pointer: str, given: Mapping[str, str]) -> Edited:
    after = document
    for key, value in given.items():
        after = edits.set_value(after, f"{pointer}/{key}", value)
    if after.text == document.text:
        return _already(document, "ce praticien y est déjà, avec ces valeurs")
    return Edited(after, ("praticien déjà présent : champs donnés mis à jour",))


def remove_practitioner(document: Document, uo: str, who: str) -> Edited:
    """Removes every situation of a person from a UO; `who`: a number, or the name of one person."""
    unit = uo_of(document, uo).unit
    found = {p.rpps for p in unit.praticiens if who == p.rpps or codes.fold(who) in _names(p)}
    if not found and rpps_ok(who):
        return _already(document, "ce praticien n'y est pas")
    if len(found) != 1:
        listed = " ; ".join(f"{p.rpps} {p.prenom or ''} {p.nom or ''}" for p in unit.praticiens)
        said = "désigne plusieurs praticiens" if found else "n'est pas un praticien"
        raise UsageError(f"« {who} » {said} de cette UO ; donnez un n° RPPS ou un nom",
                         remedy=f"elle a : {listed or 'aucun praticien'}")  # fmt: skip
    for rank in reversed([rank for rank, p in enumerate(unit.praticiens) if p.rpps in found]):
        document = edits.remove_item(document, f"{unit.pointer}/praticiens/{rank}")
    return Edited(document)


def _names(person: Praticien) -> set[str]:
    nom, prenom = person.nom or "", person.prenom or ""
    return {codes.fold(name) for name in (nom, f"{prenom} {nom}", f"{nom} {prenom}") if nom}


def set_capacity(document: Document, uo: str, measure: Mapping[str, Any], lieu: str) -> Edited:
    """Writes a measure of a UO, all its keys given; makes a lieu if there is none."""
    placed = uo_of(document, uo)
    if not placed.unit.lieux and not lieu:
        return _in_new_lieu(document, placed, measure)
    place = described(document, choose_lieu(placed.unit, lieu))
    wanted = Capacite(**measure).identity
    ranks = [rank for rank, c in enumerate(place.capacites) if c.identity == wanted]
    noted = (f"comptée le {measure['comptee_le']}", *_shared(document, placed, place))
    if not ranks:
        after = edits.append_item(document, f"{place.pointer}/capacites", dict(measure))
        return Edited(after, noted)
    after = document
    for key in ("nombre", "comptee_le"):
        after = edits.set_value(after, f"{place.pointer}/capacites/{ranks[0]}/{key}", measure[key])
    if after.text == document.text:
        return _already(document, f"{measure['nombre']} déjà compté ce jour")
    return Edited(after, noted)


def _shared(document: Document, placed: Placed, lieu: Lieu) -> Iterator[str]:
    """Who else works in a lieu: what is counted there is theirs too."""
    units = establishment_of(document).units() if lieu.id else ()
    others = [f"« {each.unit.nom} »" for each in units if each.key != placed.key
              and lieu.id in {other.id for other in each.unit.lieux}]  # fmt: skip
    if others:
        yield f"ce lieu, « {lieu.nom or lieu.id} », est aussi celui de {', '.join(others)}"


def _in_new_lieu(document: Document, placed: Placed, measure: Mapping[str, Any]) -> Edited:
    item = {**new_lieu(document, placed.unit), "capacites": [dict(measure)]}
    after = edits.append_item(document, f"{placed.unit.pointer}/lieux", item)
    made = f"lieu « {placed.unit.nom} » créé, à l'adresse de l'établissement"
    return Edited(after, (made, f"comptée le {measure['comptee_le']}"))


def new_lieu(document: Document, uo: Unite) -> dict[str, Any]:
    """A lieu for a UO that has none: its name, the address of the EG."""
    address = edits.value_at(document.data, f"{selectors.EG_POINTER}/adresse")
    return {"nom": uo.nom, **({"adresse": address} if address else {})}


def choose_lieu(uo: Unite, wanted: str) -> Lieu:
    """The lieu of a UO that an id or a name means, "" the only one; UsageError for another."""
    lieux = uo.lieux
    matches = [
        each
        for each in lieux
        if not wanted or each.id == wanted or codes.fold(each.nom or "") == codes.fold(wanted)
    ]
    if len(matches) == 1:
        return matches[0]
    shown = "".join(f"\n  {each.id or '-'}  {each.nom or ''}" for each in lieux)
    said = f"« {wanted} » n'est pas un lieu de cette UO" if wanted else "cette UO a plusieurs lieux"
    remedy = "donnez --lieu IDENTIFIANT ou NOM" if lieux else "sans --lieu, il en sera créé un"
    raise UsageError(f"{said} :{shown}" if lieux else f"{said}, qui n'en a pas", remedy=remedy)


def described(document: Document, lieu: Lieu) -> Lieu:
    """The same lieu where the file describes it: a shared one is referred to by its id alone."""
    if lieu.managed != {"id"}:
        return lieu
    elsewhere = (
        each
        for placed in establishment_of(document).units()
        for each in placed.unit.lieux
        if each.id == lieu.id and each.managed != {"id"}
    )
    return next(elsewhere, lieu)


def confirm(document: Document, units: Iterable[str], day: date, today: date) -> Edited:
    """Writes `verifie_le` on the EG, or on the units named; it holds for what is below.

    UsageError where a later verification is written already, if its day has come.
    """
    after = document
    for node in nodes(document, units, []):
        _require_no_later(document, node, day, today)
        after = edits.set_value(after, f"{node}/verifie_le", day.isoformat())
    if after.text == document.text:
        return _already(document, f"déjà vérifié le {day.isoformat()}")
    return Edited(after)


def _require_no_later(document: Document, node: str, day: date, today: date) -> None:
    """A verification forgets no later one; a day to come is a mistake that may go."""
    held = day_of(str(edits.value_at(document.data, f"{node}/verifie_le")))
    if held is None or not day < held <= today:
        return
    identifier = edits.value_at(document.data, f"{node}/id")
    unit = f" --unit {identifier}" if identifier else ""
    raise UsageError(
        f"déjà vérifié le {held}, après le {day} que vous donnez ; rien n'a été écrit",
        remedy="pour revenir à cette date plus ancienne : "
        f"rorcli edit {document.path}{unit} verifie_le={day}",
    )


def practitioner_fields(given: Mapping[str, str | None]) -> dict[str, str]:
    """The options of add-practitioner as fields: labels are taken for their codes."""
    known = specs(Praticien)
    fields = {key: value for key, value in given.items() if value is not None}
    return {
        key: values.parse_words(known[key].table, value)
        if known[key].kind is Kind.CODE
        else _as_meant(known[key], value)
        for key, value in fields.items()
    }


def _already(document: Document, said: str) -> Edited:
    return Edited(document, (f"{document.path} : {said}",))


def _labelled(table: str, code: str) -> str:
    return f"{code} {codes.table(table).label(code) or ''}".strip()
