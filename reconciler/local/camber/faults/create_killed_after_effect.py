"""The tool dies of a signal when the job is there and nothing was said yet."""

import os
from typing import NamedTuple

from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    signal: int = 9
    """Of which signal."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    answer(call)
    os.kill(os.getpid(), options.signal)
    raise AssertionError("a signal that does not kill was asked for")


KIND = Kind(("job create", "app run"), _befall, Options)
