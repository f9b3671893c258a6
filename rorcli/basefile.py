"""The base: what a file and the directory last agreed on, kept in `.rorcli/base/<finess>.json`.

It stands beside the file, is meant to be committed with it, holds no more than the file, and is
private to its owner (0600). Without it a comparison cannot tell our changes from theirs.
"""

from __future__ import annotations

import hashlib
import json
import pathlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any

from rorcli import __version__, files
from rorcli.errors import UsageError
from rorcli.planning.facts import Facts, Path

SCHEMA = "rorcli/base/v1"


@dataclass(frozen=True)
class Base:
    """The facts of the last agreement, with the store and version that they came from.

    `agreed` is the fingerprint of a file that held what that version held, "" when they differed.
    `file` is the name of the one that it was kept for, "" in a base of before.
    """

    finess: str
    store: str
    version: str
    saved_on: date
    facts: Facts
    agreed: str = ""
    file: str = ""

    def is_of(self, file: pathlib.Path) -> bool:
        """False when it was kept for another file, which still stands beside this one.

        A copy, or a second pull, knows less or more of the directory than that file does.
        """
        if self.file:
            with suppress(OSError):  # that file is no more: it was renamed
                return (file.parent / self.file).samefile(file)
        return True

    def inherited(self, file: pathlib.Path) -> str:
        """The file that it was kept for, if that is no more and it falls to this one; else ""."""
        return "" if (file.parent / self.file).exists() else self.file

    def saved_by(self, today: date) -> date | None:
        """Its day; None when that day has not come: one of two clocks is wrong, no age follows."""
        return self.saved_on if self.saved_on <= today else None


@dataclass(frozen=True, slots=True)
class Head:
    """What a base begins with: enough to tell that neither side moved since."""

    finess: str
    store: str
    version: str
    saved_on: date
    agreed: str


def fingerprint(content: bytes) -> str:
    """Tells one text of a file from any other, line endings aside.

    Ours alone: another version of this program may compare more.
    """
    plain = content.replace(b"\r\n", b"\n")
    return hashlib.sha256(b"\n".join((__version__.encode(), plain))).hexdigest()


def heads(folder: pathlib.Path) -> dict[str, Head]:
    """The bases beside the files of a folder, by fingerprint of the file that they agree with."""
    found = {}
    for path in (folder / files.STATE_FOLDER / "base").glob("*.json"):
        # A damaged one says nothing here; whoever compares the file tells of it.
        with suppress(OSError, *_DAMAGES), path.open(encoding="utf-8") as text:
            head = _head("".join(islice(text, len(_HEAD))))
            if head.agreed and head.finess == path.stem:
                found[head.agreed] = head
    return found


def base_path(file: pathlib.Path, finess: str) -> pathlib.Path:
    """Where the base of an establishment stands, beside its file."""
    return file.parent / files.STATE_FOLDER / "base" / f"{finess}.json"


def load_base(file: pathlib.Path, finess: str) -> Base | None:
    """The base of a file; None without one, UsageError when it cannot be understood."""
    path = base_path(file, finess)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        found = _decode(data)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path} : lecture impossible ({files.reason(error)})",
                         remedy="vérifiez vos droits") from error  # fmt: skip
    except _DAMAGES as error:
        raise UsageError(
            f"{path} : base illisible (tronquée, ou modifiée à la main)",
            remedy="retrouvez-la dans l'historique du dossier, ou supprimez-la : sans base, "
            "remplacer ou effacer demande --allow no-base",
        ) from error
    if found.finess != finess:
        raise UsageError(f"{path} : cette base est celle de l'établissement {found.finess}",
                         remedy="supprimez-la, ou remettez celle de cet établissement")  # fmt: skip
    return found


def own_base(file: pathlib.Path, finess: str) -> Base | None:
    """The same; UsageError too when it is that of another file, which says nothing of this one."""
    found = load_base(file, finess)
    if found is not None and not found.is_of(file):
        raise UsageError(f"{file} : {_told_of(found)}",
                         remedy="gardez un seul fichier ; une copie va ailleurs")  # fmt: skip
    return found


def _told_of(base: Base) -> str:
    return f"la base de ce dossier est celle de {base.file}, qui décrit le même établissement"


def known_facts(base: Base | None, store: str) -> Facts | None:
    """What a base says of a store: nothing when it was taken from another one."""
    return base.facts if base is not None and base.store == store else None


def notes_on(
    file: pathlib.Path, base: Base | None, store: str, doubtful: Iterable[str], today: date
) -> tuple[str, ...]:
    """What a person should know of the base, and of proposed units that got no id."""
    notes = [
        f"« {path} » : plusieurs unités de ce nom et de ce niveau, dans l'annuaire ou dans le "
        "fichier ; écrivez son id vous-même"
        for path in doubtful
    ]
    if base is not None and (former := base.inherited(file)):
        notes.append(f"la base de ce dossier était celle de {former}, qui n'y est plus ; si "
                     f"{file.name} en est une copie ancienne, ses valeurs passent ici pour vos "
                     "modifications")  # fmt: skip
    if base is not None and base.store != store:
        notes.append(f"la base de ce fichier vient d'un autre annuaire ({base.store}) : elle ne "
                     "dit rien de celui-ci")  # fmt: skip
    if base is not None and base.saved_by(today) is None:
        notes.append(f"la base de ce fichier est datée du {base.saved_on:%d/%m/%Y}, un jour à "
                     "venir : l'horloge de ce poste ou d'un autre est fausse")  # fmt: skip
    return tuple(notes)


def remember(file: pathlib.Path, base: Base, *, claims: bool = True) -> str:
    """Keeps the base, unless the one that is there says the same: its day is no news.

    One that another file keeps is taken over when it agrees with that very version, hence says no
    less of either; else it stays. Returns what to know then, else "". One that a file does not
    claim is that of the first which does: who loads an example, then pulls it, works on what was
    pulled.
    """
    known = None
    with suppress(UsageError):  # one that cannot be read is replaced
        known = load_base(file, base.finess)
    is_same = known and known.agreed and (known.store, known.version) == (base.store, base.version)
    if known is not None and not (known.is_of(file) or (claims and is_same)):
        return _told_of(known)
    if claims or (known is not None and known.file):
        base = replace(base, file=file.name)
    if known is None or replace(known, saved_on=base.saved_on) != base:
        save_base(file, base)
    return ""


def save_base(file: pathlib.Path, base: Base) -> None:
    """Writes the base beside its file, readable by its owner only."""
    files.write(base_path(file, base.finess), _encode(base), mode=files.PRIVATE)


def _encode(base: Base) -> str:
    """The facts as a tree, one key a line, so that a versioned folder shows what moved."""
    tree: dict[str, Any] = {}
    for path, value in base.facts.values.items():
        _node(tree, path)[_HELD] = value
    for path in sorted(base.facts.owned):
        _node(tree, path[:-1]).setdefault(_OWNED, []).append(path[-1])
    day = base.saved_on.isoformat()
    values = (SCHEMA, base.finess, base.store, base.version, day, base.agreed, base.file)
    head = dict(zip(_HEAD, values, strict=True))
    # Not `indent`: that would take the slow encoder.
    lines = json.dumps({**head, "facts": tree}, ensure_ascii=False, separators=(",\n", ": "))
    return lines + "\n"


_DAMAGES = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_HEAD = ("schema", "finess", "store", "version", "saved_on", "agreed", "file")
# In a node of the tree: its own value, and the keys under it that the file manages. No identity
# begins with a space, so none can be taken for these.
_HELD, _OWNED = " value", " managed"


def _node(tree: dict[str, Any], path: Path) -> dict[str, Any]:
    for step in path:
        tree = tree.setdefault(step, {})
    return tree


def _decode(data: dict[str, Any]) -> Base:
    found = Facts()
    _read_node(data["facts"], (), found)
    head = _head_of(data)
    file = _text(data.get("file", ""))
    return Base(head.finess, head.store, head.version, head.saved_on, found, head.agreed, file)


def _head(lines: str) -> Head:
    """The head from the first lines of a base, which end in the comma before its facts."""
    return _head_of(json.loads(lines.rstrip().rstrip(",") + "}"))


def _head_of(data: dict[str, Any]) -> Head:
    if data["schema"] != SCHEMA:
        raise ValueError(data["schema"])
    finess, store, version = (_text(data[key]) for key in ("finess", "store", "version"))
    agreed = _text(data.get("agreed", ""))
    return Head(finess, store, version, date.fromisoformat(data["saved_on"]), agreed)


def _read_node(node: dict[str, Any], path: Path, found: Facts) -> None:
    for key, each in node.items():
        if key == _HELD:
            found.values[path] = _scalar(each)
        elif key == _OWNED and isinstance(each, list):
            found.owned.update((*path, _text(name)) for name in each)
        else:
            _read_node(each, (*path, key), found)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _scalar(value: object) -> str | int | bool:
    if not isinstance(value, (str, int)):
        raise TypeError(value)
    return value
