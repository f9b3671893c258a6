"""Panel "Outils": fill a local store, and tell what this installation is made of."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from rorcli import __version__, files
from rorcli import codes as nomenclatures
from rorcli.cli.completion import SHELLS, script
from rorcli.cli.options import Output, Paths, Yes
from rorcli.errors import ExitCode, RefusedError, RorcliError, UsageError, strongest
from rorcli.plurals import counted
from rorcli.reports.machine import dumps
from rorcli.settings import redacted

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.exchange import Exchange
    from rorcli.reports import Line, Span
    from rorcli.text.document import Document


def load(
    context: typer.Context,
    paths: Paths = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Remplace les établissements déjà là et différents.")
    ] = False,
    output: Output = "text",
) -> int:
    """Crée des établissements dans une base locale, à partir de leurs fichiers.

    Exemples :
      rorcli load etab.yaml
      rorcli load etablissements/ --store sqlite:/chemin/annuaire.sqlite
      rorcli load export-national/

    Un fichier qui porte des erreurs, ou dont une unité n'a pas d'id, est refusé ; les autres
    continuent. La base est créée au besoin. Un dossier de fichiers .ndjson ou .ndjson.gz est pris
    pour un export en masse ($export) d'un serveur FHIR : chaque fiche garde la date qu'elle y a.
    """
    from rorcli import exchange
    from rorcli.cli.pulling import Report, load_exports
    from rorcli.reports.findings import render_finding
    from rorcli.stores.fhir.ndjson import export_files, passed_over
    from rorcli.validation import validate_all

    session: Session = context.obj
    if not paths:
        raise UsageError("load : donnez un fichier ou un dossier", remedy="rorcli load etab.yaml")
    exports = [each for each in paths if export_files(each)]
    for path in paths:
        session.terminal.say(*_told_of(path, passed_over(path), is_export=path in exports))
    documents, unreadable = _read_all(session, [each for each in paths if each not in exports])
    ignored = frozenset(session.settings.ignore)
    findings = validate_all([each for _, each in documents], session.today, ignored)
    session.terminal.say(*map(render_finding, (f for f in findings if f.severity == "error")))
    loading: Iterator[Exchange] = iter(())
    if documents:
        store = session.open_store(create=True)
        loading = exchange.load(documents, findings, store, today=session.today, replacing=replace)
    report = Report(session, "load", output, unreadable)
    report.run(loading, len(documents))
    load_exports(report, exports, replacing=replace)
    return report.tell()


def _told_of(path: Path, left: list[Path], *, is_export: bool) -> Iterator[str]:
    names = ", ".join(each.name for each in left[:_NAMED]) + (", …" if left[_NAMED:] else "")
    if left and is_export:
        yield f"{path} : pris pour un export en masse ; laissé de côté : {names}"
    elif left:
        yield (f"{path} : un export en masse ($export) tient en fichiers .ndjson ou .ndjson.gz, "
               f"une ressource par ligne ; ici : {names}")  # fmt: skip


_NAMED = 5


def _read_all(
    session: Session, paths: list[Path]
) -> tuple[list[tuple[Path, Document]], list[UsageError]]:
    """The documents, and what could not be opened."""
    found = files.find(paths)
    documents: list[tuple[Path, Document]] = []
    unreadable = list(found.unreadable)
    if found.skipped:
        session.terminal.say(f"{counted(found.skipped, 'autre fichier')} YAML, sans établissement")
    for path in found.paths:
        try:
            documents.append((path, files.read_file(path)))
        except UsageError as error:
            unreadable.append(error)
    return documents, unreadable


def doctor(
    context: typer.Context,
    write_test: Annotated[
        bool,
        typer.Option(
            "--write-test",
            help="Essaie d'écrire sur un serveur FHIR, sur une ressource qu'il efface ensuite.",
        ),
    ] = False,
    yes: Yes = False,
    output: Output = "text",
) -> int:
    """Montre la version, les réglages et leur origine, l'état de l'annuaire. N'écrit rien.

    Exemples :
      rorcli doctor
      rorcli doctor -o json
      rorcli doctor --write-test --store recette

    --write-test demande votre accord, et refuse un annuaire marqué production = true.
    """
    session: Session = context.obj
    faults: list[RorcliError] = []
    found = {
        "versions": _versions(),
        "settings": _settings(session, faults),
        "store": {},
        "login": {},
        "tables": [_table(name) for name in nomenclatures.TABLES],
        "region": {},
    }
    if not faults:
        found["store"] = _store(session, faults)
        found["login"] = _login(session, faults)
        found["region"] = asdict(session.settings.region)
    if write_test and not faults:
        found["write_test"] = _write_test(session, faults, yes=yes)
    code = strongest(fault.exit_code for fault in faults)
    if output == "json":
        session.terminal.write_text(
            dumps({"schema": "rorcli/doctor/v1", "ok": not faults, **found})
        )
    else:
        session.terminal.write(_lines(found))
    for fault in faults:
        session.terminal.error(fault)
    return code


def completion(
    context: typer.Context,
    shell: Annotated[
        Literal["bash", "zsh", "fish", "powershell"],
        typer.Argument(metavar="|".join(SHELLS), help="Votre interpréteur de commandes."),
    ],
) -> int:
    """Écrit ce qui complète commandes, options, unités et codes quand vous tapez sur Tabulation.

    Exemples :
      rorcli completion bash
      rorcli completion fish > ~/.config/fish/completions/rorcli.fish

    bash : ajoutez « source <(rorcli completion bash) » à ~/.bashrc ; zsh : de même avec zsh, dans
    ~/.zshrc, après compinit ; PowerShell : ajoutez au fichier $PROFILE
    « rorcli completion powershell | Out-String | Invoke-Expression ».
    """
    session: Session = context.obj
    session.terminal.write_text(script(shell))
    return ExitCode.OK


def _versions() -> dict[str, str]:
    """What runs; the quick readers may be missing from a desk without their binary wheels."""
    from importlib.metadata import version

    import yaml

    from rorcli.stores.sqlite_file import about

    try:
        import jsonschema_rs  # noqa: F401 - its binary may be missing though it is installed

        schema = f"jsonschema-rs {version('jsonschema-rs')}"
    except ImportError:
        schema = "jsonschema (lent : jsonschema-rs manque)"
    return {
        "rorcli": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "yaml": "libyaml" if yaml.__with_libyaml__ else "PyYAML (lent : libyaml manque)",
        "json_schema": schema,
        "store": about(),
    }


def _settings(session: Session, faults: list[RorcliError]) -> list[dict[str, Any]]:
    try:
        settings = session.settings
    except UsageError as error:
        faults.append(error)
        return []
    values = {
        **{f"guards.{key}": value for key, value in asdict(settings.guards).items()},
        **{f"region.{key}": value for key, value in asdict(settings.region).items()},
        "store": settings.store.name or redacted(settings.store.url),
        "annuaire": str(settings.annuaire or ""),
        "audit.older_than": settings.older_than,
        **{f"audit.older_than_{level}": age for level, age in settings.older_than_by.items()},
        "validate.ignore": list(settings.ignore),
        "validate.mssante_domains": list(settings.mssante),
        "output": settings.output,
        "color": settings.color,
        **{f"store.{name}.{key}": _shown(value)
           for name, store in settings.stores.items() for key, value in asdict(store).items()},
    }  # fmt: skip
    return [
        {"key": key, "value": values.get(key), "origin": origin}
        for key, origin in settings.origins.items()
    ]


def _store(session: Session, faults: list[RorcliError]) -> dict[str, Any]:
    """Whether the store answers; one that is not there yet is no fault."""
    found = {"url": redacted(session.settings.store.url), "reachable": True, "message": ""}
    try:
        said = session.open_store(read_only=True).describe()
    except UsageError as error:
        return {**found, "reachable": False, "message": error.message, "remedy": error.remedy}
    except RorcliError as error:
        faults.append(error)
        return {**found, "reachable": False, "message": error.message}
    return {**found, "message": said}


def _write_test(session: Session, faults: list[RorcliError], *, yes: bool) -> list[dict[str, Any]]:
    """What a FHIR server does with writes; the person is asked first.

    After Ctrl-C, what remains on the server is told before the program ends.

    Raises:
        UsageError: Another kind of store, or nobody to ask.
        RefusedError: The person said no, or the store is the real directory.
    """
    from rorcli.stores.fhir.store import FhirStore

    store = session.open_store()
    if not isinstance(store, FhirStore):
        raise UsageError(f"{store.url} : --write-test est pour un serveur FHIR",
                         remedy="rorcli doctor --write-test --store fhir+https://…")  # fmt: skip
    trial = store.write_test()
    if not yes and not session.terminal.can_ask:
        raise UsageError("--write-test demande votre accord, et il n'y a personne pour le donner",
                         remedy="rorcli doctor --write-test --yes")  # fmt: skip
    question = f"Écrire une ressource d'essai sur {store.url}, puis l'effacer ?"
    if not yes and not session.terminal.ask(question):
        raise RefusedError("vous avez répondu non : rien n'a été essayé")
    told: list[dict[str, Any]] = []
    try:
        trial.run(lambda probe: told.append(asdict(probe)))
    except RorcliError as error:
        faults.append(error)
    except KeyboardInterrupt:
        session.terminal.say(*(f"{each['name']} : {each['said']}" for each in told[-1:]))
        raise
    return told


def _login(session: Session, faults: list[RorcliError]) -> dict[str, Any]:
    """What a login of this store would meet; {} when it has none."""
    from rorcli.login.standing import needs_login

    if not needs_login(store := session.settings.store):
        return {}
    from rorcli.login.checkup import examine

    told_in = Path(session.settings.origins[f"store.{store.name}.auth"])
    try:
        return asdict(examine(store, session.keyboard, datetime.now(UTC), told_in))
    except RorcliError as error:
        faults.append(error)
        return {"issuer": store.auth.issuer if store.auth else "", "message": error.message}


def _shown(value: Any) -> Any:
    """A setting of a store: what a table holds, without what is empty; never a secret's value."""
    if isinstance(value, dict):
        return {key: shown for key, each in value.items() if (shown := _shown(each))}
    return redacted(value) if isinstance(value, str) else value


def _told(login: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    names = {"issuer": "émetteur", "message": "refus", "certificate": "certificat"}
    yield from ((name, login[key]) for key, name in names.items() if login.get(key))
    if "clock_skew_s" in login:
        yield "écart d'horloge", f"{login['clock_skew_s']} s"
    yield from (("attention", warning) for warning in login.get("warnings", ()))


def _written(value: Any) -> str:
    if value in ("", [], None):
        return "non réglé"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_written(each)}" for key, each in value.items()) + "}"
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)


def _table(name: str) -> dict[str, str]:
    table = nomenclatures.table(name)
    return {"name": name, "version": table.version, "dated_on": table.dated_on.isoformat()}


def _lines(found: dict[str, Any]) -> Iterator[Line]:
    yield from (f"{name} : {version}" for name, version in found["versions"].items())
    yield (("Réglages", "title"),)
    for each in found["settings"]:
        yield (f"  {each['key']} = {_written(each['value'])}", ""), (f"  ({each['origin']})", "dim")
    yield (("Annuaire", "title"),)
    yield f"  {found['store'].get('url', '?')} : {found['store'].get('message', '?')}"
    if remedy := found["store"].get("remedy"):
        yield f"  → {remedy}"
    for probe in found.get("write_test", ()):
        mark: Span = ("  oui ", "ok") if probe["is_ok"] else ("  NON ", "warning")
        yield mark, (f"{probe['name']} : {probe['said']}", "")
    if login := found["login"]:
        yield (("Connexion", "title"),)
        yield from (f"  {key} : {value}" for key, value in _told(login))
    yield (("Nomenclatures", "title"),)
    yield from (f"  {each['name']} : {each['dated_on']}" for each in found["tables"])
    yield (("Équipe ROR régionale", "title"),)
    yield f"  {' ; '.join(found['region'].values()) or '?'}"
