"""Too many calls. No real answer of this kind was ever captured."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import ANY, Kind
from reconciler.local.camber.faults.when import refuse


class Options(NamedTuple):
    """What a rule may set."""

    code: int = 429
    """The error's code."""

    message: str = "Too many requests"
    """The error's message."""

    when: str = "before"
    """`before` the service did anything, or `after` it did all."""


KIND = Kind(ANY, refuse, Options)
