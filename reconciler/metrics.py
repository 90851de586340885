"""What one process counts, for Prometheus.

Each metric is declared here and nowhere else. Most are counted from the log's events, so that what is told and what is
counted are one thing; where an event is raised, its transaction has been committed.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram

from reconciler.logs import Event, logger

if TYPE_CHECKING:
    from loguru import Message

REGISTRY = CollectorRegistry()

_CLI_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120)
_STAGE_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60)
_DUTY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)

EVENTS = Counter("reconciler_events", "Log events of this process", ["event"], registry=REGISTRY)
JOB_TRANSITIONS = Counter(
    "reconciler_job_transitions", "Changes of a job's status", ["old", "new", "code"], registry=REGISTRY
)
RUN_TRANSITIONS = Counter("reconciler_run_transitions", "Changes of a run's state", ["old", "new"], registry=REGISTRY)
LEASES_LOST = Counter("reconciler_leases_lost", "Writes refused because the lease was gone", registry=REGISTRY)
DUTY_FAILURES = Counter("reconciler_duty_failures", "Passes that failed, or one thing within a pass", registry=REGISTRY)
DUTY_SECONDS = Histogram(
    "reconciler_duty_seconds",
    "How long the passes of a duty took",
    ["duty"],
    buckets=_DUTY_BUCKETS,
    registry=REGISTRY,
)
CLI_SECONDS = Histogram(
    "reconciler_cli_call_seconds",
    "Calls of the camber CLI, by command and what was read from the answer",
    ["command", "outcome"],
    buckets=_CLI_BUCKETS,
    registry=REGISTRY,
)
STAGE_SECONDS = Histogram(
    "reconciler_document_stage_seconds",
    "How long the worker took for one stage of an accepted document",
    ["stage"],
    buckets=_STAGE_BUCKETS,
    registry=REGISTRY,
)


_ALL: tuple[Counter | Histogram, ...] = (
    EVENTS,
    JOB_TRANSITIONS,
    RUN_TRANSITIONS,
    LEASES_LOST,
    DUTY_FAILURES,
    DUTY_SECONDS,
    CLI_SECONDS,
    STAGE_SECONDS,
)


def described() -> list[tuple[str, str, tuple[str, ...], str]]:
    """Name as scraped, kind, labels and meaning of each metric."""
    rows = []
    for metric in _ALL:
        name, counts = metric._name, isinstance(metric, Counter)
        kind = "counter" if counts else "histogram"
        rows.append((f"{name}_total" if counts else name, kind, metric._labelnames, metric._documentation))
    return rows


def count_events() -> None:
    """Count every event from now on, whatever the log's level lets through."""
    logger.add(_count, level="DEBUG", format="")


def observe_document(timings: Mapping[str, int]) -> None:
    """Count an accepted document's stages; `timings` are milliseconds by stage."""
    for stage, milliseconds in timings.items():
        STAGE_SECONDS.labels(stage).observe(milliseconds / 1000)


def _count(message: "Message") -> None:
    name, extra = message.record["message"], message.record["extra"]
    EVENTS.labels(name if name in _NAMES else "other").inc()
    old, new = str(extra.get("old_status", "")), str(extra.get("new_status", ""))
    if name == Event.JOB_STATE:
        JOB_TRANSITIONS.labels(old, new, str(extra.get("code", ""))).inc()
    elif name in (Event.RUN_STATE, Event.RUN_SUBMITTED):
        RUN_TRANSITIONS.labels(old, new).inc()
    elif name == Event.LEASE_LOST:
        LEASES_LOST.inc()
    elif name == Event.DUTY_FAILED:
        DUTY_FAILURES.inc()


_NAMES = frozenset(Event)
