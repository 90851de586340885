"""reconciler up: the local platform, kept running."""

import shlex
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from reconciler.cli.local import platform_or_refuse
from reconciler.local.environments import STATE


def command(
    folder: Annotated[Path, typer.Option(help="Where its state is kept.")] = STATE,
) -> None:
    """Start the platform, print the settings that reach it, and keep it until interrupted."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    console = Console(stderr=True)
    with platform_or_refuse(folder, console) as platform:
        file = platform.write_environment()
        for name, value in platform.environment.items():
            sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
        sys.stdout.flush()
        console.print(f"[green]up[/]; `set -a; . {file}; set +a` lets `reconciler run` use it; Ctrl-C stops it")
        stopped.wait()
        console.print("stopping ...")
