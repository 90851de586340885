"""reconciler cancel: give up jobs that are not over: their results are ignored."""

from reconciler.cli.operating import ordering
from reconciler.store.operating import Deed

command = ordering(
    "cancel",
    "Give up jobs that are not over: their results are ignored.",
    Deed.CANCEL_JOBS,
    None,
    "asked for at the console",
)
