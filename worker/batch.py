"""A batch: every document is answered on its own, as soon as it is done."""

import logging
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import urllib3

from worker.contract import (
    ContractError,
    Document,
    ErrorCode,
    Failed,
    Frame,
    RunFile,
    Stage,
    Succeeded,
    encode_frame,
    parse_payload,
)
from worker.contract.strict import UUID
from worker.faults import DocumentFault
from worker.pipeline import Order, artifact_keys, process
from worker.processors.paddle import EngineError
from worker.result import legacy_line
from worker.seal import Seal
from worker.settings import Settings
from worker.stages import Stages
from worker.stop import StopChannels, Termination
from worker.storage.bucket import BucketStore
from worker.storage.download import download
from worker.storage.grants import GrantStore, check_expiry
from worker.storage.http import Limits, pool
from worker.storage.store import Store
from worker.tools import Tools

ANSWERED = 0
TERMINATED = 143
"""Exit code after SIGTERM with documents left unanswered: 128 and the signal's number, as shells say it."""
ABANDONED = 3
"""Exit code when a stop channel abandoned the run with documents left unanswered."""
Emit = Callable[[str], None]
_log = logging.getLogger("worker.batch")
_UNEXPECTED = {Stage.REMOTE: ErrorCode.ENVIRONMENT_FAILED, Stage.OCR: ErrorCode.OCR_FAILED}
"""What an error of no known kind means: an engine that does not start is the environment's fault, not a document's."""


class Batch:
    """What the documents of one batch share: settings, tools, connections, and the line they are answered on."""

    def __init__(
        self, settings: Settings, make_tools: Callable[[], Tools], emit: Emit, termination: Termination
    ) -> None:
        self._settings, self._make_tools, self._emit, self._termination = settings, make_tools, emit, termination
        self._pool: urllib3.PoolManager = pool()

    def run(self, run: RunFile) -> int:
        """Answer a run file's documents with frames; returns the exit code."""
        channels = StopChannels(self._pool, self._settings.run_folder, run.control_url)
        seal = Seal(recipients=run.recipients)
        for sequence, document in enumerate(run.documents):
            if self._termination.is_asked:
                return TERMINATED
            said = channels.read()
            if said.is_abandoned:
                _log.warning("run abandoned unanswered=%d", len(run.documents) - sequence)
                return ABANDONED
            if document.attempt is None or document.attempt.id in said.skipped:
                continue
            outcome = self._answered(document, seal, Stages())
            frame = Frame(
                run_id=run.run_id,
                sequence=sequence,
                job_id=document.payload.job_id,
                attempt_id=document.attempt.id,
                nonce=document.attempt.nonce,
                outcome=outcome,
            )
            self._emit(encode_frame(frame))
        return ANSWERED

    def legacy(self, entries: list[object]) -> int:
        """Answer legacy payloads with one JSON line each; returns the exit code."""
        seal = Seal(recipients=self._settings.recipients, plaintext_allowed=self._settings.allow_plaintext_master)
        for entry in entries:
            if self._termination.is_asked:
                return TERMINATED
            self._emit(self._legacy_line(entry, seal))
        return ANSWERED

    def _legacy_line(self, entry: object, seal: Seal) -> str:
        try:
            document = Document(payload=parse_payload(entry))
        except ContractError as error:
            return legacy_line(_job_id(entry), DocumentFault(error.code, str(error)).failed(), 0)
        stages = Stages()
        outcome = self._answered(document, seal, stages)
        return legacy_line(document.payload.job_id, outcome, stages.total_ms)

    def _answered(self, document: Document, seal: Seal, stages: Stages) -> Succeeded | Failed:
        """The document's outcome, whatever happens to it; one document never ends the batch."""
        job_id = document.payload.job_id
        try:
            stages.current = Stage.REMOTE
            tools = self._make_tools()
            stages.current = Stage.PAYLOAD
            outcome = process(self._order(document, seal), tools, self._settings, stages)
        except DocumentFault as fault:
            _log.warning("document failed job=%s code=%s stage=%s", job_id, fault.code, fault.stage)
            return fault.failed()
        except EngineError as error:
            _log.error("document failed job=%s engine: %s", job_id, error)
            return DocumentFault(_UNEXPECTED.get(stages.current, ErrorCode.OCR_FAILED), str(error)).failed()
        except Exception as error:  # noqa: BLE001 - the one place where anything may have happened to a document
            _log_places(job_id, error)
            code = _UNEXPECTED.get(stages.current, ErrorCode.INTERNAL_ERROR)
            return DocumentFault(code, f"unexpected {type(error).__name__}", stages.current).failed()
        _log.info("document done job=%s ms=%d", job_id, stages.total_ms)
        return outcome

    def _order(self, document: Document, seal: Seal) -> Order:
        now = datetime.now(UTC)
        payload = document.payload
        store = self._store(document, seal, now)
        fetch = store.fetch
        if payload.artifact_url is not None:
            fetch = partial(download, payload.artifact_url, self._limits)
        return Order(document=document, fetch=fetch, store=store, seal=seal, now=now)

    def _store(self, document: Document, seal: Seal, now: datetime) -> Store:
        settings, keys = self._settings, artifact_keys(document, seal)
        if document.grants:
            check_expiry(document.grants, now)
            return GrantStore(self._pool, document.payload, document.grants, keys, self._limits)
        if not settings.credentials:
            raise DocumentFault(ErrorCode.ARTIFACT_ACCESS_DENIED, "there are neither grants nor credentials")
        return BucketStore(document.payload, settings.credentials, keys, self._limits, settings.raw_paths)

    @property
    def _limits(self) -> Limits:
        settings = self._settings
        return Limits(bytes_max=settings.input_bytes_max, seconds=settings.fetch_seconds, tries=settings.fetch_tries)


def _job_id(entry: object) -> str | None:
    """The id of a payload that could not be read, where at least that is one."""
    given = entry.get("job_id") if isinstance(entry, dict) else None
    return given if isinstance(given, str) and UUID.fullmatch(given) else None


def _log_places(job_id: str, error: Exception) -> None:
    """Log where an error came from: its type and its places, not its text, which may quote a document or a URL."""
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    _log.error("document failed job=%s error=%s at=%s", job_id, type(error).__name__, " < ".join(reversed(places)))
