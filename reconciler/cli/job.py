"""reconciler job ID: one job's whole story."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reconciler.cli.printing import STATUS_COLOURS, print_json
from reconciler.cli.refusal import NOT_FOUND, WRONG_USE, database_or_refuse, refuse, settings_or_refuse
from reconciler.store.database import connect
from reconciler.store.reading import read_story

Story = dict[str, Any]


def command(
    job_id: Annotated[str, typer.Argument(metavar="ID", help="The job's UUID.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show one job."""
    try:
        wanted = UUID(job_id)
    except ValueError:
        refuse("ID must be a UUID", WRONG_USE)
    settings = settings_or_refuse()
    engine = connect(settings.database_url.get_secret_value(), application_name="reconciler job", pool_size=1)
    with database_or_refuse(), engine.connect() as connection:
        story = read_story(connection, wanted)
    if story is None:
        refuse(f"There is no job {wanted}.", NOT_FOUND)
    if json:
        print_json(story)
    else:
        _print(story)


def _print(story: Story) -> None:
    console = Console()
    job = story["job"]
    console.print(f"[bold]{job['id']}[/]  [{STATUS_COLOURS[job['status']]}]{job['status']}[/]  {_said(job)}")
    wanted = f"{job['original_filename']} for {job['schema_name']} v{job['schema_version']}"
    console.print(escape(wanted) + "\n")
    console.print(_attempts(story["attempts"]))
    console.print(_events(story["events"]))
    if story["document"]:
        console.print(_document(story["document"]))


def _said(job: Mapping[str, Any]) -> str:
    error = job["error_details"] or {}
    failed = f"{error.get('code')} in {error.get('stage')}: {error.get('message')}. {error.get('advice', '')}"
    return escape(str(job["held_reason"] or job["waiting_reason"] or (failed if error else "")))


def _attempts(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("try", "state", "run", "camber job", "camber says", "error", "stages (ms)", title="Attempts")
    for row in rows:
        stages = " ".join(f"{name.lower()} {ms}" for name, ms in (row["timings"] or {}).items())
        error = (row["error"] or {}).get("code", "")
        cells = (str(row["number"]), row["state"], row["marker"], str(row["camber_job_id"] or ""))
        _add(table, *cells, row["camber_status"] or "", error, stages)
    return table


def _events(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("at", "what", "from", "to", "by", "why", title="History")
    for row in rows:
        actor = row["actor"] or f"{row['session_user_name']} ({row['application_name']})"
        cells = (f"{row['at']:%H:%M:%S.%f}"[:-3], row["kind"], row["old_status"] or "", row["new_status"] or "")
        _add(table, *cells, actor, row["reason"] or row["detail"].get("error_code", ""))
    return table


def _document(document: Mapping[str, Any]) -> Table:
    table = Table("object", "bytes", "sha256", "key", title="Document" + (" (stale)" if document["stale"] else ""))
    for name, artifact in document["artifacts"].items():
        _add(table, name, f"{artifact['size']:,}", artifact["sha256"][:16], artifact["key"])
    portal = document["portal_outputs"]
    table.caption = (
        f"quality {document['quality_score']:.2f}, OCR confidence {document['ocr_confidence']:.3f}, portal file"
        f" {portal['width']}x{portal['height']} px, {portal['dpi']:.0f} dpi, {portal['bytes'] / 1024:.0f} KB"
    )
    return table


def _add(table: Table, *cells: object) -> None:
    """Add a row as it is: a name with brackets in it is no markup."""
    table.add_row(*(escape(str(cell)) for cell in cells))
