"""Environments of others' programs, made by uv from a lock with hashes, once for each lock and interpreter."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


def locked_environment(lock: Path, name: str, kept: Path, report: Callable[[str], None]) -> Path:
    """The Python of the lock's environment, made under `kept` where it is not there yet."""
    digest = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    folder = kept / f"{name}-{digest[:24]}"
    python = folder / "bin" / "python"
    if not (folder / "made").exists():
        report(f"installing {lock.name} ...")
        uv = os.environ.get("UV", "uv").split()
        subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True)
        install = ["pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", str(lock)]
        subprocess.run([*uv, *install], check=True)
        (folder / "made").touch()
    return python
