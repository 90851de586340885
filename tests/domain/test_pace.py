"""What recent runs needed tells how large a batch is, and when there will be news of a run."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.domain.pace import Pace
from reconciler.domain.policy import news_seconds, poll_seconds
from tests.domain.builders import policy

SCHEMA = UUID(int=3)
NONE = 0.0
"""The jitter that changes nothing."""


def test_a_schema_that_was_seen_has_a_pace_of_its_own() -> None:
    pace = Pace(processes=2, startup_seconds=8, document_seconds=1, by_schema={SCHEMA: 3})

    assert (3, 1) == (pace.of_schema(SCHEMA), pace.of_schema(UUID(int=4)))
    assert pace.run_seconds(30) == 23


@pytest.mark.parametrize(("ran", "pause"), [(0, 10), (4, 6), (9, 2), (15, 2), (20, 2), (60, 4), (1000, 30)])
def test_a_run_is_looked_at_when_there_will_be_news_of_it(ran: float, pause: float) -> None:
    """Documents are expected from the tenth second to the twentieth; a run that is overdue is looked at ever less."""
    assert pytest.approx(pause) == news_seconds(policy(), ran, 10, 20, NONE)


@given(st.floats(0, 1e6), st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0, 0.999))
def test_no_poll_comes_sooner_or_later_than_is_allowed(ran: float, first: float, more: float, jitter: float) -> None:
    bounds = policy()

    for pause in (news_seconds(bounds, ran, first, first + more, jitter), poll_seconds(bounds, ran, jitter)):
        assert 0.8 * bounds.poll_min_seconds <= pause <= bounds.poll_max_seconds
