"""Where a secret could come to light, and a look at all of it: arguments, commands, rows, logs and what stays."""

import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, MetaData

SAMPLE_SECONDS = 0.01
# What a secret is kept in, and what is no text of ours: data files of the two servers, uploads, environments.
HOLDERS = {"identity.age", "camber.key", "platform.env", "s3.json", "password"}
UNREAD = {"environments", "data", "samples"}


@contextmanager
def watched_arguments(folder: Path) -> Iterator[set[str]]:
    """Collect the argument list of every process that belongs to the folder, for as long as the block lasts."""
    seen: set[str] = set()
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=(os.fsencode(folder), seen, over), daemon=True)
    watch.start()
    try:
        yield seen
    finally:
        over.set()
        watch.join()


def _watch(folder: bytes, seen: set[str], over: threading.Event) -> None:
    # A process is looked at anew whenever its arguments are new, since a fork shows its parent's.
    strangers: set[tuple[str, bytes]] = set()
    while not over.is_set():
        for pid in [entry.name for entry in os.scandir("/proc") if entry.name.isdigit()]:
            arguments = _read(pid, "cmdline")
            if (pid, arguments) in strangers:
                continue
            if folder in arguments or folder in _read(pid, "environ"):
                seen.add(arguments.replace(b"\0", b" ").decode("utf-8", "replace"))
            else:
                strangers.add((pid, arguments))
        time.sleep(SAMPLE_SECONDS)


def _read(pid: str, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        # It has ended, or is somebody else's.
        return b""


def camber_commands(folder: Path) -> list[str]:
    """Every command that the local Camber was ever given."""
    with closing(sqlite3.connect(folder / "camber" / "jobs.sqlite3")) as database:
        return [command.decode("utf-8", "replace") for (command,) in database.execute("SELECT command FROM jobs")]


def stored_values(engine: Engine) -> Iterator[tuple[str, str]]:
    """Every value of every row of every table, by the name of its column; compressed streams are unpacked."""
    known = MetaData()
    known.reflect(engine)
    with engine.connect() as connection:
        for table in known.sorted_tables:
            for row in connection.execute(table.select()).mappings():
                yield from ((f"{table.name}.{column}", _as_text(value)) for column, value in row.items())


def _as_text(value: Any) -> str:
    if not isinstance(value, bytes | memoryview):
        return str(value)
    data = bytes(value)
    # Not every column of bytes is compressed.
    with suppress(zlib.error):
        data = zlib.decompress(data)
    return data.decode("utf-8", "replace")


def kept_files(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file that stays behind, by its path: logs, stash folders, jobs' outputs, the report."""
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in UNREAD]
        for name in names:
            path = Path(root, name)
            if name not in HOLDERS and path.is_file():
                yield str(path.relative_to(folder)), path.read_bytes().decode("utf-8", "replace")


def leaks(wanted: Mapping[str, str], places: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of the wanted texts, by name, stands where."""
    return {(name, place) for place, text in places for name, secret in wanted.items() if secret in text}
