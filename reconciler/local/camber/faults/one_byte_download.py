"""Of a file that comes out of the stash one byte arrives, and all is said to be well."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    bytes: int = 1
    """How much arrives."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    return answer(call.tampered(download_bytes_max=options.bytes))


KIND = Kind(("stash cp",), _befall, Options)
