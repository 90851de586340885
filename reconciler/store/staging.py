"""What a planned run carries."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from reconciler.domain.runs import RunId
from reconciler.store.database import statement
from reconciler.store.jobs import JobRow, job_row


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedJob:
    """One live attempt with its job's row."""

    attempt_id: UUID
    number: int
    nonce: str
    row: JobRow


def list_staged(connection: Connection, run_id: RunId, inbox_number: int | None = None) -> list[StagedJob]:
    """The live attempts of the run's file, or of that object of its inbox, with what their payloads are made of."""
    values = {"run_id": run_id, "inbox_number": inbox_number}
    rows = connection.execute(statement("list_staged"), values).mappings()
    return [
        StagedJob(attempt_id=row["attempt_id"], number=row["number"], nonce=row["nonce"], row=job_row(row))
        for row in rows
    ]
