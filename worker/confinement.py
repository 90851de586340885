"""What a child may do to the machine it runs on: as little as can be had without being root. Linux."""

import ctypes
import os
import resource
import signal
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def confine() -> None:
    """Leave no core file, die with the parent, go first when memory ends, and leave signals of the group to it."""
    # A core file would hold the document.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    try:
        Path("/proc/self/oom_score_adj").write_text("1000")
    except OSError:
        # Some sandboxes keep /proc read-only. The parent watches the memory all the same.
        return


def limit_growth(room_bytes: int) -> None:
    """From now on at most so many bytes more can be allocated; a request above them fails inside this process.

    RLIMIT_DATA and not RLIMIT_AS: native libraries reserve address space by gigabytes and never touch it.
    """
    limit = _told_bytes("VmData") + room_bytes
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _told_bytes(name: str) -> int:
    """One of the kernel's figures of this process's memory; `VmData` is what counts against RLIMIT_DATA."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"the kernel does not tell {name}")


def resident_bytes(process_id: int) -> int:
    """The memory that a process holds at this moment, 0 once it is gone."""
    try:
        pages = Path(f"/proc/{process_id}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def peak_bytes() -> int:
    """The most memory that this process ever held."""
    # Not what getrusage says: there a child begins with what its parent held when it started it.
    try:
        return _told_bytes("VmHWM")
    except OSError:
        # Some sandboxes do not tell it.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
