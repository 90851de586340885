"""Batching: an idle system sends one at once, a burst fills the slots, and the order of turns is kept."""

from reconciler.domain.batching import plan_batches
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


def test_the_urgent_go_first_whoever_they_belong_to() -> None:
    calm, urgent = [ready(1) for _ in range(3)], ready(1, priority=9)

    assert [[urgent, *calm]] == plan_batches([*calm, urgent], free_slots=1, batch_max=25)


def test_every_job_is_planned_once_and_in_the_order_in_which_the_claim_interleaved_the_users() -> None:
    jobs = [ready(user) for user in (1, 2, 3, 1, 2, 1)]

    batches = plan_batches(jobs, free_slots=3, batch_max=25)

    assert jobs == [job for batch in batches for job in batch]
