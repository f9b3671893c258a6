"""What a breach of the schema means, and what to write instead: one builder for all engines.

Messages come from the declaration of the key (`rorcli.fields`) and from the code tables, never from
a library's wording.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rorcli import codes
from rorcli.fields import Kind, Spec, specs
from rorcli.identifiers import usual_phone
from rorcli.items import AGE, INSTANT, SHORT, TIME
from rorcli.model import DIRECTEUR, FORMAT, UO_KEYS, Unite, spec_at
from rorcli.text.document import MAX_DIGITS, Document
from rorcli.text.render import scalar
from rorcli.validation.causes import ROOT, UNKNOWN, Breach, emptied, keys_at, strays, typo, value_at
from rorcli.validation.findings import Issue, Mend
from rorcli.validation.forms import meant, with_nought


class _Seen(NamedTuple):
    """A breach with all that its message needs.

    `around` is what holds the value, `source` the value as it is written, shortened, `comment` what
    ends its line.
    """

    breach: Breach
    spec: Spec
    around: Any
    value: Any
    source: str
    comment: str

    @property
    def label(self) -> str:
        return f"« {self.spec.label} »"

    @property
    def is_item(self) -> bool:
        """True for an item of a list rather than the list."""
        return self.spec.is_list and self.breach.place.rpartition("/")[2].isdigit()

    @property
    def wanted(self) -> str:
        return (_WANTED_ITEM if self.is_item else _WANTED)[self.spec.kind]

    @property
    def text(self) -> str:
        """The value as a text: what is written, without quotes."""
        return self.value if isinstance(self.value, str) else self.source


Said = tuple[str, str, str] | tuple[str, str, str, Mend]  # rule, message, remedy, mend
_SHOWN = 60


def say(document: Document, breach: Breach) -> Issue:
    """The issue that a breach is."""
    around = value_at(document.data, breach.pointer.rpartition("/")[0])
    value = value_at(document.data, breach.pointer)
    if breach.key is not None:
        around, value = value, value.get(breach.key)
    source = " ".join(document.source(breach.place).split())
    source = source if len(source) <= _SHOWN else f"{source[:_SHOWN]}…"
    spec, comment = spec_at(breach.place) or ROOT, document.comment(breach.place)
    seen = _Seen(breach, spec, around, value, source, comment)
    return _place(breach.place, _SAY[breach.keyword](seen))


def _place(pointer: str, said: Said) -> Issue:
    rule, message, remedy, *mend = said
    return Issue(rule, pointer, message, remedy, mend=mend[0] if mend else None)


def say_unquoted(place: str, source: str) -> Issue | None:
    """The issue with a plain scalar that readers dispute; None where no text is expected."""
    spec = spec_at(place)
    return None if spec is None else _place(place, _unquoted(spec, source))


def say_homeless(data: Any, place: str, key: str) -> Issue:
    """The issue with an item that stands in another list than its own, called `key`."""
    above = place.rpartition("/")[0]
    own, other = keys_at(above.rpartition("/")[0])[key], spec_at(above) or ROOT
    message = f"« {own.label} » sous « {other.label} » : la ligne « {key}: » manque au-dessus"
    remedy = f"ajoutez-la, avec le retrait de « {other.key}: »"
    return Issue("ROR110", f"{place}/{next(iter(value_at(data, place)))}", message, remedy)


def _unquoted(spec: Spec, source: str) -> Said:
    message = f"« {spec.label} » : {source} sans guillemets n'est pas lu partout comme un texte"
    text = source
    if spec.key in _PHONES and re.fullmatch(r"[1-9]\d{8}", source):
        text = usual_phone(source)  # a nought was lost
    return "ROR104", message, f"écrivez {_quoted(text)}", None if text.endswith("…") else text


_PHONES = ("telephone", "mobile", "telecopie")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


_WANTED = {
    Kind.TEXT: "un texte", Kind.TEXTS: "un texte ou une liste de textes", Kind.CODE: "un code",
    Kind.CODES: "une liste de codes", Kind.WORD: "un mot", Kind.FLAG: "true ou false",
    Kind.COUNT: "un nombre entier", Kind.DAY: "une date", Kind.NOUN: "un bloc de clés",
    Kind.NOUNS: "une liste de blocs de clés",
}  # fmt: skip
_WANTED_ITEM = {Kind.TEXTS: "un texte", Kind.CODES: "un code", Kind.NOUNS: "un bloc de clés"}
_FOUND = {
    str: "un texte", bool: "un booléen", int: "un nombre", float: "un nombre",
    dict: "un bloc de clés", list: "une liste",
}  # fmt: skip


def _type(seen: _Seen) -> Said:
    spec, value = seen.spec, seen.value
    if value is None:
        return _missing(seen)
    if isinstance(value, (bool, int, float)) and (seen.is_item or spec.kind is not Kind.CODES):
        if spec.table or _words(spec):
            return _choice(seen)
        fits = re.search(str(spec.shape.get("pattern", "")), seen.source)
        if spec.kind in (Kind.TEXT, Kind.TEXTS) and fits:
            return _unquoted(spec, seen.source)
        if spec.kind in (Kind.TEXT, Kind.DAY):
            return _form(seen)
    message = f"{seen.label} : il faut {seen.wanted}, pas {_FOUND[type(value)]}"
    remedy, mend = _rewrite(seen)
    return "ROR112", message, remedy, mend


_FLAGS = {
    "true": True, "oui": True, "yes": True, "vrai": True,
    "false": False, "non": False, "no": False, "faux": False,
}  # fmt: skip


_ONE_BY_ONE = "écrivez un élément par ligne, chacun après un tiret"
_RESHAPE: Mapping[tuple[Kind, type], str] = {
    (Kind.NOUNS, dict): "mettez « - » devant sa première clé, et alignez les autres avec elle",
    (Kind.NOUN, list): "retirez « - » devant ses clés",
}


def _rewrite(seen: _Seen) -> tuple[str, Mend]:
    """How to write a value that has the wrong type, and the value if that is certain."""
    spec, text = seen.spec, seen.text
    mend: Mend = None
    if spec.kind is Kind.COUNT and text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS:
        mend = int(text)
    if spec.kind is Kind.FLAG:
        mend = _FLAGS.get(codes.fold(text))
    if mend is not None:
        return f"écrivez {scalar(mend)}, sans guillemets", mend
    if spec is ROOT:
        return f"commencez par format: {FORMAT}, entite_juridique: et etablissement:", None
    is_list = spec.kind in (Kind.CODES, Kind.NOUNS) and not seen.is_item
    other = _ONE_BY_ONE if is_list else f"écrivez {seen.wanted}"
    return _RESHAPE.get((spec.kind, type(seen.value)), other), None


_INDENT = "décalez de deux espaces vers la droite les lignes qui suivent et le décrivent"


def _missing(seen: _Seen) -> Said:
    spec = seen.spec
    if seen.breach.place == "/format":
        return "ROR111", "« Format » manque", f"écrivez format: {FORMAT} en première ligne"
    if seen.is_item:
        return "ROR111", f"{seen.label} : élément vide", "complétez-le ou retirez-le"
    if strays(spec, seen.breach.place.rpartition("/")[0], seen.around):
        return "ROR111", f"{seen.label} est vide", _INDENT
    hints = [spec.help.rstrip("."), _list(spec) if spec.table or spec.words else ""]
    hint = " ; ".join(hint for hint in hints if hint)
    return "ROR111", f"{seen.label} manque", f"renseignez « {spec.key} »{hint and f' ({hint})'}"


def _choice(seen: _Seen) -> Said:
    """A word or a code that is not among those allowed."""
    spec, text = seen.spec, seen.text
    if seen.breach.place.endswith("/directeur/fonction"):
        message = f'{seen.label} : celle du directeur est toujours "{DIRECTEUR}"'
        return "ROR114", message, "retirez cette clé"
    if not spec.table:
        return _word(seen)
    table = codes.table(spec.table)
    known = table.codes.get(text)
    if known and not isinstance(seen.value, str) and (known.in_value_set or known.ends_on):
        return _unquoted(spec, seen.source)
    if labelled := table.by_label(text) or table.by_abbreviation(text):
        return _label(seen, table, labelled)
    if known:
        message = f"{seen.label} : le ROR n'admet pas {_quoted(text)} ({known.label})"
        return "ROR114", message, _list(spec)
    return _no_code(seen, table)


def _label(seen: _Seen, table: codes.Table, labelled: codes.Code) -> Said:
    """A label in the place of its code; a few codes share theirs."""
    alike = [c for c in table.codes.values() if c.in_value_set and c.label == labelled.label]
    remedy = f"écrivez {' ou '.join(map(_with_label, alike))}"
    mend = labelled.code if len(alike) == 1 else None
    return "ROR114", f"{seen.label} : un libellé là où un code est attendu", remedy, mend


def _no_code(seen: _Seen, table: codes.Table) -> Said:
    """What no table holds: certain is a code that has only lost its noughts."""
    spec, text = seen.spec, seen.text
    message = f"{seen.label} : le code {_quoted(text)} n'existe pas"
    if sure := table.with_noughts(text):
        return "ROR114", message, f"écrivez {_with_label(sure)}", sure.code
    near = table.by_label(seen.comment) or table.closest(text)
    remedy = f"peut-être {_with_label(near)} ; {_list(spec)}" if near else _list(spec)
    return "ROR114", message, remedy


# The codes that the ROR had for our words until 2026-09-28 (NOS, TRE R282). The digits that came
# after them are refused: people write 1 and 2 for secteur 1 and 2, which are not the same.
_SECTEURS = {
    "nc": "non_conventionne", "c1": "secteur_1", "c2": "secteur_1_depassement", "c3": "secteur_2",
}  # fmt: skip


def _word(seen: _Seen) -> Said:
    """A word that is not among those allowed."""
    spec, text = seen.spec, seen.text
    message = f"{seen.label} : {seen.source} n'est pas un des mots admis"
    alike = (word for word, label in _words(spec).items() if _folds(text, word, label))
    sure = next(alike, _SECTEURS.get(text.lower()) if spec.key == "secteur" else None)
    if sure:
        return "ROR114", message, f"écrivez {sure}", sure
    from difflib import get_close_matches

    near = get_close_matches(codes.fold(text), _words(spec), n=1)
    return "ROR114", message, f"peut-être {near[0]} ; {_list(spec)}" if near else _list(spec)


def _folds(text: str, word: str, label: str) -> bool:
    return codes.fold(text) in (word, codes.fold(label))


def _with_label(code: codes.Code) -> str:
    return f"{scalar(code.code)}  # {code.label}"


def _words(spec: Spec) -> Mapping[str, str]:
    listed: Any = spec.shape.get("items", {})
    return spec.words or dict.fromkeys(listed.get("enum", ()), "")


def _list(spec: Spec) -> str:
    """All that a key may hold, or how to list it."""
    if spec.table in codes.TABLES:
        return f"la liste : rorcli codes {spec.table}"
    words = _words(spec)
    if spec.table:
        known = codes.table(spec.table).codes.values()
        words = {scalar(code.code): code.label for code in known if code.in_value_set}
    return "au choix : " + ", ".join(f"{w} ({label})" if label else w for w, label in words.items())


_FORMS = {
    TIME: 'écrivez l\'heure entre guillemets, sur cinq caractères : "09:00"',
    AGE: "écrivez un nombre et une unité : 15 ans, 6 mois, 3 semaines, 2 jours",
    INSTANT: "écrivez le jour, ou le jour et l'heure : 2026-05-10, 2026-05-10T08:30:00+02:00",
    r"^\S+$": "retirez les espaces",
    str(Kind.DAY): "écrivez année, mois, jour : 2026-05-10",
    str(Kind.COUNT): "écrivez un nombre entier, zéro ou plus",
}


def _form(seen: _Seen) -> Said:
    """A value that has not the right form."""
    spec, text = seen.spec, seen.text
    if not text.replace("\ufeff", "").strip():  # a byte-order mark is a space to a schema
        remedy = "écrivez une valeur, ou null pour dire qu'il n'y en a pas"
        return "ROR113", f"{seen.label} est vide", remedy
    digits = f" ({len(text)} chiffre{'s' * (len(text) > 1)})" if text.isdigit() else ""
    remedy, mend = (
        _FORMS.get(str(spec.shape.get("pattern", spec.kind)), spec.help),
        meant(spec, text),
    )
    if mend:
        written = mend if spec.kind is Kind.DAY else scalar(mend)
        remedy = f"écrivez {'année, mois, jour : ' * (spec.kind is Kind.DAY)}{written}"
    elif longer := with_nought(spec, text):
        remedy = f"{spec.help.rstrip('.')} : {_quoted(longer)} si un zéro de tête s'est perdu"
    message = f"{seen.label} : {seen.source}{digits} n'a pas la forme attendue"
    return "ROR113", message, remedy, mend


def _unknown(seen: _Seen) -> Said:
    breach, known = seen.breach, keys_at(seen.breach.pointer)
    if breach.key in UO_KEYS:
        return _forbidden(seen._replace(spec=specs(Unite)[breach.key]))
    remedy = f"clés admises ici : {', '.join(known)}"
    if empty := emptied(breach, seen.around):
        remedy = f"« {empty} » est vide au-dessus : {_INDENT}"
    elif other := typo(breach, seen.around):
        remedy = f"écrivez plutôt « {other} »"
    elif breach.key in SHORT and "contacts" in known:
        remedy = f"déplacez « {breach.key} » dans un élément de « contacts »"
    return "ROR110", f"clé inconnue « {breach.key} »", remedy


def _forbidden(seen: _Seen) -> Said:
    if seen.spec.key == "unites":
        message = f"{seen.label} : une UO ne contient pas d'unités"
        return "ROR115", message, "sortez-les de cette UO, ou changez son « type »"
    others = sum(key in UO_KEYS for key in seen.around) - 1
    more = f" et {others} autre{'s' * (others > 1)}" if others else ""
    remedy = "déplacez cela dans une unité de type uo"
    if seen.breach.keyword != UNKNOWN:  # a unit, not the EG
        remedy += ", ou changez le « type » de celle-ci"
    return "ROR115", f"{seen.label}{more} : seulement dans une UO", remedy


def _format(seen: _Seen) -> Said:
    message = f"format {seen.source or 'vide'} : cette version de rorcli lit le format {FORMAT}"
    return "ROR116", message, f"écrivez format: {FORMAT}, ou mettez rorcli à jour"


def _nameless(_: _Seen) -> Said:
    return "ROR111", "lieu sans « id » ni « nom »", "nommez-le, ou donnez l'id d'un lieu décrit"


# What to say of each keyword; of several at one place, the first here.
_SAY: Mapping[str, Callable[[_Seen], Said]] = {
    "falseSchema": _forbidden,
    "type": _type,
    "const": _format,
    "enum": _choice,
    "pattern": _form,
    "minimum": _form,
    "minItems": _missing,
    "required": _missing,
    UNKNOWN: _unknown,
    "anyOf": _nameless,
}
RANK = {keyword: rank for rank, keyword in enumerate(_SAY)}
