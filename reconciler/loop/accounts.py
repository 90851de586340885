"""Who the CLI is logged in as. Asked once a process, since the stash is named after it; again after a failed login."""

from collections.abc import Sequence
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


def claim_due(context: Context, states: Sequence[RunState], *more: str, ahead_seconds: float = 0.0) -> list[Claimed]:
    """Lease the runs that are due, or as good as due, and that the account can see; one at most where it is a probe.

    None while it is not known who the account is, or one of the dependencies, `more` among them, is left alone.
    """
    account = account_name(context)
    if account is None:
        return []
    since = context.leases.clock()
    with context.transaction("claim") as connection, connection.begin_nested() as begun:
        gate = context.breakers.admit(connection, LOOKS.union(more))
        limit = {Gate.SHUT: 0, Gate.PROBE: 1, Gate.FREE: 2 * context.settings.run_slots}[gate]
        due = runs.claim(connection, _claimant(context, account), states, limit, ahead_seconds) if limit else []
        told = settling.list_assigned(connection, [run.id for run in due if run.state in SPEAKING])
        if gate is Gate.PROBE and not due:
            # Nothing to try it with: let another duty have the probe.
            begun.rollback()
    context.leases.take((run.lease for run in due), since)
    return [Claimed(run, told.get(run.id, ())) for run in due]


def claim_ended(
    context: Context, account: str, states: Sequence[RunState], camber_job_ids: Sequence[int]
) -> list[Claimed]:
    """Lease those of the account's runs whose Camber jobs are these, due or not, unless somebody is at them."""
    since = context.leases.clock()
    with context.transaction("claim") as connection:
        ended = runs.claim_ended(connection, _claimant(context, account), states, camber_job_ids)
        told = settling.list_assigned(connection, [run.id for run in ended if run.state in SPEAKING])
    context.leases.take((run.lease for run in ended), since)
    return [Claimed(run, told.get(run.id, ())) for run in ended]


def _claimant(context: Context, account: str) -> Claimant:
    seconds = context.settings.lease_seconds
    return Claimant(owner=context.owner, lease_seconds=seconds, backend=context.backend, account=account)
