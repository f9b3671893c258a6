"""Panel "Connexion": who we are for the directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from rorcli.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from rorcli.cli.session import Session


def login(context: typer.Context) -> int:
    """Se connecte à l'annuaire.

    Exemple :
      rorcli login

    Une base locale (sqlite) ne demande aucune connexion ; c'est le seul annuaire que cette version
    connaisse.
    """
    session: Session = context.obj
    url = session.settings.store.url
    if not url.startswith("sqlite:"):
        raise UsageError(
            f"{url} : cette version ne connaît que les bases locales (sqlite)",
            remedy="choisissez une base locale : --store sqlite:/chemin/annuaire.sqlite",
        )
    session.terminal.say(f"{url} : aucune connexion nécessaire.")
    return ExitCode.OK
