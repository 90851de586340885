"""What goes on beside the daemon while it works: the port, and word to the service manager."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from reconciler.health.port import listen
from reconciler.health.systemd import feed_watchdog, notify, watchdog_seconds
from reconciler.health.verdict import Bounds
from reconciler.health.vitals import Vitals
from reconciler.logs import Event, logger
from reconciler.loop.daemon import Daemon
from reconciler.settings import Settings
from reconciler.store.database import connect

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

POOL_SIZE = 2
HEARTBEATS_MISSED_MAX = 3


@contextmanager
def attended(daemon: Daemon, settings: Settings) -> Iterator[None]:
    """Answer questions and feed the watchdog until the daemon has drained. Raises PortTaken."""
    vitals = _vitals(daemon, settings)
    with ExitStack() as stack:
        if settings.health_port:
            stack.enter_context(_served(vitals, settings, settings.health_host, settings.health_port))
        stack.enter_context(_supervised(vitals, daemon.context.stopping))
        yield


def _vitals(daemon: Daemon, settings: Settings) -> Vitals:
    url = settings.database_url.get_secret_value()
    return Vitals(
        duties=daemon.duties,
        # A pool of its own: probes are answered while the duties hold all other connections.
        engine=connect(url, application_name="reconciler health", pool_size=POOL_SIZE),
        bounds=Bounds(pass_seconds_max=settings.pass_seconds_max, overdue_seconds_max=settings.overdue_seconds_max),
        alive_seconds=HEARTBEATS_MISSED_MAX * settings.lease_seconds,
    )


@contextmanager
def _served(vitals: Vitals, settings: Settings, host: str, port: int) -> Iterator[None]:
    """Answer on the port. What it takes to serve is loaded here: a daemon without a port does not carry it."""
    from reconciler.health.server import Server, health_app

    more = _console(vitals, settings) if settings.console else ()
    server = Server(health_app(vitals, more), listen(host, port))
    server.start()
    logger.bind(host=host, port=port, console=settings.console).info(Event.HEALTH_SERVED)
    try:
        yield
    finally:
        server.stop()


def _console(vitals: Vitals, settings: Settings) -> "Sequence[BaseRoute]":
    """The operators' pages, loaded where they are asked for."""
    from reconciler.console.app import console_routes
    from reconciler.console.opening import desk_of

    def troubles() -> Sequence[str]:
        verdict = vitals.ready()
        return [*verdict.dead, *verdict.not_ready]

    return console_routes(desk_of(settings, troubles))


@contextmanager
def _supervised(vitals: Vitals, stopping: threading.Event) -> Iterator[None]:
    """READY now, STOPPING when the drain begins, and signs of life while there is progress."""
    over = threading.Event()
    period = watchdog_seconds()
    if period:
        feed_watchdog(lambda: vitals.alive().alive, over, period)
    notify("READY=1")
    threading.Thread(target=_tell_stopping, args=(stopping,), name="stopping", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _tell_stopping(stopping: threading.Event) -> None:
    stopping.wait()
    notify("STOPPING=1")
