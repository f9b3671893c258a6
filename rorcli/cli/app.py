"""The program: its table of commands, and the only place where an error becomes an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import pairwise

import typer
from typer._click.exceptions import ClickException

from rorcli import __version__
from rorcli.cli.completion import answer
from rorcli.cli.french import Entry, FrenchGroup, flag
from rorcli.cli.misuse import MisuseError, translate
from rorcli.cli.session import Session
from rorcli.cli.terminal import Terminal
from rorcli.errors import ExitCode, RefusedError, RorcliError, UsageError

# name, module:function below cli/commands, panel of --help, short help
COMMANDS = tuple(Entry(*line) for line in (
    ("login", "account:login", "Connexion", "Se connecter à l'annuaire."),
    ("logout", "account:logout", "Connexion", "Fermer la session."),
    ("whoami", "account:whoami", "Connexion", "Dire qui vous êtes pour l'annuaire."),
    ("search", "read:search", "Consulter", "Chercher des établissements dans l'annuaire."),
    ("show", "read:show", "Consulter", "Afficher un établissement, un fichier, une unité."),
    ("pull", "pull:pull", "Consulter", "Écrire en fichiers ce que tient l'annuaire."),
    ("codes", "read:codes", "Consulter", "Chercher un code dans les nomenclatures."),
    ("favorite", "favorites:favorite", "Consulter", "Retenir les établissements que vous suivez."),
    ("edit", "edit:edit", "Modifier", "Changer des valeurs d'un fichier."),
    ("add-activity", "write:add_activity", "Modifier", "Ajouter des activités à une UO."),
    ("remove-activity", "write:remove_activity", "Modifier", "Retirer des activités d'une UO."),
    ("add-practitioner", "write:add_practitioner", "Modifier", "Ajouter un praticien à une UO."),
    ("remove-practitioner", "write:remove_practitioner", "Modifier", "Retirer un praticien."),
    ("set-capacity", "write:set_capacity", "Modifier", "Donner un nombre de lits ou de places."),
    ("confirm", "write:confirm", "Modifier", "Dater la vérification d'une fiche."),
    ("export", "tables:export", "Modifier", "Écrire un tableau pour un tableur."),
    ("import", "tables:import_", "Modifier", "Reprendre un tableau dans des fichiers."),
    ("refresh", "refresh:refresh", "Modifier", "Faire le tour de ce qui est à revoir."),
    ("validate", "check:validate", "Contrôler", "Vérifier des fichiers."),
    ("audit", "audit:audit", "Contrôler", "Dire ce qui est trop ancien ou incomplet."),
    ("schema", "check:schema", "Contrôler", "Donner la description du format à un éditeur."),
    ("diff", "sync:diff", "Enregistrer", "Comparer des fichiers et l'annuaire."),
    ("push", "sync:push", "Enregistrer", "Enregistrer des fichiers dans l'annuaire."),
    ("dossier", "dossier:dossier", "Enregistrer", "Demander un changement de structure."),
    ("history", "sync:history", "Enregistrer", "Montrer qui a changé quoi, et quand."),
    ("completion", "tools:completion", "Outils", "Compléter les mots dans votre terminal."),
    ("load", "tools:load", "Outils", "Créer des établissements dans une base locale."),
    ("doctor", "tools:doctor", "Outils", "Montrer les réglages et l'état de l'installation."),
))  # fmt: skip

EXIT_CODES: Mapping[ExitCode, str] = {
    ExitCode.OK: "fait ; rien à redire, ou rien à faire",
    ExitCode.FINDINGS: "les données sont en cause : erreurs, retards, FINESS inconnu",
    ExitCode.USAGE: "commande ou réglages à corriger",
    ExitCode.CHANGES: "diff --exit-code : il y a des différences",
    ExitCode.AUTH: "connexion nécessaire, ou accès refusé",
    ExitCode.CONFLICT: "l'annuaire a changé entre-temps",
    ExitCode.PARTIAL: "une partie des établissements est enregistrée, le compte rendu dit laquelle",
    ExitCode.REFUSED: "une garde, ou votre réponse, a tout arrêté ; rien n'est écrit",
    ExitCode.UNAVAILABLE: "annuaire injoignable ou verrouillé ; réessayez plus tard",
    ExitCode.BUG: "défaut de rorcli ; un rapport d'incident est écrit",
    ExitCode.INTERRUPTED: "interrompu par Ctrl-C",
}
HELP = """\
Tient à jour la fiche ROR d'un établissement : un fichier YAML, vérifié, comparé, enregistré.

Exemples :
  rorcli pull 440099919                                   écrire la fiche en fichier
  rorcli edit 440099919.yaml telephone="02 61 91 00 01"   la modifier
  rorcli validate 440099919.yaml                          la vérifier
  rorcli push 440099919.yaml                              l'enregistrer"""
EPILOG = "Codes de sortie :\n" + "\n".join(f"  {c:>3}  {text}" for c, text in EXIT_CODES.items())


def main(argv: Sequence[str] | None = None, session: Session | None = None) -> int:
    """Runs one command; the exit code. Nothing is raised but what ends Python itself."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    session = session or Session(Terminal())
    try:
        code = _run(arguments, session)
        session.terminal.flush()
    except BaseException as error:  # noqa: BLE001 - each becomes a code, and a line for the person
        code = _explain(error, arguments, session)
    finally:
        session.close()
    return int(code)


def _run(arguments: list[str], session: Session) -> int:
    """One command; not by typer's own `main`, which ends a broken pipe with 1 and hides Ctrl-C."""
    version = flag(
        "--version", help="Afficher la version.", shown=lambda _: f"rorcli {__version__}"
    )
    program = FrenchGroup(COMMANDS, version, HELP, EPILOG)
    if (proposed := answer(program, session, arguments, os.environ)) is not None:
        session.terminal.write_text(proposed)
        return ExitCode.OK
    try:
        with program.make_context("rorcli", arguments, obj=session) as context:
            return program.invoke(context) or ExitCode.OK
    except typer.Exit as ended:
        return ended.exit_code


def _explain(error: BaseException, arguments: list[str], session: Session) -> int:
    """The exit code of what went wrong, once it is said."""
    match error:
        case SystemExit(code=code):
            return code if isinstance(code, int) else ExitCode.OK
        case KeyboardInterrupt():
            session.terminal.warn("Interrompu.")
            return ExitCode.INTERRUPTED
        case RorcliError():
            said, exit_code = error, error.exit_code
        case ClickException():
            said, exit_code = translate(error), ExitCode.USAGE
        case OSError(errno=errno.ENAMETOOLONG):
            said, exit_code = UsageError("nom de fichier trop long pour ce système"), ExitCode.USAGE
        case typer.Abort():
            said, exit_code = RefusedError("abandon : rien n'a été écrit"), ExitCode.REFUSED
        case _:
            said, exit_code = _incident(error, arguments), ExitCode.BUG
    _tell(said, exit_code, arguments, session.terminal)
    return exit_code


def _incident(error: BaseException, arguments: list[str]) -> RorcliError:
    if isinstance(error, MemoryError):
        return RorcliError("mémoire insuffisante", remedy="traitez moins de fichiers à la fois")
    from rorcli.cli.crash import save_report

    message = f"défaut de rorcli ({type(error).__name__}) ; ce n'est pas votre commande"
    try:
        path = save_report(error, arguments, [entry.name for entry in COMMANDS])
    except Exception as refused:  # noqa: BLE001 - telling of an incident must not be a second one
        reason = refused.message if isinstance(refused, RorcliError) else type(refused).__name__
        return RorcliError(f"{message}. Rapport impossible : {reason}")
    return RorcliError(message, remedy=f"signalez-le avec ce rapport, sans vos données : {path}")


def _tell(error: RorcliError, code: ExitCode, arguments: list[str], terminal: Terminal) -> None:
    if isinstance(error, MisuseError):
        terminal.say(error.usage)
    terminal.error(error)
    if _wants_json(arguments) and not terminal.out.is_used:
        from rorcli.reports.machine import dumps

        said = {"code": code.name.lower(), "exit_code": int(code),
                "message": error.message, "remedy": error.remedy}  # fmt: skip
        terminal.write_text(dumps({"schema": "rorcli/error/v1", "ok": False, "error": said}))
    with suppress(RorcliError):  # another failure was told already
        terminal.flush()


def _wants_json(arguments: list[str]) -> bool:
    """Whether `-o json` was asked for; read here, since typer may have stopped before it."""
    form = os.environ.get("RORCLI_OUTPUT", "")
    words = arguments[: arguments.index("--")] if "--" in arguments else arguments
    for word, following in pairwise([*words, ""]):
        if word in ("-o", "--output"):
            form = following
        elif word.startswith(("-o", "--output=")):
            form = word.removeprefix("--output=").removeprefix("-o")
    return form == "json"
