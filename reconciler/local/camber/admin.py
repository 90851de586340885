"""`camber-local emulator VERB`: what no real tool has, for who runs this one; `_USES` lists the verbs."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.local.camber import config as configuration
from reconciler.local.camber.errors import CommandError, EmulatorError
from reconciler.local.camber.flags import Flag, Given, Kind, read
from reconciler.local.camber.home import Home
from reconciler.local.camber.ledger import Ledger, Status
from reconciler.local.camber.processes import Identity
from reconciler.local.camber.screens import write_out

if TYPE_CHECKING:
    from reconciler.local.camber.faults.plan import Rule

_USES = {
    "configure": ("configure [--KNOB=VALUE ...]", "turn knobs, and show all of them"),
    "faults": ("faults [PLAN | - | --clear]", "let things go wrong by a plan, end it, or show it with its counts"),
    "learn": ("learn FOLDER", "set the knobs by what `reconciler doctor --save-transcripts` captured"),
    "start": ("start", "start the scheduler, and show the status"),
    "stay": ("stay", "schedule in the foreground until SIGTERM: for a container of its own"),
    "status": ("status", "show the home, the scheduler and how many jobs there are"),
    "stop": ("stop", "end the scheduler and cancel the jobs that run"),
}
_STOP_SECONDS_MAX = 10.0
_STARTING_SECONDS = 0.01
_GRACE_SECONDS = 1.0
_NEVER_SECONDS = str(10 * 365 * 86400)


def administer(home: Home, environ: Mapping[str, str], arguments: Sequence[str]) -> int:
    """Carry out one command to the emulator itself."""
    verb, *rest = arguments or [""]
    if verb in ("help", "--help", "-h") or (verb in _USES and ("--help" in rest or "-h" in rest)):
        write_out(_help(verb).encode())
        return 0
    verbs: dict[str, Callable[[Home, Mapping[str, str], list[str]], None]] = {
        "configure": _configure,
        "faults": _faults,
        "learn": _learn,
        "serve": _serve,
        "start": _start,
        "status": _status,
        "stay": _stay,
        "stop": _stop,
    }
    if verb not in verbs:
        wrong = f"no command {verb!r}" if verb else "no command was given"
        raise EmulatorError(f"emulator: {wrong}; there are {', '.join(_USES)}: see camber-local emulator --help")
    verbs[verb](home, environ, rest)
    return 0


def _help(verb: str) -> str:
    """What there is, or one command; of `configure` with its knobs."""
    uses = [_USES[verb]] if verb in _USES else list(_USES.values())
    lines = [f"  camber-local emulator {use:<32} {meaning}\n" for use, meaning in uses]
    knobs = [f"      --{_flag_name(key):<26} by default {value!r}\n" for key, value in configuration.KNOBS.items()]
    flags = ["\nKnobs:\n", *knobs] if verb == "configure" else []
    return "".join(["Commands to the emulator itself, which no real tool has.\n\nUsage:\n", *lines, *flags])


def _configure(home: Home, environ: Mapping[str, str], arguments: list[str]) -> None:
    given = _read([Flag(_flag_name(key), Kind.STRING, "") for key in configuration.KNOBS], arguments)
    values = {key: given.text(_flag_name(key)) for key in configuration.KNOBS if given.has(_flag_name(key))}
    _show(configuration.update(home, environ, values)._asdict())


def _faults(home: Home, environ: Mapping[str, str], arguments: list[str]) -> None:
    """Put a plan in force (a file, or `-` for standard input), `--clear` it, or show it with its counts."""
    from reconciler.local.camber.faults import load, plan_text, read_plan

    given = _read([Flag("clear", Kind.BOOL, "")], arguments, arguments_max=1)
    configuration.load(home, environ)
    with Ledger(home) as ledger:
        if given.is_true("clear"):
            home.faults.unlink(missing_ok=True)
        elif given.arguments:
            text = plan_text(_content(given.arguments[0]))
            read_plan(text)
            ledger.forget_faults()
            draft = home.faults.with_suffix(".new")
            draft.write_text(text, "utf-8")
            draft.replace(home.faults)
        plan = load(home)
        counts = {} if plan is None else ledger.fault_counts(plan.name)
    rules = [] if plan is None else plan.rules
    _show([_rule_shown(rule, *counts.get(number, (0, 0))) for number, rule in enumerate(rules)])


def _content(file_name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file_name == "-" else Path(file_name).read_bytes()
    except OSError as error:
        raise EmulatorError(f"faults: {file_name}: {error.strerror}") from error


def _learn(home: Home, environ: Mapping[str, str], arguments: list[str]) -> None:
    """Set the knobs by a folder of transcripts, and say of each what became of it."""
    from reconciler.local.camber.learning import learn

    given = _read([], arguments, arguments_max=1)
    if not given.arguments:
        raise EmulatorError("learn: name the folder that holds the transcripts")
    findings = learn(home, environ, Path(given.arguments[0]))
    write_out("".join(f"{line}\n" for line in findings.lines).encode())


def _rule_shown(rule: "Rule", seen: int, fired: int) -> dict[str, object]:
    return {"fault": rule.fault, "call": rule.call, "seen": seen, "fired": fired, **rule.options._asdict()}


def _start(home: Home, environ: Mapping[str, str], arguments: list[str]) -> None:
    from reconciler.local.camber.doorbell import ring

    _read([], arguments)
    configuration.update(home, environ, {})
    ring(home)
    _await_scheduler(home)
    _status(home, environ, [])


def _stay(home: Home, environ: Mapping[str, str], arguments: list[str]) -> None:
    """Schedule in the foreground until SIGTERM, and end the running jobs then: for a container of its own."""
    from reconciler.local.camber.scheduler import serve

    _read([], arguments)
    configuration.update(home, environ, {"idle_seconds": _NEVER_SECONDS})
    serve(home, _take_over(home))
    _stop(home, environ, [])


def _status(home: Home, environ: Mapping[str, str], arguments: list[str]) -> None:
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
    # It lets the lock go a moment before it ends.
    if (leaving := _scheduler(home)) is not None:
        leaving.wait(_STOP_SECONDS_MAX)
    return lock


def _cancel_running(home: Home, config: configuration.Config) -> list[int]:
    """End the running jobs. One that had ended by itself, unnoticed, keeps its own ending."""
    from reconciler.local.camber.execution import Ending, clear, ending

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


def _read(flags: list[Flag], arguments: list[str], arguments_max: int = 0) -> Given:
    try:
        given = read(flags, arguments)
    except CommandError as error:
        raise EmulatorError(str(error)) from error
    if len(given.arguments) > arguments_max:
        raise EmulatorError(f"unexpected argument {given.arguments[arguments_max]!r}")
    return given


def _flag_name(key: str) -> str:
    return key.replace("_", "-")


def _show(value: object) -> None:
    write_out(json.dumps(value, indent=2).encode() + b"\n")
