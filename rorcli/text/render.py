"""Plain data -> YAML text in the house look: quotes, label comments, small mappings on one line.

Scalars and one-line mappings are written here; whole blocks by ruamel.yaml, which is loaded only
for them.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from typing import Any

from rorcli import codes
from rorcli.fields import Kind, Spec
from rorcli.items import SHORT, Adresse, Capacite, Contact, Horaire, Patientele, Telecom
from rorcli.model import Establishment, keys_of
from rorcli.text.document import DAY_KEYS, is_text_when_plain

MODELINE = "# yaml-language-server: $schema={}"
LINE_WIDTH = 100
ONE_LINE = (Adresse, Capacite, Horaire, Patientele, Telecom)
# No character for a file: a reader, an editor or YAML itself may drop or break it.
_FRAGILE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
# Digits with the signs that people put between them: phones, codes, postal codes.
_DIGITS = re.compile(r"[\d .+()-]*")
# ruamel puts one space before a comment; the house look has two. The mark finds them again.
_COMMENT_MARK = "\ue000"


def scalar(value: Any, key: str = "", *, flow: bool = False) -> str:
    """One value as YAML text: plain where every reader agrees that it is text, else quoted."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    dated = key in DAY_KEYS and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)
    return value if dated or is_plain(value, flow=flow) else quoted(value)


def quoted(value: str) -> str:
    """A text between double quotes; what YAML or an editor would not keep as it is, escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return _FRAGILE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def is_plain(value: str, *, flow: bool = False) -> bool:
    """True when `value` needs no quotes."""
    if not value or value != value.strip() or not value.isprintable() or _DIGITS.fullmatch(value):
        return False
    if value[0] in "-?:,[]{}#&*!|>'\"%@`" or ": " in value or " #" in value or value[-1] == ":":
        return False
    return is_text_when_plain(value) and not (flow and re.search(r"[,\[\]{}]", value))


def one_line(data: Any, key: str = "") -> str:
    """Any value in flow style: {nature: "07", telephone: "02 61 91 00 20"}."""
    if isinstance(data, Mapping):
        return "{" + ", ".join(f"{k}: {one_line(v, k)}" for k, v in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ", ".join(one_line(each, key) for each in data) + "]"
    return scalar(data, key, flow=True)


def label(spec: Spec | None, value: Any) -> str:
    """The label to write beside a code; "" for what is no code, or one without other label."""
    if spec is None or not spec.table or not isinstance(value, str):
        return ""
    found = codes.table(spec.table).label(value) or ""
    return "" if found == value else found


def block(owner: type, data: Mapping[str, Any], indent: int) -> str:
    """The lines of a mapping of noun `owner`, each after `indent` spaces, ending in a newline."""
    lines = _dump(_map(owner, data, flow=False)).splitlines()
    return "".join(f"{' ' * indent}{line}\n" for line in lines)


def items(spec: Spec, values: Iterable[Any], indent: int) -> str:
    """The lines of list items, each dash after `indent` spaces."""
    text = _dump(_sequence(spec, list(values)))
    # ruamel indents a list by two below its parent; alone, it has none.
    lines = [line.removeprefix("  ") for line in text.splitlines()]
    return "".join(f"{' ' * indent}{line}\n" for line in lines)


def document(data: Mapping[str, Any], schema: str) -> str:
    """A whole new file, opening with the modeline that points editors to `schema`."""
    return f"{MODELINE.format(schema)}\n{_dump(_map(Establishment, data, flow=False))}"


def fits_one_line(owner: type, data: Mapping[str, Any]) -> bool:
    """True for the mappings that people write on one line."""
    if owner is Contact:
        small = set(data) <= {"fonction", "nature", *SHORT}
        return small and len(one_line(data)) <= LINE_WIDTH
    return owner in ONE_LINE and bool(data)


def _dump(node: Any) -> str:
    from ruamel.yaml import YAML
    from ruamel.yaml.representer import RoundTripRepresenter

    class Representer(RoundTripRepresenter):
        """Writes `null` in full: an empty value reads like a forgotten one."""

    Representer.add_representer(
        type(None), lambda it, _: it.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    yaml = YAML()
    yaml.Representer = Representer
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 1_000_000
    out = io.StringIO()
    yaml.dump(node, out)
    return out.getvalue().replace(f" # {_COMMENT_MARK}", "  # ")


def _map(owner: type, data: Mapping[str, Any], *, flow: bool) -> Any:
    from ruamel.yaml.comments import CommentedMap

    known = keys_of(owner)
    made = CommentedMap()
    for key, value in data.items():
        spec = known.get(key)
        made[key] = _value(spec, key, value, flow=flow)
        if not flow and (said := label(spec, value)):
            made.yaml_add_eol_comment(_COMMENT_MARK + said, key, column=0)
    if flow:
        made.fa.set_flow_style()
    return made


def _value(spec: Spec | None, key: str, value: Any, *, flow: bool = False) -> Any:
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, Mapping):
        owner = spec.noun() if spec else dict
        return _map(owner, value, flow=flow or fits_one_line(owner, value))
    if isinstance(value, list) and spec is not None:
        return _sequence(spec, value)
    if isinstance(value, str):
        if key in DAY_KEYS and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            with suppress(ValueError):  # 2026-02-30, which no reader takes for a date
                return date.fromisoformat(value)
        if not is_plain(value, flow=flow):
            return DoubleQuotedScalarString(value)
    return value


def _sequence(spec: Spec, values: list[Any]) -> Any:
    from ruamel.yaml.comments import CommentedSeq

    made = CommentedSeq(_value(spec, spec.key, each) for each in values)
    if spec.kind is Kind.TEXTS or not values:
        made.fa.set_flow_style()
        return made
    for index, each in enumerate(values):
        said = label(spec, each)
        if isinstance(each, Mapping) and fits_one_line(spec.noun(), each):
            said = next((t for k in each if (t := label(keys_of(spec.noun()).get(k), each[k]))), "")
            said = said if spec.noun() is Contact else ""
        if said:
            made.yaml_add_eol_comment(_COMMENT_MARK + said, index, column=0)
    return made
