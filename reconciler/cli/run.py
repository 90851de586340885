"""reconciler run: the daemon."""

import ctypes
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from pydantic import SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from reconciler.cli.connecting import engine_or_refuse
from reconciler.cli.refusal import (
    AWAY,
    ENDED_BADLY,
    WRONG_USE,
    database_or_refuse,
    refuse,
    refuse_other_schema,
    settings_or_refuse,
)
from reconciler.health.attendance import attended
from reconciler.health.port import PortTaken
from reconciler.logs import Event, logger, set_up
from reconciler.loop.assembly import assemble
from reconciler.loop.crashpoints import VARIABLE, NoSuchPoint, arm
from reconciler.loop.daemon import Daemon
from reconciler.metrics import count_events
from reconciler.settings import Settings, meaningless
from reconciler.store.database import connect, normal_url
from reconciler.store.standing import Standing, current, newest, stand

M_ARENA_MAX = -8
"""glibc's name for the option, from malloc.h."""
HEAPS = 2
SCHEMA_LOOK_SECONDS = 1.0
"""Pause between looks whether the database was migrated."""


def command() -> None:
    """Run until SIGTERM, which drains; a second signal leaves at once."""
    _share_heaps()
    settings = settings_or_refuse()
    engine_or_refuse("start").dispose()
    set_up(settings.log_level, settings.log_format, _secrets(settings))
    count_events()
    for name, reason in meaningless().items():
        logger.bind(name=name, reason=reason).warning(Event.SETTING_IGNORED)
    _arm(os.environ.get(VARIABLE))
    _await_schema(settings)
    _run(settings)


def _share_heaps() -> None:
    """Let the threads share two heaps where the C library is glibc; it gives them up to eight for each core.

    Each keeps what its busiest moment took, and a daemon has dozens of threads that are seldom busy at once.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, HEAPS)


def _arm(point: str | None) -> None:
    try:
        if point:
            arm(point)
    except NoSuchPoint as error:
        refuse(str(error), WRONG_USE)


def _run(settings: Settings) -> NoReturn:
    """Run the daemon and leave for good: threads that still wait for the CLI must not keep a dead daemon alive."""
    code = ENDED_BADLY
    try:
        daemon = Daemon(assemble(settings, camber_binary(settings)))
        code = 0 if daemon.run(attended(daemon, settings)) else ENDED_BADLY
    except PortTaken as error:
        sys.stderr.write(f"The health port cannot be served: {error}.\n")
        code = AWAY
    except Exception:  # noqa: BLE001 - what ends a daemon is told before the process goes
        logger.exception(Event.DAEMON_FAILED)
    finally:
        sys.stderr.flush()
        os._exit(code)


def _secrets(settings: Settings) -> list[str]:
    """The values that no log may show: the secret settings, and the password within the database's URL."""
    secrets = [value.get_secret_value() for _, value in settings if isinstance(value, SecretStr)]
    url = make_url(normal_url(settings.database_url.get_secret_value()))
    return [*secrets, *(str(word) for word in (url.password, url.query.get("password")) if word)]


def camber_binary(settings: Settings) -> Path | None:
    """The CLI that the settings name; None where it is to be looked for."""
    if settings.camber_bin:
        return Path(settings.camber_bin)
    return Path(sys.executable).with_name("camber-local") if settings.execution_backend == "local" else None


def _await_schema(settings: Settings) -> None:
    """Refuse a schema that is newer than this program, and wait on an older one until it is migrated.

    While it waits nothing is served and the service manager is not told READY: nobody sends work here. A database that
    goes away meanwhile is waited for too; SIGTERM ends the wait as it ends any program.
    """
    engine = connect(settings.database_url.get_secret_value(), application_name="reconciler start", pool_size=1)
    with database_or_refuse():
        found = current(engine)
    while (standing := stand(found)) is not Standing.SAME:
        if standing is Standing.NEWER:
            refuse_other_schema(found)
        logger.bind(found=found, needed=newest(), hint="reconciler migrate").warning(Event.SCHEMA_AWAITED)
        while stand(found) is Standing.OLDER:
            time.sleep(SCHEMA_LOOK_SECONDS)
            with suppress(OperationalError):
                found = current(engine)
    engine.dispose()
