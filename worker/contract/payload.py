"""Payload and run file: what goes into a worker."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from worker.contract.errors import ErrorCode
from worker.contract.linger import Linger, read_linger
from worker.contract.strict import Reader

ARTIFACTS = ("master", "preview", "portal", "result")
"""The objects that one finished document consists of."""
CONTROL_FILE = "control.json"
"""The stop signal's name in the run folder; the same JSON object as the control URL answers."""
BATCH_MAX = 1000
PLACEHOLDERS = ("job_id", "user_id", "original", "timestamp", "portal")
"""What a `filename_pattern` may hold in braces."""
DOCUMENT_TYPES = ("aadhaar", "generic", "mark_sheet", "pan", "passport", "receipt")
"""The types of documents whose fields are known; `generic` has labels with their values only."""
SUFFIXES = {"jpeg": "jpg", "png": "png", "pdf": "pdf"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """What a portal accepts. Sizes in pixels, `target_dpi` in dots an inch, `max_kb` and `min_kb` in 1024 bytes."""

    target_width: int
    target_height: int
    target_dpi: int
    max_kb: int
    filename_pattern: str
    output_format: str
    quality: int
    min_kb: int | None = None
    fit: str = "pad"
    background: str = "white"
    kind: str = "document"
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What may be asked for beside the schema.

    `page`: the page of a PDF or TIFF, from 1. `fast_path`: be content with one reading where a second might be better.
    `quality_threshold`: fail with QUALITY_FAILED below this score, instead of a warning.
    `document_type`: what it is, where the caller knows. `enhance`: false leaves the picture's light as it is.
    """

    page: int | None = None
    fast_path: bool = False
    quality_threshold: float | None = None
    document_type: str | None = None
    enhance: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """One document to process, for one user and one portal schema."""

    job_id: str
    user_id: str
    schema_id: str
    schema_name: str
    schema_version: int
    schema: Schema
    raw_path: str | None
    artifact_url: str | None
    mime_type: str
    original_filename: str
    bucket: str
    region: str
    endpoint: str
    options: Options = Options()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at a job. The nonce is echoed by the frame, so that a swapped payload is noticed."""

    id: str
    number: int
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """Presigned URLs: one GET for the input, one PUT for each artifact name; `expires_at` is RFC 3339 UTC."""

    get: str
    put: Mapping[str, str]
    expires_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One entry of a batch: a payload, and for the reconciler's runs its attempt and grants."""

    payload: Payload
    attempt: Attempt | None = None
    grants: Grants | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFile:
    """What one run reads. Recipients are age public keys; `control_url` answers the stop signal.

    Without `linger` it leaves as soon as its documents are answered.
    """

    run_id: str
    documents: tuple[Document, ...]
    recipients: tuple[str, ...]
    control_url: str | None = None
    linger: Linger | None = None


def object_keys(user_id: str, job_id: str, attempt: Attempt | None, output_format: str) -> dict[str, str]:
    """The keys of a document's artifacts by name: scoped to the attempt, or the legacy paths without one."""
    scope = f"a{attempt.number}-{attempt.nonce}-" if attempt else ""
    output = f"output/{user_id}/{job_id}/{scope}"
    return {
        "master": f"master/{user_id}/{job_id}/{scope}{job_id}.enc",
        "preview": f"{output}preview.jpg",
        "portal": f"{output}portal.{SUFFIXES[output_format]}",
        "result": f"{output}result.json",
    }


def parse_schema(value: object, path: str = "schema_definition") -> Schema:
    """Read a schema definition strictly; raises ContractError(SCHEMA_INVALID) naming the first wrong field."""
    read = Reader(value, path, ErrorCode.SCHEMA_INVALID)
    schema = Schema(
        target_width=read.integer("target_width", 1, 20_000),
        target_height=read.integer("target_height", 1, 20_000),
        target_dpi=read.integer("target_dpi", 1, 2400),
        max_kb=read.integer("max_kb", 1, 100_000),
        filename_pattern=_filename_pattern(read),
        output_format=_output_format(read),
        quality=read.integer("quality", 1, 100),
        min_kb=read.integer("min_kb", 0, 100_000) if read.has("min_kb") else None,
        fit=read.choice("fit", "pad", "crop", "stretch") if read.has("fit") else "pad",
        background=_background(read),
        kind=read.choice("kind", "photo", "signature", "document") if read.has("kind") else "document",
        fields=tuple(map(str, read.items("fields", count_max=50))) if read.has("fields") else (),
    )
    if schema.min_kb is not None and schema.min_kb > schema.max_kb:
        read.fail("min_kb", "must not be above max_kb")
    read.done()
    return schema


def _output_format(read: Reader) -> str:
    word = read.choice("output_format", "jpeg", "jpg", "png", "pdf")
    return "jpeg" if word == "jpg" else word


def _filename_pattern(read: Reader) -> str:
    pattern = read.text("filename_pattern", length_max=200)
    if not set(re.findall(r"\{([^{}]*)\}", pattern)) <= set(PLACEHOLDERS):
        read.fail("filename_pattern", "knows " + ", ".join(f"{{{name}}}" for name in PLACEHOLDERS))
    return pattern


def _background(read: Reader) -> str:
    if not read.has("background"):
        return "white"
    colour = read.text("background", length_max=20)
    if not re.fullmatch(r"[a-z]{3,20}|#[0-9a-f]{6}", colour):
        read.fail("background", "must be a colour name or #rrggbb in lower case")
    return colour


def parse_payload(value: object, path: str = "") -> Payload:
    """Read one payload strictly; raises ContractError naming the first wrong field."""
    read = Reader(value, path)
    portal, source, storage = read.inner("portal_schema"), read.inner("input"), read.inner("storage")
    if source.has("raw_path") == source.has("artifact_url"):
        source.code = ErrorCode.ARTIFACT_SOURCE_INVALID
        source.fail("raw_path", "exactly one of raw_path and artifact_url must be given")
    definition_path = ".".join(part for part in (path, "portal_schema.schema_definition") if part)
    payload = Payload(
        job_id=read.uuid("job_id"),
        user_id=read.uuid("user_id"),
        schema_id=portal.text("id", length_max=200),
        schema_name=portal.text("name", length_max=200),
        schema_version=portal.integer("version", 1, 1_000_000),
        schema=parse_schema(portal.raw("schema_definition"), definition_path),
        raw_path=source.text("raw_path", length_max=1024) if source.has("raw_path") else None,
        artifact_url=source.text("artifact_url", length_max=8192) if source.has("artifact_url") else None,
        mime_type=source.text("mime_type", length_max=200),
        original_filename=source.text("original_filename", length_max=1024),
        bucket=storage.text("bucket", length_max=200),
        region=storage.text("region", length_max=100),
        endpoint=storage.text("endpoint", length_max=500),
        options=_options(read),
    )
    if read.has("schema_id") and read.raw("schema_id") != payload.schema_id:
        # The platform's guide names the schema twice; of two that differ neither can be trusted.
        read.fail("schema_id", "must be portal_schema.id")
    for reader in (read, portal, source, storage):
        reader.done()
    return payload


def _options(read: Reader) -> Options:
    if not read.has("options"):
        return Options()
    given = read.inner("options")
    options = Options(
        page=given.integer("page", 1, 10_000) if given.has("page") else None,
        fast_path=given.boolean("fast_path") if given.has("fast_path") else False,
        quality_threshold=given.number("quality_threshold", 0, 1) if given.has("quality_threshold") else None,
        document_type=given.choice("document_type", *DOCUMENT_TYPES) if given.has("document_type") else None,
        enhance=given.boolean("enhance") if given.has("enhance") else True,
    )
    given.done()
    return options


def payload_json(payload: Payload) -> dict[str, Any]:
    """The payload in the exact shape that `parse_payload` reads."""
    definition = {k: v for k, v in asdict(payload.schema).items() if v not in (None, ())}
    source = {"raw_path": payload.raw_path} if payload.raw_path else {"artifact_url": payload.artifact_url}
    return {
        "job_id": payload.job_id,
        "user_id": payload.user_id,
        "portal_schema": {
            "id": payload.schema_id,
            "name": payload.schema_name,
            "version": payload.schema_version,
            "schema_definition": definition,
        },
        "input": source | {"mime_type": payload.mime_type, "original_filename": payload.original_filename},
        "storage": {"bucket": payload.bucket, "region": payload.region, "endpoint": payload.endpoint},
        "options": _changed(payload.options),
    }


def _changed(options: Options) -> dict[str, Any]:
    usual = asdict(Options())
    return {name: value for name, value in asdict(options).items() if value != usual[name]}


def run_json(run: RunFile) -> dict[str, Any]:
    """The run file in the exact shape that `parse_batch` reads; every document has its attempt and grants."""
    stay = {"linger": asdict(run.linger)} if run.linger else {}
    return {
        "run_id": run.run_id,
        "recipients": list(run.recipients),
        "control_url": run.control_url,
        **stay,
        "jobs": [document_json(document) for document in run.documents],
    }


def document_json(document: Document) -> dict[str, Any]:
    """One document in the exact shape that `parse_document` reads; it has its attempt and grants."""
    return {
        "payload": payload_json(document.payload),
        "attempt": asdict(document.attempt) if document.attempt else None,
        "grants": asdict(document.grants) if document.grants else None,
    }


def parse_batch(value: object) -> RunFile | list[object]:
    """Read what came on STDIN: a run file, whole or refused, or the raw payloads of a legacy document or batch.

    Legacy payloads come back unread, so that each one is answered on its own.
    """
    read = Reader(value)
    if not read.has("jobs"):
        return [value]
    entries = read.items("jobs", count_max=BATCH_MAX)
    if not read.has("run_id"):
        read.done()
        return entries
    run = RunFile(
        run_id=read.uuid("run_id"),
        documents=tuple(parse_document(entry, f"jobs[{index}]") for index, entry in enumerate(entries)),
        recipients=tuple(map(str, read.items("recipients", count_max=20))),
        control_url=read.text("control_url", length_max=8192) if read.has("control_url") else None,
        linger=read_linger(read.inner("linger")) if read.has("linger") else None,
    )
    read.done()
    return run


def parse_document(value: object, path: str) -> Document:
    """One document of a run with its attempt and grants; raises ContractError naming the first wrong field."""
    read = Reader(value, path)
    attempt, grants = read.inner("attempt"), read.inner("grants")
    put = grants.inner("put")
    document = Document(
        payload=parse_payload(read.raw("payload"), f"{path}.payload"),
        attempt=Attempt(
            id=attempt.uuid("id"), number=attempt.integer("number", 1, 1_000_000), nonce=attempt.text("nonce")
        ),
        grants=Grants(
            get=grants.text("get", length_max=8192),
            put={name: put.text(name, length_max=8192) for name in ARTIFACTS},
            expires_at=grants.text("expires_at", length_max=40),
        ),
    )
    for reader in (read, attempt, grants, put):
        reader.done()
    return document
