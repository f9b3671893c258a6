r"""Write the JSON Schema of establishment files from the declarations of the model (development).

`python -m tools.build_schema` writes two files: `schemas/etablissement.schema.json`, the published
contract, which editors complete and explain from; and the copy that `rorcli validate` compiles,
the same without what only people read. The tests fail when either lags behind the model.

Choices: no `oneOf`, whose errors name every branch (a unit tells its kind in `type`, `if`/`then` do
the rest); the `type` of a value stands where it is used, since a shared definition may be null in
one place and not in another; `[0-9]`, because `\d` is not ASCII in every dialect.

And for yaml-language-server, which `tests/integration/test_editor.py` asks: a `$ref` with others
beside it stands in an `allOf`, or they are lost; what is referred to says title and type only where
the key says neither: nouns that stand in lists alone, which then come with their mandatory keys;
codes have a type, or they come without quotes; snippets, found by the words of a label, write code
and label.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rorcli import codes
from rorcli.fields import MANDATORY, Kind, Spec
from rorcli.items import Lieu
from rorcli.model import DIRECTEUR, FORMAT, LEVELS, UO_KEYS, Establishment, Unite, keys_of

ROOT = Path(__file__).parents[1]
PUBLISHED = ROOT / "schemas" / "etablissement.schema.json"
COMPILED = ROOT / "rorcli" / "data" / "etablissement.schema.min.json"
ID = "https://rorcli.example/schemas/etablissement-1.json"
ANNOTATIONS = ("title", "description", "enumDescriptions", "defaultSnippets")
DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
NONE_IN_STORE = "Aucune valeur dans le répertoire"

Schema = dict[str, Any]

_TYPES = {
    Kind.TEXTS: ("string", "array"),
    Kind.CODES: ("array",),
    Kind.FLAG: ("boolean",),
    Kind.COUNT: ("integer",),
    Kind.NOUN: ("object",),
    Kind.NOUNS: ("array",),
}


def build() -> Schema:
    """The published schema."""
    top = Spec("", Kind.NOUN, "Établissement du ROR", "Un établissement, son EJ et ses unités.")
    every: dict[type, Spec] = {Establishment: top, **_nouns(Establishment)}
    schemas = {_name(owner): _noun(owner, spec) for owner, spec in every.items()}
    root = schemas.pop(_name(Establishment))
    uses = [spec for owner in every for spec in keys_of(owner).values() if spec.table]
    tables = {spec.table: _codes(spec.table, uses) for spec in uses}
    form = {"title": "Format", "description": "Version du format de ce fichier.", "const": FORMAT}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        **root,
        "properties": {"format": form, **root["properties"]},
        "required": ["format", *root["required"]],
        "$defs": schemas | {f"codes-{name}": tables[name] for name in sorted(tables)},
    }


def strip(schema: Any) -> Any:
    """The same constraints without what only people read."""
    if isinstance(schema, list):
        return [strip(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: strip(each) for name, each in value.items()}
        if key in ("properties", "$defs")
        else strip(value)
        for key, value in schema.items()
        if key not in ANNOTATIONS
    }


def texts() -> dict[Path, str]:
    """What each of the two files holds."""
    full = build()
    return {
        PUBLISHED: json.dumps(full, ensure_ascii=False, indent=2) + "\n",
        COMPILED: json.dumps(strip(full), ensure_ascii=False, separators=(",", ":")) + "\n",
    }


def main() -> None:
    """Write both files."""
    for path, text in texts().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def _nouns(owner: type) -> dict[type, Spec]:
    """Every noun below `owner`, with the first key that holds it."""
    found: dict[type, Spec] = {}
    waiting = [owner]
    for each in waiting:
        for spec in keys_of(each).values():
            if spec.kind in (Kind.NOUN, Kind.NOUNS) and spec.noun() not in found:
                found[spec.noun()] = spec
                waiting.append(spec.noun())
    return found


@cache
def _alone() -> frozenset[type]:
    """The nouns that some key holds alone, where they may be null, rather than in a list."""
    every = (spec for owner in _nouns(Establishment) for spec in keys_of(owner).values())
    return frozenset(spec.noun() for spec in every if spec.kind is Kind.NOUN)


def _name(owner: type) -> str:
    return owner.__name__.lower()


def _noun(owner: type, spec: Spec) -> Schema:
    known = keys_of(owner)
    told = {"title": spec.label, "description": spec.help or f"{spec.label}.", "type": "object"}
    made: Schema = {
        **({} if owner in _alone() else told),
        "properties": {key: _property(each) for key, each in known.items()},
        "required": _mandatory(known[key] for key in known if not _is_of_uo(owner, key)),
        "additionalProperties": False,
    }
    if owner is Unite:
        made["allOf"] = _levels(known)
    if owner is Lieu:
        made["anyOf"] = [_needs("id"), _needs("nom")]
    return made


def _is_of_uo(owner: type, key: str) -> bool:
    return owner is Unite and key in UO_KEYS


def _needs(key: str) -> Schema:
    return {"properties": {key: {"type": "string"}}, "required": [key]}


def _mandatory(some: Iterable[Spec]) -> list[str]:
    return [spec.key for spec in some if spec.need == MANDATORY]


def _levels(known: Mapping[str, Spec]) -> list[Schema]:
    """A UO has its own keys and no units; the other levels, the other way round.

    Two `if` rather than an `else`: an unknown level is one error, not twenty.
    """
    *upper, uo = LEVELS
    is_uo = {"properties": {"type": {"const": uo}}, "required": ["type"]}
    is_upper = {"properties": {"type": {"enum": upper}}, "required": ["type"]}
    own = {
        "required": _mandatory(known[key] for key in UO_KEYS),
        "properties": {"unites": False},
    }
    return [
        {"if": is_uo, "then": own},
        {"if": is_upper, "then": {"properties": dict.fromkeys(UO_KEYS, False)}},
    ]


def _property(spec: Spec) -> Schema:
    made = {"title": spec.label, "description": _describe(spec), **_shape(spec)}
    kinds = [*_TYPES.get(spec.kind, ("string",)), *_null(spec)]
    made["type"] = kinds[0] if len(kinds) == 1 else kinds
    if spec.is_list and spec.need == MANDATORY:
        made["minItems"] = 1
    if spec.key == "directeur":
        made["properties"] = {"fonction": {"enum": [DIRECTEUR, None]}}
    return made


def _null(spec: Spec) -> Iterator[str]:
    if spec.need != MANDATORY:
        yield "null"


def _describe(spec: Spec) -> str:
    parts = [spec.help or f"{spec.label}."]
    if spec.table in codes.TABLES:
        parts.append(f"Liste : rorcli codes {spec.table}")
    if spec.need == MANDATORY:
        parts.insert(1, "Obligatoire.")
    return " ".join(parts)


def _shape(spec: Spec) -> Schema:
    """The constraints on the value of a key, but for its type."""
    if spec.table or spec.kind in (Kind.NOUN, Kind.NOUNS):
        return _reference(spec)
    if spec.kind is Kind.WORD:
        return _enum(spec.words, nullable=spec.need != MANDATORY)
    if spec.kind is Kind.TEXTS:
        item = {"type": "string", **_text(spec.shape.get("items", spec.shape))}
        return {"items": item, "if": {"type": "string"}, "then": item}
    if spec.kind in (Kind.TEXT, Kind.DAY):
        return _text({"pattern": DAY, **spec.shape} if spec.kind is Kind.DAY else spec.shape)
    return {"minimum": 0} if spec.kind is Kind.COUNT else {}


def _reference(spec: Spec) -> Schema:
    target = f"codes-{spec.table}" if spec.table else _name(spec.noun())
    bare = {"$ref": f"#/$defs/{target}"}
    reference = {"allOf": [bare]}
    if not spec.is_list:
        return reference
    if spec.table:
        table = codes.table(spec.table)
        edition = f"Nomenclature nationale ({table.version}), codes fermés compris."
        told = {"title": table.title, "description": edition, "type": "string"}
        return {"items": {**told, **reference}}
    return {"items": {"type": "object", **reference} if spec.noun() in _alone() else bare}


def _text(shape: Any) -> Schema:
    """A text says something, unless a list of words or a form says what."""
    if "enum" in shape:
        return dict(shape)
    return {**shape, "pattern": shape.get("pattern", r"\S").replace(r"\d", "[0-9]")}


def _enum(words: Mapping[str, str], *, nullable: bool) -> Schema:
    if not nullable:
        return {"enum": [*words], "enumDescriptions": [*words.values()]}
    return {"enum": [*words, None], "enumDescriptions": [*words.values(), NONE_IN_STORE]}


def _codes(name: str, uses: Iterable[Spec]) -> Schema:
    """The value set and the codes that have left it; never a code that the ROR does not take."""
    table = codes.table(name)
    usable = [code for code in table.codes.values() if code.in_value_set or code.ends_on]
    nullable = any(s.table == name and s.kind is Kind.CODE and s.need != MANDATORY for s in uses)
    return {
        "type": ["string", "null"] if nullable else "string",
        **_enum({code.code: _label(code) for code in usable}, nullable=nullable),
        "defaultSnippets": [_snippet(code) for code in usable if not code.ends_on],
    }


def _snippet(code: codes.Code) -> Schema:
    return {"label": code.label, "description": code.code, "body": f'"{code.code}"  # {code.label}'}


def _label(code: codes.Code) -> str:
    return f"{code.label} (fermé depuis le {code.ends_on})" if code.ends_on else code.label


if __name__ == "__main__":
    main()
