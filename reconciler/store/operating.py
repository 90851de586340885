"""What operators do, each with who and why: the statements behind the commands rerun, cancel, hold and release."""

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection

from reconciler.domain.filters import Filter
from reconciler.store.database import statement


class Deed(StrEnum):
    """What can be done to jobs or to runs; each is the name of its statement."""

    RERUN_JOBS = "request_rerun"
    CANCEL_JOBS = "request_cancel"
    HOLD_JOBS = "hold_jobs"
    RELEASE_JOBS = "release_jobs"
    HOLD_RUNS = "hold_runs"
    RELEASE_RUNS = "release_runs"
    GIVE_UP_RUNS = "give_up_runs"


def select_jobs(connection: Connection, chosen: Filter, limit: int | None = None) -> list[UUID]:
    """The jobs that the filter fits, or so many of them."""
    return list(connection.execute(statement("select_jobs"), asdict(chosen) | {"limit": limit}).scalars())


def carry_out(connection: Connection, deed: Deed, ids: Sequence[UUID], actor: str, reason: str) -> list[UUID]:
    """Do it to those of them that it changes, and return these. Who and why go into the history."""
    connection.execute(statement("name_actor"), {"actor": actor, "reason": reason})
    return list(connection.execute(statement(str(deed)), {"ids": list(ids), "reason": reason}).scalars())
