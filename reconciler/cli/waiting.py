"""Wait until jobs are over, with a bar for who looks on."""

import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from reconciler.cli.printing import coloured, console, plain_table
from reconciler.domain.times import ago
from reconciler.domain.transitions import JOB_FINAL
from reconciler.store.reading import read_outcomes

LOOK_SECONDS = 1.0
Outcome = Mapping[str, Any]


def wait(engine: Engine, ids: Sequence[UUID]) -> list[Outcome]:
    """What became of them once all are over, or what is known at Ctrl-C. A database that is away is waited for."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    outcomes: list[Outcome] = []
    screen = Console(stderr=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task("documents", total=len(ids))
        try:
            while sum(row["status"] in JOB_FINAL for row in outcomes) < len(ids):
                outcomes = _look(engine, ids) or outcomes
                over = sum(row["status"] in JOB_FINAL for row in outcomes)
                progress.update(task, completed=over, description=_doing(outcomes))
                time.sleep(LOOK_SECONDS if over < len(ids) else 0)
        except KeyboardInterrupt:
            progress.console.print("stopped waiting: the jobs go on")
    return outcomes


def _look(engine: Engine, ids: Sequence[UUID]) -> list[Outcome] | None:
    try:
        with engine.connect() as connection:
            return list(read_outcomes(connection, ids))
    except OperationalError:
        return None


def _doing(outcomes: Sequence[Outcome]) -> str:
    """What most people want to know first: whether anything is worked at."""
    processing = sum(row["status"] == "processing" for row in outcomes)
    return f"documents ({processing} in work)" if processing else "documents"


def print_outcomes(names: Mapping[UUID, str], ended: Mapping[UUID, Outcome]) -> None:
    """One line for each document."""
    table = plain_table("document", "status", "after", "why")
    for job_id, name in names.items():
        row = ended.get(job_id)
        if row:
            why = row["held_reason"] or row["error_code"] or row["waiting_reason"] or ""
            table.add_row(escape(name), coloured(row["status"]), ago(row["age_seconds"]), escape(why))
        else:
            table.add_row(escape(name), "not known", "", "")
    console().print(table)
