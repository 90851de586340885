"""reconciler rerun: start jobs afresh, whatever became of them."""

from reconciler.cli.operating import ordering
from reconciler.store.operating import Deed

command = ordering(
    "rerun",
    "Start jobs afresh, whatever became of them.",
    Deed.RERUN_JOBS,
    None,
    "asked for at the console",
)
