"""Tell a run's worker what to leave out. Camber has no cancel: this is the only word that reaches it."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reconciler.camber.errors import CamberError
from reconciler.domain.runs import RunId
from reconciler.logs import Event, logger
from reconciler.loop.context import Context
from reconciler.loop.naming import control_key
from reconciler.objects.errors import ObjectsError
from reconciler.store import jobs
from reconciler.store.jobs import Superseded
from worker.contract import CONTROL_FILE


def current_signal(context: Context, run_id: RunId) -> dict[str, Any]:
    """What the worker must know, as the database says at this moment."""
    return _signal_of(_fenced(context, run_id))


def signal_run(context: Context, run_id: RunId) -> bool:
    """Tell the worker, through both channels, what the database says; false where one refused it."""
    fenced = _fenced(context, run_id)
    signal = _signal_of(fenced)
    try:
        put_control(context, fenced.marker, signal)
        _put_file(context, fenced.stash_path, signal)
    except (ObjectsError, CamberError) as error:
        logger.bind(run_id=str(run_id), reason=str(error)).warning(Event.SIGNAL_LOST)
        return False
    return True


def _fenced(context: Context, run_id: RunId) -> Superseded:
    with context.transaction("read_signal") as connection:
        return jobs.list_superseded(connection, run_id)


def _signal_of(fenced: Superseded) -> dict[str, Any]:
    word = "continue" if fenced.assigned else "abandon"
    return {"signal": word, "skip": [str(one) for one in fenced.superseded]}


def put_control(context: Context, marker: str, signal: Mapping[str, Any]) -> None:
    """Set the control object, which the worker reads by a presigned link. Raises ObjectsError."""
    context.objects.put(control_key(marker), json.dumps(signal).encode(), "application/json")


def _put_file(context: Context, stash_path: str, signal: Mapping[str, Any]) -> None:
    """The second channel: the mounted folder may be a snapshot, and the store may be out of the worker's reach."""
    with TemporaryDirectory(prefix="rythmiq-signal-") as name:
        file = Path(name) / CONTROL_FILE
        file.write_text(json.dumps(signal), "utf-8")
        context.client.upload(file, stash_path + CONTROL_FILE)
