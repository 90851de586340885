"""The world of the model: a real Postgres whose rows age at a word, two daemons, a Camber in memory."""

import json
from collections.abc import Callable
from contextvars import Context as ContextOfThread
from dataclasses import dataclass, field, replace
from random import Random
from threading import Lock
from uuid import UUID, uuid4

from sqlalchemy import text

from reconciler.domain.observations import CamberStatus
from reconciler.loop import collect, crashpoints, dispatch, repair, requests, sweep, watch
from reconciler.loop.breakers import Breakers
from reconciler.loop.context import Context, Counts
from reconciler.loop.leases import Leases
from reconciler.loop.naming import control_key
from reconciler.loop.pacing import Pacing
from reconciler.store import runs
from tests import invariants
from tests.model.camber import SETTLE_SECONDS, START_SECONDS, Camber, Job, ModelClient, ModelObjects, names
from tests.world import World
from worker.contract import ErrorCode, RunFile, encode_frame, parse_batch

DUTIES: dict[str, Callable[[Context], Counts]] = {
    "requests": requests.run_once,
    "dispatch": dispatch.run_once,
    "watch": watch.run_once,
    "collect": collect.run_once,
    "repair": repair.run_once,
    "sweep": sweep.run_once,
}
POINTS = tuple(point for point in crashpoints.listing() if point.partition(".")[0] in DUTIES)
PAUSES = tuple(point for point in POINTS if point.endswith(".after") and "learn_pace" not in point)
"""Before a commit it would hold its locks, and while it learns the pace it holds one of its own."""
LEASE_SECONDS = 30.0
ROUNDS_MAX = 60
SETTINGS = {
    "LEASE_SECONDS": str(LEASE_SECONDS),
    "SETTLE_SECONDS": "61",
    "START_LIMIT_SECONDS": str(START_SECONDS),
    "ABSENT_READS_MIN": "2",
    # Whoever is unlucky for long enough is held for an operator; here all must end.
    "RELAUNCH_MAX": "10",
    "PLATFORM_FAULTS_MAX": "1000",
    "OWN_FAULTS_MAX": "100",
    "BREAKER_FAILURES_MIN": "100",
    "QUEUE_SECONDS": "3600",
    "RUN_SECONDS": "1800",
    "RUN_SLOTS": "2",
    "BATCH_MAX": "2",
}
AGE = (
    "UPDATE jobs SET available_at = available_at - make_interval(secs => :seconds)",
    "UPDATE breakers SET retry_at = retry_at - make_interval(secs => :seconds)",
    "UPDATE camber_sightings SET last_seen_at = last_seen_at - make_interval(secs => :seconds)",
    "UPDATE camber_runs SET "  # noqa: S608 - names of columns that stand here
    + ", ".join(
        f"{name} = {name} - make_interval(secs => :seconds)"
        for name in (
            *("next_poll_at", "lease_until", "launch_started_at", "submit_deadline", "absent_since", "created_at"),
            *("queue_deadline", "run_deadline", "collect_deadline", "finished_at"),
        )
    ),
)
TABLES = (
    "jobs, camber_runs, job_attempts, documents, camber_sightings, job_events, breakers, outbox, cli_calls, daemons,"
    " user_turns, proof.falls"
)


class Died(BaseException):
    """The daemon was killed; nothing in it may catch this."""


class _Fuse:
    """From this point on, this process does nothing more."""

    def __init__(self, point: str) -> None:
        self._point, self._burnt = point, False

    def __call__(self, point: str) -> None:
        self._burnt |= point == self._point
        if self._burnt:
            raise Died


class _Pause:
    """The first time that it comes by, this process stands still, while others do something; then it goes on."""

    def __init__(self, point: str, meanwhile: Callable[[], None]) -> None:
        self._point, self._meanwhile, self._lock = point, meanwhile, Lock()
        self._due = True

    def __call__(self, point: str) -> None:
        if point != self._point:
            return
        with self._lock:
            due, self._due = self._due, False
        if due:
            crashpoints.observe(None)
            # The others know nothing of what this thread is at.
            ContextOfThread().run(self._meanwhile)


@dataclass
class ModelWorld(World):
    """The tests' world with nothing outside the process but Postgres."""

    camber: Camber = field(default_factory=Camber)
    assembled: Context | None = None
    alive: list[Context] = field(default_factory=list)

    def run_file(self, number: int = 0) -> RunFile:
        """What the worker of that Camber job reads."""
        run = parse_batch(json.loads(self.camber.run_file(self.camber.jobs[number])))
        assert isinstance(run, RunFile)
        return run

    def say(self, number: int, *lines: str) -> None:
        """Add to the Camber job's log."""
        self.camber.jobs[number].log += lines

    def begin_again(self) -> None:
        """An empty world with two new daemons."""
        self.camber, self.objects = Camber(), ModelObjects()  # type: ignore[assignment] # what the duties call is there
        with self.engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text(f"TRUNCATE {TABLES} CASCADE"))
        self.alive = [self.newborn(), self.newborn()]

    def newborn(self) -> Context:
        """A daemon process that has just started: it knows nothing and holds nothing."""
        if self.assembled is None:
            self.assembled = self.daemon(**SETTINGS)
        first = self.assembled
        leases, random = Leases(LEASE_SECONDS, lambda: self.camber.now), Random(1)
        return replace(
            first,
            owner=uuid4(),
            random=random,
            leases=leases,
            client=ModelClient(self.camber, leases),  # type: ignore[arg-type] # what the duties call is there
            objects=self.objects,
            breakers=Breakers(first.engine, first.policy, random),
            pacing=Pacing(first.engine, first.backend, 2, leases.clock),
            known={},
        )

    def carry_out(self, which: int, duty: str, dies_at: str | None = None) -> None:
        """One pass of a duty; with `dies_at`, the daemon is gone at that crash point, and another one starts."""
        if dies_at is None:
            DUTIES[duty](self.alive[which])
            return
        crashpoints.observe(_Fuse(dies_at))
        try:
            DUTIES[duty](self.alive[which])
        except Died:
            self.alive[which] = self.newborn()
        finally:
            crashpoints.observe(None)

    def stand_still(self, which: int, point: str, seconds: float, other: int) -> None:
        """A pass is interrupted for so long that its leases may be gone; a daemon, or its other duties, go on."""
        duty = point.partition(".")[0]

        def meanwhile() -> None:
            self.pass_time(seconds)
            for name, run_once in DUTIES.items():
                if (other, name) != (which, duty):
                    run_once(self.alive[other])

        crashpoints.observe(_Pause(point, meanwhile))
        try:
            DUTIES[duty](self.alive[which])
        finally:
            crashpoints.observe(None)

    def pass_time(self, seconds: float) -> None:
        """Let so much time pass for everybody."""
        self.camber.now += seconds
        with self.engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in AGE:
                connection.execute(text(statement), {"seconds": seconds})

    def renew(self, which: int) -> None:
        """A heartbeat: whatever the daemon still works under is renewed."""
        one = self.alive[which]
        since = one.leases.clock()
        with one.transaction("beat") as connection:
            renewed = runs.renew_leases(connection, one.owner, one.leases.held(), LEASE_SECONDS)
        one.leases.renewed(renewed, since)

    def work_on(self, job: Job, verdict: str) -> None:
        """The node takes the Camber job one step on."""
        if job.status is CamberStatus.PENDING:
            job.status = CamberStatus.CANCELLED if verdict == "cancelled" else CamberStatus.RUNNING
            return
        if job.status.final:
            return
        documents = self.run_file(job.number).documents
        told = [self.camber.signal(job), self._control(job)]
        if job.worked >= len(documents) or any(one.get("signal") == "abandon" for one in told):
            job.status = CamberStatus.FAILED if verdict == "failed" else CamberStatus.COMPLETED
            return
        document, index = documents[job.worked], job.worked
        job.worked += 1
        spoilt = verdict == "spoilt"
        frame = self.failure(ErrorCode.CORRUPT_IMAGE, job.number, index) if spoilt else self.finish(job.number, index)
        if document.attempt is not None and verdict != "silent":
            self.say(job.number, encode_frame(frame))

    def _control(self, job: Job) -> dict[str, object]:
        marker = job.folder.rstrip("/").rsplit("/", 1)[1]
        data: dict[str, bytes] = self.objects.data  # type: ignore[attr-defined] # the store in memory
        return dict(json.loads(data.get(control_key(marker), b"{}")))

    def flag(self, flag: str, job: UUID) -> None:
        self.execute(f"UPDATE jobs SET {flag} = true, request_reason = 'proof' WHERE id = :id", id=job)  # noqa: S608 - one of two flags

    def force(self, job: UUID, status: str) -> None:
        """What an operator may do past all rules, where the function allows it."""
        sql = (
            "SELECT force_status(id, :status, 'forced by the proof') FROM jobs WHERE id = :id AND status <> :status"
            " AND (:status <> 'completed' OR EXISTS (SELECT FROM documents WHERE job_id = id))"
        )
        self.execute(sql, id=job, status=status)

    def calm_down(self) -> None:
        """No faults any more, and as much time as it takes."""
        self.camber.faults.clear()
        for number in range(ROUNDS_MAX):
            if number and self._at_rest():
                return
            for job in self.camber.there() * 4:
                self.work_on(job, "ok")
            for which in range(len(self.alive)):
                for duty in DUTIES:
                    self.carry_out(which, duty)
            self.pass_time(SETTLE_SECONDS * 2)

    def _at_rest(self) -> bool:
        with self.engine.connect() as connection:
            return not invariants.broken(connection, invariants.AT_REST)

    def broken(self, kinds: list[invariants.Invariant]) -> list[str]:
        with self.engine.connect() as connection:
            return invariants.broken(connection, kinds)

    def beside(self) -> list[str]:
        with self.engine.connect() as connection:
            return invariants.beside(connection, names(list(self.camber.jobs.values())))
