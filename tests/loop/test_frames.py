"""A frame that is damaged, foreign, repeated or untrue changes nothing that it should not."""

from dataclasses import replace
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest

from reconciler.loop import collect, dispatch, watch
from reconciler.objects.store import ObjectHead
from tests.fake_camber import FIRST_ID
from tests.world import World
from worker.contract import ErrorCode, Frame, Succeeded, encode_frame


def collected(world: World, *lines: str) -> str:
    """Let the run end with these lines in its log; returns what became of its only job."""
    daemon = world.daemons[0]
    world.say(FIRST_ID, *lines)
    world.camber_says("COMPLETED")
    world.step(daemon, watch.run_once, collect.run_once)
    return str(world.one("SELECT status FROM jobs"))


@pytest.fixture
def frame(world: World) -> Frame:
    """The true frame of the only job."""
    daemon = world.daemon()
    world.submit()
    world.step(daemon, dispatch.run_once)
    return world.finish()


def silence_witness(world: World, frame: Frame) -> None:
    """Take away the result object, which would speak where the log does not."""
    assert isinstance(frame.outcome, Succeeded)
    world.objects.delete(frame.outcome.artifacts["result"].key)


def test_a_damaged_frame_is_no_frame(world: World, frame: Frame) -> None:
    silence_witness(world, frame)
    damaged = encode_frame(frame).replace('"quality_score":0.9', '"quality_score":1.0')

    assert collected(world, damaged, encode_frame(frame)[:-1]) == "processing"


def test_a_documents_objects_are_proven_side_by_side(world: World, frame: Frame) -> None:
    """One after the other they took four round trips for each document: longer than the run that made them."""
    objects, together = world.daemons[0].objects, Barrier(4)
    head, get = objects.head, objects.get

    def looking(key: str) -> ObjectHead | None:
        together.wait(60)
        return head(key)

    def getting(key: str, *, bytes_max: int) -> bytes:
        together.wait(60)
        return get(key, bytes_max=bytes_max)

    objects.head, objects.get = looking, getting  # type: ignore[method-assign] # to see that all four are under way

    assert collected(world, encode_frame(frame)) == "completed"


@pytest.mark.parametrize("part", ["run_id", "job_id", "attempt_id", "nonce"])
def test_a_foreign_frame_changes_nothing(world: World, frame: Frame, part: str) -> None:
    parts: dict[str, Any] = {part: str(uuid4())}
    foreign = replace(frame, **parts)
    silence_witness(world, frame)

    assert collected(world, encode_frame(foreign)) == "processing"


def test_a_repeated_frame_counts_once(world: World, frame: Frame) -> None:
    line = encode_frame(frame)

    assert collected(world, line, line, line) == "completed"
    assert world.one("SELECT count(*) FROM documents") == 1
    assert world.one("SELECT attempts_settled FROM camber_runs") == 1


def test_the_first_of_two_verdicts_counts(world: World, frame: Frame) -> None:
    later = encode_frame(world.failure(ErrorCode.INTERNAL_ERROR))

    assert collected(world, encode_frame(frame), later) == "completed"


def test_a_frame_survives_the_noise_around_it(world: World, frame: Frame) -> None:
    noisy = f"\x1b[32mDownloading 99%\x1b[0m\r{encode_frame(frame)} \x1b[0mand more"

    assert collected(world, noisy) == "completed"


@pytest.mark.parametrize("name", ["master", "preview", "portal", "result"])
def test_a_frame_whose_object_is_another_is_refused_and_the_job_tried_again(
    world: World, frame: Frame, name: str
) -> None:
    assert isinstance(frame.outcome, Succeeded)
    world.objects.put(frame.outcome.artifacts[name].key, b"something else", "text/plain")

    assert collected(world, encode_frame(frame)) == "pending"
    assert world.one("SELECT error_details ->> 'code' FROM jobs") == "RESULT_INVALID"
    assert world.one("SELECT count(*) FROM documents") == 0


@pytest.mark.parametrize("name", ["master", "result"])
def test_a_frame_whose_object_is_missing_is_refused(world: World, frame: Frame, name: str) -> None:
    assert isinstance(frame.outcome, Succeeded)
    world.objects.delete(frame.outcome.artifacts[name].key)

    assert collected(world, encode_frame(frame)) == "pending"


def test_a_frame_that_names_other_keys_is_refused(world: World, frame: Frame) -> None:
    assert isinstance(frame.outcome, Succeeded)
    outcome = frame.outcome
    elsewhere = replace(outcome.artifacts["portal"], key="output/other/portal.jpg")
    untrue = replace(frame, outcome=replace(outcome, artifacts={**outcome.artifacts, "portal": elsewhere}))

    assert collected(world, encode_frame(untrue)) == "pending"
    assert "key" in world.one("SELECT error_details ->> 'message' FROM jobs")


@pytest.mark.parametrize("poison", ['{"job_id": NaN}', '"\\u0000"', '"\\ud800"', "[" * 100_000])
def test_a_result_that_cannot_be_stored_is_refused_and_holds_nothing_up(
    world: World, frame: Frame, poison: str
) -> None:
    assert isinstance(frame.outcome, Succeeded)
    key = frame.outcome.artifacts["result"].key
    body = world.objects.get(key, bytes_max=100_000).decode().rstrip("}") + f', "poison": {poison}}}'
    untrue = replace(frame.outcome.artifacts["result"], **world.stored(key, body.encode()))
    outcome = replace(frame.outcome, artifacts={**frame.outcome.artifacts, "result": untrue})

    assert collected(world, encode_frame(replace(frame, outcome=outcome))) == "pending"
    assert world.one("SELECT error_details ->> 'code' FROM jobs") == "RESULT_INVALID"
