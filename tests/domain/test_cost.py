"""What a Camber job costs, reckoned from its node and its times."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from reconciler.domain.cost import Spending, affordable, credits_of, credits_of_run
from reconciler.domain.observations import CamberStatus, RemoteJob
from reconciler.domain.pace import Pace
from tests.domain.builders import NOW, ago, ready, run

PRICES = {"small": Decimal("0.64")}
OVER = RemoteJob(
    camber_job_id=1,
    status=CamberStatus.COMPLETED,
    status_word="COMPLETED",
    node_size="SMALL",
    created_at=ago(165),
    started_at=ago(65),
    finished_at=NOW,
)


def test_65_seconds_on_a_small_node() -> None:
    assert credits_of(OVER, "small", PRICES) == Decimal("0.011556")


def test_without_a_start_the_creation_counts() -> None:
    assert credits_of(replace(OVER, started_at=None), "small", PRICES) == Decimal("0.029333")


def test_a_clock_that_runs_backwards_costs_nothing() -> None:
    assert credits_of(replace(OVER, finished_at=ago(65) - timedelta(hours=1)), "small", PRICES) == 0


@pytest.mark.parametrize("gap", [{"status": CamberStatus.RUNNING}, {"finished_at": None}, {"node_size": "GIANT"}])
def test_what_cannot_be_known_is_not_guessed(gap: dict[str, object]) -> None:
    assert credits_of(replace(OVER, **gap), "small", PRICES) is None  # type: ignore[arg-type] # of several kinds


def test_a_run_without_an_end_at_camber_ends_when_it_was_seen_over_give_or_take_a_step_of_its_clock() -> None:
    unended = replace(OVER, finished_at=None)

    assert credits_of_run(OVER, run(), PRICES) == Decimal("0.011556")
    assert credits_of_run(unended, run(now=NOW), PRICES) == Decimal("0.012444")


def test_a_job_that_was_cancelled_while_it_queued_has_cost_nothing() -> None:
    cancelled = replace(OVER, status=CamberStatus.CANCELLED, started_at=None)

    assert credits_of_run(cancelled, run(started_at=None), PRICES) == 0
    assert credits_of_run(cancelled, run(started_at=ago(60)), PRICES) == Decimal("0.029333")


@pytest.mark.parametrize("gap", [{"status": CamberStatus.RUNNING}, {"node_size": "GIANT"}])
def test_the_cost_of_a_run_is_not_guessed_either(gap: dict[str, object]) -> None:
    assert credits_of_run(replace(OVER, **gap), run(), PRICES) is None  # type: ignore[arg-type] # of several kinds


def test_what_the_day_does_not_allow_is_not_launched_and_nothing_overtakes_it() -> None:
    """A run of one document takes 60 s: 0.01 credits at 0.6 an hour."""
    pace, price = Pace(processes=1, startup_seconds=50), Decimal("0.6")
    one, dear = [replace(ready(1), compute_seconds=10)], [replace(ready(1), compute_seconds=1000)]
    left = Spending(limit=Decimal("1.03"), spent=Decimal("0.9"), under_way=Decimal("0.1"))

    assert [one, one] == affordable([one, one, dear, one], left, pace, price)
    assert [one, one, one] == affordable([one] * 4, left, pace, price)
    assert [dear] == affordable([dear], replace(left, limit=None), pace, price)
    assert [] == affordable([one], replace(left, spent=Decimal(2)), pace, price)
