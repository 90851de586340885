"""Tell a run's worker what to leave out. Camber has no cancel: this is the only word that reaches it.

Whoever fences an attempt only owes the worker that word; the debt is committed with the fence, and paid here.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reconciler.camber.errors import CamberError
from reconciler.logs import Event, logger
from reconciler.loop.context import Context, Counts
from reconciler.loop.cycle import guarded, side_by_side
from reconciler.loop.naming import control_key
from reconciler.objects.errors import ObjectsError
from reconciler.store import signals
from reconciler.store.signals import OwedSignal, Superseded
from worker.contract import CONTROL_FILE

BATCH = 20
"""Workers that one pass tells: each costs a call of the store and one of the CLI."""


def tell_workers(context: Context) -> Counts:
    """Pay the debts that are due, through both channels; what cannot be told now is told again later."""
    seconds = 2 * context.settings.stash_limit_seconds
    with context.transaction("claim_signals") as connection:
        due = signals.claim(connection, context.backend, seconds, BATCH)
    told = side_by_side(context.pool, lambda owed: _tell(context, owed), due)
    return Counts(signalled=sum(told))


def _tell(context: Context, owed: OwedSignal) -> bool:
    """Tell one worker, and write down whether it was told."""
    told = guarded(lambda: _signal(context, owed), lambda _: False, run_id=str(owed.run_id))
    with context.transaction("settle_signal") as connection:
        if told:
            signals.pay(connection, owed)
        else:
            signals.put_off(connection, owed, context.settings.poll_max_seconds)
    return told


def _signal(context: Context, owed: OwedSignal) -> bool:
    signal = signal_of(owed.fenced)
    try:
        put_control(context, owed.fenced.marker, signal)
        if owed.fenced.stash_path is not None:
            _put_file(context, owed.fenced.stash_path, signal)
    except (ObjectsError, CamberError) as error:
        logger.bind(run_id=str(owed.run_id), reason=str(error)).warning(Event.SIGNAL_LOST)
        return False
    return True


NOTHING_FENCED: Mapping[str, Any] = {"signal": "continue", "skip": []}
"""What the worker of a run that was planned this moment must know."""


def signal_of(fenced: Superseded) -> dict[str, Any]:
    """What the worker must know, as the database said."""
    word = "continue" if fenced.assigned or fenced.lingers else "abandon"
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
