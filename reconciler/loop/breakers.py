"""Leave a dependency alone while it fails: a breaker per dependency, in the database, shared by all daemons.

Closed: it works. Open: it failed so often in a row that nobody tries it before `retry_at`. Half open: one daemon is
trying it with one act, and the others wait for what comes of that. Nobody sleeps for any of this.
"""

from collections.abc import Collection
from enum import StrEnum
from random import Random

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from reconciler.domain.policy import Policy
from reconciler.logs import Event, logger
from reconciler.loop.crashpoints import transaction
from reconciler.store import breakers as rows

AT_ONCE = frozenset({"login", "recipients"})
"""What fails for a reason that no second try mends."""


class Gate(StrEnum):
    """Whether something may be begun."""

    FREE = "free"
    PROBE = "probe"
    SHUT = "shut"


class Breakers:
    """The breakers, as this process opens and closes them. Thread-safe."""

    def __init__(self, engine: Engine, policy: Policy, random: Random) -> None:
        self._engine, self._policy, self._random = engine, policy, random
        self._troubled: set[str] = set()

    def troubles(self, dependency: str) -> bool:
        """Whether it failed last, as far as this process knows."""
        return dependency in self._troubled

    def admit(self, connection: Connection, needed: Collection[str], *, may_try: bool = True) -> Gate:
        """Whether what needs all of these may be begun now; for a PROBE, only one act of it, and only if it may try."""
        known = rows.read(connection)
        self._troubled = {one.dependency for one in known if one.failures}
        open_ones = [one for one in known if one.dependency in needed and one.state != "closed"]
        if not open_ones:
            return Gate.FREE
        if not may_try or any(one.waits for one in open_ones):
            return Gate.SHUT
        wanted = [one.dependency for one in open_ones]
        # The whole act must have time to end: a create that is judged before would be tried twice at a time.
        seconds = max(self._policy.probe_limits[dependency] for dependency in wanted)
        return Gate.PROBE if rows.probe(connection, wanted, seconds) == len(wanted) else Gate.SHUT

    def failed(self, dependency: str, reason: str) -> None:
        """It failed; after enough failures in a row it is left alone, longer with each one more."""
        self._troubled.add(dependency)
        allowed = 1 if dependency in AT_ONCE else self._policy.breaker_failures_min
        bounds = {
            "base_seconds": self._policy.backoff_base_seconds,
            "max_seconds": self._policy.backoff_max_seconds,
            "jitter": self._random.random(),
        }
        try:
            with transaction(self._engine, "trip") as connection:
                opened = rows.trip(connection, dependency, reason, allowed, **bounds)
        except SQLAlchemyError as error:
            # What the call told must not be lost with this: the reply of create above all.
            logger.bind(dependency=dependency, reason=type(error).__name__).warning(Event.EVIDENCE_LOST)
            return
        if opened:
            logger.bind(dependency=dependency, reason=reason).warning(Event.BREAKER_OPENED)

    def worked(self, *dependencies: str) -> None:
        """They work. Costs nothing unless one of them was in trouble."""
        for dependency in self._troubled.intersection(dependencies):
            self._close(dependency)

    def show(self, dependency: str, trouble: str | None) -> None:
        """Write down how something stands that this process knows for certain."""
        if trouble is None:
            self._close(dependency)
        else:
            self.failed(dependency, trouble)

    def show_until_tomorrow(self, dependency: str, trouble: str | None) -> None:
        """Write down that it is to be left alone until the next UTC day, or that it is not."""
        if trouble is None:
            self.worked(dependency)
            return
        self._troubled.add(dependency)
        with transaction(self._engine, "show_budget") as connection:
            opened = rows.shut_until_tomorrow(connection, dependency, trouble)
        if opened:
            logger.bind(dependency=dependency, reason=trouble).warning(Event.BREAKER_OPENED)

    def _close(self, dependency: str) -> None:
        self._troubled.discard(dependency)
        try:
            with transaction(self._engine, "close") as connection:
                was_open = rows.close(connection, dependency)
        except SQLAlchemyError as error:
            self._troubled.add(dependency)
            logger.bind(dependency=dependency, reason=type(error).__name__).warning(Event.EVIDENCE_LOST)
            return
        if was_open:
            logger.bind(dependency=dependency).info(Event.BREAKER_CLOSED)


def show_settings(breakers: Breakers, *, recipients: bool) -> None:
    """Let everybody see whether this process may launch at all: without a recipient no master can be sealed.

    Whether the day's credits are spent is found out again by the first plan: the limit may be another one now.
    """
    trouble = None if recipients else "AGE_RECIPIENTS is not set: a master is never stored unencrypted"
    breakers.show("recipients", trouble)
    breakers.show("budget", None)
