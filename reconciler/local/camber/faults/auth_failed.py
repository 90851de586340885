"""Nobody is logged in any more, and the exit code may not say so."""

from typing import NamedTuple

from reconciler.local.camber.errors import AuthenticationError
from reconciler.local.camber.faults.kinds import ANY, Kind
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    exit_code: int = 1
    """What the tool ends with: 1, or 0 as was reported of `me`."""

    message: str = "authentication error: user not found"
    """What is said."""


def _befall(_answer: Handler, _call: Call, options: Options) -> Reply:
    error = AuthenticationError(options.message)
    error.exit_code = options.exit_code
    raise error


KIND = Kind(ANY, _befall, Options)
