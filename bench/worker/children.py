"""The worker's children as they are, given documents by hand: what one takes of time, processor and memory."""

import os
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.worker.documents import Paper
from worker.contract import payload_json
from worker.wire import Incoming, Message

_PART = 1 << 20
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """What one document took, and what was answered."""

    name: str
    file_name: str
    seconds: float
    cpu_seconds: float
    answer: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One batch: children started side by side, then documents shared among them.

    Start-up is of the slowest child, its processor time of the mean one; `seconds` are from when all were ready until
    the last document was answered.
    """

    startup_seconds: float
    startup_cpu_seconds: float
    seconds: float
    peak_bytes: int
    worked: tuple[Worked, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """How a child is started."""

    command: Sequence[str]
    environment: Mapping[str, str]


class _Child:
    def __init__(self, started: Started) -> None:
        self._line, theirs = socket.socketpair()
        self._incoming = Incoming()
        self._began = time.monotonic()
        with theirs:
            self._process = subprocess.Popen(
                started.command,
                stdin=theirs.fileno(),
                stdout=2,
                stderr=subprocess.DEVNULL,
                env=dict(started.environment),
            )

    def await_ready(self) -> float:
        """Seconds from the start until the models have read the known page."""
        said = self._next().header
        assert said["kind"] == "ready", said
        return time.monotonic() - self._began

    def ask(self, paper: Paper, number: int) -> Worked:
        """Have it process one document."""
        header = {
            "kind": "document",
            "payload": payload_json(paper.payload(number)),
            "now": datetime.now(UTC).isoformat(),
        }
        began, cpu_began = time.monotonic(), self.cpu_seconds
        self._line.sendall(Message(header, (paper.data,)).encoded())
        answer = self._next()
        assert answer.header["kind"] == "done", answer.header
        return Worked(
            name=paper.name,
            file_name=paper.path.name,
            seconds=time.monotonic() - began,
            cpu_seconds=self.cpu_seconds - cpu_began,
            answer=answer,
        )

    @property
    def cpu_seconds(self) -> float:
        """Of all its threads, since its start."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def peak_bytes(self) -> int:
        """The most memory that it held."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

    def close(self) -> None:
        """Hang up; it leaves by itself."""
        self._line.close()
        self._process.wait(30)

    def _next(self) -> Message:
        while True:
            while (message := self._incoming.next()) is not None:
                if message.header.get("kind") != "stage":
                    return message
            data = self._line.recv(_PART)
            assert data, "the child ended"
            self._incoming.feed(data)


@contextmanager
def _running(started: Started) -> Iterator[_Child]:
    child = _Child(started)
    try:
        yield child
    finally:
        child.close()


def work(started: Started, papers: Sequence[Paper], processes: int) -> Shift:
    """Share the papers among so many children, each given the next one when it is done with the last."""
    left, all_ready = deque(enumerate(papers)), threading.Barrier(processes)
    lock, ready_at, done_at = threading.Lock(), list[float](), list[float]()

    def sit(_seat: int) -> tuple[float, float, int, list[Worked]]:
        # A child dies with the thread that started it.
        with _running(started) as child:
            startup, startup_cpu, worked = child.await_ready(), child.cpu_seconds, list[Worked]()
            all_ready.wait()
            ready_at.append(time.monotonic())
            while True:
                with lock:
                    if not left:
                        break
                    number, paper = left.popleft()
                worked.append(child.ask(paper, number))
            done_at.append(time.monotonic())
            return startup, startup_cpu, child.peak_bytes, worked

    with ThreadPoolExecutor(processes) as threads:
        seats = list(threads.map(sit, range(processes)))
    return Shift(
        startup_seconds=max(startup for startup, _, _, _ in seats),
        startup_cpu_seconds=sum(cpu for _, cpu, _, _ in seats) / processes,
        seconds=max(done_at) - min(ready_at),
        peak_bytes=max(peak for _, _, peak, _ in seats),
        worked=tuple(one for _, _, _, worked in seats for one in worked),
    )
