"""reconciler jobs: the newest jobs."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reconciler.cli.connecting import reading
from reconciler.cli.ids import find_job
from reconciler.cli.operating import Code, Json, Since, Status, User
from reconciler.cli.printing import coloured, console, plain_table, print_json, shown_id
from reconciler.cli.selection import parse_filter
from reconciler.domain.times import ago
from reconciler.store.reading import Rows, list_jobs

After = Annotated[str | None, typer.Option(help="Go on behind this one, the last of the page before.", metavar="ID")]


def command(
    status: Status = None,
    error_code: Code = None,
    since: Since = None,
    user: User = None,
    schema: Annotated[str | None, typer.Option(help="Only jobs for this portal schema.")] = None,
    held: Annotated[bool, typer.Option("--held", help="Only held jobs.")] = False,
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=10_000)] = 30,
    after: After = None,
    json: Json = False,
) -> None:
    """Shows no file names, so that readers may list too; `reconciler job` shows them."""
    chosen = parse_filter(status, error_code, since, user, held=held)
    with reading("jobs") as connection:
        behind = find_job(connection, after) if after else None
        rows = list_jobs(connection, chosen, schema=schema, after=behind, limit=limit)
    if json:
        print_json(rows)
        return
    screen = console()
    screen.print(_table(rows, screen))
    if len(rows) == limit:
        screen.print(f"[dim]more: --after {rows[-1]['id']}[/]", soft_wrap=True)


def _table(rows: Rows, screen: Console) -> Table:
    table = plain_table("job", "status", "schema", "tries", "camber job", "age", "why")
    for column in range(6):
        table.columns[column].no_wrap = True
    for row in rows:
        camber, schema = str(row["camber_job_id"] or ""), escape(f"{row['schema_name']} v{row['schema_version']}")
        cells = (schema, str(row["attempt_count"]), camber, ago(row["age_seconds"]), escape(_why(row)))
        table.add_row(shown_id(screen, row["id"]), coloured(row["status"]), *cells)
    table.caption = None if rows else "No job fits."
    return table


def _why(row: Mapping[str, Any]) -> str:
    asked = "rerun requested" if row["rerun_requested"] else "cancel requested" if row["cancel_requested"] else ""
    held = f"held: {row['held_reason']}" if row["held_reason"] else ""
    return str(held or asked or row["waiting_reason"] or row["error_code"] or "")
