"""Make a run's folder: its run file with grants, the bootstrap and what that needs."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reconciler.domain.runs import Run
from reconciler.loop.context import Context
from reconciler.loop.control import put_control
from reconciler.loop.inputs import payload_of
from reconciler.loop.naming import bundle_key, control_key
from reconciler.store.staging import StagedJob
from worker.contract import ARTIFACTS, Attempt, Document, Grants, Linger, RunFile, object_keys, run_json

GRANT_MARGIN_SECONDS = 900
GRANT_SECONDS_MAX = 7 * 86400
BOOTSTRAP = Path(str(files("worker").joinpath("bootstrap.py")))
"""What a run starts with: one file, standard library only."""
_ARCHIVE = re.compile(r"-(?P<sha256>[0-9a-f]{64})-py(?P<python>3\.\d+)\.tar(\.\w+)?")


def stage(
    context: Context, run: Run, staged: Sequence[StagedJob], signal: Mapping[str, Any], linger: Linger | None
) -> None:
    """Put everything the run reads where it finds it; repeating it changes nothing.

    The signal may be old by now: once the run is launched, its worker is owed what was fenced meanwhile.

    Raises ObjectsError or CamberError; then nothing was launched.
    """
    _put_bundle(context)
    put_control(context, run.marker, signal)
    with TemporaryDirectory(prefix="rythmiq-stage-") as name:
        folder = Path(name)
        (folder / "run.json").write_text(json.dumps(run_json(_run_file(context, run, staged, linger))), "utf-8")
        (folder / "launch.json").write_text(json.dumps(_launch_file(context)), "utf-8")
        (folder / "bootstrap.py").write_bytes(BOOTSTRAP.read_bytes())
        context.client.upload(folder, run.stash_path, recursive=True)


def _put_bundle(context: Context) -> None:
    """One object per content: uploaded once."""
    key = bundle_key(context.bundle.sha256)
    if context.objects.head(key) is None:
        context.objects.put(key, context.bundle.data, "application/gzip")


def grant_seconds(context: Context) -> int:
    """Grants live as long as the run may queue and run, and a margin."""
    settings = context.settings
    return min(GRANT_SECONDS_MAX, int(settings.queue_seconds + settings.run_seconds) + GRANT_MARGIN_SECONDS)


def _run_file(context: Context, run: Run, staged: Sequence[StagedJob], linger: Linger | None) -> RunFile:
    return RunFile(
        run_id=str(run.id),
        documents=tuple(document_of(context, run, job) for job in staged),
        recipients=context.settings.age_recipients,
        control_url=context.objects.presign_get(control_key(run.marker), grant_seconds(context)),
        linger=linger,
    )


def document_of(context: Context, run: Run, job: StagedJob) -> Document:
    """What the worker is told of one attempt, with its grants; raises ContractError where the row is bad."""
    payload = payload_of(job.row, context.settings)
    attempt = Attempt(id=str(job.attempt_id), number=job.number, nonce=job.nonce)
    keys = object_keys(payload.user_id, payload.job_id, attempt, payload.schema.output_format)
    seconds = grant_seconds(context)
    expires = (run.now + timedelta(seconds=seconds)).astimezone(UTC).isoformat(timespec="seconds")
    grants = Grants(
        get=context.objects.presign_get(job.row.raw_path, seconds),
        put={name: context.objects.presign_put(keys[name], seconds) for name in ARTIFACTS},
        expires_at=expires,
    )
    return Document(payload=payload, attempt=attempt, grants=grants)


def _launch_file(context: Context) -> dict[str, Any]:
    settings, bundle = context.settings, context.bundle
    url = context.objects.presign_get(bundle_key(bundle.sha256), grant_seconds(context))
    return {
        "bundle": {"url": url, "sha256": bundle.sha256, "size": bundle.size},
        "environment": _environment(context),
        "engine": settings.ocr_engine,
        "processes": settings.worker_processes,
        "threads": settings.worker_threads,
    }


def _environment(context: Context) -> dict[str, Any]:
    key = context.settings.run_archive_key
    if context.settings.run_environment == "install" or key is None:
        return {"kind": "install"}
    named, head = _ARCHIVE.search(key), context.objects.head(key)
    if named is None or head is None:
        raise ArchiveMissing("RUN_ARCHIVE_KEY names no environment archive in the bucket")
    url = context.objects.presign_get(key, grant_seconds(context))
    return {"kind": "archive", "url": url, "size": head.size_bytes, **named.groupdict()}


class ArchiveMissing(RuntimeError):
    """The environment archive that the settings name is not there."""
