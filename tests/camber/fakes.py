"""Small programs that stand in for the CLI, and ways to watch processes come and go."""

import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_SECONDS = 20.0


def write_cli(folder: Path, body: str) -> Path:
    """Write an executable bash script called `camber`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "camber"
    path.write_text(f"#!/bin/bash\n{body}\n")
    path.chmod(0o755)
    return path


def await_until(fact: Callable[[], bool]) -> bool:
    """Poll for a fact, within bounds."""
    gives_up_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < gives_up_at:
        if fact():
            return True
        time.sleep(0.01)
    return False


def await_numbers(path: Path, count: int) -> list[int]:
    """Wait for a fake to have written so many lines of numbers, and return them."""
    assert await_until(lambda: path.exists() and path.read_text().count("\n") >= count), path
    return [int(line) for line in path.read_text().split()]


def is_gone(pid: int) -> bool:
    """Whether the process is over; a zombie that nobody reaps is."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"
