"""Take the daemon's pulse, and ask the database, at most every few seconds."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from reconciler.health.verdict import Bounds, Pulse, Verdict, judge
from reconciler.loop.duties import Duty
from reconciler.store.measuring import Figure, measure_overdue, measure_queue

FRESH_SECONDS = 5.0
"""Answers are shared for so long: probes and scrapes must not load the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the database said, or why it said nothing."""

    figures: Sequence[Figure] = ()
    overdue_seconds: float | None = None
    failure: str | None = None


@dataclass(slots=True, kw_only=True)
class Vitals:
    """One daemon's signs of life. Safe to ask from any thread."""

    duties: Sequence[Duty]
    engine: Engine
    bounds: Bounds
    alive_seconds: float
    """A daemon without a heartbeat for so long is counted as gone."""
    clock: Callable[[], float] = time.monotonic
    _started: float = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asked: tuple[float, Answer] | None = None

    def __post_init__(self) -> None:
        self._started = self.clock()

    def alive(self) -> Verdict:
        """Judge by this process alone: a lost database does not make it dead."""
        return judge(self._pulses(), self.bounds, self.clock() - self._started, None, None)

    def ready(self) -> Verdict:
        """Judge by everything that work needs."""
        answer = self.answer()
        age = self.clock() - self._started
        return judge(self._pulses(), self.bounds, age, answer.overdue_seconds, answer.failure)

    def answer(self) -> Answer:
        """What the database says, at most FRESH_SECONDS old; one asks, the others wait for its answer."""
        with self._lock:
            if self._asked is None or self.clock() - self._asked[0] > FRESH_SECONDS:
                answer = self._ask()
                self._asked = self.clock(), answer
            return self._asked[1]

    def _ask(self) -> Answer:
        try:
            with self.engine.begin() as connection:
                figures = measure_queue(connection, self.alive_seconds)
                return Answer(figures=figures, overdue_seconds=measure_overdue(connection))
        except SQLAlchemyError as error:
            return Answer(failure=str(getattr(error, "orig", None) or error).strip().split("\n")[0])

    def _pulses(self) -> list[Pulse]:
        now = self.clock()
        return [_pulse(duty, now) for duty in self.duties]


def _pulse(duty: Duty, now: float) -> Pulse:
    def age(moment: float | None) -> float | None:
        return None if moment is None else now - moment

    progress = duty.progress
    return Pulse(
        duty=duty.name,
        period=duty.seconds,
        begun_age=age(progress.begun),
        ended_age=age(progress.ended),
        completed_age=age(progress.completed),
    )
