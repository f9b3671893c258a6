"""Who a number or a name means in the Annuaire santé, as fields of a practitioner.

What the person gives wins. Where the register knows several people or activities that differ,
nothing is chosen: they are listed, with what tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from rorcli import codes
from rorcli.annuaire.extract import Situation
from rorcli.annuaire.index import Index
from rorcli.errors import UsageError
from rorcli.fields import Kind, specs
from rorcli.items import Praticien

SPECIALITE_ORDINALE = "S"
SHOWN = 20
_PERSON = ("civilite", "titre", "nom", "prenom")
_ACTIVITY = ("profession", "type_savoir_faire", "specialite", "mode_exercice")
_OPTIONS = "--profession, --type-savoir-faire, --specialite, --mode-exercice"


@dataclass(frozen=True, slots=True)
class Known:
    """What the register says of one person, as fields of a practitioner, and what to tell of it."""

    fields: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def look_up(index: Index, given: Mapping[str, str], finess: str) -> Known:
    """The person that `given` names by `rpps`, else by `nom` and `prenom`, as active in an EG.

    UsageError when a name is nobody's or several people's, or when activities differ in what is
    not given; those of the EG `finess` are preferred.
    """
    rpps, nom = given.get("rpps", ""), given.get("nom", "")
    rows = index.of(rpps) if rpps else _only(index.named(nom, given.get("prenom", "")), given)
    if not rows:
        lacking = f"le n° RPPS {rpps} n'est pas dans l'extrait de l'Annuaire santé : vérifiez-le"
        return Known(notes=(lacking,))
    notes = []
    name = f"{rows[0].prenom} {rows[0].nom}"
    if nom and codes.fold(nom) != codes.fold(rows[0].nom):
        notes.append(f"l'Annuaire santé nomme ce n° RPPS {name} : vérifiez-le")
    person = {key: _first(getattr(row, key) for row in rows) for key in _PERSON}
    found = {"rpps": rows[0].rpps, **person, **_activity(rows, given, finess)}
    kept, lost = _coded({key: value for key, value in found.items() if value})
    notes += [f"{key} : le code {value} de l'Annuaire santé n'est pas de ceux du ROR ; non repris"
              for key, value in lost.items() if key not in given]  # fmt: skip
    return Known(kept, tuple(notes))


def _only(rows: list[Situation], given: Mapping[str, str]) -> list[Situation]:
    """The rows, if they are of one person."""
    people = {row.rpps: row for row in rows}
    name = " ".join(given[key] for key in ("prenom", "nom") if key in given)
    if not people:
        raise UsageError(f"« {name} » : personne de ce nom dans l'extrait de l'Annuaire santé",
                         remedy="donnez le n° RPPS, avec --rpps")  # fmt: skip
    if len(people) > 1:
        listed = _listed(f"{row.rpps}  {row.prenom} {row.nom}, {_words(row)}{_at(row)}"
                         for row in people.values())  # fmt: skip
        raise UsageError(f"« {name} » : {len(people)} homonymes dans l'Annuaire santé :{listed}",
                         remedy="donnez --rpps, ou --prenom")  # fmt: skip
    return rows


def _activity(rows: list[Situation], given: Mapping[str, str], finess: str) -> dict[str, str]:
    """The fields of the one activity that answers to what is given."""
    answering = [
        row for row in rows if all(_read(row)[k] == given[k] for k in _ACTIVITY if k in given)
    ]
    answering = [row for row in answering if row.finess == finess] or answering
    activities = {tuple(_read(row).items()): row for row in answering}
    if not activities:  # what is given is another activity than any that the register knows
        return {}
    if len(activities) > 1:
        name = f"{rows[0].prenom} {rows[0].nom} ({rows[0].rpps})"
        listed = _listed(f"{_words(row)}{_at(row)}" for row in activities.values())
        raise UsageError(
            f"{name} a plusieurs activités dans l'Annuaire santé :{listed}",
            remedy=f"dites laquelle par ce qui la distingue : {_OPTIONS}",
        )
    return dict(next(iter(activities)))


def _read(row: Situation) -> dict[str, str]:
    """The fields of the activity of a row: only a spécialité ordinale is a `specialite`."""
    found = {key: getattr(row, key) for key in _ACTIVITY}
    if row.type_savoir_faire != SPECIALITE_ORDINALE:
        found["specialite"] = ""
    return found


def _coded(found: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The values that the file may hold, and the codes that it may not."""
    known = specs(Praticien)
    coded = {key: value for key, value in found.items() if known[key].kind is Kind.CODE}
    lost = {key: value for key, value in coded.items()
            if codes.table(known[key].table).label(value) is None}  # fmt: skip
    return {key: value for key, value in found.items() if key not in lost}, lost


def _words(row: Situation) -> str:
    """Médecin / Spécialité ordinale Gynécologie médicale (SM) [SM19] / Salarié."""
    said = [_label(key, value) for key, value in _read(row).items() if value]
    return " / ".join(said) or "activité sans précision"


def _label(key: str, code: str) -> str:
    label = codes.table(specs(Praticien)[key].table).label(code)
    return f"{label} ({code})" if label else code


def _at(row: Situation) -> str:
    where = f"{row.finess} {row.site}".strip()
    return f", {where}" if where else ""


def _first(values: Iterable[str]) -> str:
    return next(filter(None, values), "")


def _listed(lines: Iterable[str]) -> str:
    shown: Iterator[str] = iter(dict.fromkeys(lines))
    text = "".join(f"\n  {line}" for line in islice(shown, SHOWN))
    return text + "\n  …" * (next(shown, None) is not None)
