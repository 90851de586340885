"""The steps of many jobs' lives, each timed by itself."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from bench.lifecycle.race import MANY, SLOTS_MAX, bare_world
from reconciler.domain.runs import ReadyJob, Run
from reconciler.domain.states import RunEvent
from reconciler.logs import set_up
from reconciler.loop.accounts import claim_due
from reconciler.loop.collect import GATHERED
from reconciler.loop.context import Context
from reconciler.loop.cycle import side_by_side
from reconciler.loop.dispatch import plan_runs
from reconciler.loop.launch import Planned
from reconciler.loop.settle import Document, Verdict, conclude
from reconciler.loop.watch import WATCHED
from reconciler.store import jobs, runs
from reconciler.store.runs import Move
from tests.world import World
from worker.contract import ARTIFACTS, Artifact, Frame, PortalFile, Succeeded

JOBS = int(os.environ.get("BENCH_JOBS", "2000"))
ACCOUNT = "tester"
MOVES = """
SELECT (SELECT count(*) FROM job_events WHERE kind = 'status' AND old_status IS NOT NULL)
     + (SELECT count(*) FROM job_attempts) + (SELECT count(*) FROM job_attempts WHERE state <> 'assigned')
"""
"""Of jobs and attempts; the moves of runs are counted as they are made."""
COURSES = {"batch 1": 1, "batch 25": 25}


@dataclass(slots=True)
class Course:
    """What one course is at: its runs, and how often they moved."""

    context: Context
    world: World
    planned: list[Planned]
    run_moves: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step for all jobs."""

    moves: int
    seconds: float

    @property
    def moves_a_second(self) -> float:
        """How fast it went."""
        return self.moves / self.seconds


def measure() -> tuple[Table, dict[str, Any]]:
    """Both courses, each in a world of its own."""
    # A daemon writes a line for each move too, but nobody wants to read these.
    set_up("ERROR", "json", [])
    told = {name: _course(batch_max) for name, batch_max in COURSES.items()}
    title = f"Moves of {JOBS} jobs, their attempts and runs; load {os.getloadavg()[0]:.1f}"
    table = Table("", *(f"{name}: {what}" for name in told for what in ("moves", "a second")), title=title)
    for step in next(iter(told.values())):
        figures = [f"{value:,.0f}" for one in told.values() for value in (one[step].moves, one[step].moves_a_second)]
        table.add_row(step, *figures)
    courses = {name: {step: asdict(one) for step, one in steps.items()} for name, steps in told.items()}
    return table, {"courses": courses, "load": os.getloadavg()}


def _course(batch_max: int) -> dict[str, Step]:
    with bare_world() as world:
        world.submit()
        world.execute(MANY, jobs=JOBS)
        slots = str(min(SLOTS_MAX, -(-JOBS // batch_max)))
        context = world.daemon(RUN_SLOTS=slots, BATCH_MAX=str(batch_max), LEASE_SECONDS="600")
        context.known["account"] = ACCOUNT
        steps = dict[str, Step]()
        # No more runs than there are slots at a time: as many rounds as it takes.
        while world.one("SELECT count(*) FROM jobs WHERE status = 'pending'"):
            course = Course(context, world, [])
            for name, act in STEPS.items():
                _add(steps, name, course, act)
        steps["together"] = Step(
            moves=sum(one.moves for one in steps.values()), seconds=sum(one.seconds for one in steps.values())
        )
        return steps


def _add(steps: dict[str, Step], name: str, course: Course, act: Callable[[Course], None]) -> None:
    before, began, moved = int(course.world.one(MOVES)), time.perf_counter(), course.run_moves
    act(course)
    seconds = time.perf_counter() - began
    moves = int(course.world.one(MOVES)) - before + course.run_moves - moved
    known = steps.get(name, Step(moves=0, seconds=0.0))
    steps[name] = Step(moves=known.moves + moves, seconds=known.seconds + seconds)


def _plan(course: Course) -> None:
    context = course.context
    with context.transaction("peek") as connection:
        due = jobs.peek_due(connection, context.settings.run_slots * context.settings.batch_max)
    ready = [ReadyJob(id=job.id, user_id=job.user_id, priority=job.priority, input_bytes=1) for job in due]
    course.planned = plan_runs(context, ACCOUNT, 0, ready, context.settings.run_slots)
    course.run_moves += len(course.planned)


def _launch(course: Course) -> None:
    """Two commits for each run, as the intent must stand before create."""
    first = 1 + int(course.world.one("SELECT coalesce(max(camber_job_id), 0) FROM camber_runs"))
    numbered = list(enumerate(course.planned, first))
    side_by_side(course.context.pool, lambda one: _launched(course.context, one[1].run, one[0]), numbered)
    course.run_moves += 2 * len(course.planned)


def _launched(context: Context, run: Run, number: int) -> None:
    with context.transaction("start_launch") as connection:
        launching = runs.advance(
            connection, run, RunEvent.LAUNCH_STARTED, "bench", deadline_seconds=60, keep_lease=True
        )
    with context.transaction("write_created") as connection:
        runs.advance(connection, launching, RunEvent.CREATED, "bench", camber_job_id=number, deadline_seconds=60)
        runs.record_sighting(connection, run, number, context.backend, None)


def _see(course: Course) -> None:
    """One list that shows all of them running."""
    due = claim_due(course.context, WATCHED)
    moves = [Move(run=one.run, event=RunEvent.SEEN_RUNNING, reason="bench", deadline_seconds=60) for one in due]
    with course.context.transaction("keep_all") as connection:
        course.run_moves += len(runs.advance_all(connection, course.context.owner, moves))


def _end(course: Course) -> None:
    """What `get` says is written run by run: each is confirmed by itself."""
    due = [one.run for one in claim_due(course.context, WATCHED)]
    side_by_side(course.context.pool, lambda run: _over(course.context, run), due)
    course.run_moves += len(due)


def _over(context: Context, run: Run) -> None:
    with context.transaction("advance") as connection:
        runs.advance(connection, run, RunEvent.SEEN_OVER, "bench", deadline_seconds=60)


def _settle(course: Course) -> None:
    """All documents of a run in one transaction, with the run's end."""
    due = claim_due(course.context, GATHERED)
    side_by_side(
        course.context.pool, lambda one: _finish(course.context, one.run, _verdicts(one.run, one.attempts)), due
    )
    course.run_moves += len(due)


def _finish(context: Context, run: Run, verdicts: Sequence[Verdict]) -> None:
    conclude(
        context, run, verdicts, lambda connection: runs.advance(connection, run, RunEvent.COLLECTED, "bench"), "finish"
    )


def _verdicts(run: Run, attempts: Sequence[Any]) -> list[Verdict]:
    portal = PortalFile(width=60, height=80, dpi=300, bytes=20_000, format="jpeg")
    artifacts = {name: Artifact(key=f"output/{name}", size=1, sha256="0" * 64, md5="0" * 32) for name in ARTIFACTS}
    outcome = Succeeded(
        quality_score=0.9, ocr_confidence=0.98, portal=portal, artifacts=artifacts, warnings=(), timings={"OCR": 300}
    )
    result = {"ocr": {"lines": [{"id": at, "text": "a line of a page", "score": 0.98} for at in range(60)]}}
    return [
        Verdict(
            attempt=attempt,
            came_of_it=Document(outcome, result),
            frame=Frame(
                run_id=str(run.id),
                sequence=at,
                job_id=str(attempt.job_id),
                attempt_id=str(attempt.id),
                nonce=attempt.nonce,
                outcome=outcome,
            ),
        )
        for at, attempt in enumerate(attempts)
    ]


STEPS: dict[str, Callable[[Course], None]] = {
    "planned": _plan,
    "launched": _launch,
    "seen running": _see,
    "seen over": _end,
    "settled and finished": _settle,
}
