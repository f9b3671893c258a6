"""JSON for programs: one document, readable and with its accents."""

from __future__ import annotations

import json
from typing import Any


def dumps(data: dict[str, Any] | list[Any]) -> str:
    """The document as text, ending in a newline."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
