"""Portal schemas: immutable, versioned, at most one active per name."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from reconciler.store.database import statement
from worker.contract import parse_schema


def find_active(connection: Connection, name: str) -> tuple[UUID, Mapping[str, Any]] | None:
    """The id and definition that new jobs of this name use."""
    row = connection.execute(statement("find_schema"), {"name": name}).mappings().first()
    return None if row is None else (row["id"], row["definition"])


def activate(
    connection: Connection,
    name: str,
    definition: Mapping[str, Any],
    source: str | None = None,
    source_date: str | None = None,
) -> UUID:
    """Make the definition the active version of the name; an equal one stays. Raises ContractError(SCHEMA_INVALID)."""
    parse_schema(definition)
    active = find_active(connection, name)
    if active and dict(active[1]) == dict(definition):
        return active[0]
    connection.execute(statement("retire_schema"), {"name": name})
    values = {"name": name, "definition": json.dumps(dict(definition)), "source": source, "source_date": source_date}
    return UUID(str(connection.scalar(statement("insert_schema"), values)))


class VersionTaken(ValueError):
    """The version is there already, with other figures."""


def list_all(connection: Connection, name: str | None = None) -> list[dict[str, Any]]:
    """Every version of every schema, or of one; the newest of each first."""
    return [dict(row) for row in connection.execute(statement("list_schemas"), {"name": name}).mappings()]


def add(
    connection: Connection, name: str, version: int, definition: Mapping[str, Any], source: str, source_date: date
) -> bool:
    """Add a version that is not active; false where it is there with the same figures. Raises VersionTaken."""
    values = {"name": name, "version": version, "definition": json.dumps(dict(definition))}
    given = {"source": source, "source_date": source_date}
    if connection.scalar(statement("add_schema"), values | given) is not None:
        return True
    (there,) = (row for row in list_all(connection, name) if row["version"] == version)
    if dict(there["definition"]) != dict(definition):
        raise VersionTaken(f"version {version} of {name} is there with other figures: a version is never changed")
    return False


def switch(connection: Connection, name: str, version: int) -> None:
    """Let new jobs of the name use this version, which is there."""
    connection.execute(statement("retire_schema"), {"name": name})
    connection.execute(statement("activate_schema"), {"name": name, "version": version})
