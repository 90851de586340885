"""The worker's environment, built once from its own lock and kept as an archive."""

import fcntl
import hashlib
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from reconciler.objects.store import ObjectStore

WORKER = Path(str(files("worker")))
LOCKS = {"onnx": "requirements.lock", "paddle": "requirements-paddle.lock"}
BUILD_SECONDS_MAX = 1800
STATE = Path(".rythmiq")
"""Where all that is made on this machine stands, unless somebody says otherwise."""


class BuildFailed(RuntimeError):
    """The worker's environment could not be built; the message holds the end of what the build said."""


def archive(engine: str, folder: Path, report: Callable[[str], None]) -> Path:
    """The engine's archive in the folder, built if it is not there; `report` is told what the build is doing.

    One builder at a time; archives of older locks go when a new one is there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / archive_name(engine)
    with (folder / f"{engine}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _build(engine, target, report)
            for old in set(folder.glob(f"{engine}-*.tar*")) - {target}:
                if old.is_file():
                    old.unlink()
    return target


def archive_name(engine: str) -> str:
    """How the engine's archive is called: by all that makes it what it is."""
    return f"{engine}-{_inputs_hash(engine)[:24]}.tar.gz"


def _inputs_hash(engine: str) -> str:
    """Whatever changes the archive: the locks, the code that builds and lays out, the interpreter."""
    names = (LOCKS[engine], "requirements-models.lock", "bootstrap.py", "models.py")
    parts = [(WORKER / name).read_bytes() for name in names] + [sys.version.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _build(engine: str, target: Path, report: Callable[[str], None]) -> None:
    part = target.with_name(f"{target.name}.part")
    command = [_base_python(), str(WORKER / "bootstrap.py"), "build-archive"]
    command += ["--engine", engine, "--out", str(part), "--locks", str(WORKER)]
    said: list[str] = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace") as build:
        for line in build.stderr or ():
            said.append(line.rstrip())
            report(line.strip())
        code = build.wait(BUILD_SECONDS_MAX)
    if code != 0:
        raise BuildFailed("\n".join(["the worker's environment could not be built:", *said[-15:]]))
    part.rename(target)


def _base_python() -> str:
    """Never the daemon's own: the interpreter that its virtual environment was made from."""
    return str(getattr(sys, "_base_executable", sys.executable))


def publish_archive(store: ObjectStore, engine: str, file: Path) -> str:
    """Put the archive where runs fetch it, once for each content; returns its key. Raises ObjectsError."""
    key = f"environments/{engine}-{file_sha256(file)}-py3.{sys.version_info.minor}.tar.gz"
    head = store.head(key)
    if head is None or head.size_bytes != file.stat().st_size:
        store.put_file(key, file, "application/gzip")
    return key


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
