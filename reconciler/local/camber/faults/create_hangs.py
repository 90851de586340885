"""A call that does not come back."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.faults.when import pause


class Options(NamedTuple):
    """What a rule may set."""

    seconds: float = 3600.0
    """For how long; then it answers, late."""

    when: str = "after"
    """`before` the service did anything, or `after` it did all."""


KIND = Kind(("job create", "app run"), pause, Options)
