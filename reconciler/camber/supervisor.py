r"""Run one CLI call within hard limits and report how it ended.

A program of its own, with the arguments `LIMIT_SECONDS BOOT_DEADLINE OUTPUT_BYTES_MAX CLI ...`, so that the limits hold
while the daemon is stopped or dead. It imports little and is imported itself, not run as a script, to be compiled only
once: every CLI call pays its start.

- The CLI gets a session and a group of its own, a STDIN that holds `y\n` and ends; at the limit its group is killed.
- The boot clock is read right before exec: from `BOOT_DEADLINE` on (seconds, or `-`) nothing is started.
- If this program dies, the kernel kills the CLI. If the daemon dies, the CLI may finish within its limit.

STDOUT carries one report: a header line of eight fields, then the captured STDOUT, then the captured STDERR. A report
that is not whole is no report, and the outcome of the call is unknown.
"""

# `signal` wraps this module in enums, which would cost five milliseconds of every call.
import _signal as signals  # type: ignore[import-not-found]  # private, so without stubs
import ctypes
import os
import select
import sys
import time

REPORT_VERSION = "1"
ANSWERS = b"y\n"
PR_SET_PDEATHSIG = 1
STOP_SIGNALS = (signals.SIGINT, signals.SIGTERM, signals.SIGHUP)
CHUNK_BYTES = 65536
# How late an exit may be noticed while something else still holds the streams open.
SLICE_MS = 100
# The streams have ended, so the exit is a matter of microseconds.
LAST_SLICE_MS = 2
# A process that SIGKILL does not end within this time hangs in the kernel; the report does not wait for it.
REAP_SECONDS = 5.0
DRAIN_SECONDS = 1.0


def boot_now() -> float:
    """Return seconds since boot, time asleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Call:
    """The running CLI: its pid and what it has written so far, each stream up to `bytes_max`."""

    def __init__(self, pid: int, streams: list[int], bytes_max: int) -> None:
        self.pid = pid
        self.streams = streams
        self.bytes_max = bytes_max
        self.kept = {stream: bytearray() for stream in streams}
        self.cut = False
        self.poller = select.poll()
        self.open = set(streams)
        for stream in streams:
            self.poller.register(stream, select.POLLIN)

    def read(self, wait_ms: int) -> bool:
        """Take what is there, waiting at most `wait_ms` for something; return whether anything was."""
        ready = self.poller.poll(wait_ms)
        for stream, _ in ready:
            self._take(stream, os.read(stream, CHUNK_BYTES))
        return bool(ready)

    def drain(self) -> None:
        """Take what was written before the end and is still in the pipes; something that got away may still write."""
        gives_up_at = boot_now() + DRAIN_SECONDS
        while self.open and boot_now() < gives_up_at and self.read(0):
            pass

    def _take(self, stream: int, chunk: bytes) -> None:
        room = self.bytes_max - len(self.kept[stream])
        self.kept[stream] += chunk[:room]
        self.cut = self.cut or len(chunk) > room
        if not chunk:
            self.poller.unregister(stream)
            self.open.discard(stream)

    def exited(self) -> bool:
        """Look without reaping: while the zombie stands, its group's number cannot be given to anyone else."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def kill_group(self) -> None:
        """Kill the CLI and whatever it left behind in its group."""
        try:
            os.killpg(self.pid, signals.SIGKILL)
        except (ProcessLookupError, PermissionError):
            # Before its setsid the child is no group yet; it is ours and unreaped, so its pid is still its own.
            os.kill(self.pid, signals.SIGKILL)

    def reap(self) -> int | None:
        """Return the wait status, or None if the process cannot be ended."""
        gives_up_at = boot_now() + REAP_SECONDS
        while boot_now() < gives_up_at:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return status
            time.sleep(0.001)
        return None


def main() -> None:
    """Run the call that the arguments describe, and report."""
    for number in STOP_SIGNALS:
        # Stopping the daemon must not cut a `create` short: the limit bounds it anyway.
        signals.signal(number, signals.SIG_IGN)
    limit_seconds, deadline, bytes_max = float(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    started_at = boot_now()
    try:
        call = launch(sys.argv[4:], None if deadline == "-" else float(deadline), bytes_max)
    except OSError as error:
        report("unstartable", error.errno or 0, started_at, None)
        return
    in_time = follow(call, started_at + limit_seconds)
    call.kill_group()
    status = call.reap()
    call.drain()
    report(*verdict(call, status, in_time=in_time), started_at, call)


def launch(argv: list[str], boot_deadline: float | None, bytes_max: int) -> Call:
    """Fork and exec the CLI; a refusal to do so arrives on the first stream, which exec closes."""
    answers, refusal, out, err = os.pipe(), os.pipe(), os.pipe(), os.pipe()
    os.write(answers[1], ANSWERS)
    os.close(answers[1])
    libc = ctypes.CDLL(None)
    supervisor = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        libc.prctl(PR_SET_PDEATHSIG, signals.SIGKILL)
        if os.getppid() != supervisor:
            os._exit(1)
        become(argv, boot_deadline, (answers[0], out[1], err[1]), refusal[1])
    for end in (answers[0], refusal[1], out[1], err[1]):
        os.close(end)
    return Call(pid, [refusal[0], out[0], err[0]], bytes_max)


def become(argv: list[str], boot_deadline: float | None, standard: tuple[int, int, int], refusal: int) -> None:
    """Turn this process into the CLI, unless it is too late for that; never return."""
    for number, end in enumerate(standard):
        os.dup2(end, number)
    # What is ignored stays so across exec: Python ignores some, and a shell ignores others for what it runs behind it.
    for number in signals.valid_signals() - {signals.SIGKILL, signals.SIGSTOP}:
        signals.signal(number, signals.SIG_DFL)
    signals.pthread_sigmask(signals.SIG_SETMASK, [])
    try:
        if boot_deadline is not None and boot_now() >= boot_deadline:
            os.write(refusal, b"late")
        else:
            os.execv(argv[0], argv)  # noqa: S606  # a shell is what must not be here
    except OSError as error:
        os.write(refusal, b"%d" % (error.errno or 0))
    os._exit(127)


def follow(call: Call, ends_at: float) -> bool:
    """Read until the CLI has exited; return whether that was before the limit."""
    while not call.exited():
        remaining = ends_at - boot_now()
        if remaining <= 0:
            return False
        # Short slices, because poll does not count the time that the machine sleeps.
        call.read(min(SLICE_MS if call.open else LAST_SLICE_MS, int(remaining * 1000) + 1))
    return True


def verdict(call: Call, status: int | None, *, in_time: bool) -> tuple[str, int]:
    """Name the ending, with the exit code, signal or errno that belongs to it."""
    refused = bytes(call.kept[call.streams[0]]).decode()
    if refused:
        return ("late", 0) if refused == "late" else ("unstartable", int(refused))
    if not in_time or status is None:
        return "timed_out", 0
    code = os.waitstatus_to_exitcode(status)
    return ("exited", code) if code >= 0 else ("signalled", -code)


def report(ending: str, code: int, started_at: float, call: Call | None) -> None:
    """Write the report and end; a daemon that is gone misses nothing that it could still use."""
    out, err = (bytes(call.kept[stream]) for stream in call.streams[1:]) if call else (b"", b"")
    duration_ms = int((boot_now() - started_at) * 1000)
    fields = (
        "camber-call",
        REPORT_VERSION,
        ending,
        code,
        duration_ms,
        int(call.cut if call else 0),
        len(out),
        len(err),
    )
    try:
        sys.stdout.buffer.write(" ".join(map(str, fields)).encode() + b"\n" + out + err)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os._exit(1)
    # There is nothing to tidy up, and tidying takes the interpreter three milliseconds.
    os._exit(0)
