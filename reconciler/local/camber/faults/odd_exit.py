"""The right answer with a strange exit code."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import ANY, Kind
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    exit_code: int = 3
    """What the tool ends with."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    return answer(call)._replace(exit_code=options.exit_code)


KIND = Kind(ANY, _befall, Options)
