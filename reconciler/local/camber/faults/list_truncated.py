"""A page holds fewer jobs than were asked for, and there are more."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    rows: int = 2
    """How many it holds."""

    how: str = "capped"
    """`capped`: the next page goes on with the next job. `lost`: the others are on no page."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    field = "page_rows_max" if options.how == "capped" else "page_rows_lost_from"
    return answer(call.tampered(**{field: options.rows}))


KIND = Kind(("job list",), _befall, Options)
