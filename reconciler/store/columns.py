"""What the tables are made of: columns that say what they are for, and constraints with foreseeable names."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Integer,
    MetaData,
    text,
)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)

NOW = text("now()")
NEW_ID = text("gen_random_uuid()")
EMPTY = text("'{}'::jsonb")


def column(name: str, kind: Any, comment: str, *args: Any, **options: Any) -> Column[Any]:
    """A column that must have a value, unless an option says otherwise."""
    options.setdefault("nullable", False)
    return Column(name, kind, *args, comment=comment, **options)


def optional(name: str, kind: Any, comment: str, *args: Any) -> Column[Any]:
    """A column that may be empty."""
    return column(name, kind, comment, *args, nullable=True)


def moment(name: str, comment: str) -> Column[Any]:
    """An optional time."""
    return optional(name, DateTime(timezone=True), comment)


def stamp(name: str, comment: str) -> Column[Any]:
    """A time that is always there, now by default."""
    return column(name, DateTime(timezone=True), comment, server_default=NOW)


def count(name: str, comment: str, default: int = 0) -> Column[Any]:
    """A number that begins somewhere."""
    return column(name, Integer, comment, server_default=text(str(default)))


def flag(name: str, comment: str) -> Column[Any]:
    """A yes or no; no at first."""
    return column(name, Boolean, comment, server_default=text("false"))


def one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    """The words that a column may hold."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")
