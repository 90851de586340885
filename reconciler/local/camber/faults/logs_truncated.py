"""A part of the log is missing."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    bytes: int = 100
    """How much is missing."""

    side: str = "end"
    """Where: at its `end` or its `start`."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    reply = answer(call)
    cut = min(options.bytes, len(reply.stdout))
    left = reply.stdout[cut:] if options.side == "start" else reply.stdout[: len(reply.stdout) - cut]
    return reply._replace(stdout=left)


KIND = Kind(("job logs",), _befall, Options)
