"""reconciler runs: the newest runs."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reconciler.cli.connecting import reading
from reconciler.cli.ids import find_run
from reconciler.cli.jobs import After
from reconciler.cli.operating import Json
from reconciler.cli.printing import console, plain_table, print_json, shown_id
from reconciler.cli.refusal import WRONG_USE, refuse
from reconciler.domain.states import RunState
from reconciler.domain.times import ago, lingering
from reconciler.store.reading import Rows, list_runs

COLOURS = {"held": "red", "unknown": "red", "abandoned": "magenta", "finished": "green"}


def command(
    state: Annotated[
        str | None, typer.Option(help="Only runs in this state.", autocompletion=lambda: [*map(str, RunState)])
    ] = None,
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=10_000)] = 30,
    after: After = None,
    json: Json = False,
) -> None:
    """Each is one Camber job, with the documents that it carries and what it cost."""
    if state is not None and state not in set(RunState):
        refuse(f"--state must be one of {', '.join(RunState)}", WRONG_USE)
    with reading("runs") as connection:
        behind = find_run(connection, after) if after else None
        rows = list_runs(connection, state, after=behind, limit=limit)
    if json:
        print_json(rows)
        return
    screen = console()
    screen.print(_table(rows, screen))
    if len(rows) == limit:
        screen.print(f"[dim]more: --after {rows[-1]['run_id']}[/]", soft_wrap=True)


def _table(rows: Rows, screen: Console) -> Table:
    table = plain_table("run", "state", "camber job", "camber says", "done", "age", "credits", "why")
    for column in range(7):
        table.columns[column].no_wrap = True
    for row in rows:
        state = f"[{COLOURS.get(row['state'], 'cyan')}]{row['state']}[/]"
        done = f"{row['attempts_settled']}/{row['attempts_total']}"
        twins = f" +{row['duplicates']} twins" if row["duplicates"] else ""
        cells = (str(row["camber_job_id"] or "") + twins, escape(row["camber_status"] or ""), done)
        cost = "" if row["credits"] is None else f"{row['credits']:.4f}"
        why = escape(lingering(row["lingers_seconds"]) or row["reason_text"] or row["reason_code"] or "")
        table.add_row(shown_id(screen, row["run_id"]), state, *cells, ago(row["age_seconds"]), cost, why)
    table.caption = None if rows else "No run fits."
    return table
