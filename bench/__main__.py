"""make bench: run the benches that are named, or all."""

import json
import os
import platform
import sys
from importlib import import_module
from pathlib import Path

from rich.console import Console

BENCHES = (
    "burst",
    "steady",
    "queues",
    "scale",
    "worker",
    "wake_up",
    "lifecycle",
    "transitions",
    "lag",
    "cli_overhead",
    "list_parse",
    "round_trips",
    "documents",
)
PLACES = {"worker": "bench.worker.figures"}
"""Where another place than the package itself has the measurement."""
RESULTS = Path(".rythmiq/bench")


def main(names: list[str]) -> int:
    """Run them one after the other; returns the exit code."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        sys.stderr.write(f"unknown bench: {', '.join(unknown)}; there are {', '.join(BENCHES)}\n")
        return 2
    # Written to a file, a table would be squeezed into 80 columns.
    console = Console() if sys.stdout.isatty() else Console(width=160)
    for name in names or BENCHES:
        table, figures = import_module(PLACES.get(name, f"bench.{name}")).measure()
        console.print(table)
        _write(name, figures)
    return 0


def _write(name: str, figures: object) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    text = json.dumps({"bench": name, "machine": machine, "figures": figures}, indent=2)
    (RESULTS / f"{name}.json").write_text(text + "\n", "utf-8")


if sys.argv[1:2] == ["documents"]:
    # It takes options of its own, and writes its figures itself.
    from bench.documents.command import app

    app(sys.argv[2:], prog_name="python -m bench documents")
raise SystemExit(main(sys.argv[1:]))
