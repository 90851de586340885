"""reconciler migrate."""

import os
import sys

from dotenv import dotenv_values
from sqlalchemy.exc import ArgumentError

from reconciler.cli.refusal import WRONG_USE, database_or_refuse, refuse
from reconciler.store.migrate import MigrationError, upgrade


def command() -> None:
    """Migrate the database of DATABASE_URL; two that start at once go one after the other."""
    given = dotenv_values() | dict(os.environ)
    url = given.get("DATABASE_URL") or given.get("SUPABASE_DB_URL")
    if not url:
        refuse("DATABASE_URL: is missing", WRONG_USE)
    try:
        with database_or_refuse():
            before, after = upgrade(url)
    except (MigrationError, ArgumentError) as error:
        refuse(f"Not migrated: {error}", WRONG_USE)
    sys.stdout.write(f"The schema is at {after}" + (" already.\n" if before == after else f" (was {before}).\n"))
