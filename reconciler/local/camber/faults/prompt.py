"""A question before anything happens, which only a yes answers. Whether the real tool asks is not known."""

import sys
from typing import NamedTuple

from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.screens import write_out
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    text: str = "Do you want to continue? (y/N): "
    """The question."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    write_out(options.text.encode())
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        return Reply(b"Aborted\n")
    return answer(call)


KIND = Kind(("job create", "app run", "stash cp"), _befall, Options)
