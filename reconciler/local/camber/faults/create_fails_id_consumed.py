"""The service says that it failed to create a job, and an id is used up all the same."""

from typing import NamedTuple

from reconciler.local.camber.errors import ApiError
from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.ledger import Ledger
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    job: str = "none"
    """`none`: there is no job. `runs`: there is one, and it runs and bills."""

    code: int = 2
    """The error's code."""

    message: str = "Failed to create job"
    """The error's message."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    if options.job == "runs":
        answer(call)
    else:
        with Ledger(call.home) as ledger:
            ledger.spend_id(call.config)
    raise ApiError(options.code, options.message)


KIND = Kind(("job create", "app run"), _befall, Options)
