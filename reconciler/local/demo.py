"""The demo: sample rows go in, finished documents come out, on this machine and for real."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine

from reconciler.domain.states import JobStatus, RunState
from reconciler.domain.transitions import JOB_FINAL
from reconciler.local.daemon import LocalDaemon
from reconciler.local.platform import Platform
from reconciler.local.samples import SCHEMAS, Sample, generate
from reconciler.objects.store import ObjectStore
from reconciler.store import reading
from reconciler.store.database import connect
from reconciler.store.schemas import activate

DEMO_USER = UUID("00000000-0000-4000-8000-0000000de300")
SECONDS_MAX = 600.0
LOOK_SECONDS = 0.25


class DemoFailed(RuntimeError):
    """The demo could not be carried through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One sample and what became of it; `story` has the job, attempts and document as operators read them."""

    sample: Sample
    job_id: UUID
    story: Mapping[str, Any]

    @property
    def status(self) -> str:
        """The job's status."""
        return str(self.story["job"]["status"])

    @property
    def over(self) -> bool:
        """Whether nothing more will happen: the job has ended, and so has every run that carried it."""
        runs = {attempt["run_state"] for attempt in self.story["attempts"]}
        return self.status in JOB_FINAL and runs <= {RunState.FINISHED}

    @property
    def as_expected(self) -> bool:
        """Whether it ended as the sample must."""
        if self.sample.expected_error is None:
            return self.status == JobStatus.COMPLETED
        error = self.story["job"]["error_details"] or {}
        return self.status == JobStatus.FAILED and error.get("code") == self.sample.expected_error


def enqueue(platform: Platform, engine: Engine) -> list[tuple[Sample, UUID]]:
    """Make the samples, upload them and insert their rows, as the product does."""
    store = ObjectStore(platform.objects)
    samples = generate(platform.folder / "samples")
    jobs = [(sample, uuid4(), f"blobs/{uuid4()}") for sample in samples]
    for sample, _, key in jobs:
        store.put_file(key, sample.path, sample.mime_type)
    with engine.begin() as connection:
        schemas = {name: activate(connection, name, definition, "demo") for name, definition in SCHEMAS.items()}
        for sample, job_id, key in jobs:
            reading.insert_job(connection, _row(sample, job_id, key, schemas[sample.schema_name]))
    return [(sample, job_id) for sample, job_id, _ in jobs]


def _row(sample: Sample, job_id: UUID, key: str, schema_id: UUID) -> dict[str, Any]:
    return {
        "id": job_id,
        "user_id": DEMO_USER,
        "portal_schema_id": schema_id,
        "raw_path": key,
        "mime_type": sample.mime_type,
        "original_filename": sample.path.name,
        "priority": 0,
        "input_bytes": sample.path.stat().st_size,
    }


def follow(
    engine: Engine,
    jobs: Sequence[tuple[Sample, UUID]],
    daemon: LocalDaemon,
    show: Callable[[list[Shown]], None],
) -> list[Shown]:
    """Look at the jobs until all is over, showing each look. Raises DaemonFailed, and DemoFailed after SECONDS_MAX."""
    deadline = time.monotonic() + SECONDS_MAX
    while True:
        looked = look(engine, jobs)
        show(looked)
        if all(one.over for one in looked):
            return looked
        daemon.check()
        if time.monotonic() > deadline:
            raise DemoFailed(f"the documents were not finished after {SECONDS_MAX:.0f} s")
        time.sleep(LOOK_SECONDS)


def look(engine: Engine, jobs: Sequence[tuple[Sample, UUID]]) -> list[Shown]:
    """The jobs as they stand."""
    with engine.connect() as connection:
        return [
            Shown(sample=sample, job_id=job_id, story=reading.read_story(connection, job_id) or {})
            for sample, job_id in jobs
        ]


def open_database(platform: Platform) -> Engine:
    """The platform's database, for the demo's own looks."""
    return connect(platform.database_url, application_name="reconciler demo", pool_size=2)
