"""The daemon's side of the supervisors: hand a call over, and hear how it ended."""

import array
import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from reconciler.camber import supervisor
from reconciler.camber.supervisor import Request

PROGRAM = (sys.executable, "-I", "-S", str(Path(supervisor.__file__)))
# What a supervisor may take on top of the call's limit: the kill, and handing over the report.
SUPERVISOR_SECONDS_MAX = 10.0
LAST_LOOK_SECONDS = 1.0
CHUNK_BYTES = 1024 * 1024


class Forker:
    """One process that forks a supervisor for each call; started when it is needed, and again when it is gone.

    A fork of it costs a millisecond where a fresh interpreter costs fifteen, and even that millisecond is spent ahead:
    between calls one supervisor waits for its request. Threads may share it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._spare: _Seat | None = None

    def call(self, request: Request) -> bytes:
        """Return the report of the call, or what came of it. Raises OSError where nothing was handed over."""
        seat = self._take_spare() or self._new_seat()
        with seat.ours as ours:
            _tell(ours, request)
            handle, report = _await_hello(ours)
            if handle is None:
                # Nothing else can be asked of it: a request that it still holds goes with it, and is never run.
                self._dismiss(seat.forker)
                return report
            with contextlib.closing(_Handle(handle)) as started:
                report += _await_report(ours, started, request.limit_seconds + SUPERVISOR_SECONDS_MAX)
        if self._spare is None:
            self._set_spare()
        return report

    def close(self) -> None:
        """End the process, if there is one; the next call starts another. The calls that run go on."""
        with self._lock:
            self._end()

    def _take_spare(self) -> "_Seat | None":
        with self._lock:
            seat, self._spare = self._spare, None
        if seat is None or seat.is_good():
            return seat
        # It died without a request, so a call by another one doubles nothing.
        seat.ours.close()
        return None

    def _set_spare(self) -> None:
        """Have the next call's supervisor forked. A call that is over is not spoilt by a failure to do so."""
        with contextlib.suppress(OSError):
            fresh = self._new_seat()
            with self._lock:
                surplus, self._spare = self._spare, fresh
            if surplus is not None:
                surplus.ours.close()

    def _new_seat(self) -> "_Seat":
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                return _Seat(ours=ours, forker=self._hand_over(theirs), owner=os.getpid())
        except OSError:
            ours.close()
            raise

    def _dismiss(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            # Another thread may have replaced it already.
            if process is self._process:
                self._end()

    def _hand_over(self, end: socket.socket) -> subprocess.Popen[bytes]:
        with self._lock:
            if not self._sent(end):
                # It was gone, so nothing was handed over, and doing so once more doubles nothing.
                self._end()
                self._start()
                if not self._sent(end):
                    raise BrokenPipeError("the supervisors' forker does not live")
            if self._process is None:
                raise AssertionError("a forker that took a call has a process")
            return self._process

    def _sent(self, end: socket.socket) -> bool:
        if self._control is None:
            return False
        try:
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [end.fileno()]))]
            return self._control.sendmsg([b"c"], rights, socket.MSG_NOSIGNAL) == 1
        except OSError:
            return False

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # One that takes nothing off its queue is as good as gone.
        ours.settimeout(SUPERVISOR_SECONDS_MAX / 2)
        try:
            with theirs:
                self._process = subprocess.Popen(
                    PROGRAM,
                    env={},
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
        except OSError:
            ours.close()
            raise
        self._control = ours

    def _end(self) -> None:
        if self._spare is not None:
            self._spare.ours.close()
            self._spare = None
        if self._control is not None and self._process is not None:
            self._control.close()
            self._process.kill()
            self._process.wait()
        self._control = self._process = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seat:
    """Our end of a socket whose other end was handed over: a supervisor waits there for a request, or soon will."""

    ours: socket.socket
    forker: subprocess.Popen[bytes]
    owner: int

    def is_good(self) -> bool:
        """Whether a request may still be written: the other end lives, and no fork of this process shares ours."""
        poller = select.poll()
        poller.register(self.ours, select.POLLIN)
        return not poller.poll(0) and self.owner == os.getpid()


class _Handle:
    """A supervisor that is under way. No other process can come to be meant by it, as with a pid."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    def close(self) -> None:
        os.close(self._descriptor)


def _tell(ours: socket.socket, request: Request) -> None:
    """Write the request and its end: only a whole one is run. What becomes of it, the other side says."""
    ours.settimeout(SUPERVISOR_SECONDS_MAX / 2)
    with contextlib.suppress(OSError):
        ours.sendall(json.dumps(request._asdict()).encode())
        ours.shutdown(socket.SHUT_WR)


def _await_hello(ours: socket.socket) -> tuple[int | None, bytes]:
    """Return the handle on the supervisor, and what came with it; without a handle nothing was run."""
    if not _readable(ours, SUPERVISOR_SECONDS_MAX / 2):
        return None, b""
    try:
        data, handles, _, _ = socket.recv_fds(ours, len(supervisor.HELLO), 1)
    except OSError:
        return None, b""
    if not handles:
        return None, data + _read(ours, LAST_LOOK_SECONDS)[0]
    os.set_inheritable(handles[0], False)
    return handles[0], b""


def _await_report(ours: socket.socket, handle: _Handle, seconds: float) -> bytes:
    report, whole = _read(ours, seconds)
    if whole:
        return report
    # The supervisor is stuck. Its death is the CLI's, by the kernel's hand.
    handle.kill()
    return report + _read(ours, LAST_LOOK_SECONDS)[0]


def _read(ours: socket.socket, seconds: float) -> tuple[bytes, bool]:
    """Return what came, and whether that was all of it."""
    gives_up_at = time.monotonic() + seconds
    data = bytearray()
    while _readable(ours, gives_up_at - time.monotonic()):
        try:
            chunk = ours.recv(CHUNK_BYTES)
        except OSError:
            return bytes(data), True
        if not chunk:
            return bytes(data), True
        data += chunk
    return bytes(data), False


def _readable(ours: socket.socket, seconds: float) -> bool:
    poller = select.poll()
    poller.register(ours, select.POLLIN)
    # The second look is for a daemon that was stopped for longer than its patience: the report may lie ready.
    return any(poller.poll(max(0.0, patience) * 1000) for patience in (seconds, LAST_LOOK_SECONDS))


FORKER = Forker()
"""The process's own: whoever calls the CLI shares it."""
atexit.register(FORKER.close)
