"""An upload that worked ends with 255."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.service import Call, Handler, Reply
from reconciler.local.camber.stash_paths import is_stash


class Options(NamedTuple):
    """What a rule may set."""

    exit_code: int = 255
    """What it ends with."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    reply = answer(call)
    is_upload = is_stash(call.given.arguments[-1])
    return reply._replace(exit_code=options.exit_code) if is_upload else reply


KIND = Kind(("stash cp",), _befall, Options)
