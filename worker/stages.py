"""The stages of one document as they pass: which is on, how long each took, and how long it may take."""

import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from worker.contract import ErrorCode, Stage
from worker.faults import DocumentFault


class _Expired(BaseException):
    """A stage's time is over. No Exception, so that no library on the way can swallow it."""


class Stages:
    """Times the stages of one document; a stage entered twice adds up."""

    def __init__(self) -> None:
        self.current = Stage.PAYLOAD
        self._seconds: dict[Stage, float] = {}

    @property
    def timings(self) -> Mapping[str, int]:
        """Milliseconds by stage, in lower case."""
        return {stage.value.lower(): round(seconds * 1000) for stage, seconds in self._seconds.items()}

    @property
    def total_ms(self) -> int:
        """Milliseconds of all stages together."""
        return round(sum(self._seconds.values()) * 1000)

    @contextmanager
    def on(self, stage: Stage) -> Iterator[None]:
        """Be in a stage; it stays the current one when it is left by an error."""
        self.current = stage
        began = time.monotonic()
        try:
            yield
        finally:
            self._seconds[stage] = self._seconds.get(stage, 0.0) + time.monotonic() - began


@contextmanager
def at_most(seconds: float, code: ErrorCode) -> Iterator[None]:
    """Raise DocumentFault(code) in what runs inside once `seconds` are over; main thread only.

    Native code is not interrupted: the fault is raised when it returns to Python, between two lines of a page say.
    """

    def expire(_number: int, _frame: FrameType | None) -> NoReturn:
        raise _Expired

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _Expired as error:
        raise DocumentFault(code, f"not done within {seconds:g} s") from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
