"""The credentials for the log's store are not to be had, while all else works."""

from typing import NamedTuple

from reconciler.local.camber.errors import ApiError
from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    code: int = 15
    """The error's code."""

    message: str = "Failed to issue sts to get logs"
    """The error's message."""


def _befall(_answer: Handler, _call: Call, options: Options) -> Reply:
    raise ApiError(options.code, options.message)


KIND = Kind(("job logs",), _befall, Options)
