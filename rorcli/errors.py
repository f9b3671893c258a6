"""Every way the program can fail, each with its exit code and what to do next.

Wrong data is never an exception: it is a finding, a refusal or an outcome. What is here stops a
command. Messages are French; `remedy` says the next step.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """What a script may rely on; the meaning of each is in `docs/guide.md`."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    CHANGES = 3
    AUTH = 4
    CONFLICT = 5
    PARTIAL = 6
    REFUSED = 7
    UNAVAILABLE = 8
    BUG = 70
    INTERRUPTED = 130


# When several codes apply to one run, the first of these wins.
PRECEDENCE = (
    ExitCode.INTERRUPTED, ExitCode.BUG, ExitCode.PARTIAL, ExitCode.USAGE, ExitCode.AUTH,
    ExitCode.CONFLICT, ExitCode.REFUSED, ExitCode.UNAVAILABLE, ExitCode.FINDINGS,
    ExitCode.CHANGES, ExitCode.OK,
)  # fmt: skip


def strongest(codes: Iterable[ExitCode]) -> ExitCode:
    """The one code that a run ends with; OK when there is none."""
    present = set(codes)
    return next((code for code in PRECEDENCE if code in present), ExitCode.OK)


class RorcliError(Exception):
    """Base of all: a French message, and the remedy to print below it."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(RorcliError):
    """The call or the settings are wrong; nothing was done."""


class DataError(RorcliError):
    """The data say no: an unknown FINESS, an edit that would add an error."""

    exit_code = ExitCode.FINDINGS


class RefusedError(RorcliError):
    """A guard fired, or the person answered no; nothing was written."""

    exit_code = ExitCode.REFUSED


class StoreError(RorcliError):
    """Base of what a store may raise; `exit_code` tells the kinds apart."""

    exit_code = ExitCode.UNAVAILABLE


class StoreConflictError(StoreError):
    """The store moved since it was read."""

    exit_code = ExitCode.CONFLICT


class StoreUnavailableError(StoreError):
    """Locked, or not to be reached, read or written: nothing is known to be written."""


class StoreDeniedError(StoreError):
    """The store wants a login, or another access profile."""

    exit_code = ExitCode.AUTH
