"""A call that takes longer."""

import time
from typing import NamedTuple

from reconciler.local.camber.faults.kinds import ANY, Kind
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    seconds: float = 10.0
    """How much longer."""

    when: str = "before"
    """`before` the service did anything, or `after` it did all."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    if options.when == "before":
        time.sleep(options.seconds)
    reply = answer(call)
    if options.when == "after":
        time.sleep(options.seconds)
    return reply


KIND = Kind(ANY, _befall, Options)
