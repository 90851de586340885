"""The engine, and statements by name."""

import json
import time
from collections.abc import Iterable, Mapping
from functools import cache, partial
from importlib.resources import files
from typing import Any

from sqlalchemy import Engine, TextClause, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from reconciler.logs import redact

IDLE_SECONDS = 5.0
"""After so long unused a connection may have been cut by a restart or a firewall."""
USED = "used at"
LINK: Mapping[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""A link that is dead and does not say so is noticed within a minute, not in a quarter of an hour."""


def normal_url(url: str) -> str:
    """Let postgres:// and postgresql:// name the one driver that is used, psycopg."""
    parsed = make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def connect(url: str, *, application_name: str, pool_size: int = 5) -> Engine:
    """An engine whose statements, locks and idle transactions all have a bound.

    No JIT: these statements touch few rows, and to compile one takes longer than to run it a thousand times.
    """
    engine = create_engine(
        normal_url(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        # The one that was used last is used next: few connections are kept busy, and need no proof that they live.
        pool_use_lifo=True,
        pool_recycle=1800,
        # The text of an error must not quote what was written.
        hide_parameters=True,
        connect_args={
            **LINK,
            "application_name": application_name,
            # A pooler gives each transaction another connection, where what this one prepared is not known.
            "prepare_threshold": None,
            "options": "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
            " -c timezone=UTC -c jit=off",
        },
    )
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", partial(_prove_alive, engine))
    return engine


def _note_use(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info[USED] = time.monotonic()


def _prove_alive(
    engine: Engine, connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """Ask a connection that has lain idle whether it still lives; to ask each time would double what is asked."""
    if time.monotonic() - record.info.get(USED, time.monotonic()) < IDLE_SECONDS:
        return
    try:
        engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error as error:
        # The pool then tries another one, and at last a new one.
        raise DisconnectionError("it died while it lay idle") from error


def database_reason(error: DBAPIError) -> str:
    """One line, without secrets: where several addresses were tried, what the last one said."""
    lines = str(error.orig).strip().split("\n")
    return redact(lines[-1 if lines[0].startswith("Multiple connection attempts") else 0]).lstrip("- ").rstrip(". ")


@cache
def statement(name: str) -> TextClause:
    """The statement that stands in statements/<name>.sql."""
    return text(files("reconciler.store").joinpath("statements", f"{name}.sql").read_text("utf-8"))


def records(these: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The parameter of a statement that takes any number of rows at once, as jsonb_to_recordset reads them."""
    # Ids, moments and decimals are told as text: the statement names the type of each column.
    return {"these": json.dumps(list(these), default=str)}
