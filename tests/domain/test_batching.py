"""Batching: an idle system sends one at once, a burst fills the slots, and users take turns."""

from uuid import UUID

from reconciler.domain.batching import interleave, plan_batches
from tests.domain.builders import ready


def test_an_idle_system_sends_one_document_at_once() -> None:
    job = ready(1)

    assert plan_batches([job], free_slots=4, batch_max=25) == [[job]]


def test_a_burst_is_shared_out_over_the_free_slots() -> None:
    burst = [ready(1) for _ in range(10)]

    assert [3, 3, 3, 1] == [len(batch) for batch in plan_batches(burst, free_slots=4, batch_max=25)]


def test_no_batch_is_larger_than_allowed_and_none_is_planned_without_a_slot() -> None:
    burst = [ready(1) for _ in range(100)]

    assert [25, 25] == [len(batch) for batch in plan_batches(burst, free_slots=2, batch_max=25)]
    assert not plan_batches(burst, free_slots=0, batch_max=25)


def test_users_take_turns_so_that_a_flood_does_not_starve_a_single_document() -> None:
    flood, single = [ready(1) for _ in range(50)], ready(2)

    assert single in interleave([*flood, single])[:2]


def test_the_urgent_go_first_whoever_they_belong_to() -> None:
    calm, urgent = [ready(1) for _ in range(3)], ready(1, priority=9)

    assert urgent == interleave([*calm, urgent])[0]


def test_every_job_is_planned_once_and_in_its_users_order() -> None:
    jobs = [ready(user) for user in (1, 1, 2, 3, 1, 2)]

    turns = interleave(jobs)
    assert sorted(turns, key=lambda job: job.id) == sorted(jobs, key=lambda job: job.id)
    assert [job for job in turns if job.user_id == UUID(int=1)] == [job for job in jobs if job.user_id == UUID(int=1)]
