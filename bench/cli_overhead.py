"""What the client adds to a call of the CLI: arguments, spawn under limits, parse, evidence.

The CLI is a shell script that prints one job at once. Side by side in one run, call by call, so that whatever else the
machine does falls on all alike: an empty child; the script alone, as `subprocess` spawns it; and `job get`.
"""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from rich.table import Table

from reconciler.camber import CamberClient, CamberConfig
from reconciler.domain.observations import Seen

CALLS = 300
ANSWER = '{"job_id": 7, "job_status": "RUNNING", "mount_dir": "rythmiq/runs/a1b2/", "command": "true"}'
EMPTY, ALONE, CLIENT = "an empty child", "the CLI alone", "the client's job get"


def measure() -> tuple[Table, dict[str, dict[str, float]]]:
    """All three by turns."""
    with TemporaryDirectory() as name:
        cli = Path(name) / "camber"
        cli.write_text(f"#!/bin/sh\necho '{ANSWER}'\n")
        cli.chmod(0o755)
        taken = _measure(cli)
    figures = {name: _figures(seconds) for name, seconds in taken.items()}
    table = Table("", "p10", "p50", "p95", "p50 above the CLI alone", title=f"Calls of the CLI, {CALLS} each, ms")
    for name, row in figures.items():
        above = row["p50"] - figures[ALONE]["p50"]
        table.add_row(name, *(f"{value:.2f}" for value in row.values()), f"{above:+.2f}")
    return table, figures


def _measure(cli: Path) -> dict[str, list[float]]:
    client = CamberClient(CamberConfig(binary=cli), lambda _: None)

    def get() -> None:
        assert isinstance(client.get(7), Seen)

    ways: dict[str, Callable[[], object]] = {
        EMPTY: lambda: subprocess.run(["/bin/true"], capture_output=True, check=True),
        ALONE: lambda: subprocess.run([cli, "job", "get", "7"], capture_output=True, check=True),
        CLIENT: get,
    }
    # The first call starts the forker, once in a process's life.
    get()
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(CALLS):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            taken[name].append((time.perf_counter() - begun) * 1000)
    return taken


def _figures(milliseconds: list[float]) -> dict[str, float]:
    cuts = quantiles(milliseconds, n=20)
    return {"p10": cuts[1], "p50": cuts[9], "p95": cuts[18]}
