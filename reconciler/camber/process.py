"""Find the CLI, run it under a supervisor, and read how it ended."""

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from reconciler.camber.forker import FORKER
from reconciler.camber.supervisor import Request

API_KEY = "CAMBER_API_KEY"
REPORT_MARK = b"camber-call 1"
HEADER_BYTES_MAX = 200
INHERITED = frozenset(
    ["PATH", "HOME", "LANG", "LANGUAGE", "SSL_CERT_FILE", "SSL_CERT_DIR"]
    + [name for proxy in ("http_proxy", "https_proxy", "all_proxy", "no_proxy") for name in (proxy, proxy.upper())]
)


class Ending(StrEnum):
    """How a call ended. Only `LATE` and `UNSTARTABLE` prove that the CLI never ran."""

    EXITED = "exited"
    SIGNALLED = "signalled"
    TIMED_OUT = "timed_out"
    LATE = "late"
    UNSTARTABLE = "unstartable"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A call that is over. `code` is the exit code, the signal or the errno; `cut` says that output was thrown away."""

    ending: Ending
    code: int
    duration_ms: int
    stdout: bytes = b""
    stderr: bytes = b""
    cut: bool = False


def boot_now() -> float:
    """Return the clock that create's deadline is read on: seconds since boot, time asleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def find_cli(explicit: Path | None, environment: Mapping[str, str]) -> Path | None:
    """Return the CLI's absolute path. A path that was asked for is never replaced by another one."""
    named = explicit or (Path(environment["CAMBER_BIN"]) if environment.get("CAMBER_BIN") else None)
    if named:
        found = shutil.which(named.expanduser().absolute())
    else:
        home = Path(environment.get("HOME", "/")) / ".camber" / "bin" / "camber"
        # A daemon's PATH seldom holds the folder that the installer writes into a shell's start-up file.
        found = shutil.which("camber", path=environment.get("PATH", "")) or shutil.which(home)
    return Path(found).absolute() if found else None


def cli_environment(inherited: Mapping[str, str], extra: Mapping[str, str], api_key: str | None) -> dict[str, str]:
    """Return the few variables the CLI needs: whatever else the daemon holds is none of its business."""
    kept = {
        name: value for name, value in inherited.items() if name in INHERITED or name.startswith(("LC_", "CAMBER_"))
    }
    return {**kept, **extra} | ({API_KEY: api_key} if api_key else {})


def run(
    argv: Sequence[str],
    *,
    environment: Mapping[str, str],
    limit_seconds: float,
    output_bytes_max: int,
    boot_deadline: float | None = None,
) -> Finished:
    """Run the CLI to its end, at most `limit_seconds`; never started from `boot_deadline` (boot clock) on."""
    request = Request(
        argv=list(argv),
        environment=dict(environment),
        limit_seconds=limit_seconds,
        boot_deadline=boot_deadline,
        output_bytes_max=output_bytes_max,
    )
    started_at = time.monotonic()
    try:
        data = FORKER.call(request)
    except OSError as error:
        return Finished(ending=Ending.UNSTARTABLE, code=error.errno or 0, duration_ms=0)
    waited_ms = int((time.monotonic() - started_at) * 1000)
    return read_report(data) or Finished(ending=Ending.LOST, code=0, duration_ms=waited_ms, stderr=data)


def read_report(data: bytes) -> Finished | None:
    """Return the call as reported, or None for a report that is not whole."""
    header, newline, streams = data.partition(b"\n")
    fields = header[:HEADER_BYTES_MAX].decode("ascii", "replace").split(" ")
    if not newline or not header.startswith(REPORT_MARK + b" ") or len(fields) != 8:
        return None
    code, duration_ms, cut, out_bytes, err_bytes = map(int, fields[3:])
    if len(streams) != out_bytes + err_bytes:
        return None
    return Finished(
        ending=Ending(fields[2]),
        code=code,
        duration_ms=duration_ms,
        stdout=streams[:out_bytes],
        stderr=streams[out_bytes:],
        cut=bool(cut),
    )


def inherited_environment() -> Mapping[str, str]:
    """Return the daemon's own environment, which `cli_environment` reduces."""
    return os.environ
