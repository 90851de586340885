"""Figures over time as shapes: pure, so compared with what a person would draw."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.console.charts import HEIGHT, RANGES, WIDTH, depths, nice_top, queue_chart, throughput_chart
from reconciler.console.timeline import WIDTH as LINE_WIDTH
from reconciler.console.timeline import timeline
from reconciler.store.browsing import Slot

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SPAN = RANGES["24h"]


def slots(*counts: tuple[int, int, int, int]) -> list[Slot]:
    """Hours with what was created, completed, failed and cancelled in each."""
    return [
        Slot(at=NOON + timedelta(hours=hour), created=created, completed=completed, failed=failed, cancelled=cancelled)
        for hour, (created, completed, failed, cancelled) in enumerate(counts)
    ]


def test_a_column_is_as_high_as_what_ended_and_told_in_words() -> None:
    chart = throughput_chart(slots((0, 8, 2, 0), (0, 0, 0, 0)), SPAN)

    completed, failed = chart.columns[0].bars
    assert (completed.kind, completed.height) == ("completed", HEIGHT * 0.8)
    assert (failed.kind, failed.y) == ("failed", 0)
    assert failed.height == pytest.approx(HEIGHT * 0.2)
    assert chart.columns[0].title == "12:00: 8 completed, 2 failed"
    assert chart.columns[1].title == "13:00: nothing ended"
    assert chart.heights == ("10", "5", "0")


def test_the_depth_is_reckoned_back_from_what_is_open_now() -> None:
    assert depths(slots((5, 0, 0, 0), (0, 2, 1, 0), (4, 0, 0, 1)), 6) == [6, 3, 6]


def test_a_line_goes_from_edge_to_edge() -> None:
    chart = queue_chart(slots((5, 0, 0, 0), (0, 2, 1, 0)), 4, SPAN)

    points = [tuple(map(float, point.split(","))) for point in chart.line.split()]
    assert points[0][0] == 0
    assert points[-1][0] == WIDTH
    assert points[-1][1] == HEIGHT * (1 - 4 / 10)


def test_nothing_at_all_is_drawn_too() -> None:
    assert throughput_chart([], SPAN).columns == ()
    assert queue_chart([], 0, SPAN).line == ""


@pytest.mark.parametrize(
    ("most", "top"), [(0, 4), (4, 4), (5, 10), (11, 20), (41, 50), (99, 100), (101, 200), (1e6, 1e6)]
)
def test_an_axis_ends_at_a_round_number(most: float, top: float) -> None:
    assert nice_top(most) == top


def run(**more: Any) -> dict[str, Any]:
    known: dict[str, Any] = {"run_id": "r", "state": "finished", "camber_job_id": 7, "attempts_total": 2, "now": NOON}
    known |= {"succeeded": 2, "failed": 0, "planned_ago": 100.0, "submitted_ago": 90.0, "started_ago": 60.0}
    return known | {"finished_ago": 10.0} | more


def test_a_run_is_launched_queued_and_run_one_after_the_other() -> None:
    (lane,) = timeline([run()], 100).lanes

    assert [piece.kind for piece in lane.pieces] == ["launching", "queued", "running good"]
    assert [piece.x for piece in lane.pieces] == pytest.approx([0, LINE_WIDTH * 0.1, LINE_WIDTH * 0.4])
    assert [piece.width for piece in lane.pieces] == pytest.approx([LINE_WIDTH * share for share in (0.1, 0.3, 0.5)])
    assert lane.title == "Camber job 7, finished: 2 completed, 0 failed of 2; planned 100 s ago"


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ({}, "good"),
        ({"failed": 1}, "mixed"),
        ({"failed": 2, "succeeded": 0}, "bad"),
        ({"state": "running", "finished_ago": None, "succeeded": 1}, "live"),
        ({"state": "held", "finished_ago": None}, "trouble"),
        ({"state": "abandoned", "finished_ago": None}, "given-up"),
        ({"succeeded": 0}, "given-up"),
    ],
    ids=str,
)
def test_an_outcome_has_its_colour(how: dict[str, Any], outcome: str) -> None:
    (lane,) = timeline([run(**how)], 100).lanes

    assert lane.outcome == outcome


def test_what_was_over_before_the_line_begins_is_left_out() -> None:
    (lane,) = timeline([run(planned_ago=900.0, submitted_ago=800.0, started_ago=700.0, finished_ago=10.0)], 100).lanes

    assert [(piece.kind, piece.x) for piece in lane.pieces] == [("running good", 0)]


def test_a_run_that_never_reached_camber_has_one_piece() -> None:
    row = run(
        submitted_ago=None, started_ago=None, finished_ago=None, state="launching", camber_job_id=None, succeeded=0
    )
    (lane,) = timeline([row], 100).lanes

    assert [(piece.kind, piece.width) for piece in lane.pieces] == [("launching", LINE_WIDTH)]
