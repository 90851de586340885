"""A call that takes longer."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import ANY, Kind
from reconciler.local.camber.faults.when import pause


class Options(NamedTuple):
    """What a rule may set."""

    seconds: float = 10.0
    """How much longer."""

    when: str = "before"
    """`before` the service did anything, or `after` it did all."""


KIND = Kind(ANY, pause, Options)
