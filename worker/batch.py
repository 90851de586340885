"""A batch: what came on STDIN becomes tasks, and each task's outcome becomes its line."""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import urllib3

from worker.contract import Attempt, ContractError, Document, Frame, RunFile, encode_frame, parse_payload
from worker.contract.strict import UUID
from worker.faults import DocumentFault
from worker.result import legacy_line
from worker.seal import Seal
from worker.seat import Seat
from worker.settings import Settings
from worker.shift import Emit, Outcome, Shift, Task
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
        """Answer a run file's documents with frames; returns the exit code."""
        tasks = [
            Task(document=one, line=_frame_line(run.run_id, sequence, one.payload.job_id, one.attempt))
            for sequence, one in enumerate(run.documents)
            if one.attempt is not None
        ]
        channels = StopChannels(self._pool, self._settings.run_folder, run.control_url)
        return self._work(tasks, Seal(recipients=run.recipients), channels)

    def legacy(self, entries: list[object]) -> int:
        """Answer legacy payloads with one JSON line each; returns the exit code."""
        seal = Seal(recipients=self._settings.recipients, plaintext_allowed=self._settings.allow_plaintext_master)
        tasks = [task for entry in entries if (task := self._legacy_task(entry)) is not None]
        return self._work(tasks, seal, StopChannels(self._pool, self._settings.run_folder, None))

    def _legacy_task(self, entry: object) -> Task | None:
        """The entry to be worked on; one that is no payload is answered at once."""
        try:
            document = Document(payload=parse_payload(entry))
        except ContractError as error:
            self._emit(legacy_line(_job_id(entry), DocumentFault(error.code, str(error)).failed(), 0))
            return None
        return Task(document=document, line=lambda outcome, ms: legacy_line(document.payload.job_id, outcome, ms))

    def _work(self, tasks: Sequence[Task], seal: Seal, channels: StopChannels) -> int:
        if not tasks:
            return ANSWERED
        # Not more children than documents: each costs a second of loading.
        count = min(self._settings.processes, len(tasks))
        shift = Shift(tasks, seal, channels, self._settings, self._pool, self._emit, self._termination)
        shift.run([Seat(self._settings, self._child, self._environment) for _ in range(count)])
        if not shift.unanswered:
            return ANSWERED
        _log.warning("batch ended unanswered=%d", shift.unanswered)
        return TERMINATED if self._termination.is_asked else ABANDONED


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
