"""The second witness: where the log lost a frame, the result object next to the artifacts may still tell."""

from reconciler.domain.runs import Assigned, Run
from reconciler.logs import Event, logger
from reconciler.loop.context import Context
from reconciler.loop.harvest import belongs
from reconciler.loop.settle import Verdict, judge
from reconciler.loop.verify import OBJECT_BYTES_MAX, expected_keys
from reconciler.objects.errors import ObjectMissing, ObjectTooLarge
from worker.contract import frame_of_result


def heard(context: Context, run: Run, attempt: Assigned) -> Verdict | None:
    """The verdict where a whole result of this very attempt stands in the store, proven as any other.

    Raises ObjectsUnavailable or ObjectsRefused.
    """
    key = expected_keys(attempt)["result"]
    try:
        frame = frame_of_result(context.objects.get(key, bytes_max=OBJECT_BYTES_MAX), key, str(run.id))
    except (ObjectMissing, ObjectTooLarge):
        return None
    except (ValueError, RecursionError) as error:
        logger.bind(job_id=str(attempt.job_id), run_id=str(run.id), reason=str(error)).warning(Event.RESULT_REFUSED)
        return None
    if frame.attempt_id != str(attempt.id) or not belongs(frame, run, attempt):
        return None
    return judge(context, run, attempt, frame)
