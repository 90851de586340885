"""What one look leaves to be done is not left to the next tick: results, a free slot, an end that is near."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

import pytest

from reconciler.loop import dispatch, harvest, watch
from reconciler.loop.context import Context, Counts
from reconciler.loop.daemon import Daemon
from reconciler.loop.duties import Duty
from reconciler.loop.outage import Outage
from reconciler.loop.settle import judge
from tests.domain.builders import policy
from tests.fake_camber import FIRST_ID
from tests.loop.test_daemon import until
from tests.world import World
from worker.contract import encode_frame

AN_HOUR = {"POLL_MIN_SECONDS": "1", "POLL_MAX_SECONDS": "3600"}


@pytest.fixture
def ended(world: World) -> Daemon:
    """A daemon with one slot, whose only run is over, and a document that waits for the slot."""
    context = world.daemon(RUN_SLOTS="1", BATCH_MAX="1")
    world.submit()
    world.step(context, dispatch.run_once)
    world.submit()
    world.work()
    world.make_due()
    return Daemon(context)


@pytest.fixture(autouse=True)
def nothing_goes_on() -> Iterator[None]:
    yield
    until(lambda: not any(thread.name.startswith("woken") for thread in threading.enumerate()))


def test_what_is_over_is_collected_and_its_slot_is_filled_without_waiting_for_a_tick(
    world: World, ended: Daemon
) -> None:
    next(duty for duty in ended.duties if duty.name == "watch").tick(ended.context)

    until(lambda: len(world.camber_jobs()) == 2)
    until(lambda: world.one("SELECT count(*) FROM jobs WHERE status = 'completed'") == 1)


@contextmanager
def _at_work(daemon: Daemon, name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The duty is in a pass for as long as this lasts."""
    begun, go_on = threading.Event(), threading.Event()

    def slow(context: Context) -> Counts:
        begun.set()
        go_on.wait(60)
        return Counts()

    (duty,) = (one for one in daemon.duties if one.name == name)
    monkeypatch.setattr(duty, "_run_once", slow)
    thread = threading.Thread(target=duty.tick, args=(daemon.context,))
    thread.start()
    assert begun.wait(60)
    try:
        yield
    finally:
        go_on.set()
        thread.join()


def test_a_slot_that_comes_free_during_a_launch_does_not_wait_for_its_end(
    world: World, ended: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _at_work(ended, "dispatch", monkeypatch):
        next(duty for duty in ended.duties if duty.name == "watch").tick(ended.context)
        until(lambda: len(world.camber_jobs()) == 2)


def test_an_end_during_the_reading_of_logs_does_not_wait_for_them(
    world: World, ended: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _at_work(ended, "watch", monkeypatch):
        next(duty for duty in ended.duties if duty.name == "rewatch").tick(ended.context)
        until(lambda: world.one("SELECT count(*) FROM jobs WHERE status = 'completed'") == 1)


class _Gate:
    """A lock of a duty at whose taking or giving back something else happens."""

    def __init__(self, *, taken: Callable[[], None] = lambda: None, given: Callable[[], None] = lambda: None) -> None:
        self._lock, self._taken, self._given = threading.Lock(), taken, given

    def acquire(self, *, blocking: bool) -> bool:
        self._taken()
        return self._lock.acquire(blocking=blocking)

    def release(self) -> None:
        self._given()
        self._lock.release()


def _duty(passes: list[int]) -> Duty:
    def note(_: Context) -> Counts:
        passes.append(1)
        return Counts()

    return Duty("noted", note, 1, Outage(policy(), Random(1)))


def test_a_tick_between_the_end_of_a_pass_and_its_lock_is_not_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []
    duty, context = _duty(passes), world.daemon()
    monkeypatch.setattr(duty, "_running", _Gate(given=lambda: duty.tick(context) if len(passes) < 2 else None))

    duty.tick(context)

    assert len(passes) == 2


def test_a_daemon_that_is_told_to_stop_as_a_tick_comes_makes_no_pass(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []
    duty, context = _duty(passes), world.daemon()
    monkeypatch.setattr(duty, "_running", _Gate(taken=context.stopping.set))

    duty.tick(context)

    assert passes == []


def test_what_would_be_due_a_moment_after_a_tick_is_looked_at_with_it(world: World) -> None:
    daemon = world.daemon(RUN_SLOTS="2", BATCH_MAX="1", POLL_MIN_SECONDS="100", POLL_MAX_SECONDS="100")
    for _ in range(2):
        world.submit()
    world.step(daemon, dispatch.run_once)
    world.execute(
        "UPDATE camber_runs SET next_poll_at = now()"
        " + CASE camber_job_id WHEN :id THEN interval '30 s' ELSE interval '15 s' END",
        id=FIRST_ID,
    )

    watch.run_once(daemon)

    assert world.one("SELECT string_agg(state, ' ' ORDER BY camber_job_id) FROM camber_runs") == "submitted queued"


@pytest.mark.parametrize(("frames", "is_near"), [(1, False), (2, True)])
def test_a_run_that_has_said_all_is_looked_at_often(world: World, frames: int, *, is_near: bool) -> None:
    daemon = world.daemon(RUN_SLOTS="1", **AN_HOUR)
    for _ in range(2):
        world.submit()
    world.step(daemon, dispatch.run_once)
    world.camber_says("RUNNING")
    world.step(daemon, watch.run_once)
    world.pretend("UPDATE camber_runs SET created_at = created_at - interval '20 min'")
    world.say(FIRST_ID, *(encode_frame(world.finish(index=index)) for index in range(frames)))

    world.step(daemon, watch.run_once)

    assert world.one("SELECT next_poll_at < now() + interval '10 s' FROM camber_runs") is is_near


def test_the_documents_of_a_run_are_proven_side_by_side(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = world.daemon(RUN_SLOTS="1")
    for _ in range(harvest.JUDGED_AT_ONCE):
        world.submit()
    world.step(daemon, dispatch.run_once)
    world.work()
    together = threading.Barrier(harvest.JUDGED_AT_ONCE, timeout=60)

    def meeting(*given: object) -> object:
        together.wait()
        return judge(*given)  # type: ignore[arg-type] # as it was asked

    monkeypatch.setattr(harvest, "judge", meeting)
    world.step(daemon)

    assert world.one("SELECT count(*) FROM jobs WHERE status = 'completed'") == harvest.JUDGED_AT_ONCE
