"""How a command refuses: one clear line, and the exit code that fits."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from sqlalchemy.exc import DBAPIError, OperationalError

from reconciler.logs import redact
from reconciler.settings import Settings, SettingsError, load

ENDED_BADLY, WRONG_USE, NOT_FOUND, AWAY = 1, 2, 3, 4


def refuse(reason: str, code: int) -> NoReturn:
    """Say why on STDERR and leave."""
    sys.stderr.write(reason + "\n")
    raise typer.Exit(code)


def settings_or_refuse() -> Settings:
    """The settings, or one message that names every bad variable."""
    try:
        return load()
    except SettingsError as error:
        refuse(str(error), WRONG_USE)


@contextmanager
def database_or_refuse() -> Iterator[None]:
    """A database that is away, or a schema that is not there, is one line and not a traceback."""
    try:
        yield
    except (OperationalError, DBAPIError) as error:
        reason = redact(str(error.orig).strip().split("\n")[0])
        hint = " Run `reconciler migrate` first." if "does not exist" in reason else ""
        refuse(f"The database did not do it: {reason}.{hint}", AWAY)
