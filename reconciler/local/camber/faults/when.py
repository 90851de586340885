"""What kinds of fault share: they come before or after the service did its work, and refuse or take their time."""

import contextlib
import time
from typing import Protocol

from reconciler.local.camber.errors import ApiError, CommandError
from reconciler.local.camber.service import Call, Handler, Reply


class Refusal(Protocol):
    """The options of a fault that refuses."""

    @property
    def code(self) -> int:
        """The error's code."""

    @property
    def message(self) -> str:
        """The error's message."""

    @property
    def when(self) -> str:
        """`before` the service did anything, or `after` it did all."""


class Pause(Protocol):
    """The options of a fault that takes its time."""

    @property
    def seconds(self) -> float:
        """How much."""

    @property
    def when(self) -> str:
        """`before` the service did anything, or `after` it did all."""


def work(answer: Handler, call: Call, when: str) -> None:
    """Let the service do what was asked where the fault comes `after` that; its own answer is lost."""
    if when == "after":
        with contextlib.suppress(CommandError):
            answer(call)


def refuse(answer: Handler, call: Call, options: Refusal) -> Reply:
    """Answer with an error of the service."""
    work(answer, call, options.when)
    raise ApiError(options.code, options.message)


def pause(answer: Handler, call: Call, options: Pause) -> Reply:
    """Answer rightly, and late."""
    if options.when == "before":
        time.sleep(options.seconds)
    reply = answer(call)
    if options.when == "after":
        time.sleep(options.seconds)
    return reply
