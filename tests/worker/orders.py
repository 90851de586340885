"""Payloads and run files for tests."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyrage

from tests.worker.object_store import ObjectStore
from worker.contract import Attempt, Document, Grants, Payload, RunFile, Schema, object_keys

BUCKET = "documents"
RUN_ID = "11111111-1111-4111-8111-111111111111"
USER_ID = "22222222-2222-4222-8222-222222222222"
IDENTITY = pyrage.x25519.Identity.generate()
RECIPIENT = str(IDENTITY.to_public())


def schema(**changes: Any) -> Schema:
    """The default portal: 600 x 800 at 300 dpi, at most 200 KB of JPEG."""
    default = Schema(
        target_width=600,
        target_height=800,
        target_dpi=300,
        max_kb=200,
        filename_pattern="{job_id}",
        output_format="jpeg",
        quality=85,
    )
    return replace(default, **changes)


def payload(**changes: Any) -> Payload:
    """A payload with a raw path of its own."""
    default = Payload(
        job_id=str(uuid.uuid4()),
        user_id=USER_ID,
        schema_id="schema-1",
        schema_name="College generic",
        schema_version=1,
        schema=schema(),
        raw_path=f"blobs/{uuid.uuid4()}",
        artifact_url=None,
        mime_type="image/png",
        original_filename="mark sheet.png",
        bucket=BUCKET,
        region="sgp1",
        endpoint="http://127.0.0.1:1",
    )
    return replace(default, **changes)


def document(store: ObjectStore, data: bytes | None, **changes: Any) -> Document:
    """A document of a run, its input put into the store, with grants for exactly its keys."""
    asked = payload(**({"endpoint": store.origin} | changes))
    attempt = Attempt(id=str(uuid.uuid4()), number=1, nonce=uuid.uuid4().hex[:12])
    keys = object_keys(asked.user_id, asked.job_id, attempt, asked.schema.output_format)
    if data is not None:
        store.objects[f"/{BUCKET}/{asked.raw_path}"] = data
    grants = Grants(
        get=store.url(f"/{BUCKET}/{asked.raw_path}"),
        put={name: store.url(f"/{BUCKET}/{key}") for name, key in keys.items()},
        expires_at="2999-01-01T00:00:00Z",
    )
    return Document(payload=asked, attempt=attempt, grants=grants)


def run_file(documents: Sequence[Document], **changes: Any) -> RunFile:
    """A run of the documents, sealed to the tests' own key."""
    default = RunFile(run_id=RUN_ID, documents=tuple(documents), recipients=(RECIPIENT,))
    return replace(default, **changes)


def keys_of(one: Document) -> Mapping[str, str]:
    """Where the document's artifacts go."""
    asked = one.payload
    return object_keys(asked.user_id, asked.job_id, one.attempt, asked.schema.output_format)
