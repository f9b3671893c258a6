"""What `pull` and `load` tell of each establishment, on which stream, and their exit code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from rorcli.errors import DataError, ExitCode, RorcliError
from rorcli.exchange import Exchange, Status, exit_code
from rorcli.plurals import counted
from rorcli.reports.lists import exchange_counts, exchange_data, exchange_line
from rorcli.reports.machine import dumps

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.stores.fhir.bulk import ExportBag


class Report:
    """The account of one run; `kind` is the command, `unreadable` what could not be opened."""

    def __init__(
        self, session: Session, kind: str, output: str, unreadable: Sequence[RorcliError] = ()
    ) -> None:
        self.session, self.kind, self.output = session, kind, output
        self.unreadable: list[Exchange] = []
        self.add_unreadable(unreadable)
        self.done: list[Exchange] = []

    def add_unreadable(self, problems: Iterable[RorcliError]) -> None:
        """What else could not be read."""
        self.unreadable += (Exchange("", Path(), Status.REFUSED, each) for each in problems)

    def run(self, exchanges: Iterable[Exchange], total: int) -> None:
        """Goes through them all; after Ctrl-C, what was done is told before the program ends."""
        try:
            for each in self.session.terminal.progress(exchanges, total, "Établissement"):
                self.done.append(each)
        except KeyboardInterrupt:
            self.tell(whole=False)
            raise

    def tell(self, *, whole: bool = True) -> int:
        """What was done goes to stdout; what was so already, reasons, counts to stderr."""
        terminal = self.session.terminal
        every = [*self.done, *self.unreadable]
        code = exit_code(every)
        if self.output == "json":
            terminal.write_text(dumps(self._data(ok=whole and code is ExitCode.OK)))
        for each in self.done:
            if each.status is Status.UNCHANGED:
                terminal.say(exchange_line(each))
            elif self.output == "text":
                terminal.write([exchange_line(each)])
        for each in every:
            terminal.say(*(f"{each.finess} : {note}" for note in each.notes))
            if each.problem:
                terminal.error(each.problem)
        terminal.say(exchange_counts(every) or "Aucun établissement.")
        return code

    def _data(self, *, ok: bool) -> dict[str, object]:
        problems = [each.problem for each in self.unreadable if each.problem]
        return {
            "schema": f"rorcli/{self.kind}/v1",
            "ok": ok,
            "establishments": [exchange_data(each) for each in self.done],
            "unreadable": [{"message": e.message, "remedy": e.remedy} for e in problems],
        }


def load_exports(report: Report, targets: Iterable[Path], *, replacing: bool) -> None:
    """Loads bulk exports: all is put in order first, then each establishment is read and added."""
    from rorcli.exchange import load_export
    from rorcli.stores.fhir.bulk import ExportBag
    from rorcli.stores.fhir.ndjson import export_files

    files = [each for target in targets for each in export_files(target)]
    if not files:
        return
    session, bag = report.session, ExportBag()
    session.closes(bag)
    store = session.open_store(create=True)
    for _ in session.terminal.progress(bag.fill(files), 0, "Milliers de ressources lues :"):
        pass
    loading = load_export(bag, store, today=session.today, replacing=replacing)
    report.run(loading, bag.site_count())
    _tell_left_out(report, bag)


def _tell_left_out(report: Report, bag: ExportBag) -> None:
    """What of an export became no establishment, and where it stands."""
    from rorcli.stores.fhir.bulk import FAULTS_TOLD

    say = report.session.terminal.say
    orphans = bag.orphans()
    first = islice(orphans, FAULTS_TOLD)
    say(*(f"{each.path}:{each.line} : {each.message}" for each in first))
    if more := sum(1 for _ in orphans):
        say(f"… et {counted(more, 'autre ressource')} sans rattachement")
    if bag.others:
        say(f"Laissé de côté : {counted(bag.others, 'ressource')} d'un autre type")
    if bag.unnamed:
        say(f"Laissé de côté : {counted(bag.unnamed, 'établissement')} sans numéro FINESS")
    report.add_unreadable(
        DataError(f"{each.path}:{each.line} : {each.message}", remedy="la suite a été chargée")
        for each in bag.faults
    )
    if more := bag.fault_count - len(bag.faults):
        report.add_unreadable([DataError(f"… et {counted(more, 'autre ligne illisible')}")])
