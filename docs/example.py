"""One document on its way, made by the contract's own code: what the page on the contract shows."""

import json

from worker.contract import (
    ARTIFACTS,
    ERRORS,
    Artifact,
    Attempt,
    Document,
    ErrorCode,
    Failed,
    Frame,
    Grants,
    Payload,
    PortalFile,
    RunFile,
    Schema,
    Succeeded,
    encode_frame,
    object_keys,
    run_json,
)
from worker.fields.concealing import conceal
from worker.fields.extraction import extract
from worker.fields.field import extraction_json
from worker.processors.ocr import Line
from worker.processors.reading_order import arranged

_JOB, _USER = "6f0d2a52-6f5e-4c39-9d0c-0e6a4c1f7b11", "0b9e1a3c-5d27-4f60-8a41-2c7d9e5f1a20"
_RUN, _ATTEMPT = (
    "c1a7e9d4-3b58-4e02-b6f1-7d2c8a904e33",
    Attempt(id="e4b2c6a8-9f13-4d75-8c20-5a6b7d8e9f44", number=1, nonce="a1b2c3d4e5f6"),
)
_SCHEMA = Schema(
    target_width=600,
    target_height=400,
    target_dpi=200,
    max_kb=100,
    filename_pattern="id-card.jpg",
    output_format="jpeg",
    quality=88,
)
_ENDPOINT = "https://objects.example.com"
_CARD = ("Government of India", "Imara Velstrand", "DOB: 09/08/1991", "Aadhaar", "2341 2341 234b")
"""What was read on a card whose last digit is not clear; the number is the one that descriptions are printed with."""


def frame_section() -> str:
    """One frame of each verdict, as the worker prints it."""
    failed = Failed(
        code=ErrorCode.ENCRYPTED_PDF,
        stage=ERRORS[ErrorCode.ENCRYPTED_PDF].stage,
        message="the PDF asks for a password",
        retryable=False,
    )
    lines = [encode_frame(_frame(outcome)) for outcome in (_succeeded(), failed)]
    return "\n\n".join(f"```text\n{line}\n```" for line in lines)


def frame_body_section() -> str:
    """The body of the first frame, laid out for people."""
    body = encode_frame(_frame(_succeeded())).split(" ", 3)[3]
    return _json_block(json.loads(body))


def run_file_section() -> str:
    """One run file."""
    keys = _keys()
    document = Document(
        payload=_payload(),
        attempt=_ATTEMPT,
        grants=Grants(
            get=f"{_ENDPOINT}/documents/blobs/{_JOB}?...",
            put={name: f"{_ENDPOINT}/documents/{keys[name]}?..." for name in ARTIFACTS},
            expires_at="2026-01-01T02:45:00+00:00",
        ),
    )
    control = f"{_ENDPOINT}/documents/control/rq-production-{_RUN.replace('-', '')}.json?..."
    return _json_block(
        run_json(RunFile(run_id=_RUN, documents=(document,), recipients=("age1...",), control_url=control))
    )


def fields_section() -> str:
    """What the result object tells of a card's fields."""
    lines = [
        Line(text, 0.99, ((60, top), (460, top), (460, top + 40), (60, top + 40)))
        for text, top in zip(_CARD, range(40, 640, 90), strict=False)
    ]
    concealed = conceal(arranged(lines))
    return _json_block(extraction_json(extract(concealed, wanted=("aadhaar_number", "date_of_birth"))))


def _keys() -> dict[str, str]:
    return object_keys(_USER, _JOB, _ATTEMPT, _SCHEMA.output_format)


def _payload() -> Payload:
    return Payload(
        job_id=_JOB,
        user_id=_USER,
        schema_id="9d8c7b6a-1234-4abc-9def-0123456789ab",
        schema_name="id-card",
        schema_version=1,
        schema=_SCHEMA,
        raw_path=f"blobs/{_JOB}",
        artifact_url=None,
        mime_type="image/png",
        original_filename="card.png",
        bucket="documents",
        region="eu-1",
        endpoint=_ENDPOINT,
    )


def _frame(outcome: Succeeded | Failed) -> Frame:
    return Frame(run_id=_RUN, sequence=0, job_id=_JOB, attempt_id=_ATTEMPT.id, nonce=_ATTEMPT.nonce, outcome=outcome)


def _succeeded() -> Succeeded:
    sizes = {"master": 184_320, "preview": 21_504, "portal": 61_440, "result": 4_096}
    artifacts = {
        name: Artifact(key=key, size=sizes[name], sha256=f"{number}" * 64, md5=f"{number}" * 32)
        for number, (name, key) in enumerate(_keys().items(), start=1)
    }
    return Succeeded(
        quality_score=0.91,
        ocr_confidence=0.974,
        portal=PortalFile(width=600, height=400, dpi=200, bytes=sizes["portal"], format="jpeg"),
        artifacts=artifacts,
        warnings=(),
        timings={"fetch": 41, "decode": 60, "ocr": 1480, "portal": 122, "upload": 95},
    )


def _json_block(value: object) -> str:
    return f"```json\n{json.dumps(value, indent=2)}\n```"
