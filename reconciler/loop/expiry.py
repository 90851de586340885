"""Jobs that are over and old, and people who are to be erased: objects first, then rows, some in each pass.

A job is marked once nothing of it is left in the store, and only a marked one is removed: what a crash interrupts is
done again, and no object stays behind without a row that names it.
"""

from reconciler.logs import Event, logger
from reconciler.loop.context import Context, Counts
from reconciler.objects.errors import ObjectsError
from reconciler.store import pruning
from reconciler.store.pruning import Expired
from worker.contract import Attempt, object_keys, parse_schema, raw_path_allowed

OBJECTS_BATCH = 50
"""Jobs in one pass whose objects are removed: each costs five calls of the store for every attempt."""
JOBS_BATCH = 1000
"""Jobs in one pass that are removed: one transaction."""


def expire(context: Context) -> Counts:
    """One pass over what is old or to be erased."""
    counts, settings = Counts(), context.settings
    with context.transaction("list_expired") as connection:
        counts["cancelled"] = pruning.cancel_erased(connection)
        expired = pruning.list_expired(connection, settings.object_age_seconds, OBJECTS_BATCH)
    counts["objects"] = sum(_remove_objects(context, job) for job in expired)
    with context.transaction("remove_jobs") as connection:
        counts["jobs"] = pruning.remove_jobs(connection, settings.job_retention_seconds, JOBS_BATCH)
        counts["erasures"] = pruning.finish_erasures(connection)
    return counts


def _remove_objects(context: Context, job: Expired) -> bool:
    """Remove all that the job has in the store, and mark it; whatever is missing already is no error."""
    try:
        for key in keys_of(job):
            context.objects.delete(key)
        if not job.upload_shared and _is_its_own(context, job):
            context.objects.delete(job.raw_path)
    except ObjectsError as error:
        logger.bind(job_id=str(job.id), reason=str(error)).warning(Event.DUTY_FAILED)
        return False
    with context.transaction("mark_objects_removed") as connection:
        pruning.mark_objects_removed(connection, job)
    logger.bind(job_id=str(job.id)).info(Event.OBJECTS_REMOVED)
    return True


def keys_of(job: Expired) -> list[str]:
    """The keys that any attempt at the job may have written, whether it counted or not."""
    if not job.attempts:
        # Of a job whose schema was refused there never was one.
        return []
    output_format = parse_schema(job.definition).output_format
    return [key for scope in job.attempts for key in _written(job, scope, output_format)]


def _written(job: Expired, scope: str, output_format: str) -> list[str]:
    number, _, nonce = scope.partition("-")
    attempt = Attempt(id="", number=int(number), nonce=nonce)
    return list(object_keys(str(job.user_id), str(job.id), attempt, output_format).values())


def _is_its_own(context: Context, job: Expired) -> bool:
    """A row may name any key; what lies outside its person's folders was never read, and is not removed either."""
    return raw_path_allowed(job.raw_path, str(job.user_id), context.settings.raw_path_patterns)
