"""Small files of a state folder that only their owner may read: passwords, keys, ports."""

import os
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write the file whole or not at all, readable by its owner only."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.replace(path)


def read_or_none(path: Path) -> str | None:
    """Read the file; None when it does not exist."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return None


def tail(path: Path, bytes_max: int = 4000) -> str:
    """Read the end of a log, decoded with replacement; empty when it does not exist."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - bytes_max))
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
