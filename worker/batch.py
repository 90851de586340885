"""A batch: what came on STDIN becomes tasks, and each task's outcome becomes its line."""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path

import urllib3

from worker.contract import (
    Attempt,
    ContractError,
    Document,
    Frame,
    RunFile,
    encode_frame,
    encode_leaving,
    parse_payload,
)
from worker.contract.strict import UUID
from worker.faults import DocumentFault
from worker.linger import Stay
from worker.result import legacy_line
from worker.seal import Seal
from worker.seat import Seat
from worker.settings import Settings
from worker.shift import Emit, More, Outcome, Shift, Task
from worker.stop import StopChannels, Termination
from worker.storage.http import pool

ANSWERED = 0
TERMINATED = 143
"""Exit code after SIGTERM with documents left unanswered: 128 and the signal's number, as shells say it."""
ABANDONED = 3
"""Exit code when a stop channel abandoned the run with documents left unanswered."""
CHILD = (sys.executable, str(Path(__file__).with_name("worker.py")), "child")
"""How a child is started, wherever this folder lies."""
_log = logging.getLogger("worker.batch")


class Batch:
    """What the documents of one batch share: settings, connections, children, and the line they are answered on."""

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        emit: Emit,
        termination: Termination,
        child: Sequence[str] = CHILD,
    ) -> None:
        """Children are started by the command `child` with the `environment`, secrets left out."""
        self._settings, self._environment, self._child = settings, environment, child
        self._emit, self._termination = emit, termination
        self._pool: urllib3.PoolManager = pool()

    def run(self, run: RunFile) -> int:
        """Answer a run file's documents with frames; returns the exit code. Raises ContractError for a foreign link.

        A run that lingers answers what it is given after them too, and says in the end how much of that it took.
        """
        tasks = _tasks(run.run_id, run.documents, Seal(recipients=run.recipients), 0)
        channels = StopChannels(self._pool, self._settings.run_folder, run.control_url)
        if run.linger is None:
            return self._work(tasks, channels)
        stay = Stay(run, run.linger, self._settings.run_began, self._pool)
        code = self._work(tasks, channels, _more(stay, run.run_id, len(tasks)))
        self._emit(encode_leaving(run.run_id, stay.taken))
        return code

    def legacy(self, entries: list[object]) -> int:
        """Answer legacy payloads with one JSON line each; returns the exit code."""
        seal = Seal(recipients=self._settings.recipients, plaintext_allowed=self._settings.allow_plaintext_master)
        tasks = [task for entry in entries if (task := self._legacy_task(entry, seal)) is not None]
        return self._work(tasks, StopChannels(self._pool, self._settings.run_folder, None))

    def _legacy_task(self, entry: object, seal: Seal) -> Task | None:
        """The entry to be worked on; one that is no payload is answered at once."""
        try:
            document = Document(payload=parse_payload(entry))
        except ContractError as error:
            self._emit(legacy_line(_job_id(entry), DocumentFault(error.code, str(error)).failed(), 0))
            return None
        job_id = document.payload.job_id
        return Task(document=document, seal=seal, line=lambda outcome, ms: legacy_line(job_id, outcome, ms))

    def _work(self, tasks: Sequence[Task], channels: StopChannels, more: More | None = None) -> int:
        if not tasks:
            return ANSWERED
        # Not more children than documents: each costs a second of loading. Who lingers cannot know how many will come.
        children = self._settings.processes if more else min(self._settings.processes, len(tasks))
        shift = Shift(tasks, channels, self._settings, self._pool, self._emit, self._termination)
        shift.run([Seat(self._settings, self._child, self._environment) for _ in range(children)], more)
        if not shift.unanswered:
            return ANSWERED
        _log.warning("batch ended unanswered=%d", shift.unanswered)
        return TERMINATED if self._termination.is_asked else ABANDONED


def _tasks(run_id: str, documents: Sequence[Document], seal: Seal, first: int) -> list[Task]:
    """The documents of a run to be worked on, their frames numbered from `first`."""
    return [
        Task(document=one, seal=seal, line=_frame_line(run_id, sequence, one.payload.job_id, one.attempt))
        for sequence, one in enumerate(documents, first)
        if one.attempt is not None
    ]


def _more(stay: Stay, run_id: str, first: int) -> More:
    """What the run is given while it stays, as tasks; their frames are numbered on from `first`."""
    numbers = count(first)

    def look() -> list[Task]:
        inbox = stay.look()
        if inbox is None:
            return []
        seal = Seal(recipients=inbox.recipients)
        return [task for one in inbox.documents for task in _tasks(run_id, [one], seal, next(numbers))]

    return More(lasts=stay.lasts, look=look)


def _frame_line(run_id: str, sequence: int, job_id: str, attempt: Attempt) -> Callable[[Outcome, int], str]:
    def line(outcome: Outcome, _ms: int) -> str:
        frame = Frame(
            run_id=run_id,
            sequence=sequence,
            job_id=job_id,
            attempt_id=attempt.id,
            nonce=attempt.nonce,
            outcome=outcome,
        )
        return encode_frame(frame)

    return line


def _job_id(entry: object) -> str | None:
    """The id of a payload that could not be read, where at least that is one."""
    given = entry.get("job_id") if isinstance(entry, dict) else None
    return given if isinstance(given, str) and UUID.fullmatch(given) else None
