"""The daemon: APScheduler is the clock, signals drain, a wake-up only shortens the wait."""

import os
import signal
import socket
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import version

from apscheduler.executors.pool import ThreadPoolExecutor as Threads
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from reconciler.domain.states import RunEvent
from reconciler.logs import Event, logger
from reconciler.loop import collect, dispatch, prune, repair, requests, sweep, tell, watch
from reconciler.loop.breakers import show_settings
from reconciler.loop.context import Context, Counts
from reconciler.loop.crashpoints import as_duty
from reconciler.loop.due import Due
from reconciler.loop.duties import Duty
from reconciler.loop.moving import OVER
from reconciler.loop.outage import Outage
from reconciler.store import daemons, runs
from reconciler.store.wake import Listener

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
WOKEN = ("requests", "dispatch")
"""The duties that a new row or a flag is for."""
FOLLOWING = ("collect", "refill")
"""The duties that go on from the end of a run: with its results, and with its slot."""


class Daemon:
    """One process that carries out all duties until it is told to stop."""

    def __init__(self, context: Context) -> None:
        settings = context.settings
        tick, look = settings.tick_seconds, settings.poll_min_seconds / 2
        self._context = replace(context, follow=self._follow)
        outage = Outage(settings.policy, context.random)
        self._due = Due(context.engine, context.leases.clock, watch.ahead_seconds(context))
        due = self._due.any_of
        self._heart = Duty("heart", self._beat, settings.lease_seconds / 3, outage, always=True)
        self._duties = [
            self._heart,
            Duty("requests", requests.run_once, tick, outage, wanted_when=partial(due, requests.REQUESTED)),
            Duty("dispatch", dispatch.run_once, tick, outage, wanted_when=partial(due, ("jobs",))),
            # A launch takes seconds: what comes free while one pass launches is for the other, as for a second daemon.
            Duty("refill", dispatch.run_once, tick, outage, wanted_when=partial(due, ("jobs",))),
            Duty("watch", watch.run_once, look, outage, wanted_when=partial(due, watch.WATCHED)),
            # Logs take seconds too: what comes due while one pass reads them is for the other.
            Duty("rewatch", watch.run_once, look, outage, wanted_when=partial(due, watch.WATCHED)),
            Duty("collect", collect.run_once, look, outage, wanted_when=partial(due, collect.GATHERED)),
            Duty("repair", repair.run_once, tick, outage, wanted_when=partial(due, repair.REPAIRED)),
            Duty("tell", tell.run_once, tick, outage),
            Duty("sweep", sweep.run_once, settings.sweep_seconds, outage),
            Duty("prune", prune.run_once, settings.prune_seconds, outage),
        ]

    @property
    def duties(self) -> Sequence[Duty]:
        """Its duties, with the progress of each."""
        return tuple(self._duties)

    @property
    def context(self) -> Context:
        """What its duties are given."""
        return self._context

    def run(self, attended: AbstractContextManager[None]) -> bool:
        """Work until SIGTERM or SIGINT; true where everything under way had ended. A second signal leaves at once.

        To be called from the main thread, before any other is started: all of them inherit the blocked signals.
        `attended` is entered once the database was reached, and left after the drain.
        """
        settings = self._context.settings
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        self._beat(self._context)
        show_settings(self._context.breakers, recipients=bool(settings.age_recipients))
        logger.bind(daemon_id=str(self._context.owner), backend=self._context.backend).info(Event.DAEMON_STARTED)
        with attended:
            self._work()
            return self._drain()

    def _work(self) -> None:
        with self._listening(), self._clock():
            # Waited for, not handled: a handler could interrupt this thread while it holds a lock that it needs.
            signal.sigwait(STOP_SIGNALS)
            self._context.stopping.set()
            self._let_the_next_one_kill()
            logger.bind(seconds=self._context.settings.drain_seconds).info(Event.DAEMON_DRAINING)

    @staticmethod
    def _let_the_next_one_kill() -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    @contextmanager
    def _listening(self) -> Iterator[None]:
        url = self._context.settings.database_url.get_secret_value()
        listener = Listener(url, self._wake, lambda reason: logger.bind(reason=reason).warning(Event.WAKE_LOST))
        listener.start()
        try:
            yield
        finally:
            listener.stop()

    @contextmanager
    def _clock(self) -> Iterator[None]:
        threads = Threads(2 * len(self._duties))
        scheduler = BackgroundScheduler(executors={"default": threads}, timezone="UTC")
        for duty in self._duties:
            # Ticks are idempotent: a late one is made up for once, and two at a time are one.
            scheduler.add_job(
                partial(duty.tick, self._context),
                "interval",
                seconds=duty.seconds,
                max_instances=2,
                coalesce=True,
                misfire_grace_time=None,
                id=duty.name,
            )
        scheduler.start()
        self._wake()
        try:
            yield
        finally:
            scheduler.shutdown(wait=False)

    def _wake(self) -> None:
        self._tick_now(WOKEN)

    def _follow(self, event: RunEvent) -> None:
        """What one duty leaves to others is taken up at once: neither a result nor a free slot waits for a tick."""
        if event in OVER:
            self._tick_now(FOLLOWING)

    def _tick_now(self, names: Collection[str]) -> None:
        self._due.forget()
        for duty in self._duties:
            if duty.name in names and not self._context.stopping.is_set():
                threading.Thread(
                    target=duty.tick, args=(self._context,), name=f"woken {duty.name}", daemon=True
                ).start()

    @as_duty("heart")
    def _beat(self, context: Context) -> Counts:
        """Renew all leases in one statement, and give a sign of life."""
        duties = {duty.name: duty.completed_at.isoformat() for duty in self._duties if duty.completed_at}
        since, held = context.leases.clock(), context.leases.held()
        with context.transaction("beat") as connection:
            renewed = runs.renew_leases(connection, context.owner, held, context.settings.lease_seconds)
            host, number = socket.gethostname(), version("rythmiq-reconciler")
            daemons.beat(connection, context.owner, host, os.getpid(), number, duties)
        context.leases.renewed(renewed, since)
        return Counts(renewed=len(renewed))

    def _drain(self) -> bool:
        """Let calls of the CLI end within a bound, then give the leases back. Remote work is left alone."""
        deadline = time.monotonic() + self._context.settings.drain_seconds
        drained = min(self._await(duty, deadline) for duty in self._duties)
        try:
            released = self._leave_word(drained=drained)
        except SQLAlchemyError as error:
            # The leases run out by themselves.
            logger.bind(reason=type(error).__name__).error(Event.DUTY_FAILED)
            return False
        logger.bind(drained=drained, released=released).info(Event.DAEMON_STOPPED)
        return drained

    @as_duty("heart")
    def _leave_word(self, *, drained: bool) -> int:
        with self._context.transaction("stop") as connection:
            daemons.stop(connection, self._context.owner)
            return runs.release_leases(connection, self._context.owner) if drained else 0

    def _await(self, duty: Duty, deadline: float) -> bool:
        """The heart goes on meanwhile: a call that is still under way needs its lease."""
        while True:
            left = deadline - time.monotonic()
            if duty.drained(min(left, self._context.settings.lease_seconds / 6)):
                return True
            if left <= 0:
                return False
            self._heart.beat_once(self._context)
