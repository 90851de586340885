"""reconciler migrate."""

import sys
from typing import Annotated

import typer
from sqlalchemy.exc import ArgumentError

from reconciler.cli.operating import Json
from reconciler.cli.printing import print_json
from reconciler.cli.refusal import AWAY, WRONG_USE, database_or_refuse, refuse
from reconciler.settings import SettingsError, load_database
from reconciler.store.migrate import MigrationError, apply_access, roles_script, upgrade


def command(
    print_roles: Annotated[
        bool, typer.Option("--print-roles", help="Only print the SQL that creates the roles, for an administrator.")
    ] = False,
    json: Json = False,
) -> None:
    """Migrate the database of DATABASE_URL; two that start at once go one after the other.

    Creates the four roles where it may, and prints what an administrator must run where it may not.
    """
    if print_roles:
        sys.stdout.write(f"{roles_script()}\n")
        return
    try:
        url = load_database().database_url.get_secret_value()
        with database_or_refuse():
            before, after = upgrade(url)
            missing = apply_access(url)
    except SettingsError as error:
        refuse(str(error), WRONG_USE)
    except MigrationError as error:
        refuse(f"Not migrated: {error}", AWAY)
    except (ArgumentError, ValueError):
        # Its text would show the URL, and so the password.
        refuse("DATABASE_URL: cannot be read as a URL", WRONG_USE)
    if json:
        print_json({"before": before, "after": after, "missing_roles": missing})
        return
    sys.stdout.write(f"The schema is at {after}" + (" already.\n" if before == after else f" (was {before}).\n"))
    if missing:
        names = ", ".join(missing)
        sys.stdout.write(f"This login may not create roles. An administrator runs ({names}):\n{roles_script()}\n")
