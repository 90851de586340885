"""reconciler demo: watch sample rows become finished documents."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from reconciler.cli.local import platform_or_refuse
from reconciler.cli.operating import Json
from reconciler.cli.printing import STATUS_COLOURS, print_json
from reconciler.cli.refusal import ENDED_BADLY, refuse
from reconciler.domain.transitions import JOB_FINAL
from reconciler.local.daemon import DaemonFailed, running_daemon
from reconciler.local.demo import DemoFailed, Shown, enqueue, follow, open_database
from reconciler.local.demo_report import report_documents
from reconciler.local.environments import STATE
from reconciler.local.platform import Platform
from reconciler.local.report import write_report


def command(
    folder: Annotated[Path, typer.Option(help="Where the local platform keeps its state.")] = STATE,
    json: Json = False,
) -> None:
    """Exit code 0 only if every document ended as it must."""
    started = time.monotonic()
    console = _console(stderr=json)
    with platform_or_refuse(folder, console) as platform:
        shown = _process(platform, console)
        console.print(_table(shown))
        documents = report_documents(shown, platform.objects)
        title = "Rythmiq: sample documents"
        report = write_report(documents, platform.folder, title=title, made_at=datetime.now(UTC))
    wrong = [one.sample.name for one in shown if not one.as_expected]
    if json:
        print_json({"report": report, "documents": [_record(one) for one in shown]})
    console.print(f"[bold]report[/] {report.as_uri()}", soft_wrap=True)
    console.print("[bold]next[/] `make up` keeps all of it running, with the console", soft_wrap=True)
    console.print(f"{len(shown) - len(wrong)} of {len(shown)} as expected, {time.monotonic() - started:.1f} s in all")
    if wrong:
        refuse(f"Not as expected: {', '.join(wrong)}", ENDED_BADLY)


def _record(one: Shown) -> dict[str, Any]:
    job = one.story["job"]
    error = (job["error_details"] or {}).get("code")
    told = {"document": one.sample.name, "job_id": one.job_id, "status": one.status, "error_code": error}
    return told | {"as_expected": one.as_expected, "seconds": _seconds(one)}


def _console(*, stderr: bool) -> Console:
    """As wide as the terminal; in a file or a pipe as wide as the table is."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(width=120, stderr=stderr)


def _process(platform: Platform, console: Console) -> list[Shown]:
    engine = open_database(platform)
    jobs = enqueue(platform, engine)
    progress = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
    task = progress.add_task("documents", total=len(jobs))
    with Live(progress, console=console, refresh_per_second=8, transient=True) as live:

        def show(looked: list[Shown]) -> None:
            progress.update(task, completed=sum(one.status in JOB_FINAL for one in looked))
            live.update(Group(_progress_table(looked), progress))

        try:
            with running_daemon(platform, console=True) as daemon:
                daemon.await_console()
                live.console.print(f"[bold]console[/] {daemon.console} (while this runs)", soft_wrap=True)
                return follow(engine, jobs, daemon, show)
        except (DaemonFailed, DemoFailed) as failure:
            live.stop()
            refuse(f"{failure}; its log: {platform.folder / 'daemon.log'}", ENDED_BADLY)


def _progress_table(looked: list[Shown]) -> Table:
    table = Table("document", "status", "Camber job", "Camber says", box=None, pad_edge=False)
    for one in looked:
        last = one.story["attempts"][-1] if one.story["attempts"] else {}
        cells = (str(last.get("camber_job_id") or ""), str(last.get("camber_status") or last.get("run_state") or ""))
        table.add_row(one.sample.name, _status(one), *cells)
    return table


def _status(one: Shown) -> str:
    return f"[{STATUS_COLOURS[one.status]}]{one.status}[/]"


def _table(shown: list[Shown]) -> Table:
    table = Table(title="Documents", show_lines=True)
    table.add_column("document", min_width=12)
    table.add_column("status", no_wrap=True)
    table.add_column("quality", justify="right")
    table.add_column("OCR", justify="right")
    table.add_column("first words read", max_width=28)
    table.add_column("portal file", min_width=17)
    table.add_column("seconds", justify="right")
    for one in shown:
        table.add_row(one.sample.name, _status(one), *_figures(one), f"{_seconds(one):.1f}")
    return table


def _figures(one: Shown) -> tuple[str, str, str, str]:
    document: dict[str, Any] | None = one.story["document"]
    if document is None:
        error = one.story["job"]["error_details"] or {}
        return "", "", f"[red]{error.get('code', '')}[/]", ""
    words = " ".join(document["canonical_output"]["ocr"]["text"].split()[:6])
    portal = document["portal_outputs"]
    size = f"{portal['width']}x{portal['height']} px, {portal['dpi']:.0f} dpi"
    weight = f"{portal['bytes'] / 1024:.0f} KB {portal['format']}"
    scores = f"{document['quality_score']:.2f}", f"{document['ocr_confidence']:.3f}"
    return *scores, escape(words), f"{size}\n{weight}"


def _seconds(one: Shown) -> float:
    job = one.story["job"]
    return float((job["completed_at"] - job["created_at"]).total_seconds()) if job["completed_at"] else 0.0
