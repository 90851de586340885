"""Where Alembic meets our tables. The URL comes from the caller, or from DATABASE_URL on the command line."""

import os

from alembic import context
from sqlalchemy import Connection, create_engine

from reconciler.store.database import normal_url
from reconciler.store.tables import metadata


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=metadata, compare_type=True, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _migrate(given)
else:
    with create_engine(normal_url(os.environ["DATABASE_URL"])).connect() as connection:
        _migrate(connection)
