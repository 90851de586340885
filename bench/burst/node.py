"""A node whose work is replayed: it stands in a run's environment as its `sitecustomize`, beside `replay.json`.

The bootstrap, the worker and everything between it, the store and the log are real. Only what computes is not: laying
out the environment and the children take the time that was measured, and a child answers what was answered then.
Standard library only; here a process knows of itself only how it was started.
"""

import fcntl
import json
import os
import random
import socket
import sys
import time
from pathlib import Path
from threading import Thread
from typing import Any

_HERE = Path(__file__).parent
_QUANTUM_SECONDS = 0.05
_LOOK_SECONDS = 0.002


class Cores:
    """Processor time, shared as the plan says: every process has a core, or all of all nodes take turns on a few."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._times_faster: float = plan["times_faster"]
        # Cores that others use too are slower, not fewer.
        self._speed: float = plan["core_speed"] * self._times_faster
        self._locks = [os.open(name, os.O_RDWR | os.O_CREAT, 0o600) for name in plan["core_locks"]]

    def wait_until(self, began: float, seconds: float) -> None:
        """Let so much time pass since then, on the monotonic clock, as it passes on a network."""
        time.sleep(max(0.0, began + seconds / self._times_faster - time.monotonic()))

    def compute(self, seconds: float) -> None:
        """Use so many seconds of a core, a little at a time."""
        if not self._locks:
            time.sleep(seconds / self._speed)
            return
        left = seconds
        while left > 0:
            lock, began = self._taken(), time.monotonic()
            time.sleep(min(left, _QUANTUM_SECONDS) / self._speed)
            left -= (time.monotonic() - began) * self._speed
            fcntl.flock(lock, fcntl.LOCK_UN)

    def _taken(self) -> int:
        while True:
            for lock in random.sample(self._locks, len(self._locks)):
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                return lock
            time.sleep(_LOOK_SECONDS)


def lay_out(plan: dict[str, Any]) -> None:
    """Take as long as the real environment, which is decompressed, hashed and written out while it comes in."""
    cores, began = Cores(plan), time.monotonic()
    # Each has locks of its own: one that is open twice in a process is two.
    parts = [Thread(target=Cores(plan).compute, args=(seconds,)) for seconds in plan["environment_cpu_seconds"]]
    for part in parts:
        part.start()
    for part in parts:
        part.join()
    cores.wait_until(began, plan["environment_wait_seconds"])


def serve(plan: dict[str, Any], line: socket.socket) -> None:
    """Be a child of the worker until it hangs up."""
    cores = Cores(plan)
    cores.compute(plan["child_cpu_seconds"])
    line.sendall(message({"kind": "ready"}))
    stream = line.makefile("rb")
    while announced := stream.readline():
        order = json.loads(announced)
        for size in order["sizes"]:
            stream.read(size)
        known = plan["documents"][order["header"]["payload"]["input"]["original_filename"]]
        began = time.monotonic()
        line.sendall(message({"kind": "stage", "stage": "OCR"}))
        cores.compute(known["cpu_seconds"])
        took = {"timings": {"ocr": round((time.monotonic() - began) * 1000)}}
        line.sendall(message(known["header"] | took, [Path(name).read_bytes() for name in known["parts"]]))


def message(header: dict[str, Any], parts: list[bytes] | None = None) -> bytes:
    """As the worker's wire has it."""
    parts = parts or []
    announced = json.dumps({"header": header, "sizes": [len(part) for part in parts]}) + "\n"
    return b"".join([announced.encode(), *parts])


def main() -> None:
    """Find out what this process was started as."""
    words = sys.orig_argv[1:]
    if words[-2:] == ["-m", "worker"]:
        lay_out(_plan())
    elif words[-1:] == ["child"]:
        with socket.socket(fileno=os.dup(0)) as line:
            serve(_plan(), line)
        # Back from here, the interpreter would go on to start the real child.
        os._exit(0)


def _plan() -> dict[str, Any]:
    plan: dict[str, Any] = json.loads((_HERE / "replay.json").read_text())
    return plan


if __name__ == "sitecustomize":
    main()
