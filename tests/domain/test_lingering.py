"""What runs that linger are given, and what is left for new ones."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.domain.batching import BatchBounds
from reconciler.domain.lingering import Host, deal, linger_pause_seconds
from reconciler.domain.pace import Pace
from reconciler.domain.runs import ReadyJob, RunId
from reconciler.domain.states import RunState
from tests.domain.builders import ago, policy, ready, run

BOUNDS = BatchBounds(jobs_max=25, bytes_max=10_000_000, compute_seconds_max=120)
PACE = Pace(processes=2, startup_seconds=15, document_seconds=2)


def job(user: int = 1, **parts: Any) -> ReadyJob:
    return replace(ready(user), **({"compute_seconds": 2.0} | parts))


def host(number: int = 1, **parts: Any) -> Host:
    usual = {
        "inbox_given": 0,
        "assigned": 0,
        "answers": True,
        "takes": True,
        "ran_seconds": 100.0,
        "left_seconds": 500.0,
    }
    return Host(run_id=RunId(UUID(int=number)), **(usual | parts))


def given_to(ready: list[ReadyJob], hosts: list[Host], free_slots: int = 3) -> tuple[dict[int, list[ReadyJob]], int]:
    """What each run was given, by its number, and how much was left."""
    gifts, rest = deal(ready, hosts, free_slots, BOUNDS, PACE)
    return {gift.host.run_id.int: gift.jobs for gift in gifts}, len(rest)


def test_a_lone_document_goes_to_a_run_that_waits_though_slots_are_free() -> None:
    one = job()

    assert ({1: [one]}, 0) == given_to([one], [host()])


def test_without_one_all_is_left_for_new_runs() -> None:
    assert ({}, 2) == given_to([job(), job()], [])


def test_of_several_that_wait_one_is_fed_and_the_others_may_end() -> None:
    """Who is preferred comes first; five seconds of work are no reason to wake another."""
    few = [job() for _ in range(5)]

    assert ({1: few}, 0) == given_to(few, [host(1), host(2)])


def test_what_is_more_than_that_is_shared_with_the_next() -> None:
    many = [job() for _ in range(16)]

    given, rest = given_to(many, [host(1), host(2)])

    assert ({1, 2}, 0) == (set(given), rest)
    assert abs(len(given[1]) - len(given[2])) <= 6


def test_a_run_takes_no_more_of_a_burst_than_new_ones_would_be_through_with() -> None:
    """A hundred documents of a second each, four ways: 15 s of start-up and 25 s; the one that waits does 40, or 25."""
    burst = [job() for _ in range(100)]

    given, rest = given_to(burst, [host()])

    assert (25, 75) == (len(given[1]), rest)


def test_where_no_slot_is_free_only_the_bounds_of_a_batch_count() -> None:
    assert ({1}, 25) == (set(given_to([job() for _ in range(50)], [host()], 0)[0]), 25)
    small = BatchBounds(jobs_max=25, bytes_max=25, compute_seconds_max=120)
    gifts, rest = deal([job(input_bytes=10) for _ in range(5)], [host()], 0, small, PACE)
    assert ([2], 3) == ([len(gift.jobs) for gift in gifts], len(rest))


def test_a_busy_run_is_given_more_only_as_far_as_a_new_one_would_be_later() -> None:
    """Twenty documents of 1 s are in front: a new run is through with one after 16 s."""
    assert ({}, 1) == given_to([job()], [host(assigned=20)])
    assert 0 == given_to([job()], [host(assigned=10)])[1]
    assert 0 == given_to([job()], [host(assigned=20)], 0)[1]


def test_a_run_that_is_still_starting_is_given_what_a_new_one_would_only_begin_later() -> None:
    starting = host(answers=False, ran_seconds=5.0, assigned=1)

    assert 0 == given_to([job()], [starting])[1]


@pytest.mark.parametrize(("left", "taken"), [(5.9, 0), (6.1, 1), (7.1, 2)])
def test_nothing_is_given_that_could_not_be_done_before_the_run_leaves(left: float, taken: int) -> None:
    given, rest = given_to([job(), job()], [host(left_seconds=left)])

    assert (taken, 2 - taken) == (sum(map(len, given.values())), rest)


def test_what_one_left_behind_goes_into_a_run_of_its_own() -> None:
    left_behind, other = job(is_left_behind=True), job(2)

    assert ({1: [other]}, 1) == given_to([left_behind, other], [host()])


def test_without_a_slot_it_goes_to_a_run_that_is_known_to_take_what_it_is_given() -> None:
    left_behind = job(is_left_behind=True)

    assert ({2: [left_behind]}, 0) == given_to([left_behind], [host(1, takes=False), host(2)], 0)


def test_the_urgent_are_done_first() -> None:
    calm, urgent = [job() for _ in range(3)], job(2, priority=9)

    assert [urgent, *calm] == given_to([*calm, urgent], [host()])[0][1]


def test_one_beyond_a_bound_goes_alone_to_a_run_that_has_nothing_else() -> None:
    large = job(input_bytes=10**9)

    assert 0 == given_to([large], [host()])[1]
    assert 1 == given_to([large], [host(assigned=1)])[1]
    assert 1 == given_to([job(), large], [host()])[1]


hosts = st.lists(
    st.builds(
        host,
        number=st.integers(1, 10**6),
        assigned=st.integers(0, 30),
        answers=st.booleans(),
        takes=st.booleans(),
        ran_seconds=st.floats(0, 1000),
        left_seconds=st.floats(-10, 1000),
    ),
    max_size=5,
    unique_by=lambda one: one.run_id,
)
jobs = st.lists(
    st.builds(
        job,
        user=st.integers(1, 4),
        priority=st.integers(0, 2),
        input_bytes=st.integers(0, 12_000_000),
        compute_seconds=st.floats(0, 200),
        is_left_behind=st.booleans(),
    ),
    max_size=40,
)


@given(jobs, hosts, st.integers(0, 5))
def test_every_document_is_given_once_or_left_and_no_run_gets_more_than_it_may(
    ready: list[ReadyJob], hosts: list[Host], free_slots: int
) -> None:
    gifts, rest = deal(ready, hosts, free_slots, BOUNDS, PACE)

    everywhere = [one.id for gift in gifts for one in gift.jobs] + [one.id for one in rest]
    assert sorted(everywhere) == sorted(one.id for one in ready)
    taken_up = [gift.host for gift in gifts for one in gift.jobs if one.is_left_behind]
    assert free_slots == 0 or not taken_up
    assert all(one.takes for one in taken_up)
    for gift in gifts:
        ends = (gift.host.assigned * 2 + sum(one.compute_seconds for one in gift.jobs)) / 2
        assert ends <= gift.host.left_seconds
        assert len(gift.jobs) + gift.host.assigned <= 25 or len(gift.jobs) == 1
        assert [one.priority for one in gift.jobs] == sorted((one.priority for one in gift.jobs), reverse=True)


def test_one_that_waits_is_looked_at_rarely_and_one_with_work_often() -> None:
    lingering = run(RunState.RUNNING, started_at=ago(1000), linger_seconds=120, given_at=ago(1))

    assert 30 == linger_pause_seconds(lingering, 0, policy(), PACE, 0.0)
    assert 2 == linger_pause_seconds(lingering, 3, policy(), PACE, 0.0)
    overdue = replace(lingering, given_at=ago(101))
    assert 10 == pytest.approx(linger_pause_seconds(overdue, 1, policy(), PACE, 0.0), abs=0.2)
