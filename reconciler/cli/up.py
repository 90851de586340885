"""reconciler up: the local platform with its daemon, kept running."""

import shlex
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from reconciler.cli.local import platform_or_refuse
from reconciler.cli.refusal import ENDED_BADLY, refuse
from reconciler.local.daemon import DaemonFailed, LocalDaemon, running_daemon
from reconciler.local.environments import STATE
from reconciler.local.platform import Platform

LOOK_SECONDS = 0.5


def command(
    folder: Annotated[Path, typer.Option(help="Where its state is kept.")] = STATE,
    with_daemon: Annotated[
        bool, typer.Option("--daemon/--no-daemon", help="Whether a daemon with the console runs too.")
    ] = True,
) -> None:
    """Start the platform and the daemon, print where the console is, and keep them until interrupted."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    screen = Console()
    with platform_or_refuse(folder, screen) as platform:
        if with_daemon:
            _with_daemon(platform, screen, stopped)
        else:
            _tell(platform, screen)
            stopped.wait()
            screen.print("stopping ...")


def _with_daemon(platform: Platform, screen: Console, stopped: threading.Event) -> None:
    try:
        with running_daemon(platform, console=True) as daemon:
            daemon.await_console()
            _tell(platform, screen, daemon)
            while not stopped.wait(LOOK_SECONDS):
                daemon.check()
            screen.print("stopping ...")
    except DaemonFailed as failure:
        refuse(f"{failure}; its log: {platform.folder / 'daemon.log'}", ENDED_BADLY)


def _tell(platform: Platform, screen: Console, daemon: LocalDaemon | None = None) -> None:
    """What a person needs next. Secrets stand in the file, and not on the screen."""
    lines = [("console", daemon.console), ("log", str(daemon.log))] if daemon else []
    lines.append(("settings", f"set -a; . {shlex.quote(str(platform.write_environment()))}; set +a"))
    for name, said in lines:
        screen.print(f"[bold]{name:9}[/]{escape(said)}", soft_wrap=True)
    screen.print(
        "[green]up[/]       Ctrl-C stops it; in another shell the line above lets commands use it", soft_wrap=True
    )
