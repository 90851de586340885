"""One thing at a time within a pass: what goes wrong with one leaves the others alone."""

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from contextvars import copy_context
from typing import TypeVar

from reconciler.domain.runs import Lease
from reconciler.logs import Event, logger
from reconciler.loop.context import Context, Counts
from reconciler.loop.leases import current_lease
from reconciler.loop.own_faults import blame_run
from reconciler.store.runs import StaleLease

T = TypeVar("T")
R = TypeVar("R")


def each(context: Context, what: Iterable[T], act: Callable[[T], str], lease_of: Callable[[T], Lease]) -> Counts:
    """Act on all of these leased runs side by side; returns how often each word came back."""
    return Counts(side_by_side(context.pool, lambda one: _act(context, lease_of(one), lambda: act(one)), list(what)))


def side_by_side(threads: Executor, act: Callable[[T], R], what: Iterable[T]) -> list[R]:
    """Act on all of these in other threads, which know what this thread is at."""
    begun = [threads.submit(copy_context().run, act, one) for one in what]
    return [one.result() for one in begun]


def _act(context: Context, lease: Lease, act: Callable[[], str]) -> str:
    """A run that fails is in flight no longer: it is taken up again later, within its budget."""
    token = current_lease.set(lease)
    try:
        # Whatever is logged meanwhile, by the doors and the breakers too, says for which run.
        with logger.contextualize(run_id=str(lease.run_id)), context.ledger.page():
            return guarded(act, lambda error: blame_run(context, lease, error))
    except StaleLease:
        logger.bind(run_id=str(lease.run_id)).warning(Event.LEASE_LOST)
        return "lease_lost"
    finally:
        current_lease.reset(token)
        context.leases.drop(lease)


def guarded(act: Callable[[], R], blame: Callable[[Exception], R], **about: str) -> R:
    """What the act returns; where it fails in a way nobody foresaw, what `blame` makes of that. StaleLease passes."""
    try:
        return act()
    except StaleLease:
        raise
    except Exception as error:  # noqa: BLE001 - one of the two places: around one thing in a pass
        logger.bind(**about).opt(exception=error).error(Event.DUTY_FAILED)
        return blame(error)
