"""Panel "Connexion": who we are for the directory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rorcli.cli.options import Output
from rorcli.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.login.vault import Record
    from rorcli.settings import StoreSettings

Method = Annotated[
    Literal["browser", "psc", "otp", "password", "device", "client"] | None,
    typer.Option("--method", help="Par où passer ; par défaut, ce que disent vos réglages."),
]


def login(
    context: typer.Context,
    method: Method = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Montrer l'adresse au lieu d'ouvrir la page.")
    ] = False,
    with_token: Annotated[
        bool, typer.Option("--with-token", help="Prendre un jeton sur l'entrée standard.")
    ] = False,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Renouveler la session, sans rien redemander.")
    ] = False,
) -> int:
    """Se connecte à l'annuaire.

    Exemples :
      rorcli login
      rorcli login --method psc
      rorcli login --method device
      rorcli login --with-token < jeton.txt

    Sans option, la page du portail s'ouvre dans votre navigateur. psc y va droit à Pro Santé
    Connect ; otp et password, à la page du portail. device sert sur un poste sans navigateur,
    client est un compte de service. Une base locale (sqlite) ne demande aucune connexion.
    """
    from rorcli.login import sessions

    session: Session = context.obj
    store, person = session.settings.store, session.keyboard
    if _is_needless(session, store):
        return ExitCode.OK
    if sum((method is not None, with_token, refresh)) > 1:
        raise UsageError("--method, --with-token et --refresh s'excluent")
    if with_token:
        text = session.terminal.read_bytes().decode("ascii", "replace")
        record = sessions.take_token(store, text.strip())
    elif refresh:
        record = sessions.renew(store, person)
    else:
        record = sessions.sign_in(store, person, method or "", opens_browser=not no_browser)
    _tell(session, record)
    return ExitCode.OK


def _is_needless(session: Session, store: StoreSettings) -> bool:
    """Whether the store is anonymous, which is then said."""
    from rorcli.login.standing import needs_login
    from rorcli.reports.identity import anonymous
    from rorcli.settings import redacted

    if needs_login(store):
        return False
    session.terminal.say(f"{redacted(store.url)} : {anonymous(store)}.")
    return True


def _tell(session: Session, record: Record) -> None:
    from rorcli.reports.identity import PLACES

    who = ", ".join(filter(None, record.identity.values()))
    session.terminal.say(f"Connecté{' : ' + who if who else ''}.")
    auth = session.settings.store.auth
    if record.storage == "file" and auth and auth.storage == "auto":
        session.terminal.warn(
            f"Aucun trousseau sur ce poste : session gardée dans un {PLACES['file']}."
        )
    else:
        session.terminal.say(f"Session gardée : {PLACES[record.storage]}.")


def logout(
    context: typer.Context,
    every: Annotated[
        bool, typer.Option("--all", help="Fermer les sessions de tous vos annuaires.")
    ] = False,
) -> int:
    """Ferme la session : le serveur la révoque, et ce poste l'oublie quoi qu'il réponde.

    Exemples :
      rorcli logout
      rorcli logout --all
    """
    from rorcli.login.sessions import sign_out
    from rorcli.login.standing import needs_login

    session: Session = context.obj
    chosen = session.settings.store
    for store in session.settings.stores.values() if every else [chosen]:
        if every and not needs_login(store):
            continue
        if not _is_needless(session, store):
            was_open, is_revoked = sign_out(store, session.keyboard)
            session.terminal.say(f"{store.name} : {_closed(was_open, is_revoked)}")
    return ExitCode.OK


def _closed(was_open: bool, is_revoked: bool) -> str:
    if not was_open:
        return "aucune session à fermer."
    if is_revoked:
        return "session révoquée et oubliée."
    return "session oubliée sur ce poste ; le serveur n'a pas confirmé la révocation."


def whoami(
    context: typer.Context,
    token: Annotated[
        bool, typer.Option("--token", help="Écrire le jeton lui-même, pour un autre programme.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Écrire le jeton même sur un terminal.")
    ] = False,
    output: Output = "text",
) -> int:
    """Dit qui vous êtes pour l'annuaire, par quel moyen et jusqu'à quand.

    Exemples :
      rorcli whoami
      rorcli whoami -o json
    """
    from rorcli.login.standing import standing
    from rorcli.reports.identity import identity_data, render_identity

    session: Session = context.obj
    store = session.settings.store
    if token:
        session.terminal.write(_token(session, store, force=force))
        return ExitCode.OK
    found = standing(store)
    is_known = found.source not in ("none", "ended")
    if output == "json":
        from rorcli.reports.machine import dumps

        data = {"schema": "rorcli/identity/v1", "ok": is_known, **identity_data(store, found)}
        session.terminal.write_text(dumps(data))
    else:
        session.terminal.write(render_identity(store, found))
    return ExitCode.OK if is_known else ExitCode.AUTH


def _token(session: Session, store: StoreSettings, *, force: bool) -> Iterator[str]:
    from rorcli.login.sessions import token_source

    if session.terminal.out.is_tty and not force:
        raise UsageError("le jeton n'est pas montré sur un terminal", remedy="--force pour le voir")
    source = token_source(store, session.keyboard)
    if source is None:
        raise UsageError(f"{store.name} : aucune connexion nécessaire, donc aucun jeton")
    yield source.token()
