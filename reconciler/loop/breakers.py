"""Leave a dependency alone while it fails. Breakers stand in the database, so all daemons share them."""

from collections.abc import Collection

from reconciler.logs import Event, logger
from reconciler.loop.context import Context
from reconciler.store import daemons


def forbidden(context: Context, needed: Collection[str]) -> bool:
    """Whether one of the dependencies is being left alone."""
    with context.transaction("read_breakers") as connection:
        return any(breaker.dependency in needed for breaker in daemons.list_open(connection))


def trip(context: Context, dependency: str, reason: str) -> None:
    """Leave the dependency alone for a while, longer with every failure in a row."""
    policy = context.policy
    with context.transaction("trip") as connection:
        daemons.trip(connection, dependency, reason, policy.backoff_base_seconds, policy.backoff_max_seconds)
    logger.bind(dependency=dependency, reason=reason).warning(Event.BREAKER_OPENED)


def close(context: Context, dependency: str) -> None:
    """The dependency works."""
    with context.transaction("close") as connection:
        was_open = daemons.close(connection, dependency)
    if was_open:
        logger.bind(dependency=dependency).info(Event.BREAKER_CLOSED)


def show_settings(context: Context) -> None:
    """Let everybody see whether this process may launch at all: without a recipient no master can be sealed."""
    if context.settings.age_recipients:
        close(context, "recipients")
    else:
        trip(context, "recipients", "AGE_RECIPIENTS is not set: a master is never stored unencrypted")
