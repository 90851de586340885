"""The service is broken for a moment."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import ANY, Kind
from reconciler.local.camber.faults.when import refuse


class Options(NamedTuple):
    """What a rule may set."""

    code: int = 500
    """The error's code."""

    message: str = "Internal server error"
    """The error's message."""

    when: str = "before"
    """`before` the service did anything, or `after` it did all."""


KIND = Kind(ANY, refuse, Options)
