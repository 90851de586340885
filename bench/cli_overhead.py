"""What the client adds to a call of the CLI: arguments, spawn under limits, parse, evidence.

The CLI is a shell script that prints one job at once. Side by side in one run, call by call, so that whatever else the
machine does falls on all alike: an empty child; the script alone, as `subprocess` spawns it; and `job get`. The low
percentiles are the client's own; what the high ones add is the machine's load, which is told beside them.
"""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from rich.table import Table

from reconciler.camber import CamberClient, CamberConfig
from reconciler.domain.observations import Seen

CALLS = 300
# The daemon does something between two calls; meanwhile the forker gets ready for the next one.
PAUSE_SECONDS = 0.005
ANSWER = '{"job_id": 7, "job_status": "RUNNING", "mount_dir": "rythmiq/runs/a1b2/", "command": "true"}'
EMPTY, ALONE, CLIENT = "an empty child", "the CLI alone", "the client's job get"


def measure() -> tuple[Table, dict[str, dict[str, float]]]:
    """All three by turns."""
    with TemporaryDirectory() as name:
        cli = Path(name) / "camber"
        cli.write_text(f"#!/bin/sh\necho '{ANSWER}'\n")
        cli.chmod(0o755)
        taken, of_cpu = _measure(cli)
    figures = {name: _figures(taken[name], taken[EMPTY], of_cpu[name]) for name in taken}
    title = f"Calls of the CLI, {CALLS} each, ms; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    table = Table("", "p10", "p50", "p95", "above, p10", "above, p50", "our CPU", title=title)
    for name, row in figures.items():
        table.add_row(name, *(f"{value:.2f}" for value in row.values()))
    table.caption = "above: each call less the empty child right before it; our CPU: in the caller's own process"
    return table, figures


def _measure(cli: Path) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
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
    of_cpu: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(CALLS):
        for name, way in ways.items():
            time.sleep(PAUSE_SECONDS)
            begun, cpu = time.perf_counter(), time.process_time()
            way()
            taken[name].append((time.perf_counter() - begun) * 1000)
            of_cpu[name].append((time.process_time() - cpu) * 1000)
    return taken, of_cpu


def _figures(taken: list[float], empty: list[float], of_cpu: list[float]) -> dict[str, float]:
    cuts = quantiles(taken, n=20)
    above = [one - least for one, least in zip(taken, empty, strict=True)]
    return {
        "p10": cuts[1],
        "p50": cuts[9],
        "p95": cuts[18],
        "above_p10": quantiles(above, n=20)[1],
        "above_p50": median(above),
        "cpu_p50": median(of_cpu),
    }
