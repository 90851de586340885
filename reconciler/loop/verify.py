"""Prove that what a frame reports is really there. User metadata is never proof: bytes and hashes are."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from reconciler.domain.runs import Assigned
from reconciler.objects.errors import ObjectMissing, ObjectTooLarge
from reconciler.objects.store import ObjectStore
from worker.contract import UNSTORABLE, Artifact, Attempt, Succeeded, object_keys

READ_AND_HASHED = ("portal", "result")
"""Objects that are downloaded whole; the others are compared by size and MD5."""
OBJECT_BYTES_MAX = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Proven:
    """Everything is there; `result` is the result object."""

    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unproven:
    """What was reported is not what is stored."""

    reason: str


def verify(objects: ObjectStore, attempt: Assigned, outcome: Succeeded) -> Proven | Unproven:
    """Compare keys, sizes and hashes with the store. Raises ObjectsUnavailable or ObjectsRefused."""
    expected = expected_keys(attempt)
    for name, artifact in outcome.artifacts.items():
        if artifact.key != expected[name]:
            return Unproven(f"{name}: not the key that was granted")
    looked = _looked(objects, outcome.artifacts)
    for name, found in looked.items():
        if isinstance(found, Unproven):
            return Unproven(f"{name}: {found.reason}")
    if len(_bytes(looked["portal"])) != outcome.portal.bytes:
        return Unproven("portal: its size is not the reported one")
    return _result(_bytes(looked["result"]), attempt)


def _looked(objects: ObjectStore, artifacts: Mapping[str, Artifact]) -> dict[str, bytes | Unproven]:
    """Look at all artifacts side by side; what was read, empty where only size and MD5 were compared.

    One after the other, a document would take four round trips to prove, and a run's documents longer than the run.
    """

    def look(name: str, artifact: Artifact) -> bytes | Unproven:
        return _read(objects, artifact) if name in READ_AND_HASHED else _compare(objects, artifact)

    with ThreadPoolExecutor(max(1, len(artifacts)), thread_name_prefix="proof") as threads:
        looks = {
            # Each knows what this thread is at.
            name: threads.submit(copy_context().run, look, name, artifact)
            for name, artifact in artifacts.items()
        }
        return {name: one.result() for name, one in looks.items()}


def _bytes(found: bytes | Unproven) -> bytes:
    assert isinstance(found, bytes), "what is unproven was told before"  # noqa: S101
    return found


def expected_keys(attempt: Assigned) -> dict[str, str]:
    """The keys that the attempt was granted, by artifact."""
    own = Attempt(id=str(attempt.id), number=attempt.number, nonce=attempt.nonce)
    return object_keys(str(attempt.user_id), str(attempt.job_id), own, attempt.output_format)


def _compare(objects: ObjectStore, artifact: Artifact) -> bytes | Unproven:
    head = objects.head(artifact.key)
    if head is None:
        return Unproven("is not there")
    if head.size_bytes != artifact.size or head.md5 != artifact.md5:
        return Unproven("size or MD5 differ")
    return b""


def _read(objects: ObjectStore, artifact: Artifact) -> bytes | Unproven:
    if artifact.size > OBJECT_BYTES_MAX:
        return Unproven("is too large")
    try:
        data = objects.get(artifact.key, bytes_max=artifact.size)
    except ObjectMissing:
        return Unproven("is not there")
    except ObjectTooLarge:
        return Unproven("size or SHA-256 differ")
    if len(data) != artifact.size or sha256(data).hexdigest() != artifact.sha256:
        return Unproven("size or SHA-256 differ")
    return data


def _result(data: bytes, attempt: Assigned) -> Proven | Unproven:
    try:
        result = json.loads(data, parse_constant=_refuse)
        storable = not UNSTORABLE.search(json.dumps(result, ensure_ascii=False).replace("\\u0000", "\0"))
    except (ValueError, RecursionError):
        return Unproven("result: is not JSON")
    if not storable:
        return Unproven("result: holds characters that cannot be stored")
    if not isinstance(result, dict) or result.get("job_id") != str(attempt.job_id):
        return Unproven("result: is another document's")
    return Proven(result)


def _refuse(constant: str) -> None:
    """NaN and the infinities are no JSON."""
    raise ValueError(constant)
