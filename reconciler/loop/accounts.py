"""Who the CLI is logged in as. Asked once a process, since the stash is named after it; again after a failed login."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from reconciler.domain.observations import Account, Unreachable
from reconciler.domain.runs import Assigned, Run
from reconciler.domain.states import RunState
from reconciler.loop.breakers import Gate
from reconciler.loop.context import Context
from reconciler.store import runs, settling
from reconciler.store.runs import Claimant

LOOKS = frozenset({"login", "reads"})
"""The dependencies without which Camber cannot be looked at."""
SPEAKING = frozenset({RunState.RUNNING, RunState.COLLECTING})
"""The states in which a run's log is read for frames."""


def account_name(context: Context) -> str | None:
    """The account's user name; None while Camber does not tell."""
    known = context.known.get("account")
    if known and not context.breakers.troubles("login"):
        return known
    with context.transaction("admit") as connection:
        if context.breakers.admit(connection, LOOKS) is Gate.SHUT:
            return None
    match context.client.me():
        case Account(username=username):
            context.known["account"] = username
            return username
        case Unreachable():
            return None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A leased run; its live attempts where its log may be read."""

    run: Run
    attempts: tuple[Assigned, ...] = ()


def claim_due(
    context: Context,
    states: Sequence[RunState],
    *more: str,
    ahead_seconds: float = 0.0,
    over: Collection[int] = (),
) -> list[Claimed]:
    """Lease the runs that are due, or as good as due, and that the account can see; one at most where it is a probe.

    Due are also those whose Camber jobs are among those that are `over`.
    None while it is not known who the account is, or one of the dependencies, `more` among them, is left alone.
    """
    account = account_name(context)
    if account is None:
        return []
    seconds = context.settings.lease_seconds
    claimant = Claimant(owner=context.owner, lease_seconds=seconds, backend=context.backend, account=account)
    since = context.leases.clock()
    with context.transaction("claim") as connection, connection.begin_nested() as begun:
        gate = context.breakers.admit(connection, LOOKS.union(more))
        limit = {Gate.SHUT: 0, Gate.PROBE: 1, Gate.FREE: 2 * context.settings.run_slots}[gate]
        due = runs.claim(connection, claimant, states, limit, ahead_seconds, over) if limit else []
        told = settling.list_assigned(connection, [run.id for run in due if run.state in SPEAKING])
        if gate is Gate.PROBE and not due:
            # Nothing to try it with: let another duty have the probe.
            begun.rollback()
    context.leases.take((run.lease for run in due), since)
    return [Claimed(run, told.get(run.id, ())) for run in due]
