"""The service's clock, as it is shown, is off."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    skew_seconds: float = 300.0
    """How far it is ahead; negative: behind."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    return answer(call.tampered(clock_skew_seconds=options.skew_seconds))


KIND = Kind(("job get", "job list"), _befall, Options)
