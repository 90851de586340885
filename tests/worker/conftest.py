"""The worker's own environments, built once by its bootstrap and kept for the next run."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.local.environments import archive
from tests.worker.object_store import ObjectStore, serving
from worker import bootstrap

ROOT = Path(__file__).parents[2]


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


def built(engine: str) -> Environment:
    """The engine's environment, built if this checkout has none yet, unpacked once; one at a time."""
    kept = ROOT / ".rythmiq" / "environments"
    packed = archive(engine, kept, lambda _: None)
    folder = kept / packed.stem
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "unpacked").exists():
            bootstrap.unpack_archive(packed, folder, f"{sys.version_info.major}.{sys.version_info.minor}")
            (folder / "unpacked").touch()
    return Environment(engine, packed, folder / "venv" / "bin" / "python", folder / "models")


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
