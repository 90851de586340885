"""Tell a run's worker what to leave out. Camber has no cancel: this is the only word that reaches it."""

from reconciler.domain.runs import RunId
from reconciler.logs import Event, logger
from reconciler.loop.context import Context
from reconciler.loop.staging import put_control
from reconciler.objects.errors import ObjectsError
from reconciler.store import jobs


def signal_run(context: Context, run_id: RunId) -> bool:
    """Set the control object to what the database says; false where the store refused: results are ignored anyway."""
    with context.engine.begin() as connection:
        fenced = jobs.list_superseded(connection, run_id)
    signal = "continue" if fenced.assigned else "abandon"
    try:
        put_control(context, fenced.marker, {"signal": signal, "skip": [str(one) for one in fenced.superseded]})
    except ObjectsError as error:
        logger.bind(run_id=str(run_id), reason=str(error)).warning(Event.DUTY_FAILED)
        return False
    return True
