"""How long it takes to read a list of 10,000 jobs, as JSON and as text; beside it, the JSON decoder alone."""

import json
import time
from collections.abc import Callable
from statistics import median

from rich.table import Table

from reconciler.camber.parse.listing import read_list
from reconciler.camber.parse.printed import Printed
from reconciler.domain.observations import Page

JOBS = 10_000
ROUNDS = 7
COMMAND = ": rq-production-0123456789abcdef; timeout -k 30 1800 python3 bootstrap.py || exit $?"


def measure() -> tuple[Table, dict[str, dict[str, float]]]:
    """Both forms, by turns."""
    as_json, as_text = json_list(), text_list()
    ways: dict[str, Callable[[], object]] = {
        "JSON, decoded only": lambda: json.loads(as_json),
        "JSON": lambda: _read(as_json),
        "text": lambda: _read(as_text),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            begun = time.process_time()
            way()
            taken[name].append((time.process_time() - begun) * 1000)
    figures = {name: {"best": min(times), "p50": median(times)} for name, times in taken.items()}
    table = Table("form", "best", "p50", title=f"A list of {JOBS:,} jobs, ms of CPU")
    for name, row in figures.items():
        table.add_row(name, *(f"{value:.0f}" for value in row.values()))
    return table, figures


def json_list() -> str:
    """What `job list --output json` prints."""
    rows = [
        {
            "job_id": number,
            "job_status": "COMPLETED",
            "mount_dir": f"rythmiq/runs/rq-production-{number:016x}/",
            "command": COMMAND,
            "node_size": "XXSMALL",
            "num_nodes": 1,
            "with_gpu": False,
            "created_at": "2026-09-18T06:45:25Z",
            "started_at": "2026-09-18T06:45:29Z",
            "finished_at": "2026-09-18T06:47:11Z",
        }
        for number in range(JOBS, 0, -1)
    ]
    return json.dumps({"total": JOBS, "jobs": rows}, indent=2)


def text_list() -> str:
    """What `job list` prints."""
    labels = ("Status:              COMPLETED", f"Command:             {COMMAND}", "Duration:            1m46s")
    times = ("Start Time:          2026-09-18T06:45:25Z", "Finish Time:         2026-09-18T06:47:11Z")
    blocks = ("\n".join([f"Job ID:              {number}", *labels, *times]) for number in range(JOBS, 0, -1))
    return f"\n{'-' * 40}\n".join(blocks) + "\n"


def _read(text: str) -> None:
    page = read_list(Printed(exit_code=0, stdout=text))
    assert isinstance(page, Page)
    assert len(page.rows) == JOBS
