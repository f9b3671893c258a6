"""Postal addresses: FHIR lines, and the parts that stand on them as extensions of `_line`."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from rorcli.stores.fhir.lenses import Key, Lens, Record, Spread
from rorcli.stores.fhir.profiles import HL7, LIEU_DIT, extension

_ADXP = f"{HL7}iso21090-ADXP-"


def _part(url: str) -> Lens:
    return extension(url, Key("valueString"))


class _Street(Lens):
    """Type and name of the street; older data hold the type apart."""

    type, name = _part(f"{_ADXP}streetNameType"), _part(f"{_ADXP}streetNameBase")

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        return " ".join(filter(None, (self.type.get(source), self.name.get(source)))) or None

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`."""
        return self.name.put(self.type.put(source, None), value)


#: Parts that share a line, in the order of NF Z 10-011.
_LINES = (
    ("point_remise",),
    ("complement",),
    ("numero", "extension", "voie"),
    ("lieu_dit",),
    ("mention_distribution",),
)
_PARTS = Record(
    {
        "point_remise": _part(f"{_ADXP}careOf"),
        "complement": _part(f"{_ADXP}additionalLocator"),
        "numero": _part(f"{_ADXP}houseNumber"),
        "extension": _part(f"{_ADXP}buildingNumberSuffix"),
        "voie": _Street(),
        "lieu_dit": _part(LIEU_DIT),
        "mention_distribution": _part(f"{_ADXP}postBox"),
    }
)


class _Lines(Lens):
    """The parts on all lines of an address, as attributes."""

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        found: dict[str, Any] = {}
        for _, marks in _lines(source):
            found = {**(_PARTS.get(marks) or {}), **found}
        return found or None

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`; a part keeps its line, a new one joins those that it is printed with."""
        left = dict(value or {})
        lines = []
        for text, marks in _lines(source):
            before = _PARTS.get(marks) or {}
            near = {part for group in _LINES if before.keys() & group for part in group}
            elsewhere = (self.get(source) or {}).keys() - before.keys()
            after = {part: left.pop(part) for part in _PARTS.names
                     if part in left and part in near - elsewhere}  # fmt: skip
            lines.append(_line(text, marks, before, after))
        lines += [_line(None, None, {}, {part: left[part] for part in group if part in left})
                  for group in _LINES]  # fmt: skip
        kept = [line for line in lines if any(line)]
        marks = [each for _, each in kept]
        texts = [text for text, _ in kept]
        address = Key("line").put(source, texts or None)
        return Key("_line").put(address, marks if any(marks) else None)


def _lines(address: Any) -> list[tuple[Any, Any]]:
    source = address or {}
    return list(zip_longest(source.get("line") or (), source.get("_line") or ()))


def _line(text: Any, marks: Any, before: Any, after: Any) -> tuple[Any, Any]:
    if before == after:
        return text, marks
    if not after:
        return None, None
    said = " ".join(after[part] for part in _PARTS.names if part in after)
    return said, _PARTS.put(marks, after)


#: An Address without the code of its commune, which each resource keeps elsewhere.
ADDRESS = Record(
    {"code_postal": Key("postalCode"), "commune": Key("city")},
    (Spread(_Lines(), _PARTS.names),),
)
