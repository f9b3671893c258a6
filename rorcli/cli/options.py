"""What several commands take, declared once: `paths: Paths = None, output: Output = "text"`.

A command with other forms of output declares them as `Annotated[Literal["text", "yaml"], OUTPUT]`.
"""

from __future__ import annotations

from collections.abc import Iterator
from glob import glob, has_magic
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from rorcli.cli.completion import units, uos


def expand(paths: list[Path] | None) -> list[Path] | None:
    """Patterns that the shell left as they are (on Windows it leaves all) as what they match.

    What matches nothing stays, to be refused by its name.
    """
    return [found for path in paths for found in _matches(path)] if paths else None


def _matches(path: Path) -> Iterator[Path]:
    is_pattern = has_magic(str(path)) and not path.exists()
    found = sorted(glob(str(path))) if is_pattern else []  # noqa: PTH207 - absolute ones too
    yield from map(Path, found) if found else [path]


def _paths(help: str) -> Any:
    return typer.Argument(metavar="CHEMIN", help=help, callback=expand)


OUTPUT: Any = typer.Option("-o", "--output", envvar="RORCLI_OUTPUT", help="Forme du résultat.")

Paths = Annotated[list[Path] | None, _paths("Fichiers ou dossiers d'établissements.")]
PathsOrInput = Annotated[
    list[Path] | None, _paths("Fichiers ou dossiers d'établissements, ou - pour l'entrée standard.")
]
File = Annotated[Path, typer.Argument(metavar="FICHIER", help="Le fichier de l'établissement.")]
UnitName = Annotated[
    str,
    typer.Argument(
        metavar="UO", help="L'UO : identifiant, nom, ou morceau de chemin.", autocompletion=uos
    ),
]
Output = Annotated[Literal["text", "json"], OUTPUT]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Montrer ce qui changerait, sans rien écrire.")
]
Push = Annotated[bool, typer.Option("--push", help="Enregistrer aussi dans l'annuaire.")]
Yes = Annotated[bool, typer.Option("-y", "--yes", help="Ne pas demander de confirmation.")]
Favorites = Annotated[
    bool, typer.Option("--favoris", help="Vos favoris seulement : rorcli favorite list.")
]
_SIDE = "UNITÉ"
Ours = Annotated[
    list[str] | None,
    typer.Option(
        "--ours",
        metavar=_SIDE,
        autocompletion=units,
        help="En cas de conflit, garder la valeur du fichier ; * : partout.",
    ),
]
Theirs = Annotated[
    list[str] | None,
    typer.Option(
        "--theirs",
        metavar=_SIDE,
        autocompletion=units,
        help="En cas de conflit, celle de l'annuaire ; * : partout.",
    ),
]
