"""What `pull` and `load` tell of each establishment, on which stream, and their exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rorcli.errors import ExitCode, UsageError
from rorcli.exchange import Exchange, Status, exit_code
from rorcli.reports.lists import exchange_counts, exchange_data, exchange_line
from rorcli.reports.machine import dumps

if TYPE_CHECKING:
    from rorcli.cli.session import Session


def report_exchanges(
    session: Session,
    done: list[Exchange],
    kind: str,
    output: str,
    unreadable: Sequence[UsageError] = (),
) -> int:
    """What was done goes to stdout; what was so already, reasons and counts to stderr."""
    terminal = session.terminal
    closed = [Exchange("", Path(), Status.REFUSED, error) for error in unreadable]
    code = exit_code([*done, *closed])
    if output == "json":
        data = {
            "schema": f"rorcli/{kind}/v1",
            "ok": code is ExitCode.OK,
            "establishments": [exchange_data(each) for each in done],
            "unreadable": [{"message": e.message, "remedy": e.remedy} for e in unreadable],
        }
        terminal.write_text(dumps(data))
    for each in done:
        if each.status is Status.UNCHANGED:
            terminal.say(exchange_line(each))
        elif output == "text":
            terminal.write([exchange_line(each)])
    for each in [*done, *closed]:
        if each.problem:
            terminal.error(each.problem)
    terminal.say(exchange_counts([*done, *closed]))
    return code
