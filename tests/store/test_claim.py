"""The fair claim: users take turns, and nobody starves."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine

from reconciler.domain.runs import AttemptId, JobId, RunId
from reconciler.store import jobs, runs
from reconciler.store.jobs import Assignment
from tests.store.builders import add_job, add_run, run_sql

LIMIT = 100
"""What a daemon with the default settings asks for."""


def user(number: int) -> UUID:
    return UUID(int=number + 1)


def peek(connection: Connection, limit: int = LIMIT) -> list[tuple[UUID, int]]:
    return [(row.user_id, row.priority) for row in jobs.peek_due(connection, limit)]


def plan(connection: Connection, limit: int) -> list[JobId]:
    """Peek and plan as dispatch does; returns the jobs that were assigned."""
    due = jobs.peek_due(connection, limit)
    runs.free_slots(connection, "camber", "tester", 64)
    rows = jobs.lock_pending(connection, [row.id for row in due])
    run = RunId(add_run(connection, len(rows)))
    jobs.assign(
        connection,
        [Assignment(id=AttemptId(uuid4()), job=row, run_id=run, nonce="n", input_bytes=1) for row in rows],
    )
    return [row.id for row in rows]


def test_one_document_does_not_wait_behind_another_users_flood(connection: Connection) -> None:
    for _ in range(50):
        add_job(connection, user(1))
    add_job(connection, user(2))

    assert user(2) in [who for who, _ in peek(connection)[:2]]


def test_the_urgent_go_first_whoever_they_belong_to(connection: Connection) -> None:
    for priority in (0, 0, 9, -3, 5):
        add_job(connection, user(1), priority=priority)
    add_job(connection, user(2), priority=5)

    assert [9, 5, 5, 0, 0] == [priority for _, priority in peek(connection, 5)]
    assert [9, 5, 5, 0, 0, -3] == [priority for _, priority in peek(connection)]


def test_priorities_whose_jobs_all_wait_hide_nobody(connection: Connection) -> None:
    for priority in range(1, 9):
        job = add_job(connection, user(1), priority=priority)
        run_sql(connection, "UPDATE jobs SET available_at = now() + interval '1 hour' WHERE id = :id", id=job)
    add_job(connection, user(2), priority=0)

    assert [(user(2), 0)] == peek(connection)


def test_what_a_user_has_in_flight_counts_as_turns_taken(connection: Connection) -> None:
    for _ in range(4):
        add_job(connection, user(1))
    assert len(plan(connection, 3)) == 3
    for _ in range(3):
        add_job(connection, user(2))
    add_job(connection, user(1))

    assert [user(2)] * 3 + [user(1)] * 2 == [who for who, _ in peek(connection)]


def test_everybody_comes_round_however_many_there_are_and_wherever_they_stand(connection: Connection) -> None:
    """Forty users with five jobs each, three places a claim: nobody is served twice before all were served once."""
    for number in range(40):
        for _ in range(5):
            add_job(connection, user(number))

    served: list[UUID] = []
    for _ in range(40):
        planned = plan(connection, 3)
        served += [UUID(str(run_sql(connection, "SELECT user_id FROM jobs WHERE id = :id", id=job))) for job in planned]
        # Its documents are done at once, so that only the order of service counts.
        run_sql(
            connection, "UPDATE job_attempts SET state = 'superseded', finished_at = now() WHERE state = 'assigned'"
        )
        run_sql(connection, "UPDATE jobs SET status = 'cancelled', completed_at = now() WHERE status = 'processing'")
    turns = {who: [at for at, one in enumerate(served) if one == who] for who in set(served)}

    assert len(turns) == 40
    assert max(later - earlier for at in turns.values() for earlier, later in pairwise(at)) <= 80


@pytest.mark.parametrize(
    "hindrance",
    ["held_reason = 'x'", "rerun_requested = true", "cancel_requested = true", "available_at = now() + interval '1 h'"],
    ids=["held", "rerun", "cancel", "later"],
)
def test_what_is_not_due_is_not_claimed(connection: Connection, hindrance: str) -> None:
    add_job(connection)
    run_sql(connection, f"UPDATE jobs SET {hindrance}")  # noqa: S608 - nothing from outside

    assert [] == peek(connection)


def test_a_job_whose_earlier_launch_is_undecided_waits_and_holds_nobody_up(connection: Connection) -> None:
    for _ in range(30):
        add_job(connection, user(1))
    plan(connection, 20)
    run_sql(connection, "UPDATE jobs SET status = 'pending', current_attempt_id = NULL WHERE status = 'processing'")

    assert len(peek(connection)) == 10


def test_two_claimers_at_once_take_each_job_once(engine: Engine) -> None:
    with engine.begin() as connection:
        for number in range(60):
            add_job(connection, user(number % 7))
    together = Barrier(2)

    def claim(_: int) -> list[JobId]:
        taken: list[JobId] = []
        for _ in range(6):
            together.wait(30)
            with engine.begin() as connection:
                taken += plan(connection, 5)
        return taken

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(claim, range(2))

    assert set(first) & set(second) == set()
    assert len(set(first + second)) == len(first + second)
    with engine.connect() as connection:
        taken = run_sql(connection, "SELECT count(*) FROM jobs WHERE status = 'processing'")
        attempts = run_sql(connection, "SELECT count(*) FROM job_attempts")
    assert taken == attempts == len(first + second) >= 30
