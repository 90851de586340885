"""How jobs are shown: the text screens and the JSON."""

from reconciler.local.camber.config import Config, omitted_keys, renamed_keys
from reconciler.local.camber.ledger import Job
from reconciler.local.camber.screens import go_duration, panel, rows, timestamp

_ABSENT = "N/A"
_SEPARATOR = b"-" * 59 + b"\n"
_ZERO_TIME = "0001-01-01T00:00:00Z"


_CREATED = {
    "lines": "Job created successfully\nStatus: Submitted\nJob ID: {}\n",
    "padded": "Job created successfully\nStatus:              Submitted\nJob ID:              {}\n",
    "line": "Job created successfully. Status: Submitted. Job ID: {}\n",
    "old": "Job {} created and queued successfully\n",
}


def created(job_id: int, config: Config) -> bytes:
    """What `job create` shows."""
    return _CREATED[config.create_form].format(job_id).encode()


def created_mapping(job_id: int, config: Config) -> dict[str, object]:
    """The same as JSON."""
    return {renamed_keys(config).get("job_id", "job_id"): shown_id(job_id, config), config.status_key: "Submitted"}


def information(job: Job, config: Config) -> bytes:
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
            *_ends(job, config, "Duration", "Finish Time"),
        ],
    )


def listing(jobs: list[Job], config: Config) -> bytes:
    """What `job list` shows: one block a job."""
    return _SEPARATOR.join(
        rows(
            [
                ("Job ID", str(job.id)),
                ("Status", job.status),
                ("Start Time", timestamp(job.created_at)),
                *_ends(job, config, "Duration"),
            ]
        )
        for job in jobs
    )


def as_mapping(job: Job, config: Config, *, in_list: bool = False) -> dict[str, object]:
    """A job as JSON shows it."""
    omitted, renamed = omitted_keys(config, in_list=in_list), renamed_keys(config)
    shown = _fields(job, config).items()
    return {renamed.get(key, key): value for key, value in shown if key not in omitted}


def _fields(job: Job, config: Config) -> dict[str, object]:
    return {
        "job_id": shown_id(job.id, config),
        config.status_key: job.status,
        "engine_type": job.engine.upper(),
        "node_size": job.node_size.upper(),
        "command": job.command.decode("utf-8", "replace"),
        "with_gpu": bool(job.with_gpu),
        "num_nodes": job.num_nodes,
        "mount_dir": _mount_dir(job, config),
        "created_at": timestamp(job.created_at),
        **_moment("started_at", job.started_at, config),
        **_moment("finished_at", job.finished_at, config),
    }


def shown_id(job_id: int, config: Config) -> int | str:
    """An id as JSON shows it."""
    return job_id if config.ids_as == "number" else str(job_id)


def _ends(job: Job, config: Config, *labels: str) -> list[tuple[str, str]]:
    """The rows that only a finished job has a value for."""
    if job.finished_at is None:
        return [] if config.open_rows == "absent" else [(label, _ABSENT) for label in labels]
    # Both ends are cut to whole seconds first: on the real screen the three rows always agree.
    duration = go_duration(int(job.finished_at) - int(job.created_at))
    values = {"Duration": duration, "Finish Time": timestamp(job.finished_at)}
    return [(label, values[label]) for label in labels]


def _mount_dir(job: Job, config: Config) -> str | None:
    path = job.mount_dir
    forms = {"path": path, "slash": f"{path}/", "first": path.partition("/")[0], "null": None}
    return forms[config.mount_dir_form]


def _moment(name: str, moment: float | None, config: Config) -> dict[str, object]:
    if moment is not None:
        return {name: timestamp(moment)}
    forms: dict[str, dict[str, object]] = {"null": {name: None}, "absent": {}, "zero": {name: _ZERO_TIME}}
    return forms[config.absent_timestamps]
