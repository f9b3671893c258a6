"""Files of establishments: found in folders, read as Documents, replaced without loss.

Nothing here prints or decides: what cannot be opened is a UsageError (exit 2), what cannot be read
as YAML is a Document with faults.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

from rorcli.errors import RefusedError, UsageError
from rorcli.identifiers import FINESS
from rorcli.text.document import MAX_BYTES, Document, read

STATE_FOLDER = ".rorcli"
SUFFIXES = {".yaml", ".yml"}
PRIVATE, SHARED = 0o600, 0o644
_WRITABLE = 0o222  # by somebody: to the superuser, no file is protected
# What a file must show at its top level to be taken from a folder.
_ESTABLISHMENT = re.compile(
    rb"^(?:\xef\xbb\xbf)?(?:etablissement|entite_juridique)[ \t]*:", re.MULTILINE
)
# Windows refuses to replace a file that an antivirus or an editor holds for an instant.
REPLACE_TRIES, REPLACE_PAUSE_S = 10, 0.05
LOCK_WAIT_S, _LOCKS = 10, 64
_IS_WINDOWS = os.name == "nt"


@dataclass(frozen=True, slots=True)
class Found:
    """The files to look at, how many others a folder held, and what could not be opened."""

    paths: tuple[Path, ...]
    skipped: int = 0
    unreadable: tuple[UsageError, ...] = ()


def find(targets: Iterable[Path]) -> Found:
    """The establishment files among files and folders, each once, in the order of their paths.

    A file that is named is always taken; a folder gives its `*.yaml` and `*.yml` outside hidden
    folders whose top level holds `etablissement:` or `entite_juridique:`.
    """
    taken: dict[Path, Path] = {}
    skipped = 0
    errors: list[UsageError] = []
    for target in targets:
        if not target.exists():
            errors.append(_not_there(target))
        elif target.is_dir():
            inside, others, closed = _in_folder(target)
            if not inside and not closed:
                errors.append(UsageError(
                    f"{target} : aucun établissement dans ce dossier",
                    remedy="un fichier d'établissement commence par « format: 1 » et porte "
                    "« etablissement: » ; rorcli pull FINESS en écrit un"))  # fmt: skip
            _take(taken, inside)
            skipped += others
            errors.extend(closed)
        else:
            _take(taken, [target])
    return Found(tuple(sorted(taken.values())), skipped, tuple(errors))


def _take(taken: dict[Path, Path], paths: Iterable[Path]) -> None:
    """Adds the files that are not there yet, whatever path leads to their folder."""
    folder = cache(Path.resolve)  # many files share one
    for path in paths:
        taken.setdefault(folder(path.parent) / path.name, path)


def _not_there(target: Path) -> UsageError:
    """The error for a path that leads nowhere: a neighbour's name, or how its file is made."""
    from difflib import get_close_matches

    finess = target.stem if FINESS.fullmatch(target.stem) else ""
    beside: list[str] = []
    with suppress(OSError):
        beside = [each.name for each in target.parent.iterdir() if each.suffix.lower() in SUFFIXES]
    if finess:  # another number is another establishment, however alike
        close = [name for name in beside if Path(name).stem == finess]
    else:
        close = get_close_matches(target.name, beside, n=1)
    remedy = f"vouliez-vous dire {target.parent / close[0]} ?" if close else "vérifiez le chemin"
    if finess and not close:
        remedy += f" ; rorcli pull {finess} écrit ce fichier dans le dossier où vous êtes"
    return UsageError(f"{target} : ce fichier ou dossier n'existe pas", remedy=remedy)


def read_file(path: Path) -> Document:
    """The Document of a file; UsageError when it cannot be opened."""
    try:
        return read(_content(path), str(path))
    except OSError as error:
        raise UsageError(f"{path} : lecture impossible ({reason(error)})",
                         remedy="vérifiez le chemin et vos droits") from error  # fmt: skip


def _content(path: Path) -> bytes:
    """What a file holds, and no more of it than says that it is too big."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def save(path: Path, before: Document, after: Document) -> None:
    """Replaces a file by its new text, if it still is the one that was read.

    RefusedError when somebody changed it meanwhile; UsageError when it cannot be written.
    """
    save_all([(path, before, after)])


def save_all(edited: Iterable[tuple[Path, Document, Document]]) -> None:
    """The same for several files, all or none: (path, as it was read, as it shall be) of each."""
    listed = list(edited)
    with _turn(path for path, *_ in listed):
        _save_all(listed)


def _save_all(listed: list[tuple[Path, Document, Document]]) -> None:
    for path, before, _ in listed:
        if path.exists() and path.read_bytes() != before.text.encode():
            raise RefusedError(
                f"{path} : ce fichier a changé pendant la commande ; rien n'a été écrit",
                remedy="relancez la commande",
            )
    done: list[tuple[Path, Document]] = []
    with ExitStack() as stack:
        # All are on the disk before the first is replaced: a full one is no half of the work.
        ready = [
            stack.enter_context(_staged(path, after.text.encode(), SHARED))
            for path, _, after in listed
        ]
        try:
            for (path, before, _), replace in zip(listed, ready, strict=True):
                replace()
                done.append((path, before))
        except UsageError:
            for path, before in done:
                write(path, before.text)
            raise


@contextmanager
def _turn(paths: Iterable[Path]) -> Iterator[None]:
    """One command at a time between the last look at these files and their replacement.

    Two edits of one file within an instant would both find it as they read it. The locks stand
    among the temporary files, a fixed number of them, so that nothing is left beside the files.
    """
    import tempfile

    from filelock import FileLock, Timeout

    owner = getattr(os, "getuid", int)()  # Windows gives each person temporary files of their own
    folder = Path(tempfile.gettempdir(), f"rorcli-{owner}")
    ranks = {crc32(os.path.realpath(path).encode()) % _LOCKS for path in paths}
    with ExitStack() as stack:
        # In one order, or two commands could wait for each other.
        for rank in sorted(ranks):
            # Where no lock can be had, the look just before remains.
            with suppress(OSError):
                folder.mkdir(mode=0o700, exist_ok=True)
                try:
                    stack.enter_context(FileLock(folder / f"{rank}.lock", timeout=LOCK_WAIT_S))
                except Timeout as error:
                    raise RefusedError(
                        "une autre commande rorcli écrit dans ces fichiers ; rien n'a été écrit",
                        remedy="attendez qu'elle ait fini, puis relancez la commande",
                    ) from error
        yield


def write(path: Path, text: str, *, mode: int = SHARED) -> None:
    """Writes a whole file or leaves the old one: temporary file, flush to disk, replace."""
    write_bytes(path, text.encode(), mode=mode)


def write_bytes(path: Path, content: bytes, *, mode: int = SHARED) -> None:
    """The same for what is no text."""
    with _staged(path, content, mode) as replace:
        replace()


@contextmanager
def _staged(path: Path, content: bytes, mode: int) -> Iterator[Callable[[], None]]:
    """A temporary file of that content beside the file, and what puts it in its place.

    UsageError for a file that is protected: replacing asks the folder for leave, not the file.
    """
    import tempfile

    target = Path(os.path.realpath(path))
    if target.exists() and not (target.stat().st_mode & _WRITABLE and os.access(target, os.W_OK)):
        raise UsageError(f"{path} : ce fichier est protégé en écriture, il reste tel quel",
                         remedy="ôtez-lui la lecture seule, puis relancez la commande")  # fmt: skip
    with suppress(OSError):
        mode = target.stat().st_mode & 0o777 if mode == SHARED else mode
    temporary: Path | None = None
    try:
        with _failures_told(path):
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
            temporary = Path(name)
            with os.fdopen(handle, "wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            temporary.chmod(mode)
        yield lambda: _put(path, Path(name), target)
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _put(path: Path, temporary: Path, target: Path) -> None:
    with _failures_told(path):
        replace_file(temporary, target)


@contextmanager
def _failures_told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        said = f"{path} : écriture impossible ({reason(error)}) ; l'ancien fichier est intact"
        raise UsageError(said, remedy="vérifiez la place libre et vos droits") from error


def reason(error: OSError) -> str:
    """What the system says, in French for the usual cases."""
    return _REASONS.get(type(error)) or _ERRNO.get(error.errno or 0) or (error.strerror or "?")


_REASONS = {
    PermissionError: "accès refusé",
    FileNotFoundError: "introuvable",
    IsADirectoryError: "c'est un dossier",
    NotADirectoryError: "un des dossiers du chemin est un fichier",
}
_ERRNO = {28: "disque plein", 30: "disque en lecture seule", 27: "fichier trop gros"}


def replace_file(temporary: Path, target: Path) -> None:
    """Puts a finished file in the place of another, at once; OSError when the system refuses."""
    for attempt in range(REPLACE_TRIES):
        try:
            temporary.replace(target)
        except PermissionError:
            if not _IS_WINDOWS or attempt == REPLACE_TRIES - 1:
                raise
            time.sleep(REPLACE_PAUSE_S)
        else:
            return


def _in_folder(folder: Path) -> tuple[list[Path], int, list[UsageError]]:
    inside: list[Path] = []
    others = 0
    errors: list[UsageError] = []
    for path in _walk(folder, errors):
        try:
            content = _content(path)
        except OSError as error:
            errors.append(UsageError(f"{path} : lecture impossible ({reason(error)})",
                                     remedy="vérifiez vos droits"))  # fmt: skip
            continue
        if _ESTABLISHMENT.search(content):
            inside.append(path)
        else:
            others += 1
    return inside, others, errors


def _walk(folder: Path, errors: list[UsageError]) -> Iterator[Path]:
    def refused(error: OSError) -> None:
        errors.append(UsageError(f"{error.filename} : lecture impossible ({reason(error)})",
                                 remedy="vérifiez vos droits"))  # fmt: skip

    for here, folders, names in os.walk(folder, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found = (
            Path(here) / name
            for name in sorted(names)
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith(".")
        )
        yield from (path for path in found if not path.is_fifo())  # one to read from waits for ever
