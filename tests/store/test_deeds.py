"""What operators do, with no more rights than an operator has."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import NullPool

from reconciler.store import operating
from reconciler.store.operating import Deed
from tests.database import Databases
from tests.store.builders import add_job, add_run, assign, put_run, run_sql

STATES = {Deed.HOLD_RUNS: "running", Deed.RELEASE_RUNS: "held", Deed.GIVE_UP_RUNS: "held"}


@pytest.fixture
def operator(databases: Databases, database_url: str) -> Iterator[Engine]:
    engine = create_engine(databases.login(database_url, "reconciler_operator"), poolclass=NullPool)
    yield engine
    engine.dispose()


def carry_out(engine: Engine, deed: Deed, one: UUID) -> list[UUID]:
    with engine.begin() as connection:
        return operating.carry_out(connection, deed, [one], "ann", "because")


@pytest.mark.parametrize("deed", [Deed.RERUN_JOBS, Deed.CANCEL_JOBS, Deed.HOLD_JOBS, Deed.RELEASE_JOBS], ids=str)
def test_an_operator_may_do_it_to_a_job(engine: Engine, operator: Engine, deed: Deed) -> None:
    with engine.begin() as connection:
        job = add_job(connection)
        if deed is Deed.RELEASE_JOBS:
            run_sql(connection, "UPDATE jobs SET held_reason = 'x', platform_faults = 8 WHERE id = :id", id=job)

    assert carry_out(operator, deed, job) == [job]


@pytest.mark.parametrize("deed", list(STATES), ids=str)
def test_an_operator_may_do_it_to_a_run(engine: Engine, operator: Engine, deed: Deed) -> None:
    with engine.begin() as connection:
        run = add_run(connection)
        assign(connection, add_job(connection), run)
        put_run(connection, run, STATES[deed])

    assert carry_out(operator, deed, run) == [run]


def test_a_flag_that_is_set_by_hand_counts_from_when_it_was_set(engine: Engine) -> None:
    with engine.begin() as connection:
        job = add_job(connection, updated_at="2020-01-01")
    with engine.begin() as connection:
        run_sql(connection, "UPDATE jobs SET rerun_requested = true WHERE id = :id", id=job)

        assert run_sql(connection, "SELECT updated_at = now() FROM jobs")
        assert run_sql(connection, "SELECT count(*) FROM stuck_jobs WHERE code = 'requested'") == 0


def test_an_epoch_never_falls(connection: Connection) -> None:
    run = add_run(connection)
    run_sql(connection, "UPDATE camber_runs SET epoch = 5 WHERE id = :id", id=run)

    with pytest.raises(Exception, match="epoch"):
        run_sql(connection, "UPDATE camber_runs SET epoch = 4 WHERE id = :id", id=run)
