"""reconciler release: let held jobs and runs go on."""

from typing import Annotated

import typer

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
    held: Annotated[bool, typer.Option("--held", help="All held jobs.")] = False,
    give_up: Annotated[
        bool, typer.Option("--give-up", help="Fence held runs and try their jobs again, instead of looking for them.")
    ] = False,
    reason: Reason = "released at the console",
    actor: Actor = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Let held jobs and runs go on."""
    execute(
        Order(
            verb="release",
            on_jobs=Deed.RELEASE_JOBS,
            on_runs=Deed.GIVE_UP_RUNS if give_up else Deed.RELEASE_RUNS,
            ids=parse_ids(ids or []),
            chosen=parse_filter(status, error_code, since, user, held=held),
            reason=reason,
            actor=actor,
            dry_run=dry_run,
            yes=yes,
            json=json,
        )
    )
