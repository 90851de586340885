"""reconciler why ID: the one reason why a job is where it is, what must happen, and what you can do."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape
from sqlalchemy import Connection

from reconciler.cli.connecting import reading
from reconciler.cli.ids import find_job
from reconciler.cli.operating import Json
from reconciler.cli.printing import coloured, console, plain_table, print_json
from reconciler.cli.refusal import NOT_FOUND, refuse
from reconciler.domain.times import ago
from reconciler.domain.why import Answer, answer
from reconciler.store.reading import read_end, read_why


def command(
    job: Annotated[str, typer.Argument(metavar="ID", help="The job's UUID, or its first characters.")],
    json: Json = False,
) -> None:
    """Answers for every job: one that waits, one that is under way, one that is over."""
    with reading("why") as connection:
        said = explain(connection, find_job(connection, job))
    if json:
        print_json(asdict(said))
    else:
        _print(said)


def explain(connection: Connection, job_id: UUID) -> Answer:
    """The answer for a job that is there."""
    end, open_job = read_end(connection, job_id), read_why(connection, job_id)
    if end is None:
        refuse(f"There is no job {job_id}.", NOT_FOUND)
    return answer(job_id, end, open_job)


def _print(answer: Answer) -> None:
    screen = console()
    screen.print(f"[bold]{answer.job_id}[/]  {coloured(answer.status)}", soft_wrap=True)
    table = plain_table()
    table.show_header = False
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    table.add_row("why", escape(answer.reason))
    table.add_row("for", ago(answer.since_seconds))
    if answer.until_seconds is not None:
        left = answer.until_seconds
        table.add_row("until", f"in {ago(left)}" if left >= 0 else f"overdue by {ago(-left)}")
    table.add_row("must happen", escape(answer.must_happen))
    table.add_row("you can", escape(answer.you_can))
    screen.print(table)
