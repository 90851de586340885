"""reconciler cancel: give up jobs that are not over: their results are ignored."""

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
    """Give up jobs that are not over: their results are ignored."""
    execute(
        Order(
            verb="cancel",
            on_jobs=Deed.CANCEL_JOBS,
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
