"""reconciler jobs: the newest jobs."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reconciler.cli.printing import STATUS_COLOURS, print_json
from reconciler.cli.refusal import WRONG_USE, database_or_refuse, refuse, settings_or_refuse
from reconciler.domain.states import JobStatus
from reconciler.store.database import connect
from reconciler.store.reading import list_jobs


def command(
    status: Annotated[str | None, typer.Option(help="Only jobs of this status.")] = None,
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=10_000)] = 30,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List jobs, newest first."""
    if status is not None and status not in set(JobStatus):
        refuse(f"--status must be one of {', '.join(JobStatus)}", WRONG_USE)
    settings = settings_or_refuse()
    engine = connect(settings.database_url.get_secret_value(), application_name="reconciler jobs", pool_size=1)
    with database_or_refuse(), engine.connect() as connection:
        rows = list_jobs(connection, status, limit)
    if json:
        print_json([dict(row) for row in rows])
    else:
        Console().print(_table(rows))


def _table(rows: Any) -> Table:
    table = Table("job", "status", "schema", "file", "tries", "camber job", "age", "why", title=f"{len(rows)} jobs")
    for row in rows:
        status = f"[{STATUS_COLOURS[row['status']]}]{row['status']}[/]"
        age = f"{row['age_seconds']:.0f} s"
        names = (escape(str(row["schema_name"])), escape(str(row["original_filename"])))
        camber = str(row["camber_job_id"] or "")
        table.add_row(str(row["id"]), status, *names, str(row["attempt_count"]), camber, age, escape(_why(row)))
    return table


def _why(row: Mapping[str, Any]) -> str:
    error = row["error_details"] or {}
    return str(row["held_reason"] or row["waiting_reason"] or error.get("code", ""))
