"""Bytes without sense in the place of the answer."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import ANY, Kind
from reconciler.local.camber.faults.when import work
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    bytes: int = 200
    """How many."""

    exit_code: int = 0
    """What the tool ends with."""

    when: str = "after"
    """`before` the service did anything, or `after` it did all."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    work(answer, call, options.when)
    # Every byte there is comes up, the same ones each time.
    content = b"".join((97 * number & 0xFF).to_bytes(1, "big") for number in range(options.bytes))
    return Reply(content, options.exit_code)


KIND = Kind(ANY, _befall, Options)
