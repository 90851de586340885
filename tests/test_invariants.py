"""The invariants are what the proofs see with: each of them must see what it is there for."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from tests import invariants
from tests.store.builders import add_job, add_run, assign, complete, pretend, put_run, run_sql

ALWAYS = {
    "counted_attempts_succeeded": "UPDATE documents SET job_id = (SELECT id FROM jobs WHERE status = 'processing')",
    "newest_success_counts": "DELETE FROM documents",
    "completed_jobs_have_their_document": "UPDATE jobs SET current_attempt_id = gen_random_uuid()"
    " WHERE status = 'completed'",
    "processing_jobs_are_carried": "UPDATE job_attempts SET run_id = gen_random_uuid() WHERE state = 'assigned'",
    "live_attempts_are_current": "UPDATE jobs SET current_attempt_id = gen_random_uuid() WHERE status = 'processing'",
    "waiting_runs_are_looked_at": "ALTER TABLE camber_runs DROP CONSTRAINT ck_camber_runs_live_has_next_look;"
    " UPDATE camber_runs SET next_poll_at = NULL, lease_owner = NULL, lease_until = NULL WHERE state = 'planned'",
    "waiting_jobs_are_tried": "UPDATE jobs SET available_at = now() + interval '2 days' WHERE status = 'pending'",
    "events_form_a_path": "DELETE FROM job_events WHERE new_status = 'processing'",
    "events_are_legal": "INSERT INTO job_events (job_id, kind, old_status, new_status)"
    " SELECT id, 'status', 'completed', 'processing' FROM jobs WHERE status = 'completed'",
    "runs_have_one_owner": "INSERT INTO camber_sightings (backend, account, camber_job_id, run_id, role)"
    " SELECT 'camber', 'tester', number, id, 'owner' FROM camber_runs, generate_series(1, 2) AS number"
    " WHERE state = 'planned'",
    "verdicts_are_counted": "UPDATE camber_runs SET attempts_settled = 1 WHERE state = 'planned'",
}
WATCHED = {
    "lease": "UPDATE camber_runs SET lease_owner = gen_random_uuid(), epoch = epoch + 1 WHERE state = 'planned'",
    "epoch": "UPDATE camber_runs SET lease_owner = gen_random_uuid() WHERE state = 'planned'",
    "number": "INSERT INTO job_attempts (id, job_id, number, run_id, nonce)"
    " SELECT gen_random_uuid(), job_id, 1, run_id, 'n' FROM job_attempts WHERE number = 2",
}


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A healthy world: a job that waits, one that is carried by a leased run, one that is completed."""
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.connect() as made:
        invariants.watch(made)
        add_job(made)
        carried, done = add_run(made), add_run(made)
        assign(made, add_job(made), carried, number=2)
        job = add_job(made)
        complete(made, job, assign(made, job, done))
        lease = "UPDATE camber_runs SET lease_owner = gen_random_uuid(), lease_until = now() + interval '1 minute'"
        pretend(made, f"{lease}, epoch = 1 WHERE id = :id", id=carried)
        put_run(made, done, "finished")
        pretend(made, "UPDATE camber_runs SET camber_job_id = NULL")
        yield made
    engine.dispose()


def names(broken: list[str]) -> set[str]:
    return {line.partition("[")[2].partition("]")[0] for line in broken}


def test_a_healthy_world_breaks_none(connection: Connection) -> None:
    assert invariants.broken(connection, invariants.ALWAYS) == []


@pytest.mark.parametrize("name", ALWAYS)
def test_what_must_always_hold_is_missed(connection: Connection, name: str) -> None:
    pretend(connection, ALWAYS[name])

    assert name in names(invariants.broken(connection, invariants.ALWAYS))


@pytest.mark.parametrize("subject", WATCHED)
def test_what_only_a_witness_of_every_write_can_tell_is_told(connection: Connection, subject: str) -> None:
    if subject == "number":
        pretend(connection, "UPDATE job_attempts SET state = 'superseded', finished_at = now() WHERE number = 2")
    run_sql(connection, WATCHED[subject])

    assert "nothing_fell" in names(invariants.broken(connection, invariants.ALWAYS))
    assert run_sql(connection, "SELECT subject FROM proof.falls") == subject


def test_a_world_at_work_is_not_at_rest(connection: Connection) -> None:
    pretend(connection, "UPDATE jobs SET rerun_requested = true WHERE status = 'completed'")

    expected = {"jobs_ended", "runs_ended", "requests_were_carried_out", "no_attempt_lives"}
    assert names(invariants.broken(connection, invariants.AT_REST)) == expected


def test_no_invariant_is_left_out_here() -> None:
    always = {invariant.__name__ for invariant in invariants.ALWAYS}

    assert always == {*ALWAYS, "nothing_fell"}
    assert len(invariants.AT_REST) == 4


def test_camber_jobs_that_the_database_does_not_know_or_gave_up_are_told(connection: Connection) -> None:
    marker = run_sql(connection, "SELECT marker FROM camber_runs WHERE state = 'planned'")
    assert names(invariants.beside(connection, [(7, f": {marker};")])) == {"unrecorded"}

    seen = (
        "INSERT INTO camber_sightings (backend, account, camber_job_id, run_id, role, camber_status)"
        " SELECT 'camber', 'tester', 7, id, 'owner', 'VANISHED' FROM camber_runs WHERE state = 'planned'"
    )
    pretend(connection, seen)
    assert names(invariants.beside(connection, [(7, f": {marker};")])) == {"misjudged"}
