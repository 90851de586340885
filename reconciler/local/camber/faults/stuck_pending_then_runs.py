"""A new job stays PENDING for long, and then runs as if nothing had been."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    seconds: float = 1200.0
    """For how long."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    return answer(call.tampered(queue_seconds=call.tampering.queue_seconds + options.seconds))


KIND = Kind(("job create", "app run"), _befall, Options)
