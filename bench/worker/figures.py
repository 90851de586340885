"""The worker's tables: until it is ready, batches, and others on the same pictures."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Group
from rich.table import Table

from bench.worker.children import Shift, work
from bench.worker.documents import papers, pile
from bench.worker.nodes import Node, compare
from bench.worker.place import place
from bench.worker.rivals import Beside, beside
from bench.worker.start import Spent, environments, ready

BATCHES = (1, 5, 25)
PROCESSES = 2
ROUNDS = 3


def measure() -> tuple[Group, dict[str, Any]]:
    """All of them, one after the other."""
    where = place(print)
    with TemporaryDirectory(prefix="rythmiq-bench-") as name:
        sheets = papers(Path(name) / "papers")
        made, steps = environments(where), ready(where, ROUNDS)
        shifts = {size: work(where.child(), list(pile(sheets, size)), min(size, PROCESSES)) for size in BATCHES}
        nodes = compare(where, sheets)
        others = beside(sheets, Path(name) / "logs")
    batches = {str(size): batch_figures(shift) for size, shift in shifts.items()}
    figures = {
        "load": os.getloadavg(),
        "environments": {way: asdict(spent) for way, spent in made.items()},
        "ready": steps,
        "batches": batches,
        "nodes": [asdict(node) for node in nodes],
        "beside": {name: asdict(one) for name, one in others.items()},
    }
    return Group(_start(made, steps), _batches(batches), _nodes(nodes), _others(others)), figures


def batch_figures(shift: Shift) -> dict[str, float]:
    """By document, but for the start-up."""
    count = len(shift.worked)
    return {
        "startup_seconds": shift.startup_seconds,
        "startup_cpu_seconds": shift.startup_cpu_seconds,
        "seconds_each": shift.seconds / count,
        "seconds_each_with_startup": (shift.startup_seconds + shift.seconds) / count,
        "cpu_seconds_each": mean(one.cpu_seconds for one in shift.worked),
        "peak_mb": shift.peak_bytes / 1e6,
    }


def _start(made: Mapping[str, Spent], steps: Mapping[str, float]) -> Table:
    table = Table("", "s", "CPU s", title=f"Until a worker is ready; {_load()}")
    for way, spent in made.items():
        table.add_row(way, f"{spent.seconds:.1f}", f"{spent.cpu_seconds:.1f}")
    for step, seconds in steps.items():
        table.add_row(step, f"{seconds:.2f}", "")
    return table


def _batches(batches: Mapping[str, Mapping[str, float]]) -> Table:
    title = f"Documents shared by {PROCESSES} processes of one thread, s each; {_load()}"
    table = Table("batch", "start-up s", "computing", "with start-up", "CPU s", "peak MB a process", title=title)
    for size, one in batches.items():
        names = ("startup_seconds", "seconds_each", "seconds_each_with_startup", "cpu_seconds_each")
        table.add_row(size, *(f"{one[name]:.2f}" for name in names), f"{one['peak_mb']:.0f}")
    return table


def _nodes(nodes: Sequence[Node]) -> Table:
    table = Table(
        "cores", "start-up s", "batch s", "s each", "credits each", title=f"A batch of 25 by cores; {_load()}"
    )
    for node in nodes:
        figures = (node.startup_seconds, node.seconds, node.seconds_each)
        table.add_row(str(node.cores), *(f"{value:.2f}" for value in figures), f"{node.credits_each:.6f}")
    return table


def _others(others: Mapping[str, Beside]) -> Table:
    table = Table("", "s a picture", "reading", "reading, CPU s", "peak MB", title=f"The same pictures; {_load()}")
    for name, one in others.items():
        figures = (one.seconds, one.reading_seconds, one.reading_cpu_seconds)
        cells = [one.declined] if one.declined else [*(f"{value:.2f}" for value in figures), f"{one.peak_mb:.0f}"]
        table.add_row(name, *cells)
    return table


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
