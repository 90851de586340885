"""The worker's own environments, built once by its bootstrap and kept for the next run."""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.worker.object_store import ObjectStore, serving
from worker import bootstrap

ROOT = Path(__file__).parents[2]
WORKER = ROOT / "worker"
_MADE_FROM = (
    "requirements.lock",
    "requirements-paddle.lock",
    "requirements-models.lock",
    "bootstrap.py",
    "models.py",
)


@dataclass(frozen=True)
class Environment:
    """An engine's environment: its archive, and the same unpacked."""

    engine: str
    archive: Path
    python: Path
    models: Path

    def variables(self) -> dict[str, str]:
        """What the worker is started with."""
        own = {"OCR_ENGINE": self.engine, "WORKER_THREADS": "2", "WORKER_MODELS_DIR": str(self.models)}
        return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"} | own

    def worker(
        self, *arguments: str, stdin: bytes = b"", more: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[bytes]":
        """Run `python -m worker` in the environment."""
        command = [str(self.python), "-m", "worker", *arguments]
        variables = self.variables() | dict(more or {})
        return subprocess.run(command, input=stdin, capture_output=True, env=variables, cwd=ROOT, timeout=500)


def environments_folder() -> Path:
    """Where environments are kept, by what they are made from."""
    made_from = b"".join((WORKER / name).read_bytes() for name in _MADE_FROM)
    return ROOT / ".rythmiq" / "environments" / hashlib.sha256(made_from).hexdigest()


def built(engine: str) -> Environment:
    """The engine's environment, built if this checkout has none yet; one builder at a time."""
    kept = environments_folder()
    folder = kept.with_name(f"{kept.name}-{engine}")
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / "environment.tar"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.exists():
            _build(engine, archive)
        if not (folder / "unpacked").exists():
            bootstrap.unpack_archive(archive, folder, f"{sys.version_info.major}.{sys.version_info.minor}")
            (folder / "unpacked").touch()
    return Environment(engine, archive, folder / "venv" / "bin" / "python", folder / "models")


def _build(engine: str, archive: Path) -> None:
    flags = ["--engine", engine, "--out", str(archive), "--locks", str(WORKER)]
    own_uv = f"env PYTHONPATH={ROOT / '.tools' / 'uv'} python3 -m uv"
    variables = dict(os.environ)
    if (ROOT / ".tools" / "uv").is_dir():
        variables.setdefault("UV", own_uv)
    subprocess.run(["python3", str(WORKER / "bootstrap.py"), "build-archive", *flags], check=True, env=variables)


@pytest.fixture(scope="session")
def environment() -> Callable[[str], Environment]:
    """Builds an engine's environment when it is first asked for."""
    made: dict[str, Environment] = {}

    def get(engine: str) -> Environment:
        if engine not in made:
            made[engine] = built(engine)
        return made[engine]

    return get


@pytest.fixture
def store() -> Iterator[ObjectStore]:
    """A new object store."""
    with serving() as one:
        yield one
