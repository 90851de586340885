"""A new job is not listed for a while."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    seconds: float = 10.0
    """For how long after its creation."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    return answer(call.tampered(list_lag_seconds=options.seconds))


KIND = Kind(("job list",), _befall, Options)
