"""reconciler migrate."""

import os
import sys
from typing import Annotated

import typer
from dotenv import dotenv_values
from sqlalchemy.exc import ArgumentError

from reconciler.cli.refusal import WRONG_USE, database_or_refuse, refuse
from reconciler.store.migrate import MigrationError, apply_access, roles_script, upgrade


def command(
    print_roles: Annotated[
        bool, typer.Option("--print-roles", help="Only print the SQL that creates the roles, for an administrator.")
    ] = False,
) -> None:
    """Migrate the database of DATABASE_URL; two that start at once go one after the other.

    Creates the four roles where it may, and prints what an administrator must run where it may not.
    """
    if print_roles:
        sys.stdout.write(f"{roles_script()}\n")
        return
    given = dotenv_values() | dict(os.environ)
    url = given.get("DATABASE_URL") or given.get("SUPABASE_DB_URL")
    if not url:
        refuse("DATABASE_URL: is missing", WRONG_USE)
    try:
        with database_or_refuse():
            before, after = upgrade(url)
            missing = apply_access(url)
    except (MigrationError, ArgumentError) as error:
        refuse(f"Not migrated: {error}", WRONG_USE)
    sys.stdout.write(f"The schema is at {after}" + (" already.\n" if before == after else f" (was {before}).\n"))
    if missing:
        names = ", ".join(missing)
        sys.stdout.write(f"This login may not create roles. An administrator runs ({names}):\n{roles_script()}\n")
