r"""Run CLI calls within hard limits and report how each ended.

A program of its own, so that the limits hold while the daemon is stopped or dead. It is started once; STDIN is a socket
on which the daemon hands over one socket for each call, and for each of them it forks a supervisor:

- The supervisor forks the process that is to become the CLI, and reads the request up to the end of the stream. Then
  it answers with a handle on itself, lets that process exec, and writes one report: a header line of eight fields, then
  the captured STDOUT, then the captured STDERR. The socket may be handed over long before the request is written.
- The CLI gets a session and a group of its own, a STDIN that holds `y\n` and ends; at the limit its group is killed.
- The boot clock is read right before exec: from the request's `boot_deadline` on nothing is started.
- If the supervisor dies, the kernel kills the CLI. If the daemon dies, the CLI may finish within its limit; if this
  program dies, so may the calls that run, because nothing of theirs passes through it.

A request or a report that is not whole is none, and the outcome of the call is unknown.
"""

import ctypes
import gc
import json
import os
import select
import signal
import socket
import time
from typing import NamedTuple

REPORT_VERSION = "1"
HELLO = b"\n"
ANSWERS = b"y\n"
PR_SET_PDEATHSIG = 1
# Stopping the daemon must not cut a `create` short, its limit bounds it anyway; nor must a daemon that is gone.
IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)
CHUNK_BYTES = 65536
# Poll does not count the time that the machine sleeps: how late the limit may be noticed after it woke up.
SLICE_MS = 100
# A process that SIGKILL does not end within this time hangs in the kernel; the report does not wait for it.
REAP_SECONDS = 5.0
DRAIN_SECONDS = 1.0


class Request(NamedTuple):
    """One call, as the daemon asks for it: seconds of the limit, and the boot clock's deadline or None."""

    argv: list[str]
    environment: dict[str, str]
    limit_seconds: float
    boot_deadline: float | None
    output_bytes_max: int


def boot_now() -> float:
    """Return seconds since boot, time asleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def serve() -> None:
    """Fork a supervisor for each call until the daemon closes its end, or is gone."""
    settle_signals()
    os.chdir("/")
    libc = ctypes.CDLL(None)
    gc.freeze()
    with socket.socket(fileno=os.dup(0)) as control:
        while True:
            data, ends, _, _ = socket.recv_fds(control, 1, 1)
            if not data:
                return
            for end in ends:
                # As received, it would reach the CLI, and whatever that leaves behind would keep the call open.
                os.set_inheritable(end, False)
                with socket.socket(fileno=end) as call:
                    fork_supervisor(control, call, libc)


def settle_signals() -> None:
    """Forget what was ignored or blocked around this program: a shell does that to what it runs behind it."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN if number in IGNORED else signal.SIG_DFL)
    # The kernel reaps the supervisors.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def fork_supervisor(control: socket.socket, call: socket.socket, libc: ctypes.CDLL) -> None:
    """Fork; the supervisor never comes back from here."""
    try:
        pid = os.fork()
    except OSError as error:
        report(call, "unstartable", error.errno or 0, boot_now(), None)
        return
    if pid == 0:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # Only the forker may answer for the control socket: its end is how the daemon learns of the forker's death.
        control.close()
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        # What Python has to say of an accident goes where the report is missed, and makes it no report.
        os.dup2(call.fileno(), 2)
        supervise(call, libc)


def supervise(call: socket.socket, libc: ctypes.CDLL) -> None:
    """Run one call and end with it."""
    # Forks are what takes time, so both are over when the request arrives.
    try:
        waiting, refused = prepare(libc), 0
    except OSError as error:
        waiting, refused = None, error.errno or 0
    text = b"".join(iter(lambda: call.recv(CHUNK_BYTES), b""))
    request = Request(**json.loads(text))
    # A daemon that gave up, or is gone, has closed its end: then this raises, and nothing is started.
    socket.send_fds(call, [HELLO], [os.pidfd_open(os.getpid())])
    started_at = boot_now()
    if waiting is None:
        report(call, "unstartable", refused, started_at, None)
    else:
        cli = waiting.launch(text, request.output_bytes_max)
        in_time = follow(cli, started_at + request.limit_seconds)
        cli.kill_group()
        status = cli.reap()
        cli.drain()
        report(call, *verdict(cli, status, in_time=in_time), started_at, cli)
    # There is nothing to tidy up, and tidying takes the interpreter three milliseconds.
    os._exit(0)


class Waiting(NamedTuple):
    """A child that becomes the CLI as soon as it is told the request, with our ends of its pipes."""

    pid: int
    request: int
    streams: list[int]

    def launch(self, text: bytes, bytes_max: int) -> "Cli":
        """Let it exec; a refusal to do so arrives on the first stream, which exec closes."""
        cli = Cli(self.pid, self.streams, bytes_max)
        try:
            with os.fdopen(self.request, "wb") as pipe:
                pipe.write(text)
        except BrokenPipeError:
            # It was killed; how it ended tells.
            pass
        return cli


class Cli:
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
        self.end = os.pidfd_open(pid)
        self.poller.register(self.end, select.POLLIN)

    def read(self, wait_ms: int) -> bool:
        """Take what is there, waiting at most `wait_ms` for something or the end; return whether anything was."""
        ready = [stream for stream, _ in self.poller.poll(wait_ms) if stream != self.end]
        for stream in ready:
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
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            # Before its setsid the child is no group yet; it is ours and unreaped, so its pid is still its own.
            os.kill(self.pid, signal.SIGKILL)

    def reap(self) -> int | None:
        """Return the wait status, or None if the process cannot be ended."""
        gives_up_at = boot_now() + REAP_SECONDS
        while boot_now() < gives_up_at:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return status
            time.sleep(0.001)
        return None


def prepare(libc: ctypes.CDLL) -> Waiting:
    """Fork the process that becomes the CLI: with a session, its streams, and a death bound to ours."""
    answers, wanted, refusal, out, err = os.pipe(), os.pipe(), os.pipe(), os.pipe(), os.pipe()
    os.write(answers[1], ANSWERS)
    os.close(answers[1])
    supervisor = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:
            os._exit(1)
        os.close(wanted[1])
        become(wanted[0], (answers[0], out[1], err[1]), refusal[1])
    for end in (answers[0], wanted[0], refusal[1], out[1], err[1]):
        os.close(end)
    return Waiting(pid, wanted[1], [refusal[0], out[0], err[0]])


def become(wanted: int, standard: tuple[int, int, int], refusal: int) -> None:
    """Turn this process into the CLI that is asked for, unless it is too late for that; never return."""
    for number, end in enumerate(standard):
        os.dup2(end, number)
    for number in IGNORED:
        # It would stay so across exec.
        signal.signal(number, signal.SIG_DFL)
    request = Request(**json.loads(b"".join(iter(lambda: os.read(wanted, CHUNK_BYTES), b""))))
    try:
        if request.boot_deadline is not None and boot_now() >= request.boot_deadline:
            os.write(refusal, b"late")
        else:
            os.execve(request.argv[0], request.argv, request.environment)  # noqa: S606  # a shell must not be here
    except OSError as error:
        os.write(refusal, b"%d" % (error.errno or 0))
    os._exit(127)


def follow(cli: Cli, ends_at: float) -> bool:
    """Read until the CLI has exited; return whether that was before the limit."""
    while not cli.exited():
        remaining = ends_at - boot_now()
        if remaining <= 0:
            return False
        cli.read(min(SLICE_MS, int(remaining * 1000) + 1))
    return True


def verdict(cli: Cli, status: int | None, *, in_time: bool) -> tuple[str, int]:
    """Name the ending, with the exit code, signal or errno that belongs to it."""
    refused = bytes(cli.kept[cli.streams[0]]).decode()
    if refused:
        return ("late", 0) if refused == "late" else ("unstartable", int(refused))
    if not in_time or status is None:
        return "timed_out", 0
    code = os.waitstatus_to_exitcode(status)
    return ("exited", code) if code >= 0 else ("signalled", -code)


def report(call: socket.socket, ending: str, code: int, started_at: float, cli: Cli | None) -> None:
    """Write the report; a daemon that is gone misses nothing that it could still use."""
    out, err = (bytes(cli.kept[stream]) for stream in cli.streams[1:]) if cli else (b"", b"")
    duration_ms = int((boot_now() - started_at) * 1000)
    lengths = (int(cli.cut if cli else 0), len(out), len(err))
    fields = ("camber-call", REPORT_VERSION, ending, code, duration_ms, *lengths)
    try:
        call.sendall(" ".join(map(str, fields)).encode() + b"\n" + out + err)
        # The daemon need not wait until this process is taken apart.
        call.shutdown(socket.SHUT_WR)
    except OSError:
        return


if __name__ == "__main__":
    serve()
