"""The stages of one document as they pass: which is on, how long each took, and how long it may take."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from types import FrameType
from typing import NoReturn

from worker.contract import ErrorCode, Stage
from worker.faults import DocumentFault

TIMEOUT_CODES = {Stage.OCR: ErrorCode.OCR_TIMEOUT, Stage.FETCH: ErrorCode.FETCH_TIMEOUT}
"""What a stage that took too long is called, where it has a name of its own."""


class _Expired(BaseException):
    """A stage's time is over. No Exception, so that no library on the way can swallow it."""


class Stages:
    """Times the stages of one document; a stage entered twice adds up."""

    def __init__(
        self, limits: Mapping[Stage, float] | None = None, notice: Callable[[Stage], None] = lambda _stage: None
    ) -> None:
        """`limits` are seconds for each entry into a stage, main thread only; `notice` hears of each entry."""
        self.current = Stage.PAYLOAD
        self._limits, self._notice = limits or {}, notice
        self._seconds: dict[Stage, float] = {}

    @property
    def timings(self) -> Mapping[str, int]:
        """Milliseconds by stage, in lower case."""
        return {stage.value.lower(): round(seconds * 1000) for stage, seconds in self._seconds.items()}

    @contextmanager
    def on(self, stage: Stage) -> Iterator[None]:
        """Be in a stage; it stays the current one when it is left by an error. Raises DocumentFault when it is late."""
        self.current = stage
        self._notice(stage)
        seconds = self._limits.get(stage)
        began = time.monotonic()
        try:
            with at_most(seconds, stage) if seconds else nullcontext():
                yield
        finally:
            self._seconds[stage] = self._seconds.get(stage, 0.0) + time.monotonic() - began


@contextmanager
def at_most(seconds: float, stage: Stage) -> Iterator[None]:
    """Raise DocumentFault in what runs inside once `seconds` are over; main thread only.

    Native code is not interrupted: the fault is raised when it returns to Python, between two lines of a page say.
    Where it never returns, the parent ends the process.
    """

    def expire(_number: int, _frame: FrameType | None) -> NoReturn:
        raise _Expired

    before = signal.signal(signal.SIGALRM, expire)
    try:
        # Inside, since a short time may be over before the next line.
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    except _Expired as error:
        raise too_late(stage, seconds) from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def too_late(stage: Stage, seconds: float) -> DocumentFault:
    """The fault of a stage that took longer than it may."""
    return DocumentFault(TIMEOUT_CODES.get(stage, ErrorCode.STAGE_TIMEOUT), f"not done within {seconds:g} s", stage)
