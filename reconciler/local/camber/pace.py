"""How long things take on the emulated Camber, and what follows from the seed."""

import os
import time
import zlib
from typing import NamedTuple

from reconciler.local.camber.config import Config

Range = tuple[float, float]

_NEVER: Range = (0.0, 0.0)
WARM_SECONDS = 600.0
"""For how long after a start the next job still finds a warm node."""
_FIRST_ID_MIN = 10_000
_FIRST_ID_SPREAD = 40_000


class Pace(NamedTuple):
    """Seconds that each act takes, from the shortest to the longest."""

    create: Range = _NEVER
    get: Range = _NEVER
    list: Range = _NEVER
    logs: Range = _NEVER
    me: Range = _NEVER
    stash: Range = _NEVER
    queue: Range = _NEVER
    """From creation until a free slot takes the job."""
    beyond: Range = _NEVER
    """What a job waits more that was created when all slots were taken."""
    cold: Range = _NEVER
    """What it waits for a node, after a pause."""
    cold_gpu: Range = _NEVER
    """What it waits for a node with a GPU."""
    crowded: Range = _NEVER
    """What it waits more where its folder holds very many files."""
    finish_quantum: float = 0.0
    """The end of a job is noticed by a poll with this period."""

    def faster(self, times: int) -> "Pace":
        """The same, with everything so many times shorter."""
        ranges = {name: (low / times, high / times) for name, (low, high) in self._ranges().items()}
        return Pace(**ranges, finish_quantum=self.finish_quantum / times)

    def _ranges(self) -> dict[str, Range]:
        return {name: value for name, value in self._asdict().items() if name != "finish_quantum"}


PROFILES = {
    "instant": Pace(),
    "fast": Pace(
        create=(0.05, 0.15),
        get=(0.01, 0.03),
        list=(0.01, 0.03),
        logs=(0.03, 0.08),
        me=(0.01, 0.03),
        stash=(0.01, 0.03),
        queue=(0.1, 0.4),
        cold=(0.5, 1.0),
        cold_gpu=(1.0, 2.0),
        crowded=(3.0, 5.0),
        finish_quantum=0.25,
    ),
    "real": Pace(
        create=(1.1, 2.1),
        get=(0.3, 1.0),
        list=(0.5, 1.2),
        logs=(1.0, 2.0),
        me=(0.3, 1.0),
        stash=(0.5, 1.2),
        queue=(3.0, 8.0),
        beyond=(150.0, 210.0),
        cold=(95.0, 110.0),
        cold_gpu=(2.0, 240.0),
        crowded=(1200.0, 2400.0),
        finish_quantum=5.0,
    ),
}


def of(config: Config) -> Pace:
    """The pace of the configured profile, so many times faster."""
    pace = PROFILES[config.profile]
    return pace if config.times_faster == 1 else pace.faster(config.times_faster)


def take(duration: Range, share: float = 1.0) -> None:
    """Let a call last as long as the real one does, or a share of that."""
    shortest, longest = duration
    if longest > 0:
        chance = int.from_bytes(os.urandom(2), "big") / 0x10000
        time.sleep(share * (shortest + (longest - shortest) * chance))


def queue_delay(config: Config, job_id: int, *, is_beyond: bool, is_cold: bool, with_gpu: bool) -> float:
    """How long this job waits before a free slot takes it: always the same for one seed."""
    pace = of(config)
    delays = [pace.queue]
    if is_beyond:
        delays.append(pace.beyond)
    if is_cold and config.cold_starts:
        delays.append(pace.cold_gpu if with_gpu else pace.cold)
    return sum(_within(delay, config.seed, job_id) for delay in delays)


def crowded_delay(config: Config, files: int) -> float:
    """What a job waits more because of the files in its folder."""
    is_crowded = config.crowded_files and files >= config.crowded_files
    return _within(of(config).crowded, config.seed, files) if is_crowded else 0.0


def noticed_end(config: Config, started_at: float, ended_at: float) -> float:
    """When the end of a job is noticed: at the next poll, counted from its start."""
    quantum = of(config).finish_quantum
    if quantum <= 0:
        return ended_at
    return started_at + -(-(ended_at - started_at) // quantum) * quantum


def next_id(config: Config, last_id: int | None) -> int:
    """The next number of the platform-wide counter. Other people's jobs leave gaps."""
    if last_id is None:
        return _FIRST_ID_MIN + int(_FIRST_ID_SPREAD * _draw(config.seed, 0))
    return last_id + 1 + max(0, int(6 * _draw(config.seed, last_id)) - 2)


def draw(seed: int, rule: int, number: int) -> float:
    """A number from 0 to below 1 that looks like chance, and is always the same for the same three."""
    # Similar texts have similar checksums, so their bits are mixed before they are compared with a probability.
    mixed = zlib.crc32(f"{seed}:{rule}:{number}".encode())
    for multiplier in (0x7FEB352D, 0x846CA68B):
        mixed = ((mixed ^ (mixed >> 15)) * multiplier) & 0xFFFFFFFF
    return (mixed ^ (mixed >> 16)) / 0x1_0000_0000


def _within(delay: Range, seed: int, number: int) -> float:
    shortest, longest = delay
    return shortest + (longest - shortest) * _draw(seed, number)


def _draw(seed: int, number: int) -> float:
    return zlib.crc32(f"{seed}:{number}".encode()) / 0x1_0000_0000
