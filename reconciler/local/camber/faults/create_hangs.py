"""A call that does not come back."""

import time
from typing import NamedTuple

from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    seconds: float = 3600.0
    """For how long; then it answers, late."""

    when: str = "after"
    """`before` the service did anything, or `after` it did all."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    if options.when == "before":
        time.sleep(options.seconds)
    reply = answer(call)
    if options.when == "after":
        time.sleep(options.seconds)
    return reply


KIND = Kind(("job create", "app run"), _befall, Options)
