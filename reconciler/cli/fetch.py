"""reconciler fetch ID --to DIR: a finished document's files, checked and under their real names."""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import typer
from rich.markup import escape

from reconciler.cli.connecting import reading
from reconciler.cli.identity import open_master, read_identities
from reconciler.cli.ids import find_job
from reconciler.cli.operating import Json
from reconciler.cli.printing import console, print_json
from reconciler.cli.refusal import AWAY, DENIED, ENDED_BADLY, NOT_FOUND, WRONG_USE, refuse, settings_or_refuse
from reconciler.loop.assembly import object_store
from reconciler.objects.errors import ObjectMissing, ObjectsError
from reconciler.objects.store import ObjectStore
from reconciler.settings import Settings
from reconciler.store.reading import may_read_names_and_texts, read_story

Files = dict[str, bytes]
Story = Mapping[str, Any]
MASTER_EXTRA_BYTES = 64 * 1024
"""What encryption adds to a document at most: a header for each recipient, and a tag for each piece."""


def command(
    job_id: Annotated[str, typer.Argument(metavar="ID", help="The job's UUID, or its first characters.")],
    to: Annotated[Path, typer.Option("--to", help="The folder; it is made where it is missing.")],
    master: Annotated[bool, typer.Option("--master", help="The uploaded original too, decrypted.")] = False,
    identity: Annotated[Path | None, typer.Option(help="File with the age secret key that --master needs.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
    json: Json = False,
) -> None:
    """Brings the portal file, the preview and the text that was read: each hash is checked, all or none is kept."""
    if master != (identity is not None):
        refuse("--master and --identity belong together.", WRONG_USE)
    keys = read_identities(identity) if identity else None
    settings = settings_or_refuse()
    with reading("fetch") as connection:
        if not may_read_names_and_texts(connection):
            refuse("This login may not do it: documents are read by the daemon's login or the owner's.", DENIED)
        story = read_story(connection, find_job(connection, job_id))
    if not story or not story["document"]:
        refuse(f"Job {job_id} has no document; `reconciler why {job_id}` says why.", NOT_FOUND)
    if story["job"]["objects_removed_at"]:
        refuse(f"The files of job {job_id} were removed on {story['job']['objects_removed_at']:%F}.", NOT_FOUND)
    files = _bring(settings, story, keys)
    _tell(story, _write(to, files, force=force), json=json)


def _bring(settings: Settings, story: Story, keys: list[Any] | None) -> Files:
    """Every file by its name; with keys the master too."""
    objects, job, document = object_store(settings), story["job"], story["document"]
    try:
        files = _files(objects, job, document)
        if keys is not None:
            bytes_max = settings.input_bytes_max + MASTER_EXTRA_BYTES
            sealed = _checked(objects, document["artifacts"]["master"], bytes_max)
            files[_master_name(job, files)] = open_master(sealed, keys)
    except ObjectMissing:
        refuse("The store does not have an object that the document names. Nothing was written.", NOT_FOUND)
    except ObjectsError as error:
        refuse(f"The store did not give it: {error}. Nothing was written.", AWAY)
    return files


def _tell(story: Story, written: list[Path], *, json: bool) -> None:
    stale = story["document"]["stale"]
    if json:
        print_json({"job_id": story["job"]["id"], "stale": stale, "files": written})
        return
    for path in written:
        console().print(escape(str(path)), soft_wrap=True)
    if stale:
        console().print("[yellow]stale[/]: this is the document of before a rerun that failed", soft_wrap=True)


def _files(objects: ObjectStore, job: Mapping[str, Any], document: Mapping[str, Any]) -> Files:
    """The files by name. The portal file has the name that the portal wants, as its writer told the store."""
    artifacts = document["artifacts"]
    head = objects.head(artifacts["portal"]["key"])
    portal = _safe(head.filename if head else None) or f"{job['id']}{PurePosixPath(artifacts['portal']['key']).suffix}"
    stem = PurePosixPath(portal).stem
    preview = f"{stem}-preview{PurePosixPath(artifacts['preview']['key']).suffix}"
    text = str((document["canonical_output"].get("ocr") or {}).get("text") or "")
    return {
        portal: _checked(objects, artifacts["portal"], artifacts["portal"]["size"]),
        preview: _checked(objects, artifacts["preview"], artifacts["preview"]["size"]),
        f"{stem}.txt": f"{text}\n".encode(),
    }


def _safe(name: str | None) -> str | None:
    """The name, if it is one of a file in a folder and nothing else."""
    if not name or name.startswith(".") or name != PurePosixPath(name).name or not name.isprintable():
        return None
    return name


def _master_name(job: Mapping[str, Any], taken: Mapping[str, bytes]) -> str:
    """The upload's own name; the job's id stands in front where another file has that name."""
    own = _safe(PurePosixPath(str(job["original_filename"]).replace("\\", "/")).name) or f"{job['id']}.original"
    return f"{job['id']}-{own}" if own in taken else own


def _checked(objects: ObjectStore, artifact: Mapping[str, Any], bytes_max: int) -> bytes:
    """The object, if it is byte for byte what was verified when the document was counted."""
    data = objects.get(artifact["key"], bytes_max=bytes_max)
    if len(data) != artifact["size"] or hashlib.sha256(data).hexdigest() != artifact["sha256"]:
        refuse(
            "An object in the store is not the one that was verified: its hash differs. Nothing was written.",
            ENDED_BADLY,
        )
    return data


def _write(folder: Path, files: Files, *, force: bool) -> list[Path]:
    """Put all files into the folder: whole ones only, and none in the place of another."""
    there = [folder / name for name in files if (folder / name).exists()]
    if there and not force:
        refuse(f"{', '.join(map(str, there))}: is there already; --force overwrites it.", WRONG_USE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as aside:
            return _place(Path(aside), folder, files, force=force)
    except FileExistsError as error:
        refuse(f"{error.filename2 or error.filename}: is there already; --force overwrites it.", WRONG_USE)
    except OSError as error:
        refuse(f"{error.filename}: {error.strerror}", ENDED_BADLY)


def _place(aside: Path, folder: Path, files: Files, *, force: bool) -> list[Path]:
    """Write aside first; then a link in place, which fails where a file has come meanwhile: then none is left."""
    for name, data in files.items():
        with (aside / name).open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    with ExitStack() as undo:
        for name in files:
            if force:
                (aside / name).replace(folder / name)
                continue
            (folder / name).hardlink_to(aside / name)
            undo.callback((folder / name).unlink, missing_ok=True)
        undo.pop_all()
    return [folder / name for name in files]
