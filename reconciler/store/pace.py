"""What recent runs needed."""

from uuid import UUID

from sqlalchemy import Connection

from reconciler.domain.pace import Pace
from reconciler.store.database import statement

RUNS = 40
AGE_SECONDS = 7 * 86400
"""A worker of last month tells little of today's."""


def learn(connection: Connection, backend: str, processes: int) -> Pace:
    """The pace that the newest runs show; its defaults where they show nothing."""
    values = {"backend": backend, "processes": processes, "runs": RUNS, "age_seconds": AGE_SECONDS}
    rows = connection.execute(statement("learn_pace"), values).mappings().all()
    shown = {row["schema_id"]: (int(row["samples"]), float(row["seconds"])) for row in rows if row["samples"]}
    return _pace(shown, processes)


def _pace(shown: dict[UUID | None, tuple[int, float]], processes: int) -> Pace:
    prior = Pace(processes=processes)
    documents = {schema: one for schema, one in shown.items() if schema is not None}
    if not documents:
        return prior
    _, startup = shown.get(None, (0, prior.startup_seconds))
    count = sum(samples for samples, _ in documents.values())
    return Pace(
        processes=processes,
        startup_seconds=startup,
        document_seconds=sum(samples * seconds for samples, seconds in documents.values()) / count,
        by_schema={schema: seconds for schema, (_, seconds) in documents.items()},
        learnt=True,
    )
