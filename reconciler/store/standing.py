"""How a database's schema stands to the code. Needs no migration tool: a daemon that only asks need not carry one."""

from enum import Enum, auto
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, text


class Standing(Enum):
    """A database's schema, compared with what the code knows."""

    OLDER = auto()
    SAME = auto()
    NEWER = auto()


def migrations() -> Path:
    """Where the migrations are: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    shipped = package / "_alembic"
    return shipped if shipped.is_dir() else package.parent / "alembic"


@cache
def revisions() -> tuple[str, ...]:
    """Every revision that this code knows, the oldest first: each file is named after its own, and they are a chain."""
    return tuple(sorted(path.name.partition("_")[0] for path in (migrations() / "versions").glob("[0-9]*_*.py")))


def newest() -> str:
    """The newest revision that this code knows."""
    return revisions()[-1]


def stand(found: str | None) -> Standing:
    """How a database at this revision stands to the code. What the code does not know is of a newer one."""
    if found == newest():
        return Standing.SAME
    return Standing.OLDER if found is None or found in revisions() else Standing.NEWER


def current(engine: Engine) -> str | None:
    """The revision that the database stands at; None where nothing was ever migrated."""
    with engine.connect() as connection:
        if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
            return None
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)
