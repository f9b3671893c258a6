"""Many files judged, in as many processes as pay; results come in the order of the paths.

What cannot be opened is a UsageError among the results: no file hides another. Between processes
pass only paths, days and `Judged`s, so that nothing depends on how the system starts a process.
"""

from __future__ import annotations

import gc
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from heapq import merge
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rorcli.errors import UsageError
from rorcli.files import read_file
from rorcli.text.document import Document
from rorcli.validation import Finding, Judged, Panel, judge

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

# Enough work for a message between processes, little enough that all end at about the same time.
BATCH_BYTES = 250_000
# What one process judges while another starts (measured: benchmarks/RESULTS.md).
FORK_PAYS_BYTES, SPAWN_PAYS_BYTES = 1_000_000, 4_000_000
MOST_PROCESSES = 8
# Windows lets nobody interrupt a wait that has no end.
PATIENCE_S = 0.5
Result = tuple[str, Judged | UsageError]
Work = Callable[[str], Result]


class Terms(NamedTuple):
    """What files are judged by: the day, the rules set aside, further domains of MSSanté."""

    today: date
    ignored: frozenset[str] = frozenset()
    mssante: tuple[str, ...] = ()


def inspect(
    paths: Iterable[str | Path],
    given: Iterable[Document],
    terms: Terms,
    processes: int | None = None,
) -> Iterator[tuple[str, list[Finding] | UsageError]]:
    """What `validate_all` finds in files and Documents `given`, by path as shown, one at a time.

    `processes` is worked out from the size of the files, unless told.
    """
    held = {each.path: each for each in given}
    panel = Panel(lambda path: held.get(path) or read_file(Path(path)), terms.ignored)
    ours = ((path, judge(held[path], terms.today, terms.mssante)) for path in sorted(held))
    work = partial(_judge_file, terms=terms)
    theirs = _judge_files(sorted(map(str, paths)), work, processes)
    results: Iterable[Result] = merge(ours, theirs, key=itemgetter(0))
    for path, judged in results:
        try:
            yield path, judged if isinstance(judged, UsageError) else panel.conclude(judged)
        except UsageError as vanished:
            yield path, vanished


def _judge_files(paths: Sequence[str], work: Work, processes: int | None) -> Iterator[Result]:
    sizes = [_size(path) for path in paths]
    batches = deque(_batches(paths, sizes))
    processes = min(processes or _worth(sum(sizes)), len(batches))
    if processes > 1:
        yield from _judge_apart(batches, work, processes)
    for batch in batches:
        for path in batch:
            yield work(path)


def _judge_apart(batches: deque[list[str]], work: Work, processes: int) -> Iterator[Result]:
    """Takes from `batches` what other processes judge: all, unless they fail or cannot start."""
    from concurrent.futures import BrokenExecutor, ProcessPoolExecutor

    executor: Executor | None = None
    # Some desks have no semaphores or forbid new processes; some kill one that grows.
    with suppress(BrokenExecutor, OSError, ImportError, NotImplementedError):
        try:
            executor = ProcessPoolExecutor(processes, initializer=_begin)
            waiting: deque[Future[list[Result]]] = deque()
            while batches:
                # No more at once than keeps all busy: results do not pile up.
                for batch in islice(batches, len(waiting), 3 * processes):
                    waiting.append(executor.submit(_judge_batch, batch, work))
                results = _wait(waiting[0])
                batches.popleft()
                waiting.popleft()
                yield from results
        finally:
            if executor is not None:
                executor.shutdown(wait=False, cancel_futures=True)


def _wait(future: Future[list[Result]]) -> list[Result]:
    while True:
        with suppress(TimeoutError):
            return future.result(PATIENCE_S)


def _begin() -> None:
    """Ctrl-C is for the first process, which tells the others to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(50_000)


def _judge_batch(paths: Sequence[str], work: Work) -> list[Result]:
    return [work(path) for path in paths]


def _judge_file(path: str, terms: Terms) -> Result:
    try:
        return path, judge(read_file(Path(path)), terms.today, terms.mssante)
    except UsageError as error:
        return path, error


def _batches(paths: Sequence[str], sizes: Sequence[int]) -> Iterator[list[str]]:
    batch: list[str] = []
    held = 0
    for path, size in zip(paths, sizes, strict=True):
        batch.append(path)
        held += size
        if held >= BATCH_BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _size(path: str) -> int:
    """Bytes; 0 for what is not there any more, which reading will tell."""
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _worth(size: int) -> int:
    """How many processes pay for so many bytes."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    pays = FORK_PAYS_BYTES if os.name == "posix" else SPAWN_PAYS_BYTES
    return min(cores or 1, 1 + size // pays, MOST_PROCESSES)
