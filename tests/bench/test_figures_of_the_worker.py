"""What a batch comes to."""

import pytest

from bench.wake_up.measuring import p50_p95
from bench.worker.children import Shift, Worked
from bench.worker.figures import batch_figures
from bench.worker.nodes import node_of
from worker.wire import Message


def _shift() -> Shift:
    one = Worked(name="card", file_name="card.png", seconds=1.0, cpu_seconds=0.5, answer=Message({}))
    return Shift(startup_seconds=4.0, startup_cpu_seconds=3.0, seconds=2.0, peak_bytes=500_000_000, worked=(one,) * 4)


def test_a_batch_is_told_by_document_with_and_without_its_start() -> None:
    told = batch_figures(_shift())

    assert (told["seconds_each"], told["seconds_each_with_startup"]) == (0.5, 1.5)
    assert (told["cpu_seconds_each"], told["peak_mb"]) == (0.5, 500.0)


def test_a_node_costs_by_its_cores_for_as_long_as_the_batch_takes() -> None:
    node = node_of(_shift(), 2)

    assert (node.seconds, node.seconds_each) == (6.0, 1.5)
    # Half of the smallest node's price, for a second and a half.
    assert node.credits_each == pytest.approx(0.08 * 1.5 / 3600)


def test_moments_are_told_in_milliseconds() -> None:
    assert p50_p95([0.01 * number for number in range(1, 20)]) == pytest.approx((100.0, 190.0))
