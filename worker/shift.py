"""One batch being worked on: documents are fetched ahead, shared among children, stored, and answered when done.

A run that lingers takes more of them, with the same children. Threads of this process wait, for the store and for
children; children compute. Answers are written here alone, one line at a time, so that those of several children never
mix.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import urllib3

from worker.contract import Document, ErrorCode, Failed, Stage, Succeeded
from worker.delivery import Way, deliver, way_of
from worker.faults import DocumentFault, EngineError
from worker.seal import Seal
from worker.seat import Answer, Made, Seat
from worker.settings import Settings
from worker.stages import Stages
from worker.stop import StopChannels, Termination
from worker.supply import Ahead, Supply
from worker.verdict import judged

FETCHERS, UPLOADERS = 2, 3
"""Threads for each child. A document takes 0.6 s of computing, its fetch two round trips and its upload four: at 0.25 s
each, so many keep up."""
LOOK_SECONDS = 1.0
"""Between two looks for more: a document waits half of it, and the store is asked as often."""
Emit = Callable[[str], None]
Outcome = Succeeded | Failed
_log = logging.getLogger("worker.shift")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """One document of a batch, and how its outcome is written down, with the milliseconds that it took."""

    document: Document
    seal: Seal
    line: Callable[[Outcome, int], str]
    stages: Stages = field(default_factory=Stages)

    @property
    def attempt_id(self) -> str | None:
        """The attempt that the document is processed for; a legacy payload has none."""
        return self.document.attempt.id if self.document.attempt else None

    @property
    def job_id(self) -> str:
        """The document's job."""
        return self.document.payload.job_id


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """Where further tasks come from: whether that lasts, after so many idle seconds, and what there is right now."""

    lasts: Callable[[float], bool]
    look: Callable[[], Sequence[Task]]


class Shift:
    """Works on the tasks of one batch, once, and on what comes after it."""

    def __init__(
        self,
        tasks: Sequence[Task],
        channels: StopChannels,
        settings: Settings,
        pool: urllib3.PoolManager,
        emit: Emit,
        termination: Termination,
    ) -> None:
        self._channels, self._settings, self._pool = channels, settings, pool
        self._emit, self._termination = emit, termination
        self._ways: dict[Task, Way] = {}
        self._answering = threading.Lock()
        self.unanswered, self._answered_at = len(tasks), time.monotonic()
        count = settings.processes
        self._uploaders = ThreadPoolExecutor(UPLOADERS * count, thread_name_prefix="upload")
        self._uploads: list[Future[None]] = []
        under_way = (FETCHERS + 1 + UPLOADERS) * count
        ahead = Ahead(fetchers=FETCHERS * count, documents_max=under_way, bytes_max=settings.ahead_bytes)
        self._supply = Supply(tasks, self._fetch, self._may_go_on, ahead)

    def run(self, seats: Sequence[Seat], more: More | None = None) -> None:
        """Work until all is answered, or until there is a reason to leave; `unanswered` tells how many are left.

        With `more` the shift goes on for as long as that lasts, and works on what it brings.
        """
        # A child dies with the thread that started it, so each seat keeps its thread for the whole shift.
        with ThreadPoolExecutor(len(seats), thread_name_prefix="seat") as threads:
            sitting = [threads.submit(self._sit, seat) for seat in seats]
            if more:
                self._take(more, sitting)
            self._supply.complete()
            reasons = [one.result() for one in sitting]
        self._supply.close()
        self._uploaders.shutdown()
        for upload in self._uploads:
            upload.result()
        if all(reasons):
            self._answer_left(str(reasons[-1]))

    def _take(self, more: More, sitting: Sequence[Future[str | None]]) -> None:
        """Take what comes, as long as it lasts and somebody sits there to work on it."""
        while self._may_go_on() and more.lasts(self._idle_seconds()) and not all(one.done() for one in sitting):
            if tasks := more.look():
                with self._answering:
                    self.unanswered += len(tasks)
                self._supply.add(tasks)
            time.sleep(LOOK_SECONDS)
            self._channels.read()

    def _idle_seconds(self) -> float:
        """Since the last document was answered; 0 while one is not."""
        with self._answering:
            return 0.0 if self.unanswered else time.monotonic() - self._answered_at

    def _may_go_on(self) -> bool:
        return not self._termination.is_asked and not self._channels.is_abandoned

    def _fetch(self, task: Task) -> bytes | None:
        """The document's bytes; None where it is to be left out, or failed and was answered."""
        self._channels.read()
        if not self._may_go_on():
            return None
        if self._is_left_out(task):
            return None
        fetched = judged(task.job_id, task.stages, lambda: self._fetched(task))
        if isinstance(fetched, Failed):
            self._answer(task, fetched, {})
            return None
        return fetched

    def _fetched(self, task: Task) -> bytes:
        self._ways[task] = way_of(task.document, task.seal, self._settings, self._pool, datetime.now(UTC))
        with task.stages.on(Stage.FETCH):
            return self._ways[task].fetch()

    def _is_left_out(self, task: Task) -> bool:
        if not self._channels.skips(task.attempt_id):
            return False
        with self._answering:
            self._count_answered()
        return True

    def _sit(self, seat: Seat) -> str | None:
        """Have one child work on what comes; returns why none could be started, where that ended it."""
        seat.start()
        try:
            while got := self._supply.next():
                task, original = got
                self._channels.glance()
                if not self._may_go_on():
                    return None
                if self._is_left_out(task):
                    self._supply.release(len(original))
                    continue
                answer = seat.work(task.document.payload, original, datetime.now(UTC))
                self._uploads.append(self._uploaders.submit(self._deliver, task, original, answer))
        except EngineError as error:
            self._supply.put_back(task, original)
            return str(error)
        finally:
            seat.close()
        return None

    def _deliver(self, task: Task, original: bytes, answer: Answer) -> None:
        try:
            outcome: Outcome
            match answer.outcome:
                case Failed() as failed:
                    outcome = failed
                case Made() as made:
                    way = self._ways[task]
                    outcome = judged(
                        task.job_id, task.stages, lambda: deliver(way, original, made, answer.timings, task.stages)
                    )
            self._answer(task, outcome, answer.timings)
        finally:
            self._supply.release(len(original))

    def _answer(self, task: Task, outcome: Outcome, timings: Mapping[str, int]) -> None:
        total_ms = sum(timings.values()) + sum(task.stages.timings.values())
        self._ways.pop(task, None)
        with self._answering:
            self._emit(task.line(outcome, total_ms))
            self._count_answered()
        how = outcome.code if isinstance(outcome, Failed) else "ok"
        _log.info("document answered job=%s outcome=%s ms=%d", task.job_id, how, total_ms)

    def _count_answered(self) -> None:
        self.unanswered -= 1
        self._answered_at = time.monotonic()

    def _answer_left(self, reason: str) -> None:
        """No child can be started: that is the environment's fault, not a document's."""
        failed = DocumentFault(ErrorCode.ENVIRONMENT_FAILED, reason).failed()
        for task in self._supply.left():
            self._answer(task, failed, {})
