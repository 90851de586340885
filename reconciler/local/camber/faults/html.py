"""A proxy's page in the place of the answer."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import ANY, Kind
from reconciler.local.camber.faults.when import work
from reconciler.local.camber.service import Call, Handler, Reply

_PAGE = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)


class Options(NamedTuple):
    """What a rule may set."""

    exit_code: int = 1
    """What the tool ends with."""

    when: str = "before"
    """`before` the service did anything, or `after` it did all."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    work(answer, call, options.when)
    return Reply(_PAGE, options.exit_code)


KIND = Kind(ANY, _befall, Options)
