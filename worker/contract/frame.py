"""Frames: what comes out of a worker, one line of STDOUT for each attempt."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from worker.contract.errors import ErrorCode, Stage
from worker.contract.payload import ARTIFACTS, SUFFIXES
from worker.contract.strict import UNSTORABLE, Reader

FRAME_MARK = "RYTHMIQ-FRAME"
FRAME_VERSION = 1
SEQUENCE_MAX = 1_000_000
"""A run that lingers answers more documents than one batch may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One stored object: its key, its size in bytes, its SHA-256 and MD5 in hex."""

    key: str
    size: int
    sha256: str
    md5: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalFile:
    """The figures of the portal file, read back from its final bytes."""

    width: int
    height: int
    dpi: float
    bytes: int
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """A finished document. Scores lie in 0..1; timings are milliseconds by stage."""

    quality_score: float
    ocr_confidence: float
    portal: PortalFile
    artifacts: Mapping[str, Artifact]
    warnings: tuple[str, ...]
    timings: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A document that could not be finished. The message holds figures and field names, never content."""

    code: ErrorCode
    stage: Stage
    message: str
    retryable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One attempt's verdict as it stands in the log."""

    run_id: str
    sequence: int
    job_id: str
    attempt_id: str
    nonce: str
    outcome: Succeeded | Failed


def encode_frame(frame: Frame) -> str:
    """One ASCII line without its newline: mark, version, 32 hex digits of the body's SHA-256, body."""
    body = json.dumps(_frame_json(frame), ensure_ascii=True, separators=(",", ":"))
    return f"{FRAME_MARK} {FRAME_VERSION} {_checksum(body)} {body}"


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:32]


def _frame_json(frame: Frame) -> dict[str, Any]:
    status = "success" if isinstance(frame.outcome, Succeeded) else "failed"
    ids = {"run_id": frame.run_id, "seq": frame.sequence, "job_id": frame.job_id, "attempt_id": frame.attempt_id}
    return ids | {"nonce": frame.nonce, "status": status, "outcome": asdict(frame.outcome)}


_FRAME = re.compile(FRAME_MARK + rf" {FRAME_VERSION} ([0-9a-f]{{32}}) (?=\{{)")


def decode_frames(log: str) -> Iterator[Frame]:
    """Every whole frame of a log, in its order; noise around them, and frames that are damaged, are passed over."""
    for match in _FRAME.finditer(log):
        try:
            value, end = json.JSONDecoder().raw_decode(log, match.end())
            if _checksum(log[match.end() : end]) == match[1]:
                yield _frame(value)
        except (ValueError, RecursionError):
            continue


def _frame(value: object) -> Frame:
    read = Reader(value, "frame")
    outcome = read.inner("outcome")
    return Frame(
        run_id=read.uuid("run_id"),
        sequence=read.integer("seq", 0, SEQUENCE_MAX),
        job_id=read.uuid("job_id"),
        attempt_id=read.uuid("attempt_id"),
        nonce=read.text("nonce"),
        outcome=_succeeded(outcome)
        if read.choice("status", "success", "failed") == "success"
        else read_failed(outcome),
    )


def _succeeded(read: Reader) -> Succeeded:
    artifacts, timings = read.inner("artifacts"), read.inner("timings")
    return Succeeded(
        quality_score=read.number("quality_score", 0, 1),
        ocr_confidence=read.number("ocr_confidence", 0, 1),
        portal=read_portal(read.inner("portal")),
        artifacts={name: _artifact(artifacts.inner(name)) for name in ARTIFACTS},
        warnings=tuple(UNSTORABLE.sub("", str(warning))[:200] for warning in read.items("warnings", count_max=50)),
        timings={name: timings.integer(name, 0, 2**31) for name in timings.keys()},  # noqa: SIM118
    )


def read_portal(read: Reader) -> PortalFile:
    """The figures of a portal file; raises ContractError."""
    return PortalFile(
        width=read.integer("width", 1, 20_000),
        height=read.integer("height", 1, 20_000),
        dpi=read.number("dpi", 0, 10_000),
        bytes=read.integer("bytes", 1, 2**31),
        format=read.choice("format", *SUFFIXES),
    )


def _artifact(read: Reader) -> Artifact:
    return Artifact(
        key=read.text("key", length_max=1024),
        size=read.integer("size", 0, 2**40),
        sha256=read.text("sha256", length_max=64),
        md5=read.text("md5", length_max=32),
    )


def read_failed(read: Reader) -> Failed:
    """A failure; raises ContractError."""
    return Failed(
        code=ErrorCode(read.choice("code", *ErrorCode)),
        stage=Stage(read.choice("stage", *Stage)),
        message=read.text("message", length_max=500),
        retryable=read.raw("retryable") is True,
    )


def frame_of_result(data: bytes, key: str, run_id: str) -> Frame:
    """The frame that a result object bears witness to, where the log lost it; `key` is where the object stands.

    Raises ValueError (ContractError among them) or RecursionError for whatever is not a whole result of an attempt.
    """
    read = Reader(json.loads(data), "result")
    attempt, portal = read.inner("attempt"), read.inner("portal")
    own = Artifact(
        key=key,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
    )
    outcome = {
        "quality_score": read.inner("quality").raw("score"),
        "ocr_confidence": read.inner("ocr").raw("confidence"),
        "portal": {name: portal.raw(name) for name in PortalFile.__dataclass_fields__},
        "artifacts": {name: read.inner("artifacts").raw(name) for name in ARTIFACTS if name != "result"}
        | {"result": asdict(own)},
        "warnings": read.raw("warnings"),
        "timings": read.raw("timings"),
    }
    return Frame(
        run_id=run_id,
        sequence=0,
        job_id=read.uuid("job_id"),
        attempt_id=attempt.uuid("id"),
        nonce=attempt.text("nonce"),
        outcome=_succeeded(Reader(outcome, "result")),
    )
