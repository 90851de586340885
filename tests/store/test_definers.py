"""Functions that act with their owner's rights cannot be made to act on something else."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from tests.database import Databases
from tests.store.builders import USER, add_job, run_sql


@pytest.fixture
def operator(databases: Databases, database_url: str) -> Iterator[Engine]:
    engine = create_engine(databases.login(database_url, "reconciler_operator"), poolclass=NullPool)
    yield engine
    engine.dispose()


def test_what_ended_is_told_in_the_real_outbox_whatever_the_session_calls_by_that_name(
    engine: Engine, operator: Engine
) -> None:
    with engine.begin() as connection:
        job = add_job(connection)
    with operator.begin() as connection:
        run_sql(connection, "CREATE TEMP TABLE outbox (job_id uuid, event text, payload jsonb)")
        run_sql(connection, "GRANT ALL ON pg_temp.outbox TO PUBLIC")
        run_sql(connection, "SELECT force_status(:job, 'cancelled', 'because')", job=job)

    with engine.begin() as connection:
        assert run_sql(connection, "SELECT event FROM outbox") == "job.cancelled"


def test_a_token_that_names_nobody_is_nobody(engine: Engine) -> None:
    with engine.begin() as connection:
        run_sql(connection, "SELECT set_config('app.user_id', :user, true)", user=str(USER))
        assert run_sql(connection, "SELECT acting_user()") == USER
        run_sql(connection, "SELECT set_config('request.jwt.claims', :claims, true)", claims='{"role": "anon"}')
        assert run_sql(connection, "SELECT acting_user()") is None
