"""How much memory one daemon holds while it takes many jobs through the whole state machine, and what idling costs."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

import psutil

from bench.lifecycle.race import Course, idle, race

BATCH = 25
"""The default: what one pass of a duty holds grows with it."""
LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Megabytes resident: the median of the second quarter of the time, that of the last, and the most ever."""

    jobs: int
    jobs_a_second: float
    early_mb: float
    late_mb: float
    peak_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """A daemon with nothing to do: transactions a second, and the share of a core."""

    transactions_a_second: float
    core_share: float


def hold(jobs: int) -> Memory:
    """One daemon, so many jobs."""
    with _daemon_seen() as seen:
        outcome = race(Course(jobs=jobs, batch_max=BATCH))
    return memory(jobs, outcome.jobs_a_second, [resident for resident, _ in seen])


def memory(jobs: int, jobs_a_second: float, resident: Sequence[int]) -> Memory:
    """The figures of what was resident, in bytes, look by look."""
    quarter = len(resident) // 4
    early, late = median(resident[quarter : 2 * quarter]), median(resident[-quarter:])
    most = max(resident)
    return Memory(jobs=jobs, jobs_a_second=jobs_a_second, early_mb=early / 1e6, late_mb=late / 1e6, peak_mb=most / 1e6)


def rest() -> Idle:
    """What idling costs."""
    with _daemon_seen() as seen:
        transactions = idle()
    # Its start is not idling.
    (_, cpu_began), (_, cpu_ended) = seen[len(seen) // 3], seen[-1]
    share = (cpu_ended - cpu_began) / (LOOK_SECONDS * (len(seen) - 1 - len(seen) // 3))
    return Idle(transactions_a_second=transactions, core_share=share)


@contextmanager
def _daemon_seen() -> Iterator[list[tuple[int, float]]]:
    """Look at the daemon that is started inside, from outside: bytes resident and CPU seconds, look by look."""
    seen, over = list[tuple[int, float]](), threading.Event()

    def look() -> None:
        due = time.monotonic()
        while not over.wait(max(0.0, due - time.monotonic())):
            due += LOOK_SECONDS
            seen.extend(_figures())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        over.set()
        looking.join()


def _figures() -> list[tuple[int, float]]:
    """Of the daemon among our children, where there is one."""
    figures = []
    for child in psutil.Process().children():
        try:
            if child.cmdline()[-1:] == ["run"]:
                figures.append((child.memory_info().rss, sum(child.cpu_times()[:2])))
        except psutil.NoSuchProcess:
            continue
    return figures
