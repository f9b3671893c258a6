"""Write the JSON Schema of the user's settings file from the tables that check it (development).

`python -m tools.build_settings_schema` writes `schemas/settings.v1.schema.json`, from which editors
complete and explain `config.toml`. The tests fail when it lags behind `rorcli.access` and
`rorcli.settings`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rorcli.access import AUTH, RESERVED, STORE, Key
from rorcli.settings import KEYS

PATH = Path(__file__).parents[1] / "schemas" / "settings.v1.schema.json"
ID = "https://rorcli.example/schemas/settings-1.json"
_TEXT: Mapping[str, Any] = {"type": "string"}
_SAFE = r"^(https://|http://(127\.0\.0\.1|localhost|\[::1\])([:/]|$))"
_SECRET = {
    "description": "Où se trouve le secret, jamais le secret.",
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
    "properties": {
        "env": _TEXT,
        "file": _TEXT,
        "keyring": {"const": True},
        "command": {"type": "array", "items": _TEXT, "minItems": 1},
        "prompt": {"const": True},
    },
}
_KINDS: Mapping[str, Any] = {
    "text": _TEXT,
    "path": _TEXT,
    "address": {"type": "string", "pattern": _SAFE},
    "flag": {"type": "boolean"},
    "count": {"type": "integer", "minimum": 0},
    "texts": {"type": "array", "items": _TEXT},
    "pairs": {"type": "object", "additionalProperties": _TEXT},
    "secret": {"$ref": "#/$defs/secret"},
}


def build() -> dict[str, Any]:
    """The schema of `config.toml`; that of a project file is the part without tables of stores."""
    store = _table(STORE)
    store["dependentRequired"] = {"cert": ["key"], "key": ["cert"]}
    store["properties"]["auth"] |= {"allOf": [*_rules()]}
    store["properties"]["headers"]["propertyNames"] = {"pattern": "^[Rr][Oo][Rr]-"}
    store["properties"]["auth"]["properties"]["auth_params"]["propertyNames"] = {
        "not": {"enum": sorted(RESERVED)}
    }
    stores = {"type": "object", "properties": {"default": _TEXT}, "additionalProperties": store}
    sections: dict[str, Any] = {"store": {"type": ["string", "object"], **stores}}
    for name, default in KEYS.items():
        section, _, key = name.partition(".")
        if key:
            table = sections.setdefault(section, _table({}))
            table["properties"][key] = _typed(default)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "Réglages de rorcli (config.toml)",
        "type": "object",
        "additionalProperties": False,
        "properties": sections,
        "$defs": {"secret": _SECRET},
    }


def _table(keys: Mapping[str, Key]) -> dict[str, Any]:
    properties = {name: _schema(key) for name, key in keys.items()}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _schema(key: Key) -> dict[str, Any]:
    if key.kind == "table":
        return {"title": key.title, **_table(key.keys)}
    own = {"enum": [*key.words]} if key.kind == "choice" else _KINDS[key.kind]
    return {"title": key.title, **own}


def _typed(default: object) -> dict[str, Any]:
    kinds = {str: "text", int: "count", list: "texts"}
    return {**_KINDS[kinds[type(default)]], "default": default}


def _rules() -> list[dict[str, Any]]:
    """What goes together in `auth`, as `rorcli.access.contradictions` has it."""

    def when(key: str, word: str, **then: Any) -> dict[str, Any]:
        is_so = {"properties": {key: {"const": word}}, "required": [key]}
        return {"if": is_so, "then": then}

    assert set(AUTH) >= {"method", "client_auth", "issuer", "client_id", "key"}  # noqa: S101
    token = {"properties": {"method": {"const": "token"}}, "required": ["method"]}
    client = {"properties": {"method": {"const": "client"}}, "required": ["method"]}
    either = {"if": client, "then": {"anyOf": [{"required": ["issuer"]},
                                               {"required": ["token_endpoint"]}]},
              "else": {"required": ["issuer"]}}  # fmt: skip
    return [
        {"if": token, "else": {"required": ["client_id"], **either}},
        when("method", "client", required=["client_auth"],
             properties={"client_auth": {"not": {"const": "none"}}}),
        when("client_auth", "private_key_jwt", required=["key"],
             properties={"key": {"required": ["file"]}}),
    ]  # fmt: skip


def render() -> str:
    """The file's text."""
    return json.dumps(build(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    PATH.write_text(render(), "utf-8", newline="\n")
