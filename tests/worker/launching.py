"""Run folders, as the reconciler stages them, and the bootstrap run in them."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.worker.object_store import ObjectStore
from worker.contract import RunFile, run_json

WORKER = Path(__file__).parents[2] / "worker"
_SHIPPED = (".py", ".lock", ".png")


def bundle() -> bytes:
    """The worker's code as it travels."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as packed:
        for path in sorted(WORKER.rglob("*")):
            if path.suffix in _SHIPPED:
                packed.add(path, f"worker/{path.relative_to(WORKER)}")
    return out.getvalue()


def announced(store: ObjectStore, path: str, data: bytes) -> dict[str, Any]:
    """Put a file into the store; its link, size and SHA-256 as launch.json tells them."""
    store.objects[path] = data
    return {"url": store.url(path), "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


@dataclass(frozen=True)
class Started:
    """What a bootstrap said, and where its temporary folders lay."""

    code: int
    stdout: str
    stderr: str
    temporary: Path


def stage(folder: Path, launch: Mapping[str, Any] | None, run: RunFile | None) -> None:
    """Write the run folder's files."""
    folder.mkdir(exist_ok=True)
    shutil.copyfile(WORKER / "bootstrap.py", folder / "bootstrap.py")
    if launch is not None:
        (folder / "launch.json").write_text(json.dumps(launch))
    if run is not None:
        (folder / "run.json").write_text(json.dumps(run_json(run)))


def start(folder: Path, more: Mapping[str, str] | None = None) -> Started:
    """Run the bootstrap in its folder, by the machine's own Python."""
    temporary = folder.with_name("tmp")
    temporary.mkdir(exist_ok=True)
    variables = {"PATH": os.environ["PATH"], "TMPDIR": str(temporary), "HOME": "/nonexistent"} | dict(more or {})
    command = [getattr(sys, "_base_executable", sys.executable), "bootstrap.py"]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=500)
    return Started(done.returncode, done.stdout, done.stderr, temporary)
