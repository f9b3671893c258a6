"""Panel "Modifier": each command splices a file, shows the difference, then writes it.

An edit that would add an error is refused as a whole; what is already so is success. The directory
is written only with `--push`, by the same way as `rorcli push`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rorcli import edition
from rorcli.cli.completion import keys, units
from rorcli.cli.editing import Options, edit_by_hand, run
from rorcli.cli.options import DryRun, Output, Push
from rorcli.errors import UsageError

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.edition import Edited
    from rorcli.text.document import Document

# A key, with selectors in brackets; a path of a file that holds "=" is told by its being there.
_ASSIGNMENT = re.compile(r"(?P<key>(?:[^=\s/\\\[\]]|\[[^\]]*\])+)=(?P<value>.*)", re.DOTALL)


def edit(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="FICHIER|DOSSIER... [CLÉ=VALEUR]...",
            autocompletion=keys,
            help="Fichiers, puis valeurs.",
        ),
    ],
    unit: Annotated[
        list[str] | None,
        typer.Option("--unit", autocompletion=units, help="Unité : identifiant, nom ou chemin."),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="CLÉ=MOTIF", help="Unités qui répondent au motif (* ?)."),
    ] = None,
    replace: Annotated[
        tuple[str, str, str] | None,
        typer.Option(
            "--replace", metavar="CLÉ ANCIEN NOUVEAU", help="Remplace une valeur partout."
        ),
    ] = None,
    dry_run: DryRun = False,
    push: Push = False,
    output: Output = "text",
) -> int:
    """Modifie des valeurs d'un fichier ; sans valeur, ouvre votre éditeur.

    Exemples :
      rorcli edit etab.yaml telephone="02 61 91 00 01"
      rorcli edit etab.yaml --unit "Consultations de gynécologie" mssante=cs@ch.mssante.example
      rorcli edit etab.yaml --where type=uo --replace courriel ancien@ch.example nouveau@ch.example
      rorcli edit etab.yaml --unit 52/0000104 "contacts[02].telephone=02 61 91 00 22"

    Sans --unit, la clé est celle de l'établissement ; entite_juridique.CLÉ, celle de l'EJ.
    CLÉ= efface la valeur.
    """
    session: Session = context.obj
    targets, assignments = _targets_and_assignments(words)
    if not assignments and replace is None:
        return edit_by_hand(session, _single(targets), Options(dry_run, push, output))
    globs = [_pair("--where", each) for each in where or []]
    if globs and unit:
        raise UsageError("--unit et --where ne vont pas ensemble", remedy="gardez l'un des deux")

    def change(document: Document) -> Edited:
        nodes = edition.nodes(document, unit or [], globs)
        edited = _assign_all(document, nodes, assignments)
        if replace is None:
            return edited
        within = nodes if unit or globs else ("",)
        return edited.then(lambda now: edition.replace_value(now, within, *replace))

    return run(session, targets, change, Options(dry_run, push, output))


def _targets_and_assignments(words: list[str]) -> tuple[list[Path], list[tuple[str, str]]]:
    """Files and folders first; what reads `CLÉ=VALEUR` and is no file is an assignment."""
    targets: list[Path] = []
    assignments: list[tuple[str, str]] = []
    for rank, word in enumerate(words):
        found = _ASSIGNMENT.fullmatch(word)
        if found and not _is_there(word):
            assignments.append((found["key"], found["value"]))
        elif assignments and not _is_there(word):
            key, value = assignments[-1]
            loose = takewhile(lambda each: not _ASSIGNMENT.fullmatch(each), words[rank:])
            meant = " ".join([f"{key}={value}", *loose])
            raise UsageError(f"« {word} » n'est ni un fichier ni CLÉ=VALEUR",
                             remedy="si cela fait partie de la valeur, mettez des guillemets : "
                             f'"{meant}"')  # fmt: skip
        else:
            targets.append(Path(word))
    if not targets:
        raise UsageError("edit : donnez d'abord un fichier ou un dossier",
                         remedy="rorcli edit etab.yaml CLÉ=VALEUR")  # fmt: skip
    return targets, assignments


def _is_there(word: str) -> bool:
    """True for a path that exists; a long value is no path that the system could look for."""
    with suppress(OSError, ValueError):
        return Path(word).exists()
    return False


def _assign_all(
    document: Document, nodes: tuple[str, ...], assignments: list[tuple[str, str]]
) -> Edited:
    none = (f"{document.path} : aucune unité ne répond au motif",)
    edited = edition.Edited(document, () if nodes else none)
    for node in nodes:
        for key, text in assignments:
            edited = edited.then(
                lambda now, node=node, key=key, text=text: edition.assign(now, node, key, text)  # type: ignore[misc]
            )
    return edited


def _single(targets: list[Path]) -> Path:
    for target in targets:
        if not target.exists():
            raise UsageError(f"« {target} » n'est ni un fichier qui existe, ni CLÉ=VALEUR",
                             remedy="vérifiez le chemin, ou écrivez CLÉ=VALEUR, sans espace "
                             "autour du signe =")  # fmt: skip
    if len(targets) != 1 or targets[0].is_dir():
        raise UsageError("l'éditeur s'ouvre sur un seul fichier",
                         remedy="donnez CLÉ=VALEUR pour en modifier plusieurs")  # fmt: skip
    return targets[0]


def _pair(option: str, text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"{option} {text} : CLÉ=MOTIF attendu", remedy=f"{option} type=uo")
    return key, value
