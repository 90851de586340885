"""No credits are left. No real answer of this kind was ever captured."""

from typing import NamedTuple

from reconciler.local.camber.errors import ApiError
from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.faults.when import work
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    code: int = 2
    """The error's code."""

    message: str = "Insufficient credits"
    """The error's message."""

    when: str = "before"
    """`before` the service did anything, or `after` it did all."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    work(answer, call, options.when)
    raise ApiError(options.code, options.message)


KIND = Kind(("job create", "app run"), _befall, Options)
