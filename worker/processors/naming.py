"""The portal file's name, from the schema's pattern."""

import re
from datetime import datetime
from pathlib import PurePosixPath

from worker.contract import SUFFIXES, ErrorCode, Payload
from worker.faults import DocumentFault
from worker.processors.encode import STAGE

NAME_MAX = 128
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def portal_name(payload: Payload, now: datetime) -> str:
    """The name that the pattern gives, made safe: `[A-Za-z0-9._-]`, at most 128 long, no dot or hyphen in front.

    Raises DocumentFault(SCHEMA_INVALID) for a placeholder that nobody knows.
    """
    values = {
        "job_id": payload.job_id,
        "user_id": payload.user_id,
        "original": PurePosixPath(payload.original_filename.replace("\\", "/")).stem,
        "timestamp": now.strftime("%Y%m%dT%H%M%SZ"),
        "portal": payload.schema_name,
    }
    filled = re.sub(r"\{([^{}]*)\}", lambda match: _value(values, match[1]), payload.schema.filename_pattern)
    suffix = f".{SUFFIXES[payload.schema.output_format]}"
    safe = _UNSAFE.sub("_", filled).lstrip(".-")
    stem = re.sub(r"\.(jpe?g|png|pdf)$", "", safe, flags=re.IGNORECASE)
    return (stem[: NAME_MAX - len(suffix)] or payload.job_id) + suffix


def _value(values: dict[str, str], name: str) -> str:
    if name not in values:
        raise DocumentFault(
            ErrorCode.SCHEMA_INVALID,
            "schema_definition.filename_pattern: knows {job_id}, {user_id}, {original}, {timestamp} and {portal}",
            STAGE,
        )
    return values[name]
