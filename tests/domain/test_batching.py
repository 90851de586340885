"""Batching: an idle system sends one at once, a burst fills the slots, and nobody's turn is lost."""

from collections import Counter
from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from reconciler.domain.batching import BatchBounds, plan_batches
from reconciler.domain.runs import JobId, ReadyJob
from tests.domain.builders import ready

BOUNDS = BatchBounds(jobs_max=25, bytes_max=10_000_000, compute_seconds_max=120)
Batches = list[list[ReadyJob]]


def test_an_idle_system_sends_one_document_at_once() -> None:
    job = ready(1)

    assert plan_batches([job], 4, BOUNDS) == [[job]]


def test_a_burst_is_shared_out_over_the_free_slots() -> None:
    burst = [ready(1) for _ in range(10)]

    assert [3, 3, 2, 2] == [len(batch) for batch in plan_batches(burst, 4, BOUNDS)]


def test_no_batch_is_larger_than_allowed_and_none_is_planned_without_a_slot() -> None:
    burst = [ready(1) for _ in range(100)]

    assert [25, 25] == [len(batch) for batch in plan_batches(burst, 2, BOUNDS)]
    assert not plan_batches(burst, 0, BOUNDS)


def test_the_urgent_go_first_whoever_they_belong_to() -> None:
    calm, urgent = [ready(1) for _ in range(3)], ready(1, priority=9)

    assert [[urgent, *calm]] == plan_batches([*calm, urgent], 1, BOUNDS)


def test_as_many_of_the_urgent_as_there_are_slots_wait_for_nothing_in_their_runs() -> None:
    calm, urgent = [ready(1) for _ in range(40)], [ready(2, priority=9) for _ in range(4)]

    assert urgent == [batch[0] for batch in plan_batches([*calm, *urgent], 4, BOUNDS)]


def test_one_job_beyond_a_bound_goes_alone() -> None:
    jobs = [ready(1), replace(ready(2), input_bytes=10**9), replace(ready(3), compute_seconds=10**6), ready(4)]

    batches = plan_batches(jobs, 4, BOUNDS)

    assert [[job] for job in jobs] == batches
    assert [[jobs[0], jobs[3]]] == plan_batches(jobs, 1, replace(BOUNDS, jobs_max=25))


def test_what_does_not_fit_keeps_its_users_later_documents_behind_it_and_nobody_elses() -> None:
    first, large = ready(1), replace(ready(2), input_bytes=9_999_999)
    later, other = ready(2), ready(3)

    assert [[first, other]] == plan_batches([first, large, later, other], 1, BOUNDS)


@st.composite
def backlogs(draw: st.DrawFn) -> list[ReadyJob]:
    drawn = st.tuples(st.integers(1, 5), st.integers(0, 2), st.integers(0, 12_000_000), st.floats(0, 150))
    return [
        ReadyJob(id=JobId(UUID(int=at)), user_id=UUID(int=user), priority=p, input_bytes=size, compute_seconds=seconds)
        for at, (user, p, size, seconds) in enumerate(draw(st.lists(drawn, max_size=120)))
    ]


def flat(batches: Batches) -> list[ReadyJob]:
    return [job for batch in batches for job in batch]


@given(backlogs(), st.integers(0, 6))
def test_no_job_is_planned_twice_or_from_nowhere_and_no_run_is_empty(jobs: list[ReadyJob], slots: int) -> None:
    batches = plan_batches(jobs, slots, BOUNDS)

    assert max(Counter(job.id for job in flat(batches)).values(), default=1) == 1
    assert set(flat(batches)) <= set(jobs)
    assert all(batches)
    assert len(batches) == min(slots, len(jobs))


@given(backlogs(), st.integers(1, 6), st.integers(1, 30))
def test_every_run_keeps_the_bounds_unless_it_is_one_job(jobs: list[ReadyJob], slots: int, jobs_max: int) -> None:
    for batch in plan_batches(jobs, slots, replace(BOUNDS, jobs_max=jobs_max)):
        assert len(batch) <= min(jobs_max, -(-len(jobs) // slots))
        assert len(batch) == 1 or sum(job.input_bytes for job in batch) <= BOUNDS.bytes_max
        assert len(batch) == 1 or sum(job.compute_seconds for job in batch) <= BOUNDS.compute_seconds_max


@given(backlogs(), st.integers(1, 6))
def test_the_order_of_a_user_within_a_priority_is_kept(jobs: list[ReadyJob], slots: int) -> None:
    batches = plan_batches(jobs, slots, BOUNDS)

    for batch in batches:
        assert batch == sorted(batch, key=lambda job: (-job.priority, job.id))
    taken = set(flat(batches))
    for turn in {(job.user_id, job.priority) for job in jobs}:
        mine = [job in taken for job in jobs if (job.user_id, job.priority) == turn]
        assert mine == sorted(mine, reverse=True), "a later one was taken before an earlier one"


@given(backlogs(), st.integers(1, 6), st.integers(1, 30))
def test_where_all_are_small_the_foremost_are_taken_and_all_of_them(
    jobs: list[ReadyJob], slots: int, jobs_max: int
) -> None:
    small = [replace(job, input_bytes=1, compute_seconds=0.1) for job in jobs]

    taken = flat(plan_batches(small, slots, replace(BOUNDS, jobs_max=jobs_max)))

    foremost = sorted(small, key=lambda job: -job.priority)[: slots * jobs_max]
    assert Counter(job.id for job in foremost) == Counter(job.id for job in taken)


@given(st.integers(1, 6), st.integers(1, 200))
def test_a_user_with_one_document_is_served_beside_one_with_ten_thousand(slots: int, backlog: int) -> None:
    """The claim has interleaved them: whoever stands among the foremost goes first in a run."""
    many, one = [ready(1) for _ in range(backlog)], ready(2)

    batches = plan_batches([many[0], one, *many[1:]], slots, BOUNDS)

    assert one in [job for batch in batches for job in batch[:2]]
