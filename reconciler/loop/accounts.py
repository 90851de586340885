"""Who the CLI is logged in as. Asked once a process, since the stash is named after it."""

from collections.abc import Sequence

from reconciler.domain.observations import Account, Unreachable
from reconciler.domain.runs import Run
from reconciler.domain.states import RunState
from reconciler.loop.breakers import close, trip
from reconciler.loop.context import Context
from reconciler.store import runs
from reconciler.store.runs import Claimant


def account_name(context: Context) -> str | None:
    """The account's user name; None, with the breaker open, while Camber does not tell."""
    known = context.known.get("account")
    if known:
        return known
    match context.client.me():
        case Account(username=username):
            context.known["account"] = username
            close(context, "camber")
            return username
        case Unreachable(trouble, reason):
            trip(context, "camber", f"{trouble}: {reason}")
            return None


def claim_due(context: Context, states: Sequence[RunState]) -> list[Run]:
    """Lease the runs that are due and that the CLI's account can see; none while it is not known who that is."""
    account = account_name(context)
    if account is None:
        return []
    seconds = context.settings.lease_seconds
    claimant = Claimant(owner=context.owner, lease_seconds=seconds, backend=context.backend, account=account)
    since = context.leases.clock()
    with context.transaction("claim") as connection:
        due = runs.claim(connection, claimant, states, 2 * context.settings.run_slots)
    context.leases.take((run.id for run in due), since)
    return due
