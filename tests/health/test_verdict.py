"""When a daemon counts as alive, and when as ready."""

import pytest

from reconciler.health.verdict import Bounds, Pulse, judge

BOUNDS = Bounds(pass_seconds_max=100, overdue_seconds_max=50)


def pulse(begun: float | None = 1, ended: float | None = 1, completed: float | None = 1) -> Pulse:
    return Pulse(duty="watch", period=2, begun_age=begun, ended_age=ended, completed_age=completed)


def test_a_daemon_whose_passes_end_well_is_alive_and_ready() -> None:
    verdict = judge([pulse()], BOUNDS, 1000, None, None)

    assert verdict.alive
    assert verdict.ready


def test_a_pass_that_does_not_end_makes_the_daemon_dead_once_the_bound_is_passed() -> None:
    assert judge([pulse(begun=103, ended=104)], BOUNDS, 1000, None, None).alive
    verdict = judge([pulse(begun=104, ended=105)], BOUNDS, 1000, None, None)

    assert verdict.dead == ("watch is stuck in a pass: none ended for 105 s",)
    assert not verdict.ready


def test_a_duty_that_is_called_no_more_makes_the_daemon_dead() -> None:
    verdict = judge([pulse(begun=106, ended=105)], BOUNDS, 1000, None, None)

    assert verdict.dead == ("watch is not called any more: none ended for 105 s",)


@pytest.mark.parametrize(("age", "alive"), [(103, True), (105, False)])
def test_a_first_pass_has_as_long_as_any_other(age: float, alive: bool) -> None:  # noqa: FBT001
    assert judge([pulse(begun=age, ended=None, completed=None)], BOUNDS, age, None, None).alive is alive


def test_passes_that_fail_leave_it_alive_but_not_ready() -> None:
    verdict = judge([pulse(completed=500)], BOUNDS, 1000, None, None)

    assert verdict.alive
    assert verdict.not_ready == ("watch has not completed a pass for 500 s",)


def test_a_lost_database_is_the_one_reason_that_is_told() -> None:
    verdict = judge([pulse(completed=500)], BOUNDS, 1000, None, "connection refused")

    assert verdict.alive
    assert verdict.not_ready == ("the database does not answer: connection refused",)


def test_a_row_that_nobody_looks_after_makes_it_unready() -> None:
    assert judge([pulse()], BOUNDS, 1000, 50, None).ready
    assert judge([pulse()], BOUNDS, 1000, 51, None).not_ready == ("a row has been overdue for 51 s",)
