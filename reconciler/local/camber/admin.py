"""`camber-local emulator configure|start|stop|status`: what no real tool has, for the platform that runs this one."""

import json
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence

from reconciler.local.camber import config as configuration
from reconciler.local.camber.errors import CommandError, EmulatorError
from reconciler.local.camber.flags import Flag, Given, Kind, read
from reconciler.local.camber.home import Home
from reconciler.local.camber.processes import Identity
from reconciler.local.camber.screens import write_out

_STOP_SECONDS_MAX = 10.0
_STARTING_SECONDS = 0.01
_GRACE_SECONDS = 1.0


def administer(home: Home, environ: Mapping[str, str], arguments: Sequence[str]) -> int:
    """Carry out one command to the emulator itself."""
    verb, *rest = arguments or [""]
    verbs: dict[str, Callable[[Home, Mapping[str, str], list[str]], None]] = {
        "configure": _configure,
        "serve": _serve,
        "start": _start,
        "status": _status,
        "stop": _stop,
    }
    if verb not in verbs:
        raise EmulatorError("usage: camber-local emulator configure|start|stop|status")
    verbs[verb](home, environ, rest)
    return 0


def _configure(home: Home, environ: Mapping[str, str], arguments: list[str]) -> None:
    given = _read([Flag(_flag_name(key), Kind.STRING, "") for key in configuration.KNOBS], arguments)
    values = {key: given.text(_flag_name(key)) for key in configuration.KNOBS if given.has(_flag_name(key))}
    _show(configuration.update(home, environ, values)._asdict())


def _start(home: Home, environ: Mapping[str, str], arguments: list[str]) -> None:
    from reconciler.local.camber.doorbell import ring

    _read([], arguments)
    configuration.update(home, environ, {})
    ring(home)
    _await_scheduler(home)
    _status(home, environ, [])


def _status(home: Home, environ: Mapping[str, str], arguments: list[str]) -> None:
    from reconciler.local.camber.ledger import Ledger, Status

    _read([], arguments)
    config = configuration.load(home, environ)
    with Ledger(home) as ledger:
        counts = {status.lower(): ledger.count(status) for status in Status}
    scheduler = _scheduler(home)
    pid = None if scheduler is None else scheduler.pid
    _show({"home": str(home.root), "profile": config.profile, "scheduler": pid, "jobs": counts})


def _stop(home: Home, environ: Mapping[str, str], arguments: list[str]) -> None:
    _read([], arguments)
    lock = _take_over(home)
    try:
        cancelled = _cancel_running(home, configuration.load(home, environ))
    finally:
        os.close(lock)
    _show({"cancelled": cancelled})


def _serve(home: Home, _: Mapping[str, str], arguments: list[str]) -> None:
    from reconciler.local.camber.scheduler import serve

    if len(arguments) != 1 or not arguments[0].isdecimal():
        raise EmulatorError("serve is for the emulator's own use: camber-local emulator start")
    serve(home, int(arguments[0]))


def _take_over(home: Home) -> int:
    """End the scheduler, if there is one, and hold its lock in its place."""
    from reconciler.local.camber.doorbell import take_lock

    deadline = time.monotonic() + _STOP_SECONDS_MAX
    while (lock := take_lock(home)) is None:
        is_late = time.monotonic() > deadline
        if time.monotonic() > deadline + _STOP_SECONDS_MAX:
            raise EmulatorError(f"the scheduler of {home.root} does not end")
        scheduler = _scheduler(home)
        if scheduler is None:
            # It has the lock and has not yet said who it is.
            time.sleep(_STARTING_SECONDS)
        else:
            scheduler.signal(signal.SIGKILL if is_late else signal.SIGTERM)
            scheduler.wait(_STARTING_SECONDS)
    return lock


def _cancel_running(home: Home, config: configuration.Config) -> list[int]:
    """End the running jobs. One that had ended by itself, unnoticed, keeps its own ending."""
    from reconciler.local.camber.execution import Ending, clear, ending
    from reconciler.local.camber.ledger import Ledger, Status

    cancelled = []
    with Ledger(home) as ledger:
        for job in ledger.running():
            end = ending(home, job, time.time()) or Ending(Status.CANCELLED, time.time())
            clear(home, config, job, _GRACE_SECONDS)
            ledger.finish(job.id, end.status, end.at)
            cancelled += [job.id] if end.status is Status.CANCELLED else []
    return cancelled


def _await_scheduler(home: Home) -> None:
    deadline = time.monotonic() + _STOP_SECONDS_MAX
    while _scheduler(home) is None:
        if time.monotonic() > deadline:
            raise EmulatorError(f"the scheduler did not start: see {home.scheduler_log}")
        time.sleep(_STARTING_SECONDS)


def _scheduler(home: Home) -> Identity | None:
    if not home.scheduler_process.exists():
        return None
    identity = Identity(**json.loads(home.scheduler_process.read_text("utf-8")))
    return identity if identity.is_alive else None


def _read(flags: list[Flag], arguments: list[str]) -> Given:
    try:
        given = read(flags, arguments)
    except CommandError as error:
        raise EmulatorError(str(error)) from error
    if given.arguments:
        raise EmulatorError(f"unexpected argument {given.arguments[0]!r}")
    return given


def _flag_name(key: str) -> str:
    return key.replace("_", "-")


def _show(value: object) -> None:
    write_out(json.dumps(value, indent=2).encode() + b"\n")
