"""Where the published schema stands, and its copy beside the files that we create.

An editor reads the copy through the modeline, hence offline, and at the version that wrote the
file.
"""

from __future__ import annotations

from pathlib import Path

from rorcli import files

NAME = "etablissement.schema.json"
#: What the modeline of a created file points to, from the file's folder.
BESIDE = f"{files.STATE_FOLDER}/{NAME}"
_HERE = Path(__file__).parent


def published() -> Path:
    """The schema as people read it: among the package's data, in a checkout in `schemas/`."""
    installed = _HERE / "data" / NAME
    return installed if installed.exists() else _HERE.parent / "schemas" / NAME


def place(folder: Path) -> bool:
    """Writes the copy in `folder`/.rorcli unless it is there; whether it wrote.

    UsageError when it cannot.
    """
    copy, text = folder / BESIDE, published().read_bytes()
    if copy.is_file() and copy.read_bytes() == text:
        return False
    files.write(copy, text.decode())
    return True
