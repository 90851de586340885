"""Jobs come or go between the pages, so a row is on two of them or on none."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    shift_rows: int = 1
    """How many came since the first page; negative: went."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    return answer(call.tampered(page_shift_rows=options.shift_rows))


KIND = Kind(("job list",), _befall, Options)
