"""What `pull` and `load` tell of each establishment, on which stream, and their exit code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rorcli.errors import ExitCode, UsageError
from rorcli.exchange import Exchange, Status, exit_code
from rorcli.reports.lists import exchange_counts, exchange_data, exchange_line
from rorcli.reports.machine import dumps

if TYPE_CHECKING:
    from rorcli.cli.session import Session


class Report:
    """The account of one run; `kind` is the command, `unreadable` what could not be opened."""

    def __init__(
        self, session: Session, kind: str, output: str, unreadable: Sequence[UsageError] = ()
    ) -> None:
        self.session, self.kind, self.output = session, kind, output
        self.unreadable = [Exchange("", Path(), Status.REFUSED, each) for each in unreadable]
        self.done: list[Exchange] = []

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
