"""The program `reconciler`: its commands, each imported when it is called."""

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from reconciler.cli.refusal import WRONG_USE, refuse
from reconciler.cli.usage import one_line

COMMANDS = {
    "run": "Run the daemon with the settings of the environment and .env.",
    "migrate": "Bring the database to the newest schema.",
    "status": "Show on one screen how things stand.",
    "watch": "Show the same, live.",
    "jobs": "List jobs, the newest first.",
    "job": "Show one job: its attempts, runs, history and document.",
    "why": "Say why a job is where it is, what must happen, and what you can do.",
    "runs": "List runs, the newest first.",
    "run-log": "Show what a run printed.",
    "submit": "Upload documents and insert their rows, as the product does.",
    "fetch": "Bring a finished document's files here.",
    "rerun": "Start jobs afresh, by id or by filter.",
    "cancel": "Give up jobs that are not over, by id or by filter.",
    "hold": "Leave jobs or runs alone until they are released.",
    "release": "Let held jobs and runs go on, or give a held run up.",
    "schemas": "List, show, add and activate portal schemas.",
    "prune": "Remove what is over and old, one pass by hand.",
    "erase": "Have all of one person's data removed, and see how far that is.",
    "doctor": "Check this installation: the CLI, the account, the database, the store and the worker.",
    "replay": "Read the kept answers of the CLI again with today's parsers.",
    "worker": "Show the worker's bundle, or publish it on the stash.",
    "up": "Keep the local platform running: Postgres, objects, the local Camber, a daemon with the console.",
    "demo": "Turn sample rows into finished documents on this machine.",
}

OF_THE_LOCAL_PLATFORM = frozenset({"up", "demo"})


class _Commands(TyperGroup):
    """Imports a command's module when the command is wanted: a daemon needs nothing of the demo.

    Wrong usage is told as everything else is: in one line.
    """

    def main(self, *args: Any, **extra: Any) -> Any:
        with one_line():
            sys.exit(super().main(*args, **extra | {"standalone_mode": False}))

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the base class's signature
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the base class's signature
        if cmd_name not in COMMANDS:
            return None
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=COMMANDS[cmd_name])
        functions = functions_of(cmd_name)
        for name, function in functions.items():
            alone.command(name, help=None if len(functions) > 1 else COMMANDS[cmd_name])(function)
        made = typer.main.get_command(alone)
        made.name = cmd_name
        return made


def functions_of(name: str) -> dict[str, Callable[..., None]]:
    """What a command does, by its name; of a group all of its commands, by theirs."""
    if name in OF_THE_LOCAL_PLATFORM and find_spec("pyrage") is None:
        return {name: _refuse_local}
    module = import_module(f"reconciler.cli.{name.replace('-', '_')}")
    return {name: module.command} if hasattr(module, "command") else dict(module.COMMANDS)


def _refuse_local() -> None:
    refuse("The local platform is not installed: install rythmiq-reconciler[local].", WRONG_USE)


app = typer.Typer(cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False)


def _tell_version(wanted: bool) -> None:  # noqa: FBT001 - the callback's signature
    if wanted:
        sys.stdout.write(f"reconciler {version('rythmiq-reconciler')}\n")
        raise typer.Exit


@app.callback()
def _about(
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Turns rows in Postgres into finished documents on Camber."""
