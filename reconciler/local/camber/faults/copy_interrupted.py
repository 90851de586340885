"""A copy breaks off, with some of its files in place."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    files: int = 1
    """After how many."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    return answer(call.tampered(copied_files_max=options.files))


KIND = Kind(("stash cp",), _befall, Options)
