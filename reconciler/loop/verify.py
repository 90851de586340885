"""Prove that what a frame reports is really there. User metadata is never proof: bytes and hashes are."""

import json
from collections.abc import Mapping
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
    data: dict[str, bytes] = {}
    for name, artifact in outcome.artifacts.items():
        problem = _read(objects, artifact, data, name) if name in READ_AND_HASHED else _compare(objects, artifact)
        if problem:
            return Unproven(f"{name}: {problem}")
    if len(data["portal"]) != outcome.portal.bytes:
        return Unproven("portal: its size is not the reported one")
    return _result(data["result"], attempt)


def expected_keys(attempt: Assigned) -> dict[str, str]:
    """The keys that the attempt was granted, by artifact."""
    own = Attempt(id=str(attempt.id), number=attempt.number, nonce=attempt.nonce)
    return object_keys(str(attempt.user_id), str(attempt.job_id), own, attempt.output_format)


def _compare(objects: ObjectStore, artifact: Artifact) -> str | None:
    head = objects.head(artifact.key)
    if head is None:
        return "is not there"
    if head.size_bytes != artifact.size or head.md5 != artifact.md5:
        return "size or MD5 differ"
    return None


def _read(objects: ObjectStore, artifact: Artifact, data: dict[str, bytes], name: str) -> str | None:
    if artifact.size > OBJECT_BYTES_MAX:
        return "is too large"
    try:
        data[name] = objects.get(artifact.key, bytes_max=artifact.size)
    except ObjectMissing:
        return "is not there"
    except ObjectTooLarge:
        return "size or SHA-256 differ"
    if len(data[name]) != artifact.size or sha256(data[name]).hexdigest() != artifact.sha256:
        return "size or SHA-256 differ"
    return None


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
