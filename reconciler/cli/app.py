"""The program `reconciler`: its commands, and how they refuse."""

from importlib import import_module

import typer

COMMANDS = {
    "run": "Run the daemon with the settings of the environment and .env.",
    "migrate": "Bring the database to the newest schema.",
    "submit": "Upload documents and insert their rows, as the product does.",
    "jobs": "List the newest jobs.",
    "job": "Show one job: its attempts, runs, history and document.",
    "bundle": "Build the worker bundle and print its files and hash.",
    "up": "Keep the local platform running: Postgres, objects, the local Camber.",
    "demo": "Turn sample rows into finished documents on this machine.",
}

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Turns rows in Postgres into finished documents on Camber.",
)
for name, text in COMMANDS.items():
    app.command(name, help=text)(import_module(f"reconciler.cli.{name}").command)
