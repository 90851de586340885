import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.contract import (
    ARTIFACTS,
    Artifact,
    ErrorCode,
    Failed,
    Frame,
    PortalFile,
    Stage,
    Succeeded,
    decode_frames,
    encode_frame,
)
from worker.contract.frame import FRAME_MARK

IDS = [f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "1234"]


def _succeeded() -> Succeeded:
    artifacts = {name: Artifact(key=f"output/{name}", size=9, sha256="a" * 64, md5="b" * 32) for name in ARTIFACTS}
    portal = PortalFile(width=600, height=800, dpi=300.0, bytes=9, format="jpeg")
    return Succeeded(
        quality_score=0.9,
        ocr_confidence=0.98,
        portal=portal,
        artifacts=artifacts,
        warnings=("BLURRED: hold still",),
        timings={"ocr": 900},
    )


def _frame(sequence: int = 0, outcome: Succeeded | Failed | None = None) -> Frame:
    return Frame(
        run_id=IDS[0],
        sequence=sequence,
        job_id=IDS[1],
        attempt_id=IDS[2],
        nonce="n0nce",
        outcome=outcome or _succeeded(),
    )


FAILED = Failed(code=ErrorCode.CORRUPT_IMAGE, stage=Stage.DECODE, message="damaged", retryable=False)


@pytest.mark.parametrize("outcome", [_succeeded(), FAILED])
def test_a_frame_comes_back_as_it_went(outcome: Succeeded | Failed) -> None:
    assert [_frame(3, outcome)] == list(decode_frames(encode_frame(_frame(3, outcome))))


def test_a_frame_is_one_line_of_ascii() -> None:
    line = encode_frame(_frame(0, replace(FAILED, message="zwölf\nZeilen\u2028")))

    assert line.isascii()
    assert len(line.splitlines()) == 1


def test_frames_are_found_between_noise_and_on_one_line() -> None:
    first, second = encode_frame(_frame(0)), encode_frame(_frame(1, FAILED))

    log = f"\x1b[32mCreating model\x1b[0m\n2026-01-01 {first}{second} trailing\n{{}}\n"

    assert [_frame(0), _frame(1, FAILED)] == list(decode_frames(log))


def test_a_repeated_frame_comes_twice_and_its_reader_decides() -> None:
    line = encode_frame(_frame())

    assert [_frame(), _frame()] == list(decode_frames(f"{line}\n{line}\n"))


def test_no_truncation_of_a_frame_is_taken_for_one() -> None:
    line = encode_frame(_frame(0, FAILED))

    assert [] == [cut for cut in range(len(line)) if list(decode_frames(line[:cut]))]


def test_no_changed_character_goes_unnoticed() -> None:
    line = encode_frame(_frame(0, FAILED))

    changed = [line[:at] + ("0" if line[at] != "0" else "1") + line[at + 1 :] for at in range(len(line))]

    assert [] == [one for one in changed if list(decode_frames(one))]


def test_a_damaged_frame_does_not_hide_the_whole_one_after_it() -> None:
    line = encode_frame(_frame())

    assert [_frame()] == list(decode_frames(line[: len(line) // 2] + "\n" + line))


def test_a_frame_of_another_version_or_another_maker_is_passed_over() -> None:
    line = encode_frame(_frame())

    foreign = line.replace(f"{FRAME_MARK} 1", f"{FRAME_MARK} 2") + "\n" + line.replace(FRAME_MARK, "OTHER-FRAME")

    assert [] == list(decode_frames(foreign))


def test_a_frame_with_a_right_checksum_and_a_wrong_body_is_passed_over() -> None:
    import hashlib

    body = json.dumps({"run_id": "none"}, separators=(",", ":"))
    forged = f"{FRAME_MARK} 1 {hashlib.sha256(body.encode()).hexdigest()[:32]} {body}"

    assert [] == list(decode_frames(forged))


@given(st.text())
def test_no_text_crashes_the_reader(text: str) -> None:
    assert [] == list(decode_frames(text))


@given(st.text(max_size=40), st.text(max_size=40), st.integers(0, 400), st.text(max_size=3))
def test_no_damage_crashes_the_reader_or_invents_a_frame(before: str, after: str, at: int, put: str) -> None:
    line = encode_frame(_frame(0, FAILED))

    found = list(decode_frames(before + line[:at] + put + line[at + len(put) :] + after))

    assert found in ([], [_frame(0, FAILED)])
