"""One child as its parent sees it: started, given a document, watched, ended where it must be, and replaced.

A child is a clean process, never a fork of one that has loaded native libraries. It is watched from outside, because
one that is stuck in native code, or has lost its memory, can no longer look after itself.
"""

import contextlib
import logging
import select
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from worker.confinement import resident_bytes
from worker.contract import (
    ErrorCode,
    Failed,
    Payload,
    PortalFile,
    Reader,
    Stage,
    payload_json,
    read_failed,
    read_portal,
)
from worker.faults import DocumentFault, EngineError
from worker.settings import SECRETS, Settings
from worker.stages import too_late
from worker.wire import Incoming, Message, WireError

LOOK_SECONDS = 0.05
"""Between two looks at a child's memory; in this time it can take some 100 MB more."""
HANGS_UP_SECONDS = 5.0
"""How long a child may take to leave once its line is closed, before it is ended."""
STARTS_MAX = 2
"""Tries at starting a child before the seat is given up."""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(256 << 20)}
"""What the C library keeps instead of giving it back: every layer of a network asks for the same again, and getting it
from the kernel page by page took a tenth of the time. Larger pieces, as of large pictures, are given back at once."""
_PART = 1 << 20
_MB = 1 << 20
_log = logging.getLogger("worker.seat")


def native(threads: int) -> dict[str, str]:
    """The variables by which a child's native libraries are told how many threads they have, and what to keep.

    They would count the host's cores, which a container does not have, and keep memory for each.
    """
    return dict.fromkeys(_THREADS, str(threads)) | _MEMORY


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a child made of a document: the files to store, the findings as UTF-8 JSON, and figures for the frame."""

    quality_score: float
    ocr_confidence: float
    figures: PortalFile
    filename: str
    warnings: tuple[str, ...]
    findings: bytes
    preview: bytes
    portal: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A document's outcome so far, and the milliseconds that its stages took in the child."""

    outcome: Made | Failed
    timings: Mapping[str, int]


class _Lost(Exception):
    """The child is gone, or had to be ended, in the middle of something."""

    def __init__(self, fault: DocumentFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class Seat:
    """A place for one child at a time; used by one thread."""

    def __init__(self, settings: Settings, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """`command` starts a child; secrets are taken out of its `environment`."""
        self._settings, self._command = settings, command
        kept = {name: value for name, value in environment.items() if name not in SECRETS}
        self._environment = kept | native(settings.threads)
        self._child: _Child | None = None

    def start(self) -> None:
        """Start a child and do not wait for it; it loads its models meanwhile."""
        self._child = _Child(self._settings, self._command, self._environment)

    def work(self, payload: Payload, original: bytes, now: datetime) -> Answer:
        """Have the child process a document; raises EngineError where no child can be brought to read."""
        child = self._ready_child()
        header = {"kind": "document", "payload": payload_json(payload), "now": now.isoformat()}
        try:
            answer = child.ask(Message(header, (original,)))
            return _answer(answer)
        except _Lost as lost:
            fault = lost.fault
        except ValueError:
            fault = DocumentFault(ErrorCode.WORKER_CRASHED, "the process answered in no known shape", child.stage)
        _log.warning("process lost job=%s code=%s stage=%s", payload.job_id, fault.code, fault.stage)
        child.end()
        # Its successor loads while the next document is fetched.
        self.start()
        return Answer(fault.failed(), {})

    def _ready_child(self) -> "_Child":
        """A child that has read the known page. One that died in between, of no document, is replaced."""
        reason = ""
        for tried in range(1, STARTS_MAX + 1):
            child = self._child
            if child is None or child.has_ended:
                if child is not None:
                    child.hang_up()
                child = self._child = _Child(self._settings, self._command, self._environment)
            try:
                child.await_ready()
            except (_Lost, EngineError, ValueError) as error:
                reason = str(error)
                _log.error("process did not start try=%d reason=%s", tried, reason)
                child.end()
            else:
                return child
        raise EngineError(f"no process could be started: {reason}"[:400])

    def close(self) -> None:
        """Let the child go."""
        if self._child is not None:
            self._child.hang_up()
            self._child = None


class _Child:
    """A running child and the line to it."""

    def __init__(self, settings: Settings, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._settings = settings
        self._line, theirs = socket.socketpair()
        self._line.setblocking(False)
        self._incoming = Incoming()
        self._is_ready = False
        self._began = time.monotonic()
        self.stage = Stage.PAYLOAD
        with theirs, contextlib.ExitStack() as unless_started:
            unless_started.callback(self._line.close)
            # A session of its own: a signal for the parent's group is the parent's to deal with.
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                command, stdin=theirs.fileno(), stdout=2, env=dict(environment), start_new_session=True
            )
            unless_started.pop_all()

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    def await_ready(self) -> None:
        """Wait until the models are loaded; raises EngineError or _Lost."""
        if self._is_ready:
            return
        said = self._converse(b"", self._began, self._settings.start_seconds, {}).header
        if said.get("kind") != "ready":
            raise EngineError(str(said.get("reason"))[:400])
        self._is_ready = True

    def ask(self, order: Message) -> Message:
        """Hand over a document and wait for the answer; raises _Lost or WireError."""
        self.stage = Stage.PAYLOAD
        settings = self._settings
        return self._converse(order.encoded(), time.monotonic(), settings.document_seconds, settings.limits)

    def _converse(self, outgoing: bytes, began: float, seconds: float, limits: Mapping[Stage, float]) -> Message:
        """Send, and wait for the next message that is not a note of the stage, looking at clock and memory."""
        rest, stage_began, poll = memoryview(outgoing), began, select.poll()
        while True:
            poll.register(self._line, select.POLLIN | (select.POLLOUT if rest else 0))
            if poll.poll(LOOK_SECONDS * 1000):
                rest = self._send(rest)
                self._receive()
            while message := self._incoming.next():
                if message.header.get("kind") != "stage":
                    return message
                self.stage = Stage(str(message.header.get("stage")))
                stage_began = time.monotonic()
            self._check_clock(began, seconds)
            if (limit := limits.get(self.stage)) is not None:
                self._check_clock(stage_began, limit, _hard(limit))
            self._check_memory()

    def _send(self, rest: memoryview) -> memoryview:
        try:
            return rest[self._line.send(rest[:_PART]) :] if rest else rest
        except BlockingIOError:
            return rest
        except (BrokenPipeError, ConnectionResetError) as error:
            raise self._lost() from error

    def _receive(self) -> None:
        try:
            data = self._line.recv(_PART)
        except BlockingIOError:
            return
        except ConnectionResetError as error:
            raise self._lost() from error
        if not data:
            raise self._lost()
        self._incoming.feed(data)

    def _check_clock(self, began: float, seconds: float, hard_seconds: float | None = None) -> None:
        if time.monotonic() - began > (hard_seconds or seconds):
            raise _Lost(too_late(self.stage, seconds))

    def _check_memory(self) -> None:
        held = resident_bytes(self._process.pid) // _MB
        if held > self._settings.memory_mb_max:
            raise _Lost(_out_of_memory(f"{held} MB, above the {self._settings.memory_mb_max} MB allowed", self.stage))

    def _lost(self) -> _Lost:
        """Why the line broke: it is the process's end that tells."""
        code = self._wait()
        if code == -signal.SIGKILL:
            return _Lost(_out_of_memory("the system ended the process, as it does when memory runs out", self.stage))
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return _Lost(DocumentFault(ErrorCode.WORKER_CRASHED, f"the process ended with {how}", self.stage))

    def _wait(self) -> int:
        try:
            return self._process.wait(HANGS_UP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def hang_up(self) -> None:
        """Close the line and wait for the process to leave."""
        self._line.close()
        self._wait()

    def end(self) -> None:
        """End the process at once."""
        self._process.kill()
        self.hang_up()


def _hard(seconds: float) -> float:
    """When the parent steps in: a while after the child should have noticed by itself, which costs no restart."""
    return seconds * 1.25 + 1


def _out_of_memory(why: str, stage: Stage) -> DocumentFault:
    return DocumentFault(ErrorCode.OUT_OF_MEMORY, why, stage)


def _answer(message: Message) -> Answer:
    """Read an answer strictly, for a hostile document may have written it; raises ValueError."""
    read = Reader(message.header, "answer")
    timings, peak_mb = read.inner("timings"), read.integer("peak_mb", 0, 2**31)
    times = {name: timings.integer(name, 0, 2**31) for name in timings.keys()}  # noqa: SIM118
    _log.info("process answered peak_mb=%d", peak_mb)
    if read.choice("kind", "done", "failed") == "failed":
        return Answer(read_failed(read.inner("failed")), times)
    if len(message.parts) != 3:
        raise WireError("the answer lacks its files")
    findings, preview, portal = message.parts
    made = Made(
        quality_score=read.number("quality_score", 0, 1),
        ocr_confidence=read.number("ocr_confidence", 0, 1),
        figures=read_portal(read.inner("figures")),
        filename=read.text("filename", length_max=200),
        warnings=tuple(str(warning)[:200] for warning in read.items("warnings", count_max=50)),
        findings=findings,
        preview=preview,
        portal=portal,
    )
    return Answer(made, times)
