"""The systems that are measured, each in an environment of its own, one process for the whole race."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bench.locked import locked_environment
from reconciler.local.environments import archive
from worker import bootstrap
from worker.seat import native

ROOT = Path(__file__).resolve().parents[2]
RIVALS_LOCK = ROOT / "bench" / "requirements-rivals.lock"
OURS, WITHOUT_ENHANCEMENT, RAPIDOCR, TESSERACT = "worker", "worker, not enhancing", "RapidOCR", "Tesseract"
NOT_ENHANCING: Mapping[str, Any] = {"enhance": False}
"""The payload's options that switch the enhancement off."""


class ReaderFailed(RuntimeError):
    """A reader died or answered nonsense; the message holds the end of what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """How one system's reader is started."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


def systems(state: Path, threads: int, report: Callable[[str], None], keep: Path | None) -> list[System]:
    """All of them, their environments made under `state` where they are not there yet."""
    worker, models = worker_environment(state / "environments", report)
    rivals = locked_environment(RIVALS_LOCK, "rivals", state / "bench", report)
    own = {"OCR_ENGINE": "onnx", "WORKER_THREADS": str(threads), "WORKER_MODELS_DIR": str(models)}
    shared = {name: value for name in ("PATH", "TESSDATA_PREFIX") if (value := os.environ.get(name))}
    shared |= {"HOME": "/nonexistent", "OMP_THREAD_LIMIT": str(threads), "OMP_NUM_THREADS": str(threads)}
    module = "bench.documents.readers."

    def ours(name: str, options: Mapping[str, Any], folder: Path | None) -> System:
        more = (str(folder),) if folder else ()
        command = (str(worker), "-m", f"{module}worker_reader", json.dumps(options), *more)
        return System(name=name, command=command, environment=shared | own | native(threads))

    return [
        ours(OURS, {}, keep),
        ours(WITHOUT_ENHANCEMENT, NOT_ENHANCING, None),
        System(
            name=RAPIDOCR, command=(str(rivals), "-m", f"{module}rapidocr_reader", str(threads)), environment=shared
        ),
        System(name=TESSERACT, command=(str(rivals), "-m", f"{module}tesseract_reader"), environment=shared),
    ]


def worker_environment(kept: Path, report: Callable[[str], None]) -> tuple[Path, Path]:
    """Python and models of the worker's own environment, unpacked below its archive; what older ones left goes."""
    packed = archive("onnx", kept, report)
    folder = kept / "unpacked" / packed.name
    for old in set(folder.parent.glob("*")) - {folder}:
        shutil.rmtree(old)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "unpacked").exists():
        bootstrap.unpack_archive(packed, folder, f"{sys.version_info.major}.{sys.version_info.minor}")
        (folder / "unpacked").touch()
    return folder / "venv" / "bin" / "python", folder / "models"


class Reader:
    """A running reader: asked for one picture at a time."""

    def __init__(self, system: System, process: "subprocess.Popen[str]", log: Path) -> None:
        self.name, self._process, self._log = system.name, process, log
        ready = self._line()
        self.declined: str | None = ready.get("declined")
        self.version: str = ready.get("version", "")

    def ask(self, picture: Path) -> dict[str, Any]:
        """The reader's answer; raises ReaderFailed."""
        self._stdin.write(f"{picture}\n")
        self._stdin.flush()
        return self._line()

    def close(self) -> int:
        """End the reader; returns the bytes of memory it held at its peak."""
        self._stdin.close()
        peak = int(self._line()["peak_bytes"])
        self._process.wait(60)
        return peak

    @property
    def _stdin(self) -> IO[str]:
        assert self._process.stdin
        return self._process.stdin

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise ReaderFailed(f"{self.name} ended:\n{self._log.read_text('utf-8', 'replace')[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def running(system: System, logs: Path) -> Iterator[Reader]:
    """The system's reader, ready; it is gone afterwards, however that comes."""
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{system.name.replace(', ', '-').replace(' ', '-').lower()}.log"
    with ExitStack() as stack:
        stderr = stack.enter_context(log.open("w"))
        process = stack.enter_context(
            subprocess.Popen(
                system.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                cwd=ROOT,
                env=dict(system.environment),
            )
        )
        stack.callback(process.kill)
        yield Reader(system, process, log)
