"""How a command refuses: one clear line, and the exit code that fits."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from sqlalchemy.exc import DBAPIError

from reconciler.settings import Settings, SettingsError, load
from reconciler.store.database import database_reason
from reconciler.store.standing import Standing, newest, stand

ENDED_BADLY, WRONG_USE, NOT_FOUND, AWAY, DENIED = 1, 2, 3, 4, 5
NO_RIGHT = "42501"
UNKNOWN_NAMES = ("42P01", "42703", "42883", "3F000")
"""SQLSTATEs of a schema that is not there, or of another version than this program."""


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
    """A database that is away, a right or a schema that is not there is one line and not a traceback."""
    try:
        yield
    except DBAPIError as error:
        _refuse(error)


def refuse_other_schema(found: str | None) -> None:
    """What removes things does it only in a schema that it knows; what is there may mean something else in another."""
    if stand(found) is Standing.NEWER:
        refuse(
            f"The database's schema is at {found}, which this program does not know: it knows {newest()}."
            " Install the newer program.",
            AWAY,
        )
    if stand(found) is Standing.OLDER:
        refuse(f"The database's schema is at {found}, not at {newest()}. Run `reconciler migrate` first.", AWAY)


def _refuse(error: DBAPIError) -> NoReturn:
    """Tell trouble on the way to the database, which passes, from what it refuses, which does not."""
    state = str(getattr(error.orig, "sqlstate", None) or "")
    reason = database_reason(error)
    if state == NO_RIGHT:
        refuse(f"This login may not do it: {reason}. See docs/how-to/use-roles.md.", DENIED)
    if state in UNKNOWN_NAMES:
        refuse(f"The schema is not the one of this program: {reason}. Run `reconciler migrate` first.", AWAY)
    # Our own rules, and the schema's.
    if state.startswith(("RQ", "23")):
        refuse(f"The database refuses it: {reason}.", DENIED)
    refuse(f"The database did not do it: {reason}.", AWAY)
