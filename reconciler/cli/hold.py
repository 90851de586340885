"""reconciler hold: leave jobs or runs alone until they are released."""

from reconciler.cli.operating import ordering
from reconciler.store.operating import Deed

command = ordering(
    "hold",
    "Leave jobs or runs alone until they are released.",
    Deed.HOLD_JOBS,
    Deed.HOLD_RUNS,
    "held at the console",
)
