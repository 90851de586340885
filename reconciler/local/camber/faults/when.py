"""Before or after the service did its work: an answer that is lost leaves the effect or not."""

import contextlib

from reconciler.local.camber.errors import CommandError
from reconciler.local.camber.service import Call, Handler


def work(answer: Handler, call: Call, when: str) -> None:
    """Let the service do what was asked where the fault comes `after` that; its own answer is lost."""
    if when == "after":
        with contextlib.suppress(CommandError):
            answer(call)
