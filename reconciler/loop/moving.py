"""What a watched run moves on with: its next look, its deadline, its cost."""

from decimal import Decimal

from reconciler.domain.cost import credits_of_run
from reconciler.domain.observations import RemoteJob
from reconciler.domain.runs import Run
from reconciler.domain.states import RunEvent, RunState
from reconciler.logs import Event, logger
from reconciler.loop.context import Context
from reconciler.loop.naming import KILL_AFTER_SECONDS
from reconciler.store.runs import Move

OVER = frozenset({RunEvent.SEEN_OVER, RunEvent.VANISHED})
"""From these on a run holds no slot, and its results can be collected."""


def move_of(context: Context, run: Run, event: RunEvent, reason: str, seen: RemoteJob | None) -> Move:
    """The move of a run that was seen, or proven to be gone."""
    settings = context.settings
    # The command ends itself at its limit, and Camber's word for that comes late.
    own_end = settings.run_seconds + KILL_AFTER_SECONDS + settings.log_grace_seconds
    return Move(
        run=run,
        event=event,
        reason=reason,
        seen=seen,
        cost=_cost(context, run, event, seen),
        poll_seconds=0.0 if event in OVER else context.poll_seconds(run),
        deadline_seconds=own_end if event is RunEvent.SEEN_RUNNING else settings.log_grace_seconds,
    )


def _cost(context: Context, run: Run, event: RunEvent, seen: RemoteJob | None) -> Decimal | None:
    """What the run has cost, once it is over; None where nobody can tell."""
    if event is RunEvent.VANISHED and run.camber_job_id is None:
        # Nothing was ever created. Should it show up after all, it is a duplicate with a cost of its own.
        return Decimal(0)
    return credits_of_run(seen, run, context.settings.node_prices) if seen and event is RunEvent.SEEN_OVER else None


def log_run(run: Run, state: RunState, reason: str) -> None:
    """One line for one run's state change."""
    bound = logger.bind(run_id=str(run.id), camber_job_id=run.camber_job_id, reason=reason)
    bound.bind(old_status=str(run.state), new_status=str(state)).info(Event.RUN_STATE)
