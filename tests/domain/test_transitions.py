"""THE table: total, closed, and the same as the diagrams in the docs."""

from itertools import product
from pathlib import Path

import pytest

from reconciler.domain.states import JobEvent, JobStatus, RunEvent, RunState
from reconciler.domain.transitions import (
    JOB_FINAL,
    JOB_TRANSITIONS,
    RUN_FINAL,
    RUN_TRANSITIONS,
    IllegalTransition,
    mermaid,
    next_job_status,
    next_run_state,
)

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("status", "event"), list(product(JobStatus, JobEvent)))
def test_every_event_in_every_job_status_is_decided(status: JobStatus, event: JobEvent) -> None:
    if (status, event) in JOB_TRANSITIONS:
        assert isinstance(next_job_status(status, event), JobStatus)
    else:
        with pytest.raises(IllegalTransition, match=str(status)):
            next_job_status(status, event)


@pytest.mark.parametrize(("state", "event"), list(product(RunState, RunEvent)))
def test_every_event_in_every_run_state_is_decided(state: RunState, event: RunEvent) -> None:
    if (state, event) in RUN_TRANSITIONS:
        assert isinstance(next_run_state(state, event), RunState)
    else:
        with pytest.raises(IllegalTransition, match=str(state)):
            next_run_state(state, event)


def test_every_event_and_every_state_is_used() -> None:
    assert set(JobEvent) == {event for _, event in JOB_TRANSITIONS}
    assert set(RunEvent) == {event for _, event in RUN_TRANSITIONS}
    assert set(JobStatus) == {JobStatus.PENDING, *JOB_TRANSITIONS.values()}
    assert set(RunState) == {RunState.PLANNED, *RUN_TRANSITIONS.values()}


def test_only_a_rerun_leads_out_of_a_final_status() -> None:
    events = {event for status, event in JOB_TRANSITIONS if status in JOB_FINAL}

    assert events == {JobEvent.RERUN}
    assert not [state for state, _ in RUN_TRANSITIONS if state in RUN_FINAL]


def test_every_state_that_is_not_final_has_a_way_to_the_end() -> None:
    """No state is a trap: from each one the end can be reached."""
    reaching: set[RunState] = set(RUN_FINAL)
    while True:
        more = {state for (state, _), target in RUN_TRANSITIONS.items() if target in reaching} - reaching
        if not more:
            break
        reaching |= more

    assert set(RunState) == reaching


def test_a_run_is_sent_only_from_launching() -> None:
    """Nothing but `launching` may lead to a Camber job of our own making; `unknown` only finds what is there."""
    makers = {state for (state, event) in RUN_TRANSITIONS if event is RunEvent.CREATED}

    assert makers == {RunState.LAUNCHING}


def test_the_diagrams_in_the_docs_are_the_table() -> None:
    assert mermaid() in (ROOT / "docs" / "reference" / "states.md").read_text("utf-8")
