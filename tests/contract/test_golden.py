"""Payloads and results as they were agreed: a change that breaks one of these files breaks somebody else's program."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from worker.contract import (
    Artifact,
    ContractError,
    ErrorCode,
    Failed,
    Frame,
    Linger,
    Options,
    PortalFile,
    RunFile,
    Stage,
    Succeeded,
    decode_frames,
    encode_frame,
    inbox_json,
    parse_batch,
    parse_inbox,
    parse_payload,
    payload_json,
    read_legacy_answer,
    run_json,
)
from worker.result import legacy_line

GOLDEN = Path(__file__).parent / "golden"
PAYLOADS = sorted(path.name for path in (GOLDEN / "payloads").iterdir())
INBOX_URL = "https://documents.sgp1.digitaloceanspaces.com/inbox/rq-test-1/1.json?X-Amz-Signature=x"
JOB_ID, USER_ID = "33333333-3333-4333-8333-333333333333", "22222222-2222-4222-8222-222222222222"


def _read(kind: str, name: str) -> str:
    return (GOLDEN / kind / name).read_text()


@pytest.mark.parametrize("name", ["legacy.json", "legacy-options.json", "artifact-url.json"])
def test_a_payload_reads_and_is_written_back_without_loss(name: str) -> None:
    payload = parse_payload(json.loads(_read("payloads", name)))

    assert payload == parse_payload(payload_json(payload))
    assert JOB_ID == payload.job_id


def test_the_legacy_payload_has_no_options_and_the_guides_has_all() -> None:
    plain, asking = (
        parse_payload(json.loads(_read("payloads", f"{name}.json"))) for name in ("legacy", "legacy-options")
    )

    assert (Options(), Options(page=2, fast_path=True, quality_threshold=0.4)) == (plain.options, asking.options)
    assert plain == replace(asking, options=Options())


def test_a_legacy_batch_holds_payloads_that_read() -> None:
    entries = parse_batch(json.loads(_read("payloads", "legacy-batch.json")))

    assert isinstance(entries, list)
    assert [JOB_ID, JOB_ID] == [parse_payload(entry).job_id for entry in entries]


@pytest.mark.parametrize(
    ("name", "linger"),
    [("run.json", None), ("run-that-lingers.json", Linger(idle_seconds=120, take_seconds=1680, inbox_url=INBOX_URL))],
)
def test_a_run_file_reads_and_is_written_back_without_loss(name: str, linger: Linger | None) -> None:
    run = parse_batch(json.loads(_read("payloads", name)))

    assert isinstance(run, RunFile)
    assert run == parse_batch(run_json(run))
    assert linger == run.linger
    assert "0123456789ab" == (run.documents[0].attempt.nonce if run.documents[0].attempt else None)


def test_an_inbox_object_reads_and_is_written_back_without_loss() -> None:
    inbox = parse_inbox(json.loads(_read("inboxes", "inbox.json")))

    assert inbox == parse_inbox(inbox_json(inbox))
    assert (1, 1) == (inbox.number, len(inbox.documents))


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_payload_with_any_field_gone_is_refused_or_means_the_same(name: str) -> None:
    """Nothing is ever made up for a required field; the optional ones are known by name."""
    whole = json.loads(_read("payloads", name))
    optional = {"options", "schema_id", "control_url", "linger", "min_kb", "fit", "background", "kind"}
    for field in [field for field in whole if field not in optional and field not in ("jobs", "run_id")]:
        rest = {key: value for key, value in whole.items() if key != field}
        with pytest.raises(ContractError):
            parse_batch(rest) if "run_id" in whole else parse_payload(rest)


def test_a_success_reads_in_both_shapes() -> None:
    own, older = (read_legacy_answer(_read("results", name)) for name in ("success.json", "older-success.json"))

    assert own.is_success
    assert older.is_success
    assert (0.91, 0.97, JOB_ID) == (own.quality_score, own.ocr_confidence, own.job_id)
    assert (0.71, 0.0, JOB_ID) == (older.quality_score, older.ocr_confidence, older.job_id)
    assert own.paths is not None
    assert older.paths is not None
    assert f"master/{USER_ID}/{JOB_ID}/{JOB_ID}.enc" == own.paths["master_path"] == older.paths["master_path"]


@pytest.mark.parametrize(
    ("name", "job_id", "code", "retryable"),
    [
        ("failed.json", JOB_ID, "CORRUPT_IMAGE", False),
        ("failed-without-job.json", None, "PAYLOAD_INVALID", False),
        ("older-failed.json", JOB_ID, "OCR_ERROR", True),
        ("older-failed-nested.json", JOB_ID, "DECODE_ERROR", False),
    ],
)
def test_a_failure_reads_in_all_shapes(name: str, job_id: str | None, code: str, *, retryable: bool) -> None:
    answer = read_legacy_answer(_read("results", name))

    assert (False, job_id, code, retryable) == (
        answer.is_success,
        answer.job_id,
        answer.error_code,
        answer.is_retryable,
    )


@pytest.mark.parametrize("line", ["[]", "{}", '{"status": "done"}', '{"status": "success", "job_id": "x"}', "{"])
def test_what_is_no_answer_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_legacy_answer(line)


def _succeeded() -> Succeeded:
    artifacts = {
        name: Artifact(key=f"output/{name}", size=1, sha256="0" * 64, md5="0" * 32)
        for name in ("master", "preview", "portal", "result")
    }
    portal = PortalFile(width=600, height=800, dpi=300.0, bytes=48211, format="jpeg")
    return Succeeded(
        quality_score=0.91, ocr_confidence=0.97, portal=portal, artifacts=artifacts, warnings=("w",), timings={"ocr": 9}
    )


def test_what_the_worker_writes_has_every_field_of_the_golden_results() -> None:
    failed = Failed(code=ErrorCode.CORRUPT_IMAGE, stage=Stage.DECODE, message="the file is empty", retryable=False)

    success, failure = json.loads(legacy_line(JOB_ID, _succeeded(), 812)), json.loads(legacy_line(JOB_ID, failed, 1))

    golden = json.loads(_read("results", "success.json"))
    assert golden.keys() == success.keys()
    assert golden["metrics"].keys() == success["metrics"].keys()
    assert golden["artifacts"].keys() == success["artifacts"].keys()
    assert json.loads(_read("results", "failed.json")) == failure


def test_golden_frames_read() -> None:
    frames = list(decode_frames(_read("frames", "run.log")))

    assert [0, 1] == [frame.sequence for frame in frames]
    assert frames == [_frame(0, _succeeded()), _frame(1, _crashed())]
    assert _read("frames", "run.log").splitlines()[1:3] == [encode_frame(frame) for frame in frames]


def _crashed() -> Failed:
    message = "the process ended with signal SIGSEGV"
    return Failed(code=ErrorCode.WORKER_CRASHED, stage=Stage.OCR, message=message, retryable=True)


def _frame(sequence: int, outcome: Succeeded | Failed) -> Frame:
    return Frame(
        run_id="11111111-1111-4111-8111-111111111111",
        sequence=sequence,
        job_id=JOB_ID,
        attempt_id="55555555-5555-4555-8555-555555555555",
        nonce="0123456789ab",
        outcome=outcome,
    )
