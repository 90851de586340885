"""Prune: remove what is over and old. No folder goes before Camber showed its run's end."""

from reconciler.camber.errors import CamberError
from reconciler.logs import Event, logger
from reconciler.loop.accounts import account_name
from reconciler.loop.context import Context, Counts
from reconciler.loop.crashpoints import as_duty
from reconciler.loop.naming import control_key
from reconciler.objects.errors import ObjectsError
from reconciler.store import evidence, outbox, runs
from reconciler.store.runs import Prunable

BATCH = 20
EVIDENCE_BATCH = 5000


@as_duty("prune")
def run_once(context: Context) -> Counts:
    """Remove old run folders, old evidence and old messages, some at a time."""
    counts, account = Counts(), account_name(context)
    with context.transaction("list_old") as connection:
        retention = context.settings.stash_retention_seconds
        old = runs.list_prunable(connection, context.backend, account, retention, BATCH) if account else []
        age = context.settings.evidence_retention_seconds
        counts["evidence"] = evidence.prune_calls(connection, age, EVIDENCE_BATCH)
        counts["messages"] = outbox.prune(connection, context.settings.outbox_retention_seconds, EVIDENCE_BATCH)
    counts["folders"] = sum(_prune(context, run) for run in old)
    return counts


def _prune(context: Context, run: Prunable) -> bool:
    try:
        context.client.remove(run.stash_path)
        context.objects.delete(control_key(run.marker))
    except (CamberError, ObjectsError) as error:
        logger.bind(run_id=str(run.id), reason=str(error)).warning(Event.DUTY_FAILED)
        return False
    with context.transaction("mark_pruned") as connection:
        runs.mark_pruned(connection, run.id)
    logger.bind(run_id=str(run.id)).debug(Event.PRUNED)
    return True
