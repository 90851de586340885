"""Which part of the machine's cores was left to a course, while others used it too."""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import psutil

LOOK_SECONDS = 1.0
AT_WORK_CORES = 0.3
"""Below this the course waits for Camber, and what others take then takes nothing from it."""


@dataclass(frozen=True, slots=True)
class Look:
    """Cores in use between two looks: by the course's own processes, and by all others."""

    ours: float
    others: float


@contextmanager
def watched(folder: Path) -> Iterator[list[Look]]:
    """Look once a second at who uses the cores; the course's processes are known by its folder."""
    looks, over = list[Look](), threading.Event()
    watching = threading.Thread(target=_watch, args=(str(folder), looks, over))
    watching.start()
    try:
        yield looks
    finally:
        over.set()
        watching.join()


def cores_left(looks: Sequence[Look], cores: int) -> float:
    """How many cores the course could have had while it was at work; all of them where it never was."""
    at_work = [cores - look.others for look in looks if look.ours >= AT_WORK_CORES]
    return max(0.1, mean(at_work)) if at_work else float(cores)


def _watch(folder: str, looks: list[Look], over: threading.Event) -> None:
    known: dict[int, bool] = {}
    spent: dict[int, float] = {}
    at, busy, ours = time.monotonic(), _busy_seconds(), _spent(folder, known, spent)
    while not over.wait(LOOK_SECONDS):
        later, more_busy, more_ours = time.monotonic(), _busy_seconds(), _spent(folder, known, spent)
        took = later - at
        own = (more_ours - ours) / took
        looks.append(Look(ours=own, others=max(0.0, (more_busy - busy) / took - own)))
        at, busy, ours = later, more_busy, more_ours


def _spent(folder: str, known: dict[int, bool], spent: dict[int, float]) -> float:
    """Processor seconds of all processes of the course so far, those included that have ended."""
    for process in psutil.process_iter():
        try:
            if process.pid not in known:
                known[process.pid] = _is_ours(process, folder)
            if known[process.pid]:
                times = process.cpu_times()
                spent[process.pid] = times.user + times.system
        except psutil.Error:
            continue
    return sum(spent.values())


def _is_ours(process: psutil.Process, folder: str) -> bool:
    if process.pid == os.getpid() or os.getpid() in (parent.pid for parent in process.parents()):
        return True
    return any(folder in word for word in (*process.cmdline(), *process.environ().values(), process.cwd()))


def _busy_seconds() -> float:
    """Of all cores together, since the machine started."""
    user, nice, system, _idle, _waiting, interrupts, soft, stolen, *_ = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    )
    return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")
