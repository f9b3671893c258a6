"""The request of a *dossier collaboratif* to the regional ROR team: text, mail draft, JSON.

The JSON is `schemas/dossier.v1.schema.json`. Neither people nor their numbers are in it: they are
saved by a push, once the structure is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from rorcli.fields import Spec, specs
from rorcli.model import LEVEL_LABELS, EntiteGeographique, Establishment, Unite
from rorcli.planning.structure import Kind, Request
from rorcli.reports.changes import coded
from rorcli.reports.findings import escaped, one_line
from rorcli.reports.machine import dumps
from rorcli.reports.nouns import ages, words
from rorcli.settings import Region

_TITLES = {
    Kind.ADD: "Ajouter",
    Kind.REMOVE: "Supprimer",
    Kind.MOVE: "Déplacer",
    Kind.RETYPE: "Changer de niveau",
    Kind.IDENTITY: "Corriger l'identité",
}
_SITE = "l'établissement lui-même"

Say = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is asked for an establishment, and what the person answered: why, from when, who.

    Without requests there is nothing to answer.
    """

    establishment: Establishment
    requests: tuple[Request, ...]
    region: Region
    written_on: date
    reason: str = ""
    effective_on: date | None = None
    contact: str = ""

    @property
    def subject(self) -> str:
        """The request in one line."""
        site = self.establishment.etablissement
        return one_line(f"ROR, dossier collaboratif : {site.nom or ''} (FINESS {site.finess})")


def markdown(dossier: Dossier) -> str:
    """The request as Markdown; nothing in the data can be taken for markup."""
    return "\n".join(_lines(dossier, escaped)) + "\n"


def data(dossier: Dossier) -> dict[str, Any]:
    """The request as `rorcli/dossier/v1`."""
    owner, site = dossier.establishment.entite_juridique, dossier.establishment.etablissement
    asked = [{**asdict(each), "content": dict(each.content)} for each in dossier.requests]
    return {
        "schema": "rorcli/dossier/v1",
        "ok": True,
        "finess": site.finess,
        "nom": site.nom or "",
        "finess_ej": owner.finess or "",
        "raison_sociale": owner.raison_sociale or "",
        "region": asdict(dossier.region),
        "written_on": dossier.written_on.isoformat(),
        "effective_on": dossier.effective_on.isoformat() if dossier.effective_on else None,
        "reason": dossier.reason,
        "contact": dossier.contact,
        "requests": asked,
    }


def mail(dossier: Dossier) -> str:
    """The request as a mail to finish and send: a draft (X-Unsent) with the JSON attached.

    No line break of any value reaches a header (design, Safety).
    """
    from email.message import EmailMessage
    from email.policy import SMTP

    draft = EmailMessage(SMTP)
    draft["To"] = one_line(dossier.region.mail)
    draft["Subject"] = dossier.subject
    draft["X-Unsent"] = "1"
    draft.set_content("\n".join(_lines(dossier, one_line)) + "\n", cte="quoted-printable")
    draft.add_attachment(
        dumps(data(dossier)).encode(), "application", "json",
        filename=f"dossier-{one_line(dossier.establishment.finess)}.json",
    )  # fmt: skip
    # Always the same text for the same request; neither part can hold this line.
    draft.set_boundary("=_rorcli_dossier")
    return draft.as_string()


#: The forms of the request, by the name that `-o` gives them.
FORMS: dict[str, Callable[[Dossier], str]] = {
    "markdown": markdown,
    "eml": mail,
    "json": lambda dossier: dumps(data(dossier)),
}


def _lines(dossier: Dossier, say: Say) -> Iterator[str]:
    owner, site = dossier.establishment.entite_juridique, dossier.establishment.etablissement
    region = dossier.region
    yield f"# Dossier collaboratif : {say(site.nom or '')}"
    yield ""
    yield say(f"À l'attention de l'équipe ROR {region.name} ({region.mail}, {region.phone}).")
    yield ""
    yield say(f"- Entité juridique : {owner.raison_sociale or ''} (FINESS {owner.finess})")
    yield say(f"- Entité géographique : {site.nom or ''} (FINESS {site.finess})")
    yield f"- Demande du : {dossier.written_on:%d/%m/%Y}"
    if dossier.effective_on:
        yield f"- Date d'effet : {dossier.effective_on:%d/%m/%Y}"
    yield f"- Motif : {say(dossier.reason)}"
    yield f"- Contact : {say(dossier.contact)}"
    for kind, title in _TITLES.items():
        asked = [each for each in dossier.requests if each.kind is kind]
        if asked:
            yield from ("", f"## {title} ({len(asked)})", "")
        for number, each in enumerate(asked, 1):
            yield f"{number}. {_sentence(each, say)}"
            yield from (f"   - {spec.label} : {say(said)}" for spec, said in _content(each))


def _sentence(asked: Request, say: Say) -> str:
    if asked.kind is Kind.IDENTITY:
        spec = specs(EntiteGeographique)[asked.field]
        before, after = (_worded(spec, value) for value in (asked.before, asked.after))
        return say(f"{spec.label} : {before} → {after}")
    level = LEVEL_LABELS.get(asked.level, "Unité")
    known = f" ({asked.id})" if asked.id else ""
    return say(f"{level} « {asked.path} »{known}{_change(asked)}")


def _change(asked: Request) -> str:
    match asked.kind:
        case Kind.ADD:
            return f", sous {asked.after or _SITE}"
        case Kind.MOVE:
            return f" : de {asked.before or _SITE} vers {asked.after or _SITE}"
        case Kind.RETYPE:
            return f" : devient {LEVEL_LABELS.get(asked.after, asked.after)}"
        case _:
            return ""


def _content(asked: Request) -> Iterator[tuple[Spec, str]]:
    """What describes a new unit beside its level and its name, in words."""
    known = specs(Unite)
    for key, value in asked.content:
        if key in {"type", "nom", "id"} or value is None:
            continue
        spec = known[key]
        if key == "patientele":
            yield spec, ages(spec.noun().read(value, ""))
        else:
            listed = value if isinstance(value, list) else [value]
            yield spec, ", ".join(_worded(spec, each) for each in listed)


def _worded(spec: Spec, value: Any) -> str:
    """A value in words, a code with its label; "(vide)" for none."""
    return (coded(spec.table, value) if spec.table else words(spec, value)) or "(vide)"
