"""What a Camber job costs, reckoned from its node and its times."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from reconciler.domain.cost import credits_of
from reconciler.domain.observations import CamberStatus, RemoteJob
from tests.domain.builders import NOW, ago

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
