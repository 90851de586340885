"""Where the worker runs when it is measured: its own environment, unpacked, as a run has it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.documents.systems import ROOT, worker_environment
from bench.worker.children import Started
from reconciler.local.environments import archive
from worker.seat import native

STATE = Path(".rythmiq")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The environment's archive, and its Python and models unpacked."""

    archive: Path
    python: Path
    models: Path

    def child(self, threads: int = 1) -> Started:
        """How the worker starts a child in it."""
        variables = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONNOUSERSITE": "1", "OCR_ENGINE": "onnx"}
        variables |= {"WORKER_THREADS": str(threads), "WORKER_MODELS_DIR": str(self.models)}
        command = (str(self.python), str(ROOT / "worker" / "worker.py"), "child")
        return Started(command=command, environment=variables | native(threads))


def place(report: Callable[[str], None]) -> Place:
    """The environment of ONNX Runtime, built where it is not there yet."""
    kept = (STATE / "environments").resolve()
    python, models = worker_environment(kept, report)
    return Place(archive=archive("onnx", kept, report), python=python, models=models)
