"""reconciler submit: upload documents and insert their rows, as the product does."""

import mimetypes
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer
from rich.console import Console
from rich.progress import track
from sqlalchemy import Engine

from reconciler.cli.connecting import writing
from reconciler.cli.documents import find_documents
from reconciler.cli.operating import Json
from reconciler.cli.printing import print_json
from reconciler.cli.refusal import AWAY, ENDED_BADLY, NOT_FOUND, WRONG_USE, refuse, settings_or_refuse
from reconciler.cli.waiting import print_outcomes, wait
from reconciler.domain.states import JobStatus
from reconciler.logs import Event, logger, set_up
from reconciler.loop.assembly import object_store
from reconciler.objects.errors import ObjectsError
from reconciler.objects.store import ObjectStore
from reconciler.store.reading import insert_job
from reconciler.store.schemas import find_active

Job = dict[str, Any]


def command(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="Files, folders with all that is in them, or globs.", show_default=False
        ),
    ],
    schema: Annotated[str, typer.Option(help="Name of the portal schema.")],
    user: Annotated[str, typer.Option(help="UUID of the person whose documents they are.")],
    priority: Annotated[int, typer.Option(help="Higher goes first.", min=-100, max=100)] = 0,
    wait_for: Annotated[
        bool, typer.Option("--wait", help="Wait until all are over; exit code 1 where one is not completed.")
    ] = False,
    json: Json = False,
) -> None:
    """Insert one pending job for each document; prints the ids. Nothing is written unless every file can be taken."""
    settings = settings_or_refuse()
    set_up(settings.log_level, settings.log_format)
    user_id = _uuid(user)
    documents = find_documents(files, settings.input_bytes_max)
    with writing("submit") as engine:
        jobs = _submit(engine, object_store(settings), documents, schema, user_id, priority)
        names = {job["id"]: str(file) for job, file in zip(jobs, documents, strict=True)}
        if not json:
            sys.stdout.write("".join(f"{job_id}\n" for job_id in names))
            sys.stdout.flush()
        outcomes = wait(engine, list(names)) if wait_for else []
    _tell(names, outcomes, waited=wait_for, json=json)


def _tell(names: Mapping[UUID, str], outcomes: Sequence[Mapping[str, Any]], *, waited: bool, json: bool) -> None:
    ended = {row["id"]: dict(row) for row in outcomes}
    if json:
        print_json([{"id": job_id, "file": name} | ended.get(job_id, {}) for job_id, name in names.items()])
    elif waited:
        print_outcomes(names, ended)
    if not waited:
        return
    bad = sum(row["status"] != JobStatus.COMPLETED for row in ended.values()) + len(names) - len(ended)
    if bad:
        refuse(f"{bad} of {len(names)} documents were not completed.", ENDED_BADLY)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        refuse("--user must be a UUID", WRONG_USE)


def _submit(
    engine: Engine, objects: ObjectStore, files: Sequence[Path], schema: str, user_id: UUID, priority: int
) -> list[Job]:
    """Upload all and insert all; whatever stops it on the way, what was uploaded is removed again."""
    with engine.begin() as connection:
        active = find_active(connection, schema)
    if active is None:
        refuse(
            f"There is no active portal schema named {schema!r}; `reconciler schemas list` shows those that are there."
            " Nothing was submitted.",
            NOT_FOUND,
        )
    jobs = [_job(file, user_id, active[0], priority) for file in files]
    uploaded: list[str] = []
    with ExitStack() as undo:
        undo.callback(_remove, objects, uploaded)
        _upload(objects, files, jobs, uploaded)
        with engine.begin() as connection:
            for job in jobs:
                insert_job(connection, job)
        undo.pop_all()
    for job in jobs:
        logger.bind(job_id=str(job["id"]), schema=schema).info(Event.JOB_CREATED)
    return jobs


def _upload(objects: ObjectStore, files: Sequence[Path], jobs: Sequence[Job], uploaded: list[str]) -> None:
    screen = Console(stderr=True)
    shown = track(files, "uploading", console=screen, transient=True, disable=not screen.is_terminal)
    try:
        for file, job in zip(shown, jobs, strict=True):
            # Named first: a put whose answer is lost may have been done.
            uploaded.append(job["raw_path"])
            objects.put_file(job["raw_path"], file)
    except ObjectsError as error:
        refuse(f"The store did not take the upload: {error}. No row was inserted.", AWAY)
    except OSError as error:
        refuse(f"{error.filename}: {error.strerror}. No row was inserted.", WRONG_USE)


def _remove(objects: ObjectStore, keys: Sequence[str]) -> None:
    """Take back what nothing refers to. With the first one that cannot be removed the store is away."""
    with suppress(ObjectsError):
        for key in keys:
            objects.delete(key)


def _job(file: Path, user_id: UUID, schema_id: UUID, priority: int) -> Job:
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
