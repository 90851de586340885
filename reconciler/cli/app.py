"""The program `reconciler`: its commands, each imported when it is called."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import typer
from typer.core import TyperGroup

from reconciler.cli.refusal import WRONG_USE, refuse

COMMANDS = {
    "run": "Run the daemon with the settings of the environment and .env.",
    "migrate": "Bring the database to the newest schema.",
    "submit": "Upload documents and insert their rows, as the product does.",
    "jobs": "List the newest jobs.",
    "job": "Show one job: its attempts, runs, history and document.",
    "rerun": "Start jobs afresh, by id or by filter.",
    "cancel": "Give up jobs that are not over, by id or by filter.",
    "hold": "Leave jobs or runs alone until they are released.",
    "release": "Let held jobs and runs go on, or give a held run up.",
    "doctor": "Check this installation: the CLI, the account, the database, the store and the worker.",
    "replay": "Read the kept answers of the CLI again with today's parsers.",
    "worker": "Show the worker's bundle, or publish it on the stash.",
    "up": "Keep the local platform running: Postgres, objects, the local Camber.",
    "demo": "Turn sample rows into finished documents on this machine.",
}

OF_THE_LOCAL_PLATFORM = frozenset({"up", "demo"})


class _Commands(TyperGroup):
    """Imports a command's module when the command is wanted: a daemon needs nothing of the demo."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the base class's signature
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the base class's signature
        if cmd_name not in COMMANDS:
            return None
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(cmd_name, help=COMMANDS[cmd_name])(_function(cmd_name))
        return typer.main.get_command(alone)


def _function(name: str) -> Callable[..., None]:
    if name in OF_THE_LOCAL_PLATFORM and find_spec("pyrage") is None:
        return _refuse_local
    function: Callable[..., None] = import_module(f"reconciler.cli.{name}").command
    return function


def _refuse_local() -> None:
    refuse("The local platform is not installed: install rythmiq-reconciler[local].", WRONG_USE)


app = typer.Typer(cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def _about() -> None:
    """Turns rows in Postgres into finished documents on Camber."""
