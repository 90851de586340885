"""What a job finds on its node: a clean environment and an interpreter that is not the daemon's."""

import os
import sys
from pathlib import Path
from shlex import quote

from reconciler.local.camber.config import Config
from reconciler.local.camber.errors import EmulatorError
from reconciler.local.camber.home import Home

_SYSTEM_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin")
_FORBIDDEN = ("camber", "camber-local")


def prepare(home: Home, job_id: int) -> None:
    """Lay out the node's interpreter and the job's fresh HOME.

    The interpreter is the one beneath ours, with a site of its own laid over it, so that what the job installs with pip
    goes with the job. Only `python3` and `python` come on PATH, not what pip installs: on a real node neither.
    """
    node = home.node(job_id)
    site = node / "site"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for folder in (home.user_home(job_id), node / "bin", site / "bin", site / "lib" / version / "site-packages"):
        folder.mkdir(parents=True, exist_ok=True)
    base = _base_interpreter()
    interpreter = site / "bin" / "python3"
    interpreter.symlink_to(base)
    (site / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = true\n", "utf-8")
    for name in ("python3", "python"):
        wrapper = node / "bin" / name
        wrapper.write_text(f'#!/bin/sh\nexec {quote(str(interpreter))} "$@"\n', "utf-8")
        wrapper.chmod(0o755)


def environment(home: Home, config: Config, job_id: int) -> dict[str, str]:
    """All variables that a job starts with."""
    return {
        **config.node_environment,
        "HOME": str(home.user_home(job_id)),
        "JOB_ID": str(job_id),
        "PATH": os.pathsep.join([str(home.node(job_id) / "bin"), *_system_folders()]),
    }


def _base_interpreter() -> Path:
    base: str | None = getattr(sys, "_base_executable", None)
    if not base or not Path(base).is_file():
        raise EmulatorError(f"no interpreter is known beneath {sys.executable}")
    return Path(base).resolve()


def _system_folders() -> list[str]:
    """The folders of the host's own programs; one that holds the tool is left out, as no node has it."""
    return [folder for folder in _SYSTEM_FOLDERS if not any(Path(folder, name).exists() for name in _FORBIDDEN)]
