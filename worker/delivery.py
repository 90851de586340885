"""The two ends of a document's way, in the parent: fetch its bytes, and store what was made of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import urllib3

from worker.contract import Artifact, Document, ErrorCode, Stage, Succeeded, object_keys
from worker.faults import DocumentFault
from worker.result import read_findings, result_bytes
from worker.seal import Seal
from worker.seat import Made
from worker.settings import Settings
from worker.stages import Stages
from worker.storage.bucket import BucketStore
from worker.storage.download import download
from worker.storage.grants import GrantStore, check_expiry
from worker.storage.http import Limits
from worker.storage.store import Body, Store

_MEDIA_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where a document comes from, where it goes, and who may open its master."""

    document: Document
    fetch: Callable[[], bytes]
    store: Store
    seal: Seal


def artifact_keys(document: Document, seal: Seal) -> dict[str, str]:
    """The keys of the document's artifacts by name; a master that is not sealed does not end in `.enc`."""
    payload = document.payload
    keys = object_keys(payload.user_id, payload.job_id, document.attempt, payload.schema.output_format)
    return keys | {"master": seal.master_key(keys["master"])}


def way_of(document: Document, seal: Seal, settings: Settings, pool: urllib3.PoolManager, now: datetime) -> Way:
    """Find the document's way and check all of it before anything is fetched; raises DocumentFault."""
    seal.check()
    limits = Limits(bytes_max=settings.input_bytes_max, seconds=settings.fetch_seconds, tries=settings.fetch_tries)
    store = _store(document, artifact_keys(document, seal), settings, pool, limits, now)
    url = document.payload.artifact_url
    fetch = store.fetch if url is None else partial(download, url, limits)
    return Way(document=document, fetch=fetch, store=store, seal=seal)


def _store(
    document: Document,
    keys: Mapping[str, str],
    settings: Settings,
    pool: urllib3.PoolManager,
    limits: Limits,
    now: datetime,
) -> Store:
    if document.grants:
        check_expiry(document.grants, now)
        return GrantStore(pool, document.payload, document.grants, keys, limits)
    if not settings.credentials:
        raise DocumentFault(ErrorCode.ARTIFACT_ACCESS_DENIED, "there are neither grants nor credentials")
    return BucketStore(pool, document.payload, settings.credentials, keys, limits, settings.raw_paths)


def deliver(way: Way, original: bytes, made: Made, timings: Mapping[str, int], stages: Stages) -> Succeeded:
    """Store the document's four objects; raises DocumentFault.

    The result object is stored last: where it is, everything is.
    """
    warnings = tuple(dict.fromkeys(made.warnings + way.seal.warnings))
    findings = read_findings(made.findings)
    with stages.on(Stage.UPLOAD):
        artifacts = _stored(way, original, made)
    so_far = {**timings, **stages.timings}
    with stages.on(Stage.UPLOAD):
        data = result_bytes(way.document, original, findings, artifacts, warnings, so_far)
        artifacts["result"] = way.store.put("result", Body(data=data, content_type="application/json"))
    return Succeeded(
        quality_score=made.quality_score,
        ocr_confidence=made.ocr_confidence,
        portal=made.figures,
        artifacts=artifacts,
        warnings=warnings,
        timings={**timings, **stages.timings},
    )


def _stored(way: Way, original: bytes, made: Made) -> dict[str, Artifact]:
    """Put the three objects that the result object then tells of."""
    media_type = _MEDIA_TYPES[way.document.payload.schema.output_format]
    bodies = {
        "master": Body(data=way.seal.master(original), content_type="application/octet-stream"),
        "preview": Body(data=made.preview, content_type="image/jpeg"),
        "portal": Body(data=made.portal, content_type=media_type, filename=made.filename),
    }
    return {name: way.store.put(name, body) for name, body in bodies.items()}
