"""Prune: remove what is over and old. No folder goes before Camber showed its run's end."""

from sqlalchemy import Connection

from reconciler.camber.errors import CamberError
from reconciler.logs import Event, logger
from reconciler.loop.accounts import account_name
from reconciler.loop.context import Context, Counts
from reconciler.loop.crashpoints import as_duty
from reconciler.loop.expiry import expire
from reconciler.loop.naming import control_key, inbox_key
from reconciler.objects.errors import ObjectsError
from reconciler.settings import Settings
from reconciler.store import evidence, outbox, pruning, runs
from reconciler.store.runs import Prunable

BATCH = 20
"""Folders in one pass: each costs a call of the CLI."""
ROWS_BATCH = 5000
"""Rows of one kind in one pass: what is more waits for the next, and no transaction is long."""


@as_duty("prune")
def run_once(context: Context) -> Counts:
    """Remove what is old, some of each kind: run folders, logs, evidence, messages, history, jobs."""
    counts, account, settings = Counts(), account_name(context), context.settings
    with context.transaction("list_old") as connection:
        retention = settings.stash_retention_seconds
        old = runs.list_prunable(connection, context.backend, account, retention, BATCH) if account else []
        counts["evidence"] = evidence.prune_calls(connection, settings.evidence_retention_seconds, ROWS_BATCH)
        counts["messages"] = outbox.prune(connection, settings.outbox_retention_seconds, ROWS_BATCH)
        counts["logs"] = pruning.prune_log_tails(connection, settings.log_retention_seconds, ROWS_BATCH)
        counts["events"] = pruning.prune_events(connection, settings.event_retention_seconds, ROWS_BATCH)
    counts["folders"] = sum(_prune(context, run) for run in old)
    return counts + expire(context)


def count_old(connection: Connection, settings: Settings) -> Counts:
    """How much there is to remove, by kind; of all accounts of the backend."""
    return Counts(
        pruning.count_prunable(
            connection,
            settings.execution_backend,
            folder_seconds=settings.stash_retention_seconds,
            evidence_seconds=settings.evidence_retention_seconds,
            message_seconds=settings.outbox_retention_seconds,
            log_seconds=settings.log_retention_seconds,
            event_seconds=settings.event_retention_seconds,
            object_seconds=settings.object_age_seconds,
            job_seconds=settings.job_retention_seconds,
        )
    )


def _prune(context: Context, run: Prunable) -> bool:
    try:
        context.client.remove(run.stash_path)
        for number in range(1, run.inbox_given + 1):
            context.objects.delete(inbox_key(run.marker, number))
        context.objects.delete(control_key(run.marker))
    except (CamberError, ObjectsError) as error:
        logger.bind(run_id=str(run.id), reason=str(error)).warning(Event.DUTY_FAILED)
        return False
    with context.transaction("mark_pruned") as connection:
        runs.mark_pruned(connection, run.id)
    logger.bind(run_id=str(run.id)).debug(Event.PRUNED)
    return True
