"""What the way to the store costs a batch: one document after the other, and with fetches and uploads on the side.

The worker, its child and recognition are real; the store answers every request a round trip late.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table

from tests.worker import orders, pages
from tests.worker.conftest import Environment, built
from tests.worker.object_store import ObjectStore, serving
from worker.batch import Batch
from worker.contract import Document, Succeeded, decode_frames
from worker.delivery import deliver, way_of
from worker.seal import Seal
from worker.seat import Made, Seat
from worker.settings import Settings, read_settings
from worker.stages import Stages
from worker.stop import Termination
from worker.storage.http import pool

DOCUMENTS, ROUNDS = 10, 2
ROUND_TRIP_SECONDS = 0.23
WORKER = Path(__file__).parents[1] / "worker" / "worker.py"
Way = Callable[[Sequence[Document], Settings, Sequence[str], Mapping[str, str]], None]


def measure() -> tuple[Table, dict[str, Any]]:
    """Both ways by turns, with one child; the quicker of two rounds counts."""
    made = built("onnx")
    environment = {"PATH": os.environ["PATH"]} | made.variables() | {"WORKER_PROCESSES": "1", "WORKER_THREADS": "1"}
    ways: dict[str, Way] = {"one after the other": _one_after_the_other, "overlapped": _overlapped}
    walls: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            walls[name].append(_wall(way, made, environment))
    figures = {name: {"wall_seconds": min(found), "all": found} for name, found in walls.items()}
    title = f"{DOCUMENTS} documents, one child, every request {ROUND_TRIP_SECONDS * 1000:.0f} ms late"
    table = Table("", "wall s", "s a document", title=title)
    for name, found in walls.items():
        table.add_row(name, f"{min(found):.1f}", f"{min(found) / DOCUMENTS:.2f}")
    return table, figures


def _wall(way: Way, made: Environment, environment: Mapping[str, str]) -> float:
    """Seconds from the start of the child to the last answer."""
    with serving() as store:
        documents = _documents(store)
        store.late_seconds = ROUND_TRIP_SECONDS
        began = time.monotonic()
        way(documents, read_settings(environment), (str(made.python), str(WORKER), "child"), environment)
        return time.monotonic() - began


def _documents(store: ObjectStore) -> list[Document]:
    page = pages.encoded(pages.page())
    return [orders.document(store, page) for _ in range(DOCUMENTS)]


def _overlapped(
    documents: Sequence[Document], settings: Settings, child: Sequence[str], environment: Mapping[str, str]
) -> None:
    lines: list[str] = []
    Batch(settings, environment, lines.append, Termination(), child).run(orders.run_file(documents))
    outcomes = [frame.outcome for frame in decode_frames("\n".join(lines))]
    assert [True] * len(documents) == [isinstance(one, Succeeded) for one in outcomes]


def _one_after_the_other(
    documents: Sequence[Document], settings: Settings, child: Sequence[str], environment: Mapping[str, str]
) -> None:
    seal, connections, seat = Seal(recipients=(orders.RECIPIENT,)), pool(), Seat(settings, child, environment)
    seat.start()
    for one in documents:
        way = way_of(one, seal, settings, connections, datetime.now(UTC))
        original = way.fetch()
        answer = seat.work(one.payload, original, datetime.now(UTC))
        assert isinstance(answer.outcome, Made)
        deliver(way, original, answer.outcome, answer.timings, Stages())
    seat.close()
