"""How jobs are shown: the text screens and the JSON."""

from reconciler.local.camber.config import Config
from reconciler.local.camber.ledger import Job
from reconciler.local.camber.screens import go_duration, panel, rows, timestamp

_ABSENT = "N/A"
_SEPARATOR = b"-" * 59 + b"\n"
_ZERO_TIME = "0001-01-01T00:00:00Z"


def created(job_id: int) -> bytes:
    """What `job create` shows."""
    return f"Job created successfully\nStatus: Submitted\nJob ID: {job_id}\n".encode()


def information(job: Job) -> bytes:
    """What `job get` shows. `Start Time` is the moment of creation, as on the real screen, so the queue counts in."""
    return panel(
        "Job Information",
        [
            ("Job ID", str(job.id)),
            ("Status", job.status),
            ("Job Type", job.engine.upper()),
            ("Node Size", job.node_size.upper()),
            ("Command", job.command),
            ("With GPU", "true" if job.with_gpu else "false"),
            ("Number of Nodes", str(job.num_nodes)),
            ("Start Time", timestamp(job.created_at)),
            ("Duration", _duration(job)),
            ("Finish Time", timestamp(job.finished_at) if job.finished_at is not None else _ABSENT),
        ],
    )


def listing(jobs: list[Job]) -> bytes:
    """What `job list` shows: one block a job."""
    return _SEPARATOR.join(
        rows(
            [
                ("Job ID", str(job.id)),
                ("Status", job.status),
                ("Start Time", timestamp(job.created_at)),
                ("Duration", _duration(job)),
            ]
        )
        for job in jobs
    )


def as_mapping(job: Job, config: Config) -> dict[str, object]:
    """A job as JSON shows it."""
    return {
        "job_id": job.id,
        "job_status": job.status,
        "engine_type": job.engine.upper(),
        "node_size": job.node_size.upper(),
        "command": job.command.decode("utf-8", "replace"),
        "with_gpu": bool(job.with_gpu),
        "num_nodes": job.num_nodes,
        "mount_dir": job.mount_dir,
        "created_at": timestamp(job.created_at),
        **_moment("started_at", job.started_at, config),
        **_moment("finished_at", job.finished_at, config),
    }


def _duration(job: Job) -> str:
    # Both ends are cut to whole seconds first: on the real screen the three rows always agree.
    return _ABSENT if job.finished_at is None else go_duration(int(job.finished_at) - int(job.created_at))


def _moment(name: str, moment: float | None, config: Config) -> dict[str, object]:
    if moment is not None:
        return {name: timestamp(moment)}
    forms: dict[str, dict[str, object]] = {"null": {name: None}, "absent": {}, "zero": {name: _ZERO_TIME}}
    return forms[config.absent_timestamps]
