"""The log stays empty until some time after the job's end."""

import time
from typing import NamedTuple

from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.jobs import find
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    seconds: float = 10.0
    """How long after."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    reply = answer(call)
    job = find(call)
    is_late = job is not None and job.finished_at is not None and time.time() >= job.finished_at + options.seconds
    return reply if is_late else reply._replace(stdout=b"")


KIND = Kind(("job logs",), _befall, Options)
