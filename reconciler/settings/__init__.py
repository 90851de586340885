"""All settings, read once from an explicit mapping: the environment over the file .env.

model.py    the settings themselves
values.py   how single values are read
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from reconciler.environment import merged, open_files
from reconciler.settings.model import PRICES, Database, Settings

__all__ = ["MEANINGLESS", "PRICES", "Database", "Settings", "SettingsError", "load", "load_database", "meaningless"]

MEANINGLESS = {
    "CAMBER_API_URL": "Camber has no public API: the camber CLI knows its own address",
    "CAMBER_APP_NAME": "runs are started with `camber job create`, not as an app",
    "WEBHOOK_SECRET": "there is no inbound webhook: results are read from the job's log",
}
"""Names of older set-ups that are accepted and mean nothing any more."""
CANNOT_BE_USED = "These settings cannot be used:"
_SUPABASE = "the reconciler speaks to Postgres itself: set DATABASE_URL"


class SettingsError(ValueError):
    """Settings that cannot be used; the message names every bad variable, and no value."""


Kind = TypeVar("Kind", bound="Database")


FROM_FILES = (*(name.upper() for name in Settings.model_fields), "SUPABASE_DB_URL")
"""What may stand in a file of its own, named by NAME_FILE."""


def load(environment: Mapping[str, str] | None = None, dotenv: Path | None = None) -> Settings:
    """Read the settings; an empty variable counts as unset. Raises SettingsError naming every bad variable at once."""
    return _load(Settings, environment, dotenv)


def load_database(environment: Mapping[str, str] | None = None, dotenv: Path | None = None) -> Database:
    """Read only where the database is: who looks at it needs no key of anything else. Raises SettingsError."""
    return _load(Database, environment, dotenv)


def _load(kind: type[Kind], environment: Mapping[str, str] | None, dotenv: Path | None) -> Kind:
    opened, problems = open_files(merged(environment, dotenv), FROM_FILES)
    if problems:
        raise SettingsError("\n".join([CANNOT_BE_USED, *problems]))
    given = {name: value for name, value in opened.items() if value.strip()}
    given.setdefault("DATABASE_URL", given.get("SUPABASE_DB_URL", ""))
    try:
        return kind.model_validate({name: value for name, value in given.items() if value})
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        name = ".".join(map(str, problem["loc"])).upper()
        text = "is missing" if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, ")
        lines.append(f"  {name}: {text}" if name else f"  {text}")
    return "\n".join([CANNOT_BE_USED, *sorted(lines)])


def meaningless(environment: Mapping[str, str] | None = None, dotenv: Path | None = None) -> dict[str, str]:
    """The given variables that no longer mean anything, each with the reason; never their values."""
    names = sorted(merged(environment, dotenv))
    reasons = {name: _SUPABASE for name in names if name.startswith("SUPABASE_") and name != "SUPABASE_DB_URL"}
    return reasons | {name: MEANINGLESS[name] for name in names if name in MEANINGLESS}
