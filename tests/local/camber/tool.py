"""The executable under test, in one home."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

EXECUTABLE = str(Path(sys.executable).parent / "camber-local")
_WAIT_SECONDS_MAX = 60.0
_POLL_SECONDS = 0.05

Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    home: Path
    environ: dict[str, str] = field(default_factory=dict)
    executable: str = EXECUTABLE

    def run(self, *arguments: str, answer: str = "", **environ: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [self.executable, *arguments],
            input=answer.encode(),
            env=self._environ(environ),
            capture_output=True,
            check=False,
        )

    def launch(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [self.executable, *arguments], env=self._environ({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def out(self, *arguments: str, answer: str = "") -> str:
        done = self.run(*arguments, answer=answer)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.decode()

    def configure(self, **knobs: object) -> None:
        self.out("emulator", "configure", *(f"--{key.replace('_', '-')}={value}" for key, value in knobs.items()))

    def plan(self, *rules: dict[str, object], seed: int = 1) -> None:
        """Put a plan of faults in force."""
        self.out("emulator", "faults", "-", answer=json.dumps({"seed": seed, "faults": rules}))

    def fired(self) -> list[int]:
        """How often each rule of the plan came true."""
        return [rule["fired"] for rule in json.loads(self.out("emulator", "faults"))]

    def create(self, command: str, path: str = "stash://local/folder/", *more: str) -> int:
        shown = self.out("job", "create", "--cmd", command, "--path", path, *more)
        found = re.search(r"^Job ID: (\d+)$", shown, re.MULTILINE)
        assert found, shown
        return int(found[1])

    def listed(self, *more: str) -> list[int]:
        """The ids that `job list` shows."""
        page = json.loads(self.out("job", "list", "--output", "json", *more))
        return [job["job_id"] for job in page["jobs"]]

    def job(self, job_id: int) -> dict[str, Any]:
        job: dict[str, Any] = json.loads(self.out("job", "get", str(job_id), "--output", "json"))
        return job

    def status(self, job_id: int) -> str:
        return str(self.job(job_id)["job_status"])

    def logs(self, job_id: int) -> str:
        return self.out("job", "logs", str(job_id))

    def until(self, job_id: int, *statuses: str) -> str:
        return eventually(lambda: self.status(job_id), lambda status: status in statuses)

    def finished(self, job_id: int) -> str:
        return self.until(job_id, "COMPLETED", "FAILED", "CANCELLED")

    def ran(self, command: str, *more: str) -> str:
        """What a command that is run to its end writes."""
        job_id = self.create(command, "stash://local/folder/", *more)
        self.finished(job_id)
        return self.logs(job_id)

    def emulator(self) -> dict[str, Any]:
        shown: dict[str, Any] = json.loads(self.out("emulator", "status"))
        return shown

    def stash(self, inside: str = "") -> Path:
        return self.home / "stash" / "local" / inside

    def end_idle_scheduler(self) -> None:
        """End a scheduler that has no jobs left, without the cost of the tool's own stop."""
        if len(pids := self.processes()) == 1:
            os.kill(pids[0], signal.SIGTERM)
            eventually(lambda: not self.processes())

    def has_unfinished_jobs(self) -> bool:
        """Whether a job has, or is about to have, a process that only the tool's own stop takes away."""
        ledger = self.home / "jobs.sqlite3"
        if not ledger.exists():
            return False
        with contextlib.closing(sqlite3.connect(ledger)) as database:
            return bool(database.execute("SELECT 1 FROM jobs WHERE status IN ('PENDING', 'RUNNING')").fetchone())

    def processes(self) -> list[int]:
        """All that belongs to this home: its scheduler and its jobs."""
        return [
            int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and self._owns(int(entry.name))
        ]

    def _owns(self, pid: int) -> bool:
        try:
            entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        home = str(self.home).encode()
        ours = any(entry.startswith((b"CAMBER_LOCAL_HOME=" + home, b"HOME=" + home)) for entry in entries)
        return ours and state not in "ZX"

    def _environ(self, more: dict[str, str]) -> dict[str, str]:
        basic = {"PATH": os.environ["PATH"], "CAMBER_LOCAL_HOME": str(self.home), "CAMBER_API_KEY": "a-key"}
        return {**basic, **self.environ, **more}


def eventually(look: Callable[[], Seen], is_it: Callable[[Seen], bool] = bool) -> Seen:
    """Look until it is so; there is a deadline."""
    deadline = time.monotonic() + _WAIT_SECONDS_MAX
    while not is_it(seen := look()):
        assert time.monotonic() < deadline, f"never happened; last seen: {seen!r}"
        time.sleep(_POLL_SECONDS)
    return seen


def all_done(processes: Iterable[subprocess.Popen[bytes]]) -> list[str]:
    """What each process wrote to standard output; all must have worked."""
    shown = []
    for process in processes:
        out, err = process.communicate(timeout=_WAIT_SECONDS_MAX)
        assert process.returncode == 0, err
        shown.append(out.decode())
    return shown
