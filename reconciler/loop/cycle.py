"""One thing at a time within a pass: what goes wrong with one leaves the others alone."""

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import TypeVar
from uuid import UUID

from reconciler.logs import Event, logger
from reconciler.loop.context import Context, Counts
from reconciler.store.runs import StaleLease

T = TypeVar("T")
R = TypeVar("R")
current_run: ContextVar[UUID | None] = ContextVar("current_run", default=None)
"""The run that this thread is acting on: evidence of the CLI belongs to it."""


def each(context: Context, what: Iterable[T], act: Callable[[T], str], run_id_of: Callable[[T], UUID]) -> Counts:
    """Act on all of these runs side by side; returns how often each word came back."""
    runs = {run_id_of(one): one for one in what}
    context.in_flight.update(runs)
    return Counts(context.pool.map(lambda run_id: _act(context, run_id, lambda: act(runs[run_id])), runs))


def _act(context: Context, run_id: UUID, act: Callable[[], str]) -> str:
    """A run that fails is in flight no longer, so its lease runs out, and it is taken up again."""
    token = current_run.set(run_id)
    try:
        return guarded(act, run_id=str(run_id)) or "error"
    except StaleLease:
        logger.bind(run_id=str(run_id)).warning(Event.LEASE_LOST)
        return "lease_lost"
    finally:
        current_run.reset(token)
        context.in_flight.discard(run_id)


def guarded(act: Callable[[], R], **about: str) -> R | None:
    """What the act returns; None, logged, where it fails in a way that nobody foresaw. StaleLease passes."""
    try:
        return act()
    except StaleLease:
        raise
    except Exception as error:  # noqa: BLE001 - one of the two places: around one thing in a pass
        logger.bind(**about).opt(exception=error).error(Event.DUTY_FAILED)
        return None
