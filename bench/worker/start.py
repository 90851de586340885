"""What a run takes before its first document: an environment, imports, models, and the page that proves them."""

import hashlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.documents.systems import ROOT
from bench.worker.place import Place
from worker import bootstrap

LOCK = ROOT / "worker" / "requirements.lock"
_READY = """
import json, time
marks = [time.monotonic()]
from worker import pipeline, tools
from worker.settings import read_settings
import os
marks.append(time.monotonic())
loaded = tools.load(read_settings(os.environ))
marks.append(time.monotonic())
tools.check(loaded)
marks.append(time.monotonic())
print(json.dumps([later - earlier for earlier, later in zip(marks, marks[1:])]))
"""
STEPS = ("import", "load the models", "read the known page")
WITHOUT_PIP = "--without-pip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Seconds on the clock, and of processors, children's too."""

    seconds: float
    cpu_seconds: float


def environments(place: Place) -> dict[str, Spent]:
    """Each way to an environment, from nothing; uv and pip fetch what they install anew."""
    ways: Mapping[str, Callable[[Path], None]] = {
        "archive, unpacked": lambda folder: _unpacked(place.archive, folder),
        "install with uv": lambda folder: _installed(folder, [*_uv(), "pip", "install", "--quiet"], WITHOUT_PIP),
        "install with pip": lambda folder: _installed(folder, [], "--clear"),
    }
    spent: dict[str, Spent] = {}
    for name, way in ways.items():
        with TemporaryDirectory(prefix="rythmiq-bench-") as folder, _spending(spent, name):
            way(Path(folder))
    return spent


def ready(place: Place, rounds: int) -> dict[str, float]:
    """Seconds of the best of some starts, by step: of loading, disks and other programs only take away."""
    started = place.child()
    command = [str(place.python), "-c", _READY]
    times = []
    for _ in range(rounds):
        done = subprocess.run(command, env=dict(started.environment), cwd=ROOT, capture_output=True, check=True)
        times.append(json.loads(done.stdout))
    return dict(zip(STEPS, (min(step) for step in zip(*times, strict=True)), strict=True))


@contextmanager
def _spending(spent: dict[str, Spent], name: str) -> Iterator[None]:
    began, cpu_began = time.monotonic(), _cpu()
    yield
    spent[name] = Spent(seconds=time.monotonic() - began, cpu_seconds=_cpu() - cpu_began)


def _cpu() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _unpacked(archive: Path, folder: Path) -> None:
    with archive.open("rb") as packed:
        hashlib.file_digest(packed, "sha256")
    bootstrap.unpack_archive(archive, folder, f"{sys.version_info.major}.{sys.version_info.minor}")


def _uv() -> list[str]:
    return os.environ.get("UV", "uv").split()


def _installed(folder: Path, installer: list[str], venv_flag: str) -> None:
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", venv_flag, str(folder / "venv")], check=True)
    python = str(folder / "venv" / "bin" / "python")
    named = [*installer, "--python", python] if installer else [python, "-m", "pip", "install", "--quiet"]
    environment = os.environ | {"UV_CACHE_DIR": str(folder / "uv"), "PIP_NO_CACHE_DIR": "1"}
    flags = ["--no-deps", "--require-hashes", "-r", str(LOCK)]
    subprocess.run([*named, *flags], env=environment, check=True, capture_output=True)
