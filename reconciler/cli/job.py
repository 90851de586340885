"""reconciler job ID: one job's whole story."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reconciler.cli.connecting import reading
from reconciler.cli.ids import find_job
from reconciler.cli.operating import Json
from reconciler.cli.printing import add_row, coloured, console, plain_table, print_json, shown_id
from reconciler.cli.refusal import NOT_FOUND, refuse
from reconciler.domain.times import at
from reconciler.store.reading import read_story

Story = dict[str, Any]
HASH_CHARACTERS = 12


def command(
    job_id: Annotated[str, typer.Argument(metavar="ID", help="The job's UUID, or its first characters.")],
    json: Json = False,
) -> None:
    """The error with what to do, the attempts with their runs, the whole history, and the stored objects."""
    with reading("job") as connection:
        wanted = find_job(connection, job_id)
        story = read_story(connection, wanted)
    if story is None:
        refuse(f"There is no job {wanted}.", NOT_FOUND)
    if json:
        print_json(story)
    else:
        _print(story, console())


def _print(story: Story, screen: Console) -> None:
    job = story["job"]
    screen.print(f"[bold]{job['id']}[/]  {coloured(job['status'])}", soft_wrap=True)
    # An operator's login may not read the name.
    name = job.get("original_filename", "a document")
    screen.print(escape(f"{name} for {job['schema_name']} v{job['schema_version']}, user {job['user_id']}"))
    for line in _said(job):
        screen.print(escape(line), style="red" if job["status"] == "failed" else "yellow")
    for table in (_attempts(story["attempts"], screen), _events(story["events"])):
        screen.print()
        screen.print(table)
    if story["document"]:
        screen.print()
        _print_document(story["document"], screen)


def _said(job: Mapping[str, Any]) -> list[str]:
    """What keeps it, or what it failed of."""
    if job["held_reason"] or job["waiting_reason"]:
        return [str(job["held_reason"] or job["waiting_reason"])]
    error = job["error_details"]
    if not error:
        return []
    return [f"{error.get('code')} in {error.get('stage')}: {error.get('message')}", *_advice(error)]


def _advice(error: Mapping[str, Any]) -> list[str]:
    return [f"What to do: {error['advice']}"] if error.get("advice") else []


def _attempts(rows: Sequence[Mapping[str, Any]], screen: Console) -> Table:
    table = plain_table("try", "state", "run", "camber job", "camber says", "error", "stages (ms)", title="Attempts")
    for row in rows:
        stages = " ".join(f"{name.lower()} {ms}" for name, ms in (row["timings"] or {}).items())
        error = (row["error"] or {}).get("code", "")
        cells = (str(row["number"]), row["state"], shown_id(screen, row["run_id"]), str(row["camber_job_id"] or ""))
        add_row(table, *cells, row["camber_status"] or "", error, stages)
    return table


def _events(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = plain_table("at (UTC)", "what", "from", "to", "by", "why", title="History")
    for column in range(4):
        table.columns[column].no_wrap = True
    table.columns[4].overflow = table.columns[5].overflow = "fold"
    for row in rows:
        actor = row["actor"] or f"{row['session_user_name']} ({row['application_name']})"
        cells = (at(row["at"]), row["kind"], row["old_status"] or "", row["new_status"] or "")
        add_row(table, *cells, actor, row["reason"] or row["detail"].get("error_code", ""))
    return table


def _print_document(document: Mapping[str, Any], screen: Console) -> None:
    portal = document["portal_outputs"]
    screen.print(
        f"quality {document['quality_score']:.2f}, OCR confidence {document['ocr_confidence']:.3f}, portal file"
        f" {portal['width']}x{portal['height']} px, {portal['dpi']:.0f} dpi, {portal['bytes'] / 1024:.0f} KB"
    )
    title = "Document" + (" (stale: of before a rerun that failed)" if document["stale"] else "")
    table = plain_table("object", "bytes", "sha256", "key", title=title)
    table.columns[3].overflow = "fold"
    for name, artifact in document["artifacts"].items():
        add_row(table, name, f"{artifact['size']:,}", artifact["sha256"][:HASH_CHARACTERS], artifact["key"])
    screen.print(table)
