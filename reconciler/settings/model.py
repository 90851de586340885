"""What one process needs to know: every setting with its unit, its bounds and its reason."""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from reconciler.domain.batching import BatchBounds
from reconciler.domain.policy import Policy
from reconciler.settings import values
from reconciler.settings.values import Name, Patterns, PostgresUrl, Prices, Recipients, Retention, Seconds, Url
from worker.contract import USER_PATHS

CALLBACK_SECRET_CHARS_MIN = 16
LINGER_SECONDS_MIN = 10
CONSOLE_TOKEN_CHARS_MIN = 16
"""Too many to be guessed over the network."""
PRICES = {
    "xxsmall": Decimal("0.16"),
    "xsmall": Decimal("0.32"),
    "small": Decimal("0.64"),
    "medium": Decimal("1.28"),
    "large": Decimal("2.56"),
}
"""Camber's published prices of CPU nodes."""


class Database(BaseModel):
    """What a command needs that only looks at the database."""

    model_config = ConfigDict(frozen=True, alias_generator=str.upper, extra="ignore", validate_default=True)

    database_url: PostgresUrl = Field(
        description="Postgres of the job tables. SUPABASE_DB_URL is read where this is not set."
    )


class Settings(Database):
    """What one daemon needs to know. Field names are the variables' names in lower case; times are in seconds."""

    service_env: Name = Field(
        "development", description="Names the installation; stands in every marker, so that several share an account."
    )
    execution_backend: Literal["camber", "local"] = Field(
        "camber", description="`camber` is the real CLI, `local` the emulator that ships with this package."
    )
    camber_bin: str | None = Field(
        None, description="The CLI, or any executable that answers like it. Default: found on PATH or ~/.camber/bin."
    )
    camber_api_key: SecretStr = Field(SecretStr(""), description="Handed to the CLI in its environment, never in argv.")
    stash_prefix: Name = Field("rythmiq", description="The folder of the stash under which run folders are made.")
    node_size: Literal["xxsmall", "xsmall", "small", "medium", "large"] = Field(
        "xxsmall", description="The node of a run: a document needs two cores, and the smallest node has four."
    )

    do_spaces_endpoint: Url = Field(description="S3 endpoint of the object store.")
    do_spaces_region: str = Field(min_length=1, description="Its region.")
    do_spaces_bucket: str = Field(min_length=1, description="The bucket of documents.")
    do_spaces_access_key: SecretStr = Field(min_length=1, description="Access key of the store.")
    do_spaces_secret_key: SecretStr = Field(min_length=1, description="Secret key of the store.")
    age_recipients: Recipients = Field(
        (), description="age public keys that masters are encrypted to. Without one no run is launched."
    )

    ocr_engine: Literal["onnx", "paddle"] = Field(
        "onnx", description="The recognition engine: ONNX Runtime needs a seventh of the CPU."
    )
    worker_processes: int = Field(
        2, ge=1, le=64, description="Processes that a run's batch is shared among. `nproc` on a node shows the host."
    )
    worker_threads: int = Field(1, ge=1, le=64, description="Threads of recognition in each of these processes.")
    run_environment: Literal["install", "archive"] = Field(
        "install", description="Whether a run installs its environment from the lock or unpacks RUN_ARCHIVE_KEY."
    )
    run_archive_key: str | None = Field(
        None, description="Key of the environment archive; its name ends in -<sha256>-py<minor>.tar.gz."
    )

    run_slots: int = Field(4, ge=1, le=64, description="Runs at a time: Camber starts four to six and queues the rest.")
    batch_max: int = Field(25, ge=1, le=1000, description="Documents in one run at most.")
    batch_bytes_max: int = Field(
        256 * 1024**2,
        ge=1,
        description="Bytes of one run's documents at most: what a run that dies has fetched in vain.",
    )
    run_target_seconds: Seconds = Field(
        60,
        description="How long a run's documents may be expected to take, by what recent runs needed: a run that dies"
        " has lost no more, and the last of a batch waits no longer.",
    )
    run_linger_seconds: float = Field(
        0,
        ge=0,
        le=3600,
        description="How long a run that has nothing to do stays for more documents, which it does in seconds where a"
        " new run takes a minute. It is billed meanwhile and holds its slot. 0: it leaves after its batch.",
    )
    input_bytes_max: int = Field(50 * 1024**2, ge=1, description="Largest document that is taken, in bytes.")
    raw_path_patterns: Patterns = Field(
        USER_PATHS,
        description="Keys that a job may read: {user_id} is its own user, {uuid} any UUID, * one part, ** the rest.",
    )
    upload_grace_seconds: Seconds = Field(900, description="How long a row may wait for its upload to end.")
    create_limit_seconds: Seconds = Field(60, description="`camber job create` is dead after this time.")
    start_limit_seconds: Seconds = Field(
        15, description="How long after its commit a create may still be started; the boot clock is read before exec."
    )
    read_limit_seconds: Seconds = Field(30, description="Any other call of the CLI is dead after this time.")
    stash_limit_seconds: Seconds = Field(120, description="An upload to the stash is dead after this time.")
    settle_seconds: Seconds = Field(
        180, description="How long a created job may be missing from the list; longer than CREATE_LIMIT_SECONDS."
    )
    absent_reads_min: int = Field(3, ge=1, le=100, description="Complete looks before absence is a fact.")
    relaunch_max: int = Field(2, ge=0, le=10, description="Launches again after one whose outcome was never known.")
    platform_faults_max: int = Field(8, ge=1, le=1000, description="Platform faults in a row before a job is held.")
    own_faults_max: int = Field(
        3,
        ge=1,
        le=100,
        description="Exceptions of the reconciler itself around one run or job before it is held: a bug that comes"
        " again is no accident.",
    )
    breaker_failures_min: int = Field(
        3,
        ge=1,
        le=100,
        description="Failures in a row before a dependency is left alone; a failed login counts at once.",
    )
    queue_seconds: Seconds = Field(7200, description="How long a run may queue: Camber has kept one for 96 minutes.")
    run_seconds: Seconds = Field(1800, description="How long a run may run; enforced inside its command too.")
    log_grace_seconds: Seconds = Field(180, description="How long a log may be late after Camber's final state.")
    poll_min_seconds: Seconds = Field(2, description="Pause between looks at a young run.")
    poll_max_seconds: Seconds = Field(30, description="Pause between looks at an old run.")
    tick_seconds: Seconds = Field(2, description="Pause between passes of a duty, when nothing wakes it earlier.")
    lease_seconds: Seconds = Field(60, description="How long a lease lasts without renewal; it is renewed in a third.")
    drain_seconds: Seconds = Field(90, description="How long a stopping daemon lets its calls of the CLI end.")
    backoff_base_seconds: Seconds = Field(2, description="First pause after a fault; doubles with each one.")
    backoff_max_seconds: Seconds = Field(600, description="Longest pause after a fault.")
    stash_retention_seconds: Seconds = Field(86400, description="How long a finished run's folder stays on the stash.")
    evidence_retention_seconds: Seconds = Field(7 * 86400, description="How long the CLI's answers are kept.")
    log_retention_seconds: Retention = Field(
        30 * 86400, description="How long the last lines of a finished run's log are kept."
    )
    event_retention_seconds: Retention = Field(
        365 * 86400,
        description="How long the history of jobs that are over is kept; the database refuses less than a day.",
    )
    object_retention_seconds: Retention | None = Field(
        None,
        description="How long the objects of a job that is over are kept: upload, master, preview, portal file and"
        " result. Unset, for ever.",
    )
    job_retention_seconds: Retention | None = Field(
        None,
        description="How long a job that is over is kept at all; its objects go before it. Unset, for ever.",
    )

    callback_url: str | None = Field(
        None, description="Where each job's end is posted, signed. Unset, only NOTIFY job_finished tells it."
    )
    callback_secret: SecretStr = Field(
        SecretStr(""), description="Key of the HMAC-SHA256 over the body, in X-Webhook-Signature."
    )
    callback_limit_seconds: Seconds = Field(10, description="How long one post may take.")
    callback_age_seconds_max: Seconds = Field(86400, description="What could not be told for so long is given up.")
    outbox_retention_seconds: Seconds = Field(7 * 86400, description="How long told and given up messages are kept.")

    health_host: str = Field("127.0.0.1", description="Where /healthz, /readyz and /metrics are served.")
    health_port: int | None = Field(None, ge=1, le=65535, description="Their port; unset, nothing is served.")
    console: bool = Field(
        False, description="Whether the operators' console is served too, at /console/ of the same port."
    )
    console_token: SecretStr = Field(
        SecretStr(""),
        description="Who opens the console must give it; required where HEALTH_HOST is not a loopback address.",
    )
    console_user_header: str | None = Field(
        None,
        pattern=r"^[A-Za-z][A-Za-z0-9-]{0,60}$",
        description="Header in which an authenticating proxy names the person, for the history. Set it only where"
        " nobody reaches the port but through that proxy.",
    )
    console_session_seconds: Seconds = Field(
        43200, description="How long the console may be used without giving the token again: a working day."
    )
    console_read_seconds: Seconds = Field(
        5, description="How long one question of the console may keep the database busy before it is given up."
    )
    console_link_seconds: int = Field(
        60, ge=1, le=3600, description="How long a signed link to a picture lives: a browser follows it at once."
    )
    pass_seconds_max: Seconds = Field(
        600, description="A duty whose pass has not ended for so long counts as wedged, and the daemon as dead."
    )
    overdue_seconds_max: Seconds = Field(
        300, description="With a row overdue for so long the daemon counts as not ready."
    )
    probe_seconds: Seconds = Field(
        20,
        description="How long after the limits of its calls one daemon's try of a failed dependency counts as lost, and"
        " another one may try.",
    )
    prune_seconds: Seconds = Field(300, description="Pause between passes of prune.")
    sweep_seconds: Seconds = Field(60, description="Pause between looks for Camber jobs of ours that nobody owns.")
    sweep_horizon_seconds: Seconds = Field(7 * 86400, description="How far back in the job list they are looked for.")
    node_prices: Prices = Field(
        PRICES, description="Credits an hour by node size, as size=price; Camber does not tell what a job cost."
    )

    daily_credits_max: Decimal | None = Field(
        None,
        ge=0,
        description="Credits that the runs of one UTC day may cost, those under way counted as expected. Beyond it"
        " nothing is launched until the next day begins; unset, there is no limit.",
    )

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level that is logged.")
    log_format: Literal["auto", "human", "json"] = Field(
        "auto", description="`auto` is human on a terminal and JSON lines otherwise."
    )

    @field_validator("camber_api_key")
    @classmethod
    def _key_for_camber(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.get("execution_backend") == "camber" and not value.get_secret_value():
            raise ValueError("must be set where EXECUTION_BACKEND is camber")
        return value

    @field_validator("run_archive_key")
    @classmethod
    def _key_of_archive(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("run_environment") == "archive" and not value:
            raise ValueError("must be set where RUN_ENVIRONMENT is archive")
        return value

    @field_validator("callback_url")
    @classmethod
    def _callback(cls, value: str | None) -> str | None:
        return value if value is None else values.url(value)

    @field_validator("callback_secret")
    @classmethod
    def _key_of_callback(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.get("callback_url") and len(value.get_secret_value()) < CALLBACK_SECRET_CHARS_MIN:
            raise ValueError(f"must have at least {CALLBACK_SECRET_CHARS_MIN} characters where CALLBACK_URL is set")
        return value

    @field_validator("console")
    @classmethod
    def _port_of_console(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - the validator's signature
        if value and not info.data.get("health_port"):
            raise ValueError("needs HEALTH_PORT, where it is served")
        return value

    @field_validator("console_token")
    @classmethod
    def _key_of_console(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        token, host = value.get_secret_value(), info.data.get("health_host", "")
        if info.data.get("console") and not token and not values.is_loopback(host):
            raise ValueError("must be set where CONSOLE=1 and HEALTH_HOST is not a loopback address")
        if token and len(token) < CONSOLE_TOKEN_CHARS_MIN:
            raise ValueError(f"must have at least {CONSOLE_TOKEN_CHARS_MIN} characters")
        return value

    @field_validator("outbox_retention_seconds")
    @classmethod
    def _longer_than_told(cls, value: float, info: ValidationInfo) -> float:
        if value < info.data.get("callback_age_seconds_max", 0):
            raise ValueError("must not be shorter than CALLBACK_AGE_SECONDS_MAX: what is untold would be lost")
        return value

    @field_validator("daily_credits_max")
    @classmethod
    def _reckoned(cls, value: Decimal | None, info: ValidationInfo) -> Decimal | None:
        if value is not None and info.data.get("node_size") not in info.data.get("node_prices", {}):
            raise ValueError("needs the price of NODE_SIZE in NODE_PRICES")
        return value

    @field_validator("run_linger_seconds")
    @classmethod
    def _long_enough(cls, value: float) -> float:
        if 0 < value < LINGER_SECONDS_MIN:
            raise ValueError(f"must be 0 or at least {LINGER_SECONDS_MIN}: a shorter stay ends before it is noticed")
        return value

    @field_validator("run_seconds")
    @classmethod
    def _room_to_linger(cls, value: float, info: ValidationInfo) -> float:
        if info.data.get("run_linger_seconds") and value <= 2 * info.data.get("run_target_seconds", 0):
            raise ValueError("must be above twice RUN_TARGET_SECONDS where RUN_LINGER_SECONDS is set")
        return value

    @field_validator("settle_seconds")
    @classmethod
    def _longer_than_create(cls, value: float, info: ValidationInfo) -> float:
        if value <= info.data.get("create_limit_seconds", 0):
            raise ValueError("must be longer than CREATE_LIMIT_SECONDS")
        return value

    @property
    def take_seconds(self) -> float:
        """How long after its start a run that lingers takes more: a batch must end before RUN_SECONDS do.

        It is expected to take RUN_TARGET_SECONDS at most, and may take twice as long.
        """
        return max(0.0, self.run_seconds - 2 * self.run_target_seconds)

    @property
    def batch_bounds(self) -> BatchBounds:
        """What one run may carry."""
        return BatchBounds(
            jobs_max=self.batch_max,
            bytes_max=self.batch_bytes_max,
            compute_seconds_max=self.run_target_seconds * self.worker_processes,
        )

    @property
    def list_seconds_max(self) -> float:
        """How long one read of the whole job list may take: a pass makes at most two, and opens what they show."""
        return self.pass_seconds_max / 4

    @property
    def probe_limits(self) -> dict[str, float]:
        """How long one daemon's try of each dependency may take: as long as the calls up to its answer."""
        looks = 3 * self.read_limit_seconds + self.probe_seconds
        creating = self.stash_limit_seconds + self.start_limit_seconds + self.create_limit_seconds
        return {"login": looks, "reads": looks, "storage": looks, "create": looks + creating}

    @property
    def object_age_seconds(self) -> float | None:
        """When the objects of a job go: with the job at the latest. None: never."""
        return min(filter(None, (self.object_retention_seconds, self.job_retention_seconds)), default=None)

    @property
    def policy(self) -> Policy:
        """The bounds of the pure decisions."""
        return Policy(**{name: getattr(self, name) for name in Policy.__dataclass_fields__})
