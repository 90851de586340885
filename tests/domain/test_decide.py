"""Decisions: three silences stay three, and nothing is believed before it is proven."""

import pytest

from reconciler.domain.decide import (
    Adopt,
    Advance,
    Confirm,
    Fail,
    Hold,
    Keep,
    Search,
    TryAgain,
    decide_absence,
    decide_create,
    decide_failure,
    decide_search,
    decide_watch,
    missing_code,
)
from reconciler.domain.observations import (
    Absent,
    CamberStatus,
    Created,
    NotSent,
    RemoteJob,
    Trouble,
    Unknown,
    Unreachable,
)
from reconciler.domain.states import RunEvent, RunState
from tests.domain.builders import ago, budget, policy, run, seen
from worker.contract import ERRORS, ErrorCode, Fault

MISSED = Search(found=None, complete=True, reason="not in the list")


def test_a_lost_reply_is_neither_success_nor_failure() -> None:
    assert decide_create(Unknown("timed out")).event is RunEvent.REPLY_LOST
    assert decide_create(NotSent(Trouble.LOGIN, "not logged in")).event is RunEvent.NOT_SENT
    assert decide_create(Created(27649)).event is RunEvent.CREATED


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_look_that_failed_changes_nothing(trouble: Trouble) -> None:
    late = run(
        RunState.RUNNING, run_deadline=ago(1000), queue_deadline=ago(1000), absent_since=ago(1000), absent_count=9
    )

    assert isinstance(decide_watch(late, Unreachable(trouble, "no answer")), Keep)


def test_one_look_that_misses_a_job_is_not_its_absence() -> None:
    assert decide_watch(run(), Absent("not found")) == Confirm("not found")
    assert decide_absence(run(), MISSED, policy()) == Keep(MISSED.reason, missed=True)


def test_absence_needs_looks_enough_over_the_whole_settle_window() -> None:
    often_but_soon = run(absent_count=9, absent_since=ago(5))
    long_but_seldom = run(absent_count=1, absent_since=ago(500))
    both = run(absent_count=2, absent_since=ago(61))

    assert isinstance(decide_absence(often_but_soon, MISSED, policy()), Keep)
    assert isinstance(decide_absence(long_but_seldom, MISSED, policy()), Keep)
    assert isinstance(decide_absence(both, MISSED, policy()), Advance)


@pytest.mark.parametrize("status", [CamberStatus.COMPLETED, CamberStatus.FAILED, CamberStatus.CANCELLED])
def test_whatever_camber_says_at_the_end_the_results_are_looked_for(status: CamberStatus) -> None:
    decision = decide_watch(run(RunState.RUNNING), seen(status))

    assert isinstance(decision, Advance)
    assert decision.event is RunEvent.SEEN_OVER


def test_an_unknown_status_word_keeps_the_state() -> None:
    assert isinstance(decide_watch(run(), seen(CamberStatus.UNKNOWN, "EVICTED")), Keep)


def test_a_run_that_queues_or_runs_beyond_its_deadline_is_given_up() -> None:
    queued = decide_watch(run(RunState.QUEUED, queue_deadline=ago(1)), seen(CamberStatus.PENDING))
    running = decide_watch(run(RunState.RUNNING, run_deadline=ago(1)), seen(CamberStatus.RUNNING))

    assert isinstance(queued, Advance)
    assert isinstance(running, Advance)
    assert queued.event is running.event is RunEvent.GIVEN_UP


def test_a_run_that_starts_after_a_long_queue_is_not_given_up_for_it() -> None:
    decision = decide_watch(run(RunState.QUEUED, queue_deadline=ago(1)), seen(CamberStatus.RUNNING))

    assert isinstance(decision, Advance)
    assert decision.event is RunEvent.SEEN_RUNNING


def test_a_fenced_run_is_watched_until_camber_shows_its_end() -> None:
    fenced = run(RunState.ABANDONED, run_deadline=ago(1000))

    assert isinstance(decide_watch(fenced, seen(CamberStatus.RUNNING)), Keep)
    assert isinstance(decide_watch(fenced, seen(CamberStatus.COMPLETED)), Advance)


def test_a_look_that_saw_the_job_or_not_the_whole_list_starts_the_count_again() -> None:
    nearly = run(absent_count=9, absent_since=ago(999))
    job = RemoteJob(camber_job_id=27649, status=CamberStatus.RUNNING, status_word="RUNNING")

    shown = Search(found=job, complete=True, reason="found")
    cut = Search(found=None, complete=False, reason="cut")
    assert decide_absence(nearly, shown, policy()) == Keep("found")
    assert decide_absence(nearly, cut, policy()) == Keep("cut", absent=True)


def test_a_lost_launch_is_adopted_by_its_marker() -> None:
    job = RemoteJob(camber_job_id=27650, status=CamberStatus.RUNNING, status_word="RUNNING")
    search = Search(found=job, complete=True, reason="found")

    assert decide_search(run(RunState.UNKNOWN), search, 1, 0, policy()) == Adopt(job)


def test_an_incomplete_list_proves_nothing_however_often_it_is_read() -> None:
    search = Search(found=None, complete=False, reason="a row shows neither folder nor command")

    assert decide_search(run(RunState.UNKNOWN), search, 99, 0, policy()) == Keep(search.reason)


def test_absence_of_a_launch_needs_the_settle_window_and_reads_enough() -> None:
    young = run(RunState.UNKNOWN, submit_deadline=ago(59))
    settled = run(RunState.UNKNOWN, submit_deadline=ago(61))

    assert decide_search(young, MISSED, 99, 0, policy()) == Keep("not in the list yet")
    assert decide_search(settled, MISSED, 2, 0, policy()) == Keep("not in the list", missed=True)
    proven = decide_search(settled, MISSED, 3, 0, policy())
    assert isinstance(proven, Advance)
    assert proven.event is RunEvent.PROVEN_ABSENT


def test_after_relaunches_enough_an_operator_is_asked() -> None:
    settled = run(RunState.UNKNOWN, submit_deadline=ago(61))

    held = decide_search(settled, MISSED, 3, 2, policy(relaunch_max=2))
    assert isinstance(held, Advance)
    assert held.event is RunEvent.HELD


def test_a_document_without_a_result_is_told_apart_by_what_camber_said() -> None:
    assert missing_code("COMPLETED", environment_failed=False) is ErrorCode.RESULT_MISSING
    assert missing_code("FAILED", environment_failed=False) is ErrorCode.CAMBER_FAILED
    assert missing_code("CANCELLED", environment_failed=False) is ErrorCode.CAMBER_CANCELLED
    assert missing_code("FAILED", environment_failed=True) is ErrorCode.ENVIRONMENT_FAILED
    assert missing_code(None, environment_failed=False) is ErrorCode.RESULT_MISSING


@pytest.mark.parametrize("code", [code for code, kind in ERRORS.items() if kind.fault is Fault.PLATFORM])
def test_a_platform_fault_never_spends_the_documents_attempts(code: ErrorCode) -> None:
    exhausted = budget(attempt_count=3, max_attempts=3)

    decision = decide_failure(code, exhausted, policy(), 0.5)
    assert isinstance(decision, TryAgain)
    assert decision.fault is Fault.PLATFORM


def test_platform_faults_in_a_row_end_with_an_operator_not_with_a_failure() -> None:
    decision = decide_failure(ErrorCode.CAMBER_FAILED, budget(platform_faults=4), policy(platform_faults_max=5), 0.5)

    assert isinstance(decision, Hold)
    assert "CAMBER_FAILED" in decision.reason


def test_a_corrupt_picture_fails_at_once_and_an_engine_failure_is_tried_once_more() -> None:
    assert decide_failure(ErrorCode.CORRUPT_IMAGE, budget(), policy(), 0.5) == Fail(Fault.JOB)
    assert isinstance(decide_failure(ErrorCode.OCR_FAILED, budget(), policy(), 0.5), TryAgain)
    assert decide_failure(ErrorCode.OCR_FAILED, budget(attempt_count=1), policy(), 0.5) == Fail(Fault.JOB)


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_code_leads_somewhere_and_none_for_ever(code: ErrorCode) -> None:
    spent = budget(attempt_count=100, platform_faults=100)

    assert isinstance(decide_failure(code, spent, policy(), 0.5), Fail | Hold)
