"""The tool's file is gone for a while, as when it updates itself. This call is still answered."""

import time
from typing import NamedTuple

from reconciler.local.camber import launcher
from reconciler.local.camber.doorbell import ring
from reconciler.local.camber.faults.kinds import ANY, Kind
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    seconds: float = 5.0
    """For how long."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    reply = answer(call)
    launcher.take_away(call.home, time.time() + options.seconds)
    # The scheduler puts it back: there may be no later call that could.
    ring(call.home)
    return reply


KIND = Kind(ANY, _befall, Options)
