"""reconciler hold: leave jobs or runs alone until they are released."""

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
    reason: Reason = "held at the console",
    actor: Actor = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Leave jobs or runs alone until they are released."""
    execute(
        Order(
            verb="hold",
            on_jobs=Deed.HOLD_JOBS,
            on_runs=Deed.HOLD_RUNS,
            ids=parse_ids(ids or []),
            chosen=parse_filter(status, error_code, since, user),
            reason=reason,
            actor=actor,
            dry_run=dry_run,
            yes=yes,
            json=json,
        )
    )
