"""Whatever order things happen in: nothing is lost, nothing is counted twice, and without faults everything ends.

`make simulate SEEDS=n` plays n stories that nobody has played yet; a failing one is printed as a program.
"""

import os
from collections.abc import Iterator, Sequence
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from reconciler.objects.store import ObjectStoreConfig
from tests import invariants
from tests.database import Databases
from tests.model.camber import CREATE_SECONDS, FAULTS, SETTLE_SECONDS, SOMEBODY_ELSES, START_SECONDS
from tests.model.world import DUTIES, PAUSES, POINTS, ModelWorld
from tests.world import World, make_world

pytestmark = pytest.mark.proof
SEEDS = int(os.environ.get("SIMULATE_SEEDS", "0"))
EXAMPLES_IN_CI = 100
STEPS = 30
DOCUMENTS_MAX = 6
LAUNCHING = ("plan", "start_launch", "create", "write_created")
EITHER = st.sampled_from([0, 1])
NOWHERE = ObjectStoreConfig(
    endpoint="http://127.0.0.1:1", region="nowhere", bucket="none", access_key="none", secret_key="none"
)


@pytest.fixture
def model(database_url: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelWorld]:
    """The world of the model; nothing of it is outside the process but the database."""
    daemon_url = databases.login(database_url, "reconciler_daemon")
    made = make_world(database_url, daemon_url, NOWHERE, tmp_path_factory.mktemp("model"))
    world = ModelWorld(**{name: getattr(made, name) for name in World.__dataclass_fields__})
    with world.engine.begin() as connection:
        invariants.watch(connection)
    try:
        yield world
    finally:
        world.close()


def anywhere(points: Sequence[str]) -> st.SearchStrategy[str]:
    """One of the points; every other time one at which a launch is half done."""
    launching = [point for point in points if point.startswith("dispatch.") and point.split(".")[1] in LAUNCHING]
    return st.one_of(st.sampled_from(launching), st.sampled_from(points))


def machine_of(world: ModelWorld) -> type[RuleBasedStateMachine]:  # noqa: C901 - a list of rules, each of a line or two
    class Reconciling(RuleBasedStateMachine):
        documents = Bundle("documents")

        def __init__(self) -> None:
            super().__init__()
            world.begin_again()

        @initialize(target=documents, lag_seconds=st.sampled_from([0.0, 20.0, SETTLE_SECONDS]))
        def begin(self, lag_seconds: float) -> object:
            world.camber.lag_seconds = lag_seconds
            return multiple(*(world.submit() for _ in range(2)))

        @precondition(lambda _: world.one("SELECT count(*) FROM jobs") < DOCUMENTS_MAX)
        @rule(target=documents, count=st.integers(1, 3))
        def submit(self, count: int) -> object:
            return multiple(*(world.submit() for _ in range(count)))

        @rule(which=EITHER)
        def carry_out_all(self, which: int) -> None:
            for duty in DUTIES:
                world.carry_out(which, duty)

        @rule(which=EITHER, point=anywhere(POINTS))
        def die(self, which: int, point: str) -> None:
            world.carry_out(which, point.partition(".")[0], dies_at=point)

        @rule(which=EITHER, point=anywhere(PAUSES), seconds=st.sampled_from([1.0, 31.0, 1000.0]), other=EITHER)
        def stand_still(self, which: int, point: str, seconds: float, other: int) -> None:
            world.stand_still(which, point, seconds, other)

        @rule(which=EITHER)
        def beat(self, which: int) -> None:
            world.renew(which)

        @rule(seconds=st.sampled_from([10.0, 31.0, 100.0, 1000.0]))
        def pass_time(self, seconds: float) -> None:
            world.pass_time(seconds)

        @rule(nth=st.integers(0, 5), verdict=st.sampled_from(["ok", "ok", "spoilt", "silent", "failed", "cancelled"]))
        def work(self, nth: int, verdict: str) -> None:
            jobs = world.camber.there()
            if jobs:
                world.work_on(jobs[-1 - nth % len(jobs)], verdict)

        @rule(fault=st.sampled_from(FAULTS), calls=st.integers(1, 3))
        def go_wrong(self, fault: str, calls: int) -> None:
            world.camber.faults[fault] = calls

        @rule(job=documents, flag=st.sampled_from(["rerun_requested", "cancel_requested"]))
        def request(self, job: UUID, flag: str) -> None:
            world.flag(flag, job)

        @rule(job=documents, status=st.sampled_from(["pending", "completed", "failed", "cancelled"]))
        def force(self, job: UUID, status: str) -> None:
            world.force(job, status)

        @invariant()
        def always(self) -> None:
            assert not world.broken(invariants.ALWAYS)

        def teardown(self) -> None:
            world.calm_down()
            problems = world.broken([*invariants.ALWAYS, *invariants.AT_REST]) + world.beside()
            assert not problems
            assert world.one("SELECT count(*) FROM camber_sightings WHERE role = 'duplicate'") == 0

    return Reconciling


@pytest.mark.timeout(0 if SEEDS else 1800)
def test_every_story_within_the_budget_ends_well(model: ModelWorld) -> None:
    run_state_machine_as_test(
        machine_of(model),
        settings=settings(
            max_examples=SEEDS or EXAMPLES_IN_CI,
            stateful_step_count=STEPS,
            derandomize=not SEEDS,
            deadline=None,
            database=None,
            print_blob=True,
            phases=[Phase.generate, Phase.shrink] if SEEDS else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("fate", ["dies", "sleeps, another one goes on", "sleeps, its other duties go on"])
@pytest.mark.parametrize("point", [f"dispatch.{step}.after" for step in LAUNCHING])
def test_a_launch_that_is_half_done_is_done_once(model: ModelWorld, point: str, fate: str) -> None:
    """The stories that matter most are played whatever Hypothesis makes up."""
    model.begin_again()
    for _ in range(3):
        model.submit()
    if fate == "dies":
        model.carry_out(0, "dispatch", dies_at=point)
    else:
        model.stand_still(0, point, 31.0, 1 if "another" in fate else 0)
    # What was created just now need not be listed yet.
    model.camber.lag_seconds = SETTLE_SECONDS
    model.carry_out(1, "repair")
    model.pass_time(31.0)
    for _ in range(2):
        model.carry_out(1, "repair")
    assert model.broken(invariants.ALWAYS) == []

    _assert_ends_well(model, documents=3)


def test_a_job_that_shows_up_as_late_as_it_may_is_found(model: ModelWorld) -> None:
    """Its create begins and ends at the last moment, and then the list lags for as long as it may."""
    model.begin_again()
    model.submit()
    model.camber.lag_seconds = SETTLE_SECONDS
    model.camber.faults["create late"] = 1
    model.carry_out(0, "dispatch")
    _both_go_on(model, "repair", times=int((START_SECONDS + CREATE_SECONDS + SETTLE_SECONDS) // 10), seconds=10.0)

    _assert_ends_well(model, documents=1)
    assert len(model.camber.jobs) == 1


def test_one_read_of_the_list_that_lacks_a_job_proves_nothing(model: ModelWorld) -> None:
    model.begin_again()
    model.submit()
    model.camber.faults["create lost"] = 1
    model.carry_out(0, "dispatch")
    model.pass_time(1000.0)
    model.camber.faults["list forgets"] = 1
    model.carry_out(0, "repair")
    model.pass_time(100.0)

    _assert_ends_well(model, documents=1)
    assert len(model.camber.jobs) == 1


def test_a_new_job_that_nobody_shows_yet_is_not_taken_for_gone(model: ModelWorld) -> None:
    """Its id is known; `get` denies it for a while, and the list lags for as long as it may."""
    model.begin_again()
    model.submit()
    model.carry_out(0, "dispatch")
    model.camber.lag_seconds = SETTLE_SECONDS
    model.camber.faults["get denies"] = 100
    _both_go_on(model, "watch", times=int(SETTLE_SECONDS // 10), seconds=9.0)

    _assert_ends_well(model, documents=1)
    assert len(model.camber.jobs) == 1


def test_a_lost_launch_is_found_above_all_that_was_known_before(model: ModelWorld) -> None:
    """The search goes down to the highest id that was known when it was planned, and no less far."""
    model.begin_again()
    model.submit()
    model.camber.faults["create lost"] = 1
    model.carry_out(0, "dispatch")
    assert model.one("SELECT id_floor FROM camber_runs") == SOMEBODY_ELSES.number

    _assert_ends_well(model, documents=1)
    assert len(model.camber.jobs) == 1


def _both_go_on(model: ModelWorld, duty: str, *, times: int, seconds: float) -> None:
    """Both daemons carry out the duty, again and again after so long."""
    for _ in range(times):
        model.pass_time(seconds)
        for which in (0, 1):
            model.carry_out(which, duty)


def _assert_ends_well(model: ModelWorld, documents: int) -> None:
    model.calm_down()

    assert model.broken([*invariants.ALWAYS, *invariants.AT_REST]) + model.beside() == []
    assert model.one("SELECT count(*) FROM camber_sightings WHERE role = 'duplicate'") == 0
    assert model.one("SELECT count(*) FROM documents") == documents
