"""A small world for the duties: a real database, a real object store, a Camber that does what the test says."""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine, text

from reconciler.domain.transitions import JOB_TRANSITIONS
from reconciler.loop import collect, dispatch, repair, requests, watch
from reconciler.loop.assembly import assemble
from reconciler.loop.context import Context, Counts
from reconciler.objects.store import ObjectStore, ObjectStoreConfig
from reconciler.settings import load
from reconciler.store.database import connect
from reconciler.store.reading import insert_job
from reconciler.store.schemas import activate
from tests.fake_camber import FIRST_ID
from worker.contract import (
    Artifact,
    Attempt,
    Document,
    ErrorCode,
    Failed,
    Frame,
    Inbox,
    PortalFile,
    RunFile,
    Stage,
    Succeeded,
    encode_frame,
    object_keys,
    parse_batch,
    parse_inbox,
)

USER = UUID("11111111-1111-4111-8111-111111111111")
RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
SCHEMA = {
    "target_width": 60,
    "target_height": 80,
    "target_dpi": 300,
    "max_kb": 200,
    "filename_pattern": "{job_id}",
    "output_format": "jpeg",
    "quality": 85,
}


@dataclass
class World:
    """What the test sees and sets."""

    engine: Engine
    objects: ObjectStore
    home: Path
    daemon_url: str
    daemons: list[Context] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)

    def daemon(self, **settings: str) -> Context:
        """One more daemon process of this world, to be stepped by hand."""
        given = self.settings | {"DATABASE_URL": self.daemon_url} | settings
        context = assemble(load(given, Path(os.devnull)), self.home / "camber")
        self.daemons.append(context)
        return context

    def submit(self, name: str = "card.png", data: bytes = b"picture") -> UUID:
        """Upload a document and insert its row."""
        job_id, key = uuid4(), f"blobs/{uuid4()}"
        self.objects.put(key, data, "image/png")
        self.insert(job_id, key, name)
        return job_id

    def insert(self, job_id: UUID, key: str, name: str = "card.png") -> None:
        with self.engine.begin() as connection:
            schema_id = activate(connection, "test", SCHEMA)
            row = {"id": job_id, "user_id": USER, "portal_schema_id": schema_id, "raw_path": key}
            row |= {"mime_type": "image/png", "original_filename": name, "priority": 0, "input_bytes": None}
            insert_job(connection, row)

    def one(self, sql: str, **values: Any) -> Any:
        """The first column of the first row."""
        with self.engine.begin() as connection:
            return connection.scalar(text(sql), values)

    def execute(self, sql: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(sql), values)

    def pretend(self, sql: str, **values: Any) -> None:
        """Put rows where no legal move leads, as a superuser who leaves the triggers out."""
        with self.engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text(sql), values)

    def status(self, job_id: UUID) -> str:
        return str(self.one("SELECT status FROM jobs WHERE id = :id", id=job_id))

    def release_run(self) -> None:
        """What an operator does with a held run that is to be looked for again."""
        self.execute(
            "UPDATE camber_runs SET state = 'unknown', submit_deadline = coalesce(submit_deadline, now()),"
            " next_poll_at = now(), own_faults = 0 WHERE state = 'held'"
        )

    def make_due(self) -> None:
        """Let the time pass that jobs and runs wait for."""
        self.execute("UPDATE jobs SET available_at = now() WHERE status = 'pending'")
        self.execute("UPDATE camber_runs SET next_poll_at = now() WHERE next_poll_at IS NOT NULL")

    def step(self, context: Context, *duties: Callable[[Context], Counts]) -> Counts:
        """One pass of each duty, in the order given or in the daemon's."""
        counts = Counts()
        every = (requests.run_once, dispatch.run_once, watch.run_once, collect.run_once, repair.run_once)
        for duty in duties or every:
            self.make_due()
            counts += duty(context)
        return counts

    def fault(self, **faults: str) -> None:
        """Name what goes wrong from now on, by command with an underscore for its space."""
        named = {name.replace("_", " "): fault for name, fault in faults.items()}
        (self.home / "faults.json").write_text(json.dumps(named))

    def calls(self, command: str) -> int:
        """How often the CLI was called with the command."""
        log = self.home / "calls"
        return log.read_text().splitlines().count(command) if log.exists() else 0

    def camber_jobs(self) -> list[int]:
        return sorted(int(folder.name) for folder in (self.home / "jobs").iterdir())

    def camber_job(self, number: int = FIRST_ID) -> Path:
        return self.home / "jobs" / str(number)

    def camber_says(self, status: str, number: int = FIRST_ID) -> None:
        (self.camber_job(number) / "status").write_text(status)

    def camber_status(self, number: int = FIRST_ID) -> str:
        return (self.camber_job(number) / "status").read_text()

    def camber_twin(self, number: int, of: int = FIRST_ID) -> None:
        """One more Camber job with the same folder and command, as Camber's own repetition would make."""
        shutil.copytree(self.camber_job(of), self.camber_job(number))

    def camber_times(self, started: str, finished: str, number: int = FIRST_ID) -> None:
        times = {"created_at": started, "started_at": started, "finished_at": finished}
        (self.camber_job(number) / "times").write_text(json.dumps(times))

    def run_file(self, number: int = FIRST_ID) -> RunFile:
        """What the worker of that Camber job reads."""
        folder = self.home / "stash" / "tester" / (self.camber_job(number) / "mount_dir").read_text()
        run = parse_batch(json.loads((folder / "run.json").read_text()))
        assert isinstance(run, RunFile)
        return run

    def work(self, number: int = FIRST_ID, status: str = "COMPLETED") -> list[Frame]:
        """Play the worker: store every document's objects, write the frames, end."""
        frames = [self.finish(number, index) for index in range(len(self.run_file(number).documents))]
        self.say(number, *map(encode_frame, frames))
        self.camber_says(status, number)
        return frames

    def finish(self, number: int = FIRST_ID, index: int = 0) -> Frame:
        """Store one document's objects and return the frame that says so."""
        run = self.run_file(number)
        return self.finish_document(run, run.documents[index], index)

    def inbox(self, inbox_number: int, number: int = FIRST_ID) -> Inbox:
        """What the worker of that Camber job finds in that object of its inbox."""
        marker = (self.camber_job(number) / "mount_dir").read_text().rstrip("/").rsplit("/", 1)[1]
        data = self.objects.get(f"inbox/{marker}/{inbox_number}.json", bytes_max=1 << 20)
        return parse_inbox(json.loads(data))

    def finish_given(self, inbox_number: int, number: int = FIRST_ID, index: int = 0) -> Frame:
        """The same of a document that the run was given."""
        run = self.run_file(number)
        return self.finish_document(run, self.inbox(inbox_number, number).documents[index], inbox_number)

    def finish_document(self, run: RunFile, document: Document, sequence: int) -> Frame:
        """Store the objects of that document of the run, and return the frame that says so."""
        assert document.attempt is not None
        payload = document.payload
        keys = object_keys(payload.user_id, payload.job_id, document.attempt, payload.schema.output_format)
        data = {name: f"{name} of {payload.job_id}".encode() for name in ("master", "preview", "portal")}
        artifacts = {name: self._store(keys[name], content) for name, content in data.items()}
        portal = PortalFile(width=60, height=80, dpi=300, bytes=len(data["portal"]), format="jpeg")
        result = {
            "job_id": payload.job_id,
            "attempt": asdict(document.attempt),
            "ocr": {"text": "SPECIMEN", "confidence": 0.98},
            "quality": {"score": 0.9},
            "portal": asdict(portal),
            "artifacts": {name: asdict(artifact) for name, artifact in artifacts.items()},
            "warnings": [],
            "timings": {"OCR": 12},
        }
        artifacts["result"] = self._store(keys["result"], json.dumps(result).encode())
        outcome = Succeeded(
            quality_score=0.9,
            ocr_confidence=0.98,
            portal=portal,
            artifacts=artifacts,
            warnings=(),
            timings={"OCR": 12},
        )
        return frame_of(run, document.attempt, payload.job_id, outcome, sequence)

    def failure(self, code: ErrorCode, number: int = FIRST_ID, index: int = 0) -> Frame:
        """The frame of a document that failed."""
        run = self.run_file(number)
        document = run.documents[index]
        assert document.attempt is not None
        failed = Failed(code=code, stage=Stage.DECODE, message="damaged", retryable=False)
        return frame_of(run, document.attempt, document.payload.job_id, failed, index)

    def say(self, number: int, *lines: str) -> None:
        """Add to the Camber job's log."""
        with (self.camber_job(number) / "log").open("a") as log:
            log.write("".join(f"{line}\n" for line in lines))

    def stored(self, key: str, data: bytes) -> dict[str, Any]:
        """Put other bytes at the key; returns the parts of their artifact."""
        return asdict(self._store(key, data))

    def _store(self, key: str, data: bytes) -> Artifact:
        self.objects.put(key, data, "application/octet-stream")
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        return Artifact(key=key, size=len(data), sha256=hashlib.sha256(data).hexdigest(), md5=md5)

    def assert_legal(self) -> None:
        """Whatever happened, every job moved only as THE table allows."""
        legal = {(str(status), str(target)) for (status, _), target in JOB_TRANSITIONS.items()}
        with self.engine.connect() as connection:
            moves = connection.execute(
                text("SELECT old_status, new_status FROM job_events WHERE kind = 'status'")
            ).all()
        assert {(old, new) for old, new in moves} <= legal

    def close(self) -> None:
        for context in self.daemons:
            context.pool.shutdown()
            context.engine.dispose()
        self.engine.dispose()


def frame_of(run: RunFile, attempt: Attempt, job_id: str, outcome: Succeeded | Failed, sequence: int) -> Frame:
    return Frame(
        run_id=run.run_id,
        sequence=sequence,
        job_id=job_id,
        attempt_id=attempt.id,
        nonce=attempt.nonce,
        outcome=outcome,
    )


def make_world(url: str, daemon_url: str, store: ObjectStoreConfig, home: Path) -> World:
    """A world with no job and no daemon in it; its daemons log in at `daemon_url`."""
    for name in ("jobs", "stash"):
        (home / name).mkdir()
    shutil.copy(Path(__file__).with_name("fake_camber.py"), home / "fake_camber.py")
    program = home / "camber"
    program.write_text(
        f'#!/bin/sh\nCAMBER_FAKE_HOME="{home}" exec "{sys.executable}" -I -S "{home}/fake_camber.py" "$@"\n'
    )
    program.chmod(0o755)
    engine = connect(url, application_name="test")
    settings = dict(_settings(url, store))
    world = World(engine=engine, objects=ObjectStore(store), home=home, daemon_url=daemon_url, settings=settings)
    world.fault()
    return world


def _settings(url: str, store: ObjectStoreConfig) -> Mapping[str, str]:
    return {
        "DATABASE_URL": url,
        "SERVICE_ENV": "test",
        "CAMBER_API_KEY": "a-key-for-tests",
        "DO_SPACES_ENDPOINT": store.endpoint,
        "DO_SPACES_REGION": store.region,
        "DO_SPACES_BUCKET": store.bucket,
        "DO_SPACES_ACCESS_KEY": store.access_key,
        "DO_SPACES_SECRET_KEY": store.secret_key,
        "AGE_RECIPIENTS": RECIPIENT,
        "LEASE_SECONDS": "60",
        "BACKOFF_BASE_SECONDS": "0.01",
        "BACKOFF_MAX_SECONDS": "0.02",
    }
