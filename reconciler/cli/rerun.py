"""reconciler rerun: start jobs afresh, whatever became of them."""

from reconciler.cli.operating import (
    Actor,
    Code,
    DryRun,
    Ids,
    Json,
    Order,
    Reason,
    Since,
    Status,
    User,
    Yes,
    execute,
)
from reconciler.cli.selection import parse_filter, parse_ids
from reconciler.store.operating import Deed


def command(
    ids: Ids = None,
    status: Status = None,
    error_code: Code = None,
    since: Since = None,
    user: User = None,
    reason: Reason = "asked for at the console",
    actor: Actor = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Start jobs afresh, whatever became of them."""
    execute(
        Order(
            verb="rerun",
            on_jobs=Deed.RERUN_JOBS,
            on_runs=None,
            ids=parse_ids(ids or []),
            chosen=parse_filter(status, error_code, since, user),
            reason=reason,
            actor=actor,
            dry_run=dry_run,
            yes=yes,
            json=json,
        )
    )
