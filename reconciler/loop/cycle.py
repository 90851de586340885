"""One run at a time within a pass: what goes wrong with one leaves the others alone."""

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import TypeVar
from uuid import UUID

from reconciler.logs import Event, logger
from reconciler.loop.context import Context, Counts
from reconciler.store.runs import StaleLease

T = TypeVar("T")
current_run: ContextVar[UUID | None] = ContextVar("current_run", default=None)
"""The run that this thread is acting on: evidence of the CLI belongs to it."""


def each(context: Context, what: Iterable[T], act: Callable[[T], str], run_id_of: Callable[[T], UUID]) -> Counts:
    """Act on all of them side by side; returns how often each word came back."""
    return Counts(context.pool.map(lambda one: _guarded(one, act, run_id_of(one)), what))


def _guarded(one: T, act: Callable[[T], str], run_id: UUID) -> str:
    """A run that fails keeps its lease until it runs out, and is then taken up again."""
    token = current_run.set(run_id)
    try:
        return act(one)
    except StaleLease:
        logger.bind(run_id=str(run_id)).warning(Event.LEASE_LOST)
        return "lease_lost"
    except Exception as error:  # noqa: BLE001 - one of the two places: around one run
        logger.bind(run_id=str(run_id)).opt(exception=error).error(Event.DUTY_FAILED)
        return "error"
    finally:
        current_run.reset(token)
