"""The engine, and statements by name."""

from functools import cache
from importlib.resources import files

from sqlalchemy import Engine, TextClause, create_engine, text
from sqlalchemy.engine import make_url


class DatabaseUnavailable(RuntimeError):
    """The database does not answer: wait and try again."""


def normal_url(url: str) -> str:
    """Let postgres:// and postgresql:// name the one driver that is used, psycopg."""
    parsed = make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def connect(url: str, *, application_name: str, pool_size: int = 5) -> Engine:
    """An engine whose statements, locks and idle transactions all have a bound.

    No JIT: these statements touch few rows, and to compile one takes longer than to run it a thousand times.
    """
    return create_engine(
        normal_url(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_recycle=1800,
        # The text of an error must not quote what was written.
        hide_parameters=True,
        connect_args={
            "application_name": application_name,
            "connect_timeout": 10,
            "keepalives_idle": 30,
            "options": "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
            " -c timezone=UTC -c jit=off",
        },
    )


@cache
def statement(name: str) -> TextClause:
    """The statement that stands in statements/<name>.sql."""
    return text(files("reconciler.store").joinpath("statements", f"{name}.sql").read_text("utf-8"))
