"""The knobs of one emulated Camber, in `config.json` of its home.

The file is written on first use, from `CAMBER_LOCAL_<KEY>` in the environment, and from then on only by
`camber-local emulator configure|learn`: every invocation, whatever its environment, sees the same Camber. The one
exception is `CAMBER_LOCAL_BANNER`, which an invocation may set for itself.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple

from reconciler.local.camber.errors import EmulatorError
from reconciler.local.camber.home import Home, locked

NODE_VARIABLES = (
    "ALL_PROXY",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NODE_EXTRA_CA_CERTS",
    "NO_PROXY",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
"""The only variables of the host that a job sees: they stand for a real node's trust store, network and own disk."""

_CHOICES = {
    "profile": ("instant", "fast", "real"),
    "mount": ("live", "snapshot", "snapshot-only"),
    "me_form": ("old", "new"),
    "create_form": ("lines", "padded", "line", "old"),
    "open_rows": ("n/a", "absent"),
    "ids_as": ("number", "text"),
    "mount_dir_form": ("path", "slash", "first", "null"),
    "stash_json": ("list", "wrapped"),
    "absent_timestamps": ("null", "absent", "zero"),
}


class Config(NamedTuple):
    """Every knob with its default."""

    node_environment: Mapping[str, str]
    """What jobs see of `NODE_VARIABLES`, as they stood at first use or at the last `emulator start|configure|learn`."""

    accounts: Mapping[str, str]
    """Usernames by API key. Any other key that is not empty belongs to `username`."""

    username: str = "local"
    """Whose jobs and stash a key reaches that `accounts` does not name."""

    profile: str = "fast"
    """How long things take: `instant`, `fast`, or `real` for what was measured on the real Camber."""

    times_faster: int = 1
    """By how much all of the profile is shortened, for measurements that compress time. Jobs themselves are not."""

    concurrency: int = 4
    """Jobs that run at once; the others wait in silence. The real ceiling is 4 to 6."""

    mount: str = "live"
    """`live`: jobs work in the stash folder itself. `snapshot`: in a copy, written back. `snapshot-only`: in a copy."""

    overwrite: bool = True
    """Whether a snapshot that is written back replaces files that the stash already holds."""

    read_only_files: bool = False
    """Whether files that a job finds in its folder can only be read. Replacing them by a new file still works."""

    mount_bytes_per_second: int = 0
    """How fast a snapshot is copied, both ways; 0 sets no limit. A live folder is as fast as the disk."""

    cold_starts: bool = False
    """Whether a job that comes after a pause, and every one with a GPU, waits for a node: minutes, if `real`."""

    crowded_files: int = 10_000
    """From how many files in its folder on a job stays PENDING for long: 20 to 40 minutes, if `real`. 0 never."""

    others_per_job: int = 0
    """How many jobs of other programs the account gets before each of ours: finished, in folders of their own."""

    job_seconds_max: int = 0
    """After how long a running job is ended as FAILED; 0 never. No limit is known."""

    banner: bool = False
    """Whether the tool says that it is out of date, before anything else, on standard output."""

    banner_before_json: bool = True
    """Whether it says so before JSON as well: not established of the real tool, and to be expected."""

    client_errors_on_stdout: bool = False
    """Whether mistakes in the command line are repeated on standard output as the service's are: not established."""

    seed: int = 1
    """From which the first job id, the gaps between ids and the queue delays follow."""

    idle_seconds: int = 30
    """How long the scheduler stays when there is nothing to do."""

    version: str = "1.0.40"
    """The version that the tool claims to be."""

    latest_version: str = "1.0.41"
    """The version that the banner recommends."""

    commit: str = "2118c7a"
    """The short hash that stands behind the version."""

    list_key: str = "jobs"
    """The key of the array in the JSON of `job list`: not established."""

    total_key: str = "total"
    """The key of the number of all jobs beside it."""

    status_key: str = "job_status"
    """The key of a job's status in JSON; readers of the real one also try `status` and `state`."""

    ids_as: str = "number"
    """How JSON shows a job's id: `number` or `text`."""

    mount_dir_form: str = "path"
    """How JSON shows the folder: the `path`, the path with a `slash` behind, its `first` part, or `null`."""

    json_envelope: bool = False
    """Whether JSON answers of `me` and `job` stand in the service's own envelope: `code`, `message`, `data`."""

    renamed_keys: str = ""
    """Keys of a job's JSON that have another name, as `command=cmd,job_id=id`."""

    get_omits: str = ""
    """Keys that the JSON of `job get` does not show, with commas between."""

    list_omits: str = ""
    """Keys that the JSON of `job list` does not show: whether it shows `mount_dir` and `command` is not established."""

    page_size_max: int = 0
    """Jobs on a page at most, whatever is asked for; 0 sets no limit. Not established."""

    page_size: int = 10
    """Jobs on a page of `job list` when `--size` is not given: not established."""

    absent_timestamps: str = "null"
    """How JSON shows a moment that has not come: `null`, `absent`, or `zero` for Go's zero time. Not established."""

    open_rows: str = "n/a"
    """What the text screens show of moments that have not come: `n/a`, or the rows are `absent`. Not established."""

    create_form: str = "lines"
    """What `job create` says: three `lines`, the same `padded`, as one `line`, or in the `old` wording."""

    create_output: bool = False
    """Whether `job create` takes `--output json`: never seen to work."""

    stash_json: str = "list"
    """The JSON of `stash ls`: a `list`, or one `wrapped` in an object. Not established."""

    log_bytes_max: int = 0
    """Bytes that `job logs` shows at most, from the end; 0 sets no limit. None was seen."""

    log_prefix: str = ""
    """What stands before each line of a log. Nothing was ever seen there."""

    log_newline: bool = False
    """Whether a log always ends in a newline, also where the job wrote none. Not established."""

    app_overwrite: bool = False
    """Whether `app create` replaces an app of one's own: everybody deletes first, so perhaps not."""

    unknown_job_code: int = 10
    """The error code of `job get` for an id that is not one of ours: not established."""

    unknown_job_message: str = "Job not found"
    """The message that goes with it."""

    me_form: str = "old"
    """The text of `camber me`: `old` was captured, `new` is only documented."""


JOB_KEYS = (
    "job_id",
    "engine_type",
    "node_size",
    "command",
    "with_gpu",
    "num_nodes",
    "mount_dir",
    "created_at",
    "started_at",
    "finished_at",
)
"""The keys of a job's JSON, without the one of its status, which has a knob of its own."""

KNOBS: Mapping[str, object] = Config._field_defaults
"""What `emulator configure` and the environment can set, with the defaults."""


def load(home: Home, environ: Mapping[str, str]) -> Config:
    """Read the configuration, written first if this is the first use."""
    try:
        return _read(home)
    except FileNotFoundError:
        return _create(home, environ)


def update(home: Home, environ: Mapping[str, str], given: Mapping[str, str]) -> Config:
    """Set some knobs and take the node's variables from the environment. Concurrent writers take turns."""
    load(home, environ)
    with locked(home.config_lock):
        return _write(home, environ, _read(home)._asdict(), given)


def from_mapping(values: Mapping[str, object]) -> Config:
    """Check values of any origin."""
    known = {"node_environment": {}, "accounts": {}, **KNOBS}
    for name, value in values.items():
        if name not in known:
            raise EmulatorError(f"config.json: unknown key {name!r}")
        if type(value) is not type(known[name]):
            raise EmulatorError(f"config.json: {name} must be of type {type(known[name]).__name__}, not {value!r}")
        if value not in _CHOICES.get(name, (value,)):
            raise EmulatorError(f"config.json: {name} must be one of {', '.join(_CHOICES[name])}, not {value!r}")
    config = Config(**{**known, **values})  # type: ignore[arg-type]  # each value's type was compared just above
    _check_bounds(config)
    return config


def omitted_keys(config: Config, *, in_list: bool) -> frozenset[str]:
    """The keys that a job's JSON does not show there."""
    return frozenset(_words(config.list_omits if in_list else config.get_omits))


def renamed_keys(config: Config) -> Mapping[str, str]:
    """The other names of a job's keys."""
    pairs = (word.partition("=") for word in _words(config.renamed_keys))
    return {key: name for key, _, name in pairs}


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _check_bounds(config: Config) -> None:
    if config.concurrency < 1 or config.idle_seconds < 0 or config.page_size < 1:
        raise EmulatorError("config.json: concurrency and page_size must be at least 1, idle_seconds at least 0")
    if config.times_faster < 1:
        raise EmulatorError("config.json: times_faster must be at least 1")
    if config.page_size_max < 0 or config.others_per_job < 0 or config.job_seconds_max < 0:
        raise EmulatorError("config.json: page_size_max, others_per_job and job_seconds_max must be at least 0")
    _check_keys(config)
    for username in (config.username, *config.accounts.values()):
        # It becomes the name of a folder.
        if not username.replace("-", "").replace("_", "").isalnum():
            raise EmulatorError(f"config.json: not a username: {username!r}")


def _check_keys(config: Config) -> None:
    for key in (*_words(config.get_omits), *_words(config.list_omits), *renamed_keys(config)):
        if key not in JOB_KEYS:
            raise EmulatorError(f"config.json: a job's JSON has no key {key!r}; it has {', '.join(JOB_KEYS)}")
    names = list(renamed_keys(config).values())
    if "" in names or len(set(names)) < len(names):
        raise EmulatorError(f"config.json: renamed_keys must give each key a name of its own: {config.renamed_keys!r}")


def _create(home: Home, environ: Mapping[str, str]) -> Config:
    variables = {name: f"CAMBER_LOCAL_{name.upper()}" for name in KNOBS}
    with locked(home.config_lock):
        if home.config.exists():
            return _read(home)
        return _write(home, environ, {}, {name: environ[key] for name, key in variables.items() if environ.get(key)})


def _converted(name: str, text: str) -> object:
    default = KNOBS[name]
    if isinstance(default, bool):
        if text not in ("0", "1", "false", "true"):
            raise EmulatorError(f"{name} must be true or false, not {text!r}")
        return text in ("1", "true")
    if isinstance(default, int):
        if not (text.isascii() and text.isdecimal()):
            raise EmulatorError(f"{name} must be a whole number, not {text!r}")
        return int(text)
    return text


def _read(home: Home) -> Config:
    try:
        values = json.loads(home.config.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise EmulatorError(f"{home.config} is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise EmulatorError(f"{home.config} must be an object")
    return from_mapping(values)


def _write(home: Home, environ: Mapping[str, str], old: dict[str, object], given: Mapping[str, str]) -> Config:
    node = {name: environ[name] for name in NODE_VARIABLES if name in environ}
    new = {name: _converted(name, text) for name, text in given.items()}
    config = from_mapping({**old, **new, "node_environment": node})
    draft = home.config.with_suffix(".new")
    draft.write_text(json.dumps(config._asdict(), indent=2) + "\n", "utf-8")
    draft.chmod(0o600)
    draft.replace(home.config)
    from reconciler.local.camber import launcher

    launcher.write(home)
    return config
