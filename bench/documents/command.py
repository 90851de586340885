"""python -m bench documents: draw, degrade, race, mark, tell."""

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from bench.documents.contact import contact_sheet
from bench.documents.corpus import Specimen, specimens
from bench.documents.figures import figures
from bench.documents.kinds import KINDS
from bench.documents.pages import tell
from bench.documents.plan import CLEAN, DEGRADATIONS, HELD_OUT, QUICK, SETS
from bench.documents.race import race
from bench.documents.systems import systems
from bench.documents.tables import markdown, rich_tables, summary

STATE = Path(".rythmiq")
FOLDER = STATE / "bench" / "documents"
BEFORE_AFTER = "before-after.png"

app = typer.Typer(add_completion=False)


@app.command()
def main(
    quick: Annotated[bool, typer.Option(help="a third of the degradations, one document of each kind")] = False,
    chosen: Annotated[str, typer.Option("--set", help=f"which pictures: {' or '.join(SETS)}")] = HELD_OUT.name,
    threads: Annotated[int, typer.Option(min=1, max=64, help="of every system")] = 1,
    documents: Annotated[int | None, typer.Option(min=1, max=50, help="of each kind; the plan says how many")] = None,
    resume: Annotated[bool, typer.Option(help="go on where a run was stopped; for the same code only")] = False,
    publish: Annotated[bool, typer.Option(help="put the figures into README and docs")] = False,
    only: Annotated[list[str] | None, typer.Option(help="only this degradation; may be given again")] = None,
) -> None:
    """Measure the worker beside RapidOCR and Tesseract."""
    table, told = run(quick=quick, chosen=chosen, threads=threads, documents=documents, resume=resume, only=only or ())
    Console().print(table)
    _write(told)
    if publish:
        tell(told, FOLDER / chosen / BEFORE_AFTER)


def run(
    *,
    quick: bool = False,
    chosen: str = HELD_OUT.name,
    threads: int = 1,
    documents: int | None = None,
    resume: bool = False,
    only: Sequence[str] = (),
) -> tuple[RenderableType, dict[str, Any]]:
    """The tables and the figures; the pictures, the logs and the contact sheets stay under .rythmiq/bench/documents."""
    if chosen not in SETS:
        raise typer.BadParameter(f"there are {', '.join(SETS)}", param_hint="--set")
    wanted = only or (QUICK if quick else [one.name for one in DEGRADATIONS])
    degradations = [one for one in DEGRADATIONS if one.name in wanted]
    if CLEAN not in wanted or len(degradations) < len(set(wanted)):
        raise typer.BadParameter(f"{CLEAN} and any of {', '.join(map(repr, DEGRADATIONS))}", param_hint="--only")
    per_kind = documents or (1 if quick else SETS[chosen].documents_per_kind)
    folder = FOLDER / chosen
    portal = folder / "portal"
    portal.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    runners = systems(STATE, threads, console.print, portal.resolve())
    taken: list[Specimen] = []
    with _progress(console) as progress:
        task = progress.add_task("reading", total=None)

        def done(one: Specimen) -> None:
            taken.append(one)
            progress.update(task, advance=1, description=f"{one.document}, {one.degradation}")

        pictures = list(specimens(SETS[chosen], per_kind, degradations, (folder / "pictures").resolve()))
        progress.update(task, total=len(pictures))
        raced = race(runners, pictures, folder / "logs", done, resume=resume)
    head = {
        "set": chosen,
        "quick": quick,
        "documents": per_kind * len(KINDS),
        "threads": threads,
        "pictures_sha256": _sha256(taken),
    }
    _show(folder, taken, portal)
    told = head | figures(raced)
    return rich_tables(told), told


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console)


def _sha256(taken: Sequence[Specimen]) -> str:
    """Names the pictures: the same for the same plan and libraries."""
    digest = hashlib.sha256()
    for one in taken:
        digest.update(one.path.read_bytes())
    return digest.hexdigest()


def _show(folder: Path, taken: Sequence[Specimen], portal: Path) -> None:
    """Contact sheets: all clean pages, one document under all degradations, and what the worker made of it."""
    clean = [(one.document, one.path) for one in taken if one.degradation == CLEAN]
    contact_sheet(clean, 4, 480, folder / "clean.png")
    first = [one for one in taken if one.document == taken[0].document]
    before_after = [
        pair
        for one in first
        for pair in ((one.degradation, one.path), ("the portal's file", portal / one.path.with_suffix(".jpg").name))
    ]
    contact_sheet(before_after, 6, 360, folder / BEFORE_AFTER)


def _write(told: dict[str, Any]) -> None:
    """The figures as JSON and Markdown, and of every picture the marks."""
    name = f"{told['set']}{'-quick' if told['quick'] else ''}"
    (FOLDER / f"{name}.json").write_text(json.dumps(told, indent=1, default=list) + "\n", "utf-8")
    (FOLDER / f"{name}.md").write_text(f"{summary(told)}\n\n{markdown(told)}\n", "utf-8")
    sys.stderr.write(f"written: {FOLDER / name}.json and .md; contact sheets in {FOLDER / told['set']}\n")
