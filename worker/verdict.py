"""Whatever happens to a document becomes its outcome: the one place of the worker that catches everything."""

import logging
import traceback
from collections.abc import Callable
from typing import TypeVar

from worker.contract import ErrorCode, Failed, Stage
from worker.faults import DocumentFault, EngineError
from worker.stages import Stages

T = TypeVar("T")
_log = logging.getLogger("worker.verdict")


def judged(job_id: str, stages: Stages, act: Callable[[], T]) -> T | Failed:
    """What `act` returns, or the failure that it ended in; one document never ends the batch."""
    try:
        return act()
    except DocumentFault as fault:
        _log.warning("document failed job=%s code=%s stage=%s", job_id, fault.code, fault.stage)
        return fault.failed()
    except EngineError as error:
        _log.error("document failed job=%s engine: %s", job_id, error)
        return DocumentFault(ErrorCode.OCR_FAILED, str(error)).failed()
    except MemoryError:
        _log.warning("document failed job=%s code=%s stage=%s", job_id, ErrorCode.OUT_OF_MEMORY, stages.current)
        return DocumentFault(ErrorCode.OUT_OF_MEMORY, "an allocation was refused", stages.current).failed()
    except Exception as error:  # noqa: BLE001 - the one place where anything may have happened to a document
        _log_places(job_id, error)
        code = ErrorCode.OCR_FAILED if stages.current is Stage.OCR else ErrorCode.INTERNAL_ERROR
        return DocumentFault(code, f"unexpected {type(error).__name__}", stages.current).failed()


def _log_places(job_id: str, error: Exception) -> None:
    """Log where an error came from: its type and its places, not its text, which may quote a document or a URL."""
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    _log.error("document failed job=%s error=%s at=%s", job_id, type(error).__name__, " < ".join(reversed(places)))
