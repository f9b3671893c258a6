"""Panel "Consulter": find establishments, read them, look codes up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from rorcli import codes as nomenclatures
from rorcli import favorites, files
from rorcli.cli.completion import followed, units, words_of
from rorcli.cli.options import OUTPUT, Favorites, Output
from rorcli.cli.targets import finess_or_file, require_finess, unknown
from rorcli.errors import DataError, ExitCode, UsageError
from rorcli.model import Establishment, Placed, Unite, to_data
from rorcli.stores.base import Hit, Query

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.validation.freshness import Dates

_TABLE = re.compile(r"[a-z-]+")


def search(
    context: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="MOTS", help="Mots cherchés partout.")
    ] = None,
    ou: Annotated[
        str, typer.Option("--ou", metavar="LIEU", help="Commune, code postal, département, nom.")
    ] = "",
    quoi: Annotated[
        str, typer.Option("--quoi", metavar="MOTS", help="Unité, activité, spécialité…")
    ] = "",
    ej: Annotated[
        str, typer.Option("--ej", metavar="FINESS|NOM", help="Établissements de cette EJ.")
    ] = "",
    favoris: Favorites = False,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Nombre maximal de résultats.")
    ] = None,
    output: Output = "text",
) -> int:
    """Cherche des établissements dans l'annuaire ; sans mot ni option, tous.

    Exemples :
      rorcli search gynécologie
      rorcli search --ou Nantes --quoi "consultation cardiologie"
      rorcli search --ej 440099901 -o json
      rorcli search --favoris --quoi urgences

    Une ligne par établissement : FINESS, nom, commune, entité juridique, séparés par une
    tabulation. Les unités trouvées suivent, après une tabulation.
    """
    session: Session = context.obj
    finess = favorites.require() if favoris else ()
    query = Query(" ".join(words or []), ou, quoi, ej, finess, limit + 1 if limit else None)
    found = session.open_store(read_only=True).search(query)
    shown = _show_hits(session, islice(found, limit), output)
    if limit and next(found, None) is not None:
        session.terminal.say(f"Il y en a d'autres : seuls les {limit} premiers sont montrés.")
    elif not shown:
        session.terminal.say("Aucun établissement trouvé.")
    return ExitCode.OK


def _show_hits(session: Session, found: Iterator[Hit], output: str) -> int:
    from rorcli.reports import lists
    from rorcli.reports.machine import dumps

    if output == "json":
        hits = [lists.hit_data(hit) for hit in found]
        session.terminal.write_text(
            dumps({"schema": "rorcli/search/v1", "ok": True, "establishments": hits})
        )
        return len(hits)
    count = 0
    for hit in found:
        count += 1
        session.terminal.write(lists.hit_lines(hit))
    return count


def show(
    context: typer.Context,
    target: Annotated[
        str,
        typer.Argument(
            metavar="FICHIER|FINESS",
            autocompletion=followed,
            help="Un fichier, un FINESS, ou un favori.",
        ),
    ],
    unit: Annotated[
        str,
        typer.Option(
            "--unit",
            autocompletion=units,
            metavar="U",
            help="Une unité : identifiant, nom ou chemin.",
        ),
    ] = "",
    capacites: Annotated[
        bool, typer.Option("--capacites", help="Seulement les lits, places et salles.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Tous les champs, avec leurs codes.")
    ] = False,
    at: Annotated[
        str, typer.Option("--at", metavar="DATE", help="Tel que l'annuaire le tenait ce jour-là.")
    ] = "",
    output: Annotated[Literal["text", "yaml", "json"], OUTPUT] = "text",
) -> int:
    """Montre un établissement comme le portail : EJ, EG, pôles, services, UF, UO.

    Exemples :
      rorcli show etab.yaml
      rorcli show 440099919 --unit "Consultations de gynécologie"
      rorcli show 440099919 --capacites
      rorcli show 440099919 --at 2026-05-01
      rorcli show 440099919 -o yaml

    Ce qui manque à un niveau est précédé de « ! ».
    """
    from rorcli.text.selectors import find_unit

    session: Session = context.obj
    held = _open_at(session, target, at) if at else _open(session, target)
    placed = find_unit(held.establishment, unit) if unit else None
    if output != "text":
        session.terminal.write_text(_rendered(held, placed, output))
        return ExitCode.OK
    from rorcli.reports import tree

    lines = (
        tree.capacities(held.establishment, placed)
        if capacites
        else tree.show(held.establishment, session.today, held.dates, unit=placed, full=full)
    )
    session.terminal.write(lines)
    return ExitCode.OK


class _Held(NamedTuple):
    """What `show` looks at; `version` is the store's, None for a file."""

    establishment: Establishment
    dates: Dates
    version: str | None = None


def _open_at(session: Session, target: str, at: str) -> _Held:
    """What the store held at the end of a day."""
    from rorcli.validation.freshness import Dates, parse_day

    day, finess = parse_day(at), finess_or_file(target)[0]
    store = session.open_store(read_only=True)
    if store.fetch(finess) is None:
        raise unknown(finess, store)
    kept = [written for written in store.history(finess) if written.written_on <= day]
    if not kept:
        raise DataError(f"{finess} : l'annuaire ne le tenait pas encore le {day:%d/%m/%Y}",
                        remedy=f"rorcli history {finess} montre depuis quand")  # fmt: skip
    return _Held(kept[-1].establishment, Dates({}), kept[-1].version)


def _open(session: Session, target: str) -> _Held:
    from rorcli.validation.freshness import Dates

    path = Path(target)
    if path.exists():
        from rorcli.basefile import load_base
        from rorcli.edition import establishment_of

        ours = establishment_of(files.read_file(path))
        base = None
        with suppress(UsageError):  # an unreadable base is for diff and push to tell
            base = load_base(path, ours.finess)
        return _Held(ours, Dates(saved_on=base.saved_by(session.today) if base else None))
    finess = require_finess(target, "ni un fichier qui existe, ni un FINESS")
    store = session.open_store(read_only=True)
    snapshot = store.fetch(finess)
    if snapshot is None:
        raise unknown(finess, store)
    return _Held(snapshot.establishment, Dates(snapshot.changed_on), snapshot.version)


def _rendered(held: _Held, placed: Placed | None, output: str) -> str:
    """The establishment or one unit, as YAML or JSON."""
    from rorcli.exchange import text_of, tidy
    from rorcli.reports.machine import dumps
    from rorcli.text.render import block

    # A file says what it means by its form, long or short; a store has no form.
    whole = tidy(held.establishment) if held.version else held.establishment
    unit = next((p.unit for p in whole.units() if placed and p.key == placed.key), None)
    if output == "yaml":
        return block(Unite, unit.to_data(), 0) if unit else text_of(whole)
    kind, data = ("unit", unit.to_data()) if unit else ("establishment", to_data(whole))
    head = {"schema": f"rorcli/{kind}/v1", "ok": True}
    return dumps({**head, "finess": whole.finess, "version": held.version, kind: data})


def codes(
    context: typer.Context,
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE",
            autocompletion=words_of(nomenclatures.TABLES),
            help="Nom de la table ; sans lui, leur liste.",
        ),
    ] = "",
    words: Annotated[
        list[str] | None, typer.Argument(metavar="MOTS", help="Mots du libellé, ou code.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Aussi les codes que le ROR n'emploie pas.")
    ] = False,
    output: Output = "text",
) -> int:
    """Cherche un code dans les nomenclatures du ROR.

    Exemples :
      rorcli codes
      rorcli codes activites gynécologie
      rorcli codes specialites SM19

    Une ligne par code : code, libellé, et s'il est fermé, depuis quand.
    """
    from rorcli.reports import lists
    from rorcli.reports.machine import dumps

    session: Session = context.obj
    terminal = session.terminal
    if not table:
        tables = [nomenclatures.table(name) for name in nomenclatures.TABLES]
        if output == "json":
            listed = [lists.table_data(each) for each in tables]
            terminal.write_text(dumps({"schema": "rorcli/tables/v1", "ok": True, "tables": listed}))
        else:
            terminal.write(map(lists.table_line, tables))
        return ExitCode.OK
    held = _table(table)
    found = [c for c in held.search(words or []) if everything or c.in_value_set]
    if output == "json":
        data = [lists.code_data(code, session.today) for code in found]
        terminal.write_text(dumps({"schema": "rorcli/codes/v1", "ok": True,
                                   "table": lists.table_data(held), "codes": data}))  # fmt: skip
    else:
        terminal.write(lists.code_line(code, session.today) for code in found)
    if not found:
        terminal.say("Aucun code trouvé." if everything else "Aucun code trouvé dans le ROR ; "
                     "--all cherche aussi dans les autres codes.")  # fmt: skip
    return ExitCode.OK


def _table(name: str) -> nomenclatures.Table:
    from difflib import get_close_matches

    if _TABLE.fullmatch(name):  # a name, not a path
        with suppress(KeyError):
            return nomenclatures.table(name)
    close = get_close_matches(name, nomenclatures.TABLES, n=1)
    hint = f"vouliez-vous dire {close[0]} ? " if close else ""
    raise UsageError(f"« {name} » n'est pas une table",
                     remedy=f"{hint}tables : {', '.join(nomenclatures.TABLES)}")  # fmt: skip
