"""Settle attempts by what was heard of them: results, documents and statuses of one run in one transaction.

First judge, which asks the store and writes nothing; then conclude, which writes and asks nobody.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from reconciler.domain.runs import Assigned, Run
from reconciler.logs import Event, logger
from reconciler.loop.context import Context
from reconciler.loop.cycle import guarded
from reconciler.loop.faults import error_details, log_job, send_back
from reconciler.loop.own_faults import blame_attempt, database_away
from reconciler.loop.verify import Proven, Unproven, verify
from reconciler.metrics import observe_document
from reconciler.store import settling
from reconciler.store.settling import Completion, Settlement
from worker.contract import ErrorCode, Failed, Frame, Succeeded


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is proven: what its frame says, and its result object."""

    outcome: Succeeded
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a live attempt: a document, or the details of an error; with the frame that says so."""

    attempt: Assigned
    came_of_it: Document | Mapping[str, Any]
    frame: Frame | None = None


def judge(context: Context, run: Run, attempt: Assigned, frame: Frame) -> Verdict:
    """Accept the frame, or refuse it as RESULT_INVALID. Raises ObjectsError while the store does not answer."""
    bound = logger.bind(job_id=frame.job_id, run_id=str(run.id), camber_job_id=run.camber_job_id)
    match frame.outcome:
        case Failed(code=code, stage=stage, message=message):
            bound.bind(code=str(code)).info(Event.RESULT_COLLECTED)
            return Verdict(attempt=attempt, came_of_it=error_details(code, message, stage), frame=frame)
        case Succeeded() as outcome:
            match verify(context.objects, attempt, outcome):
                case Proven(result):
                    bound.info(Event.RESULT_COLLECTED)
                    return Verdict(attempt=attempt, came_of_it=Document(outcome, result), frame=frame)
                case Unproven(reason):
                    bound.bind(reason=reason).warning(Event.RESULT_REFUSED)
                    return failure(attempt, error_details(ErrorCode.RESULT_INVALID, reason))


def failure(attempt: Assigned, error: Mapping[str, Any]) -> Verdict:
    """A verdict that no frame gives."""
    return Verdict(attempt=attempt, came_of_it=error)


def settle(connection: Connection, context: Context, run: Run, verdicts: Sequence[Verdict]) -> Callable[[], None]:
    """Write the verdicts under the run's lease; returns what is to be called once they are committed.

    A lease or an attempt that is gone meanwhile settles nothing; a job that went on with another one is not moved.
    """
    current = settling.lock(connection, [verdict.attempt.job_id for verdict in verdicts])
    applied = settling.settle(connection, run.lease, [_settlement(verdict, current) for verdict in verdicts])
    moving = [verdict for verdict in verdicts if verdict.attempt.id in applied & current]
    documents = [(one, one.came_of_it) for one in moving if isinstance(one.came_of_it, Document)]
    errors = [(one.attempt, one.came_of_it) for one in moving if not isinstance(one.came_of_it, Document)]
    settling.complete(connection, run.camber_job_id, [_completion(one.attempt, found) for one, found in documents])
    statuses = send_back(connection, context, run, errors)
    settling.count_settled(connection, run.lease)
    counted = {one.attempt.id for one in moving}

    def tell() -> None:
        for verdict in verdicts:
            _tell(run, verdict, counted, statuses)

    return tell


def _settlement(verdict: Verdict, current: Collection[Any]) -> Settlement:
    attempt_id, frame, found = verdict.attempt.id, verdict.frame, verdict.came_of_it
    if not isinstance(found, Document):
        return Settlement(attempt_id=attempt_id, state="failed", frame=frame, error=found)
    if attempt_id not in current:
        return Settlement(attempt_id=attempt_id, state="superseded", frame=frame)
    return Settlement(attempt_id=attempt_id, state="succeeded", frame=frame, timings=found.outcome.timings)


def _completion(attempt: Assigned, found: Document) -> Completion:
    outcome = found.outcome
    return Completion(
        job_id=attempt.job_id,
        attempt_id=attempt.id,
        metadata={"portal": asdict(outcome.portal), "warnings": list(outcome.warnings)},
        document={
            "canonical_output": dict(found.result),
            "portal_outputs": asdict(outcome.portal),
            "artifacts": {name: asdict(artifact) for name, artifact in outcome.artifacts.items()},
            "quality_score": outcome.quality_score,
            "ocr_confidence": outcome.ocr_confidence,
        },
    )


def _tell(run: Run, verdict: Verdict, counted: Collection[Any], statuses: Mapping[Any, str]) -> None:
    attempt, found = verdict.attempt, verdict.came_of_it
    bound = logger.bind(job_id=str(attempt.job_id), run_id=str(run.id), camber_job_id=run.camber_job_id)
    if not isinstance(found, Document):
        if attempt.id in counted:
            log_job(run, attempt, statuses[attempt.id], code=found["code"])
    elif attempt.id in counted:
        log_job(run, attempt, "completed")
        observe_document(found.outcome.timings)
        bound.info(Event.DOCUMENT_PACKAGED)
    else:
        bound.warning(Event.RESULT_IGNORED)


def conclude(
    context: Context, run: Run, verdicts: Sequence[Verdict], then: Callable[[Connection], object], step: str
) -> bool:
    """Write the verdicts and what follows from them for the run, in one transaction. Raises StaleLease.

    Where they cannot be written together each is written for itself, so that what one document brings up does not hold
    the others back; false where an attempt is still live after that: then nothing followed.
    """

    def write() -> bool:
        with context.transaction(step) as connection:
            tell = settle(connection, context, run, verdicts) if verdicts else None
            then(connection)
        if tell:
            tell()
        return True

    def blame(error: Exception) -> bool:
        if database_away(error) or not verdicts:
            raise error
        # Each of them, whatever came of those before.
        written = [_settled_alone(context, run, verdict) for verdict in verdicts]
        return all(written) and conclude(context, run, (), then, step)

    return guarded(write, blame, run_id=str(run.id))


def settle_now(context: Context, run: Run, verdicts: Sequence[Verdict]) -> bool:
    """Write the verdicts though the run goes on; false where an attempt is still live after that. Raises StaleLease."""
    return conclude(context, run, verdicts, lambda _: None, "settle")


def _settled_alone(context: Context, run: Run, verdict: Verdict) -> bool:
    def write() -> bool:
        with context.transaction("settle") as connection:
            tell = settle(connection, context, run, [verdict])
        tell()
        return True

    attempt = verdict.attempt
    return guarded(
        write, lambda error: blame_attempt(context, run, attempt, error), run_id=str(run.id), job_id=str(attempt.job_id)
    )
