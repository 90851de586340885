"""A run that stays, with real OCR on the local platform: the second document needs no run of its own."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from reconciler.local.daemon import running_daemon
from reconciler.local.demo import open_database
from reconciler.local.platform import running_platform
from reconciler.local.samples import SCHEMAS, Sample, generate
from reconciler.objects.store import ObjectStore
from reconciler.store.reading import insert_job
from reconciler.store.schemas import activate
from tests.demo.test_demo import ROOT

pytestmark = pytest.mark.demo
PATIENCE_SECONDS = 400.0


@contextmanager
def product(engine: Engine, store: ObjectStore) -> Iterator["Product"]:
    with engine.begin() as connection:
        schemas = {name: activate(connection, name, definition, "test") for name, definition in SCHEMAS.items()}
    yield Product(engine, store, schemas)
    engine.dispose()


class Product:
    """What uploads documents, inserts rows and waits."""

    def __init__(self, engine: Engine, store: ObjectStore, schemas: dict[str, UUID]) -> None:
        self._engine, self._store, self._schemas = engine, store, schemas

    def submit(self, sample: Sample) -> UUID:
        job_id, key = uuid4(), f"blobs/{uuid4()}"
        self._store.put_file(key, sample.path, sample.mime_type)
        row: dict[str, Any] = {
            "id": job_id,
            "user_id": UUID(int=1),
            "portal_schema_id": self._schemas[sample.schema_name],
        }
        row |= {"raw_path": key, "mime_type": sample.mime_type, "original_filename": sample.path.name}
        with self._engine.begin() as connection:
            insert_job(connection, row | {"priority": 0, "input_bytes": None})
        return job_id

    def ask(self, sql: str, **values: object) -> object:
        with self._engine.connect() as connection:
            return connection.scalar(text(sql), values)

    def wait(self, sql: str, wanted: object, **values: object) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (found := self.ask(sql, **values)) != wanted:
            assert time.monotonic() < deadline, f"{found!r} instead of {wanted!r}"
            time.sleep(0.2)


def test_the_run_that_did_the_first_document_does_the_second_and_then_leaves(tmp_path: Path) -> None:
    environments = ROOT / ".rythmiq" / "environments"
    environments.mkdir(parents=True, exist_ok=True)
    (tmp_path / "environments").symlink_to(environments)
    sample = next(one for one in generate(tmp_path / "samples") if one.expected_error is None)
    with running_platform(tmp_path, lambda _: None) as platform:
        lingering = replace(platform, environment={**platform.environment, "RUN_LINGER_SECONDS": "30"})
        with product(open_database(platform), ObjectStore(platform.objects)) as ours, running_daemon(lingering):
            status = "SELECT status FROM jobs WHERE id = :id"
            ours.wait(status, "completed", id=ours.submit(sample))
            ours.wait(status, "completed", id=(second := ours.submit(sample)))
            ours.wait("SELECT state FROM camber_runs", "finished")

            assert ours.ask("SELECT count(*) FROM camber_runs") == 1
            assert ours.ask("SELECT inbox_number FROM job_attempts WHERE job_id = :id", id=second) == 1
            assert ours.ask("SELECT count(*) FROM job_attempts WHERE state = 'succeeded'") == 2
            assert ours.ask("SELECT camber_status FROM camber_runs") == "COMPLETED"
            assert ours.ask("SELECT credits > 0 FROM camber_runs")
            texts = "SELECT count(DISTINCT canonical_output #>> '{ocr,text}') FROM documents"
            assert ours.ask(texts) == 1
