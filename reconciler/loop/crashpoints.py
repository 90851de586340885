"""The moments at which a test may have this process killed: before and after every commit and every outside call.

A point is named `<duty>.<step>.<before|after>`. The doors and `Context.transaction` pass through all of them by
themselves; unless one was armed at the start, passing costs one comparison.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from sqlalchemy import Connection, Engine

P = ParamSpec("P")
R = TypeVar("R")

VARIABLE = "RECONCILER_CRASH_POINT"
NOBODY = "nobody"
SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
"""What a point may do to the process: end it, or stop it until somebody continues it."""

_CALLS_OF_A_SEARCH = ("me", "get", "list", "keep_evidence")
_SETTLING = ("logs", "head_object", "get_object", "settle")
_SIGNALLING = ("claim_signals", "put_object", "upload", "settle_signal")
_LAUNCHING = ("put_object", "head_object", "upload", "start_launch", "create")
_LAUNCHED = ("write_created", "write_unknown", "write_not_sent")
_GIVING = ("list_gift", "put_object", "mark_put")
_HEALTH = ("trip", "close")
_BLAME = ("own_fault", "hold_own_fault")
POINTS: dict[str, tuple[str, ...]] = {
    NOBODY: ("note_outage", "trip", "close", "look_for_due"),
    "heart": ("beat", "stop"),
    "requests": ("carry_out", *_SIGNALLING, "keep_evidence", *_HEALTH),
    "dispatch": (
        *("peek", "learn_pace", "admit", "defer", "refuse", "me", "list", "plan", "show_budget"),
        *(*_GIVING, "give", "read_gift", "end_gift"),
        *(*_LAUNCHING, *_LAUNCHED, "keep_evidence", *_HEALTH, *_BLAME),
    ),
    "watch": (
        *("claim", "learn_pace", "admit", "notice", "read_newest", *_CALLS_OF_A_SEARCH, *_SETTLING),
        *("keep", "keep_all", "keep_tail", "look_again", "advance", "give_up", "seek_abandoned", "fence_strays"),
        *_GIVING,
        *(*_HEALTH, *_BLAME),
    ),
    "collect": (
        *("claim", "admit", "me", "keep_evidence", *_SETTLING, "take_back", "look_again", "finish"),
        *(*_HEALTH, *_BLAME),
    ),
    "repair": (
        *("claim", "admit", "notice", "read_newest", *_CALLS_OF_A_SEARCH),
        *("count_launches", "look_again", "lose_reply", "adopt", "fence", "hold"),
        *("read_run", *_LAUNCHING, *_LAUNCHED, *_HEALTH, *_BLAME),
    ),
    "sweep": (
        *("me", "admit", "get", "list", "keep_evidence", "notice", "read_horizon", "list_duplicates", "write_cost"),
        *_HEALTH,
    ),
    "tell": ("claim_message", "post", "settle_message"),
    "prune": (
        *("me", "admit", "list_old", "remove", "delete_object", "mark_pruned", "keep_evidence", *_HEALTH),
        *("list_expired", "mark_objects_removed", "remove_jobs"),
    ),
}
"""THE registry: which steps each duty goes through."""

current_duty: ContextVar[str] = ContextVar("current_duty", default=NOBODY)


class _Watcher:
    """Who is told of every point that is passed: nobody, unless a test wants to know or to kill."""

    told: Callable[[str], None] | None = None


class NoSuchPoint(ValueError):
    """What was to be armed is no point of the registry."""


def as_duty(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """What the function and its threads pass are points of this duty."""

    def labelled(act: Callable[P, R]) -> Callable[P, R]:
        @wraps(act)
        def within(*args: P.args, **options: P.kwargs) -> R:
            token = current_duty.set(name)
            try:
                return act(*args, **options)
            finally:
                current_duty.reset(token)

        return within

    return labelled


def listing() -> list[str]:
    """Every point, in the order of the registry."""
    return [
        f"{duty}.{step}.{when}"
        for duty, steps in POINTS.items()
        for step in dict.fromkeys(steps)
        for when in ("before", "after")
    ]


def arm(wanted: str) -> None:
    """Have the process killed at `name[:nth[:kill|stop]]`, the nth time that it comes by. Raises NoSuchPoint."""
    name, _, rest = wanted.partition(":")
    nth, _, word = rest.partition(":")
    if name not in listing():
        raise NoSuchPoint(f"{VARIABLE}: there is no point {name!r}")
    if not (nth or "1").isdecimal() or int(nth or "1") < 1 or (word or "kill") not in SIGNALS:
        raise NoSuchPoint(f"{VARIABLE} must be name[:nth[:kill|stop]], with nth from 1")
    observe(_Fuse(name, int(nth or "1"), SIGNALS[word or "kill"]))


def observe(watcher: Callable[[str], None] | None) -> None:
    """Call this with every point that is passed from now on; with None, with none."""
    _Watcher.told = watcher


@contextmanager
def around(step: str) -> Iterator[None]:
    """Pass the points before and after the step. An error on the way leaves out the one after it."""
    reach(step, "before")
    yield
    reach(step, "after")


@contextmanager
def transaction(engine: Engine, step: str) -> Iterator[Connection]:
    """A transaction whose commit stands between two points."""
    with engine.begin() as connection:
        yield connection
        reach(step, "before")
    reach(step, "after")


def reach(step: str, when: str) -> None:
    """Pass one point."""
    if _Watcher.told is not None:
        _Watcher.told(f"{current_duty.get()}.{step}.{when}")


class _Fuse:
    """Counts how often its point was passed, and burns through at the nth time."""

    def __init__(self, name: str, nth: int, number: signal.Signals) -> None:
        self._name, self._left, self._signal = name, nth, number
        self._lock = threading.Lock()

    def __call__(self, point: str) -> None:
        with self._lock:
            self._left -= point == self._name
            burns = point == self._name and self._left == 0
        if burns:
            # Sent to the process, a stop would be taken by whichever thread wakes first, and this one would run on.
            signal.pthread_kill(threading.get_ident(), self._signal)
