"""A new job is cancelled some time later, with nobody asking for it."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    seconds: float = 60.0
    """How long after its creation, whether it runs by then or not."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    return answer(call.tampered(cancel_seconds=options.seconds))


KIND = Kind(("job create", "app run"), _befall, Options)
