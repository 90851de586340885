"""Portal schemas: immutable, versioned, at most one active per name."""

import json
from collections.abc import Mapping
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
