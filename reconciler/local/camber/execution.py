"""How one job runs: its command in a script, under bash, in a session of its own, with the exit code left in a file.

The exit code is written by the job's own outer shell and not by the scheduler, so a job outlives a scheduler that is
killed, and the next one still learns how it ended.
"""

import os
import secrets
import string
import subprocess
from pathlib import Path
from typing import NamedTuple

from reconciler.local.camber import mounts, node, processes, trees
from reconciler.local.camber.config import Config
from reconciler.local.camber.home import Home
from reconciler.local.camber.ledger import Job, Status
from reconciler.local.camber.processes import Identity

_OUTER_SHELL = 'bash "$1"; code=$?; echo $code > "$2.new" && mv "$2.new" "$2"'
_LETTERS = string.ascii_letters + string.digits
_UMASK = 0o022


class Ending(NamedTuple):
    """How and when a job's command ended."""

    status: Status
    at: float


def new_script_path() -> Path:
    """Where a job's script will stand: in a folder of its own in /tmp, named as mktemp names them."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(10))
    return Path(f"/tmp/tmp.{letters}/start_job.sh")  # noqa: S108  # where the node has it


def spawn(home: Home, config: Config, job: Job, script: Path) -> subprocess.Popen[bytes]:
    """Start the job's processes."""
    script.parent.mkdir(0o700)
    script.write_bytes(job.command + b"\n")
    node.prepare(home, job.id)
    work = mounts.mount(home, config, job)
    with home.log(job.id).open("ab", buffering=0) as log:
        return subprocess.Popen(
            [*_obedience(config), "/bin/sh", "-c", _OUTER_SHELL, "sh", script, home.exit_code(job.id)],
            cwd=work,
            env=node.environment(home, config, job.id),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            umask=_UMASK,
        )


def _obedience(config: Config) -> list[str]:
    """What keeps a job from writing to files that it may only read, where it runs as root."""
    if not config.read_only_files or os.geteuid() != 0:
        return []
    without = "-dac_override,-dac_read_search,-fowner"
    return ["setpriv", f"--bounding-set={without}", f"--inh-caps={without}", "--"]


def ending(home: Home, job: Job, now: float) -> Ending | None:
    """How the job ended, or None while it runs. One that left no exit code was killed."""
    leader = identity(job)
    is_alive = leader is not None and leader.is_alive
    file = home.exit_code(job.id)
    try:
        status = Status.COMPLETED if file.read_text("ascii").strip() == "0" else Status.FAILED
        return Ending(status, file.stat().st_mtime)
    except FileNotFoundError:
        return None if is_alive else Ending(Status.FAILED, now)


def clear(home: Home, config: Config, job: Job, grace_seconds: float = 0.0) -> None:
    """End what the job left running, give back its folder, and remove all but its log and its exit code."""
    processes.end(str(home.user_home(job.id)), identity(job), grace_seconds)
    mounts.unmount(home, config, job)
    if job.script is not None:
        trees.remove(Path(job.script).parent)
    for folder in (home.user_home(job.id), home.node(job.id)):
        trees.remove(folder)


def identity(job: Job) -> Identity | None:
    """The process that a job was recorded to be."""
    if job.pid is None or job.pid_start is None:
        return None
    return Identity(job.pid, job.pid_start)
