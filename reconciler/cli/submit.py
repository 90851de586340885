"""reconciler submit: upload documents and insert their rows, as the product does."""

import mimetypes
import sys
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer
from rich.console import Console
from rich.progress import track
from sqlalchemy import Engine

from reconciler.cli.refusal import AWAY, WRONG_USE, database_or_refuse, refuse, settings_or_refuse
from reconciler.logs import Event, logger, set_up
from reconciler.loop.assembly import object_store
from reconciler.objects.errors import ObjectsError
from reconciler.objects.store import ObjectStore
from reconciler.settings import Settings
from reconciler.store.database import connect
from reconciler.store.reading import insert_job
from reconciler.store.schemas import find_active


def command(
    files: Annotated[list[Path], typer.Argument(help="The documents.", show_default=False)],
    schema: Annotated[str, typer.Option(help="Name of the portal schema.")],
    user: Annotated[str, typer.Option(help="UUID of the person whose documents they are.")],
    priority: Annotated[int, typer.Option(help="Higher goes first.", min=-100, max=100)] = 0,
) -> None:
    """Insert one pending job for each document; prints the ids. Nothing is written unless every file can be taken."""
    settings = settings_or_refuse()
    set_up(settings.log_level, settings.log_format)
    user_id = _uuid(user)
    _refuse_bad_files(files, settings)
    engine = connect(settings.database_url.get_secret_value(), application_name="reconciler submit", pool_size=1)
    with database_or_refuse():
        for job_id in _submit(engine, object_store(settings), files, schema, user_id, priority):
            sys.stdout.write(f"{job_id}\n")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        refuse("--user must be a UUID", WRONG_USE)


def _refuse_bad_files(files: list[Path], settings: Settings) -> None:
    problems = [f"{file}: {problem}" for file in files if (problem := _problem(file, settings.input_bytes_max))]
    if problems:
        refuse("\n".join([*problems, "Nothing was submitted."]), WRONG_USE)


def _problem(file: Path, bytes_max: int) -> str | None:
    if not file.is_file():
        return "is not a file" if file.exists() else "does not exist"
    size = file.stat().st_size
    if size == 0:
        return "is empty"
    return f"has {size:,} bytes, more than {bytes_max:,}" if size > bytes_max else None


def _submit(
    engine: Engine, objects: ObjectStore, files: list[Path], schema: str, user_id: UUID, priority: int
) -> list[UUID]:
    with engine.begin() as connection:
        active = find_active(connection, schema)
    if active is None:
        refuse(f"There is no active portal schema named {schema!r}. Nothing was submitted.", WRONG_USE)
    jobs = [_job(file, user_id, active[0], priority) for file in files]
    try:
        for file, job in zip(
            track(files, "uploading", console=Console(stderr=True), transient=True), jobs, strict=True
        ):
            objects.put_file(job["raw_path"], file)
    except ObjectsError as error:
        refuse(f"The store did not take the upload: {error}. No row was inserted.", AWAY)
    with engine.begin() as connection:
        for job in jobs:
            insert_job(connection, job)
    for job in jobs:
        logger.bind(job_id=str(job["id"]), schema=schema).info(Event.JOB_CREATED)
    return [job["id"] for job in jobs]


def _job(file: Path, user_id: UUID, schema_id: UUID, priority: int) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "user_id": user_id,
        "portal_schema_id": schema_id,
        "raw_path": f"blobs/{uuid4()}",
        "mime_type": mimetypes.guess_type(file.name)[0] or "application/octet-stream",
        "original_filename": file.name,
        "priority": priority,
        "input_bytes": file.stat().st_size,
    }
