"""Values for tests of the domain, each with sensible parts unless said otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from reconciler.domain.observations import CamberStatus, RemoteJob, Seen
from reconciler.domain.policy import Policy
from reconciler.domain.runs import Budget, JobId, Lease, ReadyJob, Run, RunId
from reconciler.domain.states import RunState

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RUN_ID = RunId(UUID(int=1))


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def policy(**parts: Any) -> Policy:
    defaults: dict[str, Any] = {
        "settle_seconds": 60,
        "absent_reads_min": 3,
        "relaunch_max": 2,
        "platform_faults_max": 5,
        "own_faults_max": 3,
        "breaker_failures_min": 3,
        "probe_limits": {},
        "log_grace_seconds": 30,
        "backoff_base_seconds": 2,
        "backoff_max_seconds": 600,
        "poll_min_seconds": 2,
        "poll_max_seconds": 30,
    }
    return Policy(**(defaults | parts))


def run(state: RunState = RunState.SUBMITTED, **parts: Any) -> Run:
    defaults: dict[str, Any] = {
        "id": RUN_ID,
        "lease": Lease(run_id=RUN_ID, owner=UUID(int=2), epoch=1),
        "state": state,
        "marker": "rq-test-1",
        "stash_path": "stash://local/rythmiq/test/rq-test-1/",
        "camber_job_id": 27649,
        "camber_status": None,
        "account": "local",
        "id_floor": 27000,
        "submit_deadline": ago(600),
        "queue_deadline": NOW + timedelta(hours=1),
        "run_deadline": NOW + timedelta(hours=1),
        "collect_deadline": None,
        "launch_started_at": ago(700),
        "absent_count": 0,
        "absent_since": None,
        "log_bytes": 0,
        "created_at": ago(800),
        "now": NOW,
    }
    return Run(**(defaults | parts))


def seen(status: CamberStatus, word: str | None = None) -> Seen:
    return Seen(RemoteJob(camber_job_id=27649, status=status, status_word=word or str(status)))


def budget(**parts: int) -> Budget:
    return Budget(**({"attempt_count": 0, "max_attempts": 3, "platform_faults": 0, "unknown_launches": 0} | parts))


def ready(user: int, priority: int = 0) -> ReadyJob:
    return ReadyJob(id=JobId(uuid4()), user_id=UUID(int=user), priority=priority, input_bytes=1000)
