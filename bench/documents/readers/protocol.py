"""How a reader is asked: a path on STDIN, a JSON line on STDOUT for each; at the end one line with its peak memory.

Standard library only. STDOUT is kept for answers: what libraries print goes to STDERR.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a system says of one picture. Seconds are of reading alone, the picture being decoded already.

    `texts` are its pieces of text in its own order; `quarter_turns` are how many quarters counter-clockwise it holds
    to make the picture upright, None if it does not say; `score` is its judgement of the picture's quality.
    """

    texts: list[str]
    text: str
    seconds: float
    cpu_seconds: float
    quarter_turns: int | None = None
    score: float | None = None
    fields: Mapping[str, str] | None = None
    stages: Mapping[str, float] | None = None


class Stopwatch:
    """Adds up the wall and CPU seconds of what runs under it; of CPU those of all threads."""

    def __init__(self) -> None:
        self.seconds = self.cpu_seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count what runs inside."""
        began, cpu_began = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - began
            self.cpu_seconds += time.process_time() - cpu_began


def serve(version: str, read: Callable[[Path], Answer]) -> None:
    """Answer until STDIN ends. What `read` raises ends the program: to fail is not to read badly."""
    answers = _own_channel()
    _say(answers, {"version": version})
    for line in sys.stdin:
        _say(answers, asdict(read(Path(line.rstrip("\n")))))
    _say(answers, {"peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024})


def decline(reason: str) -> None:
    """Say why this system cannot be measured here."""
    _say(_own_channel(), {"declined": reason})


def _own_channel() -> int:
    own = os.dup(1)
    os.dup2(2, 1)
    return own


def _say(channel: int, what: object) -> None:
    data = (json.dumps(what) + "\n").encode()
    while data:
        data = data[os.write(channel, data) :]
