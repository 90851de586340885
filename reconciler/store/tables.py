"""The tables, as Alembic compares them. States are texts with CHECKs, times are the database's own."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from reconciler.domain.states import AttemptState, JobStatus, RunState

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)

_NOW = text("now()")
_NEW_ID = text("gen_random_uuid()")
_EMPTY = text("'{}'::jsonb")


def _column(name: str, kind: Any, comment: str, *args: Any, **options: Any) -> Column[Any]:
    options.setdefault("nullable", False)
    return Column(name, kind, *args, comment=comment, **options)


def _optional(name: str, kind: Any, comment: str, *args: Any) -> Column[Any]:
    return _column(name, kind, comment, *args, nullable=True)


def _at(name: str, comment: str) -> Column[Any]:
    """An optional time."""
    return _optional(name, DateTime(timezone=True), comment)


def _stamp(name: str, comment: str) -> Column[Any]:
    """A time that is always there, now by default."""
    return _column(name, DateTime(timezone=True), comment, server_default=_NOW)


def _count(name: str, comment: str, default: int = 0) -> Column[Any]:
    return _column(name, Integer, comment, server_default=text(str(default)))


def _flag(name: str, comment: str) -> Column[Any]:
    return _column(name, Boolean, comment, server_default=text("false"))


def _one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


portal_schemas = Table(
    "portal_schemas",
    metadata,
    _column("id", Uuid, "primary key", primary_key=True, server_default=_NEW_ID),
    _column("name", Text, "what the product calls the portal's demand"),
    _column("version", Integer, "rises with every change; a row is never changed once it is used"),
    _column("definition", JSONB, "schema_definition of the worker's contract, validated on the way in"),
    _flag("active", "whether new jobs of this name use this version; at most one per name"),
    _optional("source", Text, "where the figures come from"),
    _optional("source_date", Date, "when the figures were read there"),
    _stamp("created_at", "when the row was made"),
    UniqueConstraint("name", "version"),
    CheckConstraint("version > 0", name="version_positive"),
    Index("ux_portal_schemas_active_name", "name", unique=True, postgresql_where=text("active")),
    comment="What portals accept: immutable, versioned",
)

jobs = Table(
    "jobs",
    metadata,
    _column("id", Uuid, "primary key, given by the product or made here", primary_key=True, server_default=_NEW_ID),
    _column("user_id", Uuid, "the person whose document it is"),
    _column("portal_schema_id", Uuid, "what the portal accepts", ForeignKey("portal_schemas.id")),
    _column("raw_path", Text, "the uploaded document's key in the object store"),
    _column("mime_type", Text, "as the upload named it; the worker goes by the bytes"),
    _column("original_filename", Text, "as the person named the file"),
    _column("options", JSONB, "options of the payload, such as page", server_default=_EMPTY),
    _column("priority", SmallInteger, "higher goes first", server_default=text("0")),
    _optional("idempotency_key", Text, "unique per user: a second insert with it is refused"),
    _optional("input_bytes", BigInteger, "the document's size as found in the store"),
    _column("status", Text, "pending, processing, completed, failed or cancelled", server_default=text("'pending'")),
    _count("attempt_count", "attempts spent on faults of the document"),
    _count("platform_faults", "platform faults in a row"),
    _count("own_faults", "faults of the reconciler itself"),
    _count("unknown_launches", "launches whose outcome was never known"),
    _count("max_attempts", "how many faults of the document are allowed", 3),
    _stamp("available_at", "not before this time is the job tried"),
    _optional("waiting_reason", Text, "why a pending job is not tried yet"),
    _optional("held_reason", Text, "set: the job waits for an operator"),
    _optional("current_attempt_id", Uuid, "the live or the counted attempt"),
    _optional("camber_job_id", BigInteger, "the Camber job of the last attempt"),
    _optional("error_details", JSONB, "code, stage, message, retryable, at"),
    _optional("output_metadata", JSONB, "figures of the finished document"),
    _flag("rerun_requested", "set by anyone: start afresh; cleared when acted on"),
    _flag("cancel_requested", "set by anyone: ignore the result; cleared when acted on"),
    _optional("request_reason", Text, "why the rerun or cancel was asked for"),
    _stamp("created_at", "when the row was inserted"),
    _stamp("updated_at", "when the row last changed"),
    _at("started_at", "when the first attempt was planned"),
    _at("completed_at", "when the job reached a final status"),
    _one_of("status", JobStatus),
    UniqueConstraint("user_id", "idempotency_key"),
    CheckConstraint(
        "(status IN ('completed', 'failed', 'cancelled')) = (completed_at IS NOT NULL)", name="completed_at_iff_final"
    ),
    CheckConstraint("status <> 'processing' OR current_attempt_id IS NOT NULL", name="processing_has_attempt"),
    CheckConstraint("status <> 'failed' OR error_details IS NOT NULL", name="failed_has_error"),
    Index(
        "ix_jobs_due",
        text("priority DESC"),
        "available_at",
        "id",
        postgresql_where=text("status = 'pending' AND held_reason IS NULL"),
    ),
    Index("ix_jobs_requested", "id", postgresql_where=text("rerun_requested OR cancel_requested")),
    Index("ix_jobs_user_id", "user_id", "created_at"),
    comment="One document to process for one user and one portal schema",
    postgresql_with={"fillfactor": "80"},
)

camber_runs = Table(
    "camber_runs",
    metadata,
    _column("id", Uuid, "primary key", primary_key=True),
    _column("marker", Text, "unique text in the stash path and at the head of the command", unique=True),
    _column("backend", Text, "camber or local: Camber ids of different backends count separately"),
    _column("account", Text, "the Camber user name that launched it"),
    _optional("relaunch_of", Uuid, "the run whose launch stayed unknown", ForeignKey("camber_runs.id")),
    _column("state", Text, "see the state diagram"),
    _optional("camber_job_id", BigInteger, "Camber's id, once known"),
    _optional("camber_status", Text, "Camber's word as last seen"),
    _optional("id_floor", BigInteger, "the highest Camber id known before the launch: ours is above it"),
    _column("bundle_hash", Text, "SHA-256 of the worker bundle"),
    _column("stash_path", Text, "the run folder"),
    _column("node_size", Text, "as asked for"),
    _column("command", Text, "the command, free of secrets"),
    _count("attempts_total", "how many documents it carries"),
    _count("attempts_settled", "how many of them have a verdict"),
    _at("launch_started_at", "when create became allowed"),
    _at("submit_deadline", "after this time create is not executed any more"),
    _at("submitted_at", "when create answered, or the job was adopted"),
    _at("first_seen_at", "when Camber first showed it"),
    _at("last_seen_at", "when Camber last showed it changed"),
    _at("started_at", "when we first saw it running"),
    _at("finished_at", "when nothing was left to do"),
    _at("camber_created_at", "by Camber's clock"),
    _at("camber_started_at", "by Camber's clock"),
    _at("camber_finished_at", "by Camber's clock"),
    _at("next_poll_at", "when to look again; null where nothing is to be looked for"),
    _at("queue_deadline", "given up if still queueing then"),
    _at("run_deadline", "given up if still running then"),
    _at("collect_deadline", "until then a late log is waited for"),
    _count("absent_count", "complete looks in a row that missed it"),
    _at("absent_since", "the first of those looks"),
    _optional("lease_owner", Uuid, "the daemon that may write the row"),
    _at("lease_until", "until when"),
    _column("epoch", BigInteger, "rises with every claim; fences every write", server_default=text("0")),
    _column("log_bytes", BigInteger, "how much of the log was read", server_default=text("0")),
    _optional("log_tail", Text, "the last lines of the log, redacted"),
    _optional("credits", Numeric(12, 6), "cost, by node price and running time"),
    _at("stash_pruned_at", "when its run folder was removed"),
    _optional("reason_code", Text, "the last event"),
    _optional("reason_text", Text, "why it happened"),
    _stamp("created_at", "when it was planned"),
    _stamp("updated_at", "when the row last changed"),
    _one_of("state", RunState),
    UniqueConstraint("backend", "account", "camber_job_id"),
    CheckConstraint(
        "state NOT IN ('submitted', 'queued', 'running', 'collecting') OR camber_job_id IS NOT NULL",
        name="submitted_has_id",
    ),
    CheckConstraint("(state = 'finished') = (finished_at IS NOT NULL)", name="finished_at_iff_finished"),
    CheckConstraint(
        "state NOT IN ('launching', 'unknown') OR submit_deadline IS NOT NULL", name="launching_has_deadline"
    ),
    CheckConstraint("(lease_owner IS NULL) = (lease_until IS NULL)", name="lease_whole"),
    CheckConstraint("state IN ('finished', 'held') OR next_poll_at IS NOT NULL", name="live_has_next_look"),
    CheckConstraint("state <> 'held' OR reason_text IS NOT NULL", name="held_has_reason"),
    Index("ix_camber_runs_due", "next_poll_at", postgresql_where=text("state NOT IN ('finished', 'held')")),
    comment="One Camber job that we launch, with its batch",
    postgresql_with={"fillfactor": "80"},
)

job_attempts = Table(
    "job_attempts",
    metadata,
    _column("id", Uuid, "primary key", primary_key=True),
    _column("job_id", Uuid, "the job", ForeignKey("jobs.id", ondelete="CASCADE")),
    _column("number", Integer, "1, 2, ...: only rises"),
    _column("run_id", Uuid, "the run that carries it", ForeignKey("camber_runs.id")),
    _column("nonce", Text, "echoed by the worker; part of the output keys"),
    _column("state", Text, "assigned, succeeded, failed or superseded", server_default=text("'assigned'")),
    _optional("result", JSONB, "the accepted frame"),
    _optional("error", JSONB, "code, stage, message, retryable"),
    _optional("timings", JSONB, "milliseconds by stage"),
    _stamp("created_at", "when it was planned"),
    _at("finished_at", "when it was settled"),
    UniqueConstraint("job_id", "number"),
    _one_of("state", AttemptState),
    CheckConstraint("(state = 'assigned') = (finished_at IS NULL)", name="finished_at_iff_settled"),
    CheckConstraint("number > 0", name="number_positive"),
    Index("ix_job_attempts_run_id", "run_id"),
    Index("ux_job_attempts_live", "job_id", unique=True, postgresql_where=text("state = 'assigned'")),
    comment="One try at a job",
)

documents = Table(
    "documents",
    metadata,
    _column("job_id", Uuid, "the job", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    _column("attempt_id", Uuid, "the one attempt that counts", ForeignKey("job_attempts.id"), unique=True),
    _column("canonical_output", JSONB, "what was read: the result object"),
    _column("portal_outputs", JSONB, "figures of the portal file, read back from its bytes"),
    _column("artifacts", JSONB, "key, size, sha256 and md5 of each stored object"),
    _column("quality_score", Double, "0 to 1"),
    _column("ocr_confidence", Double, "0 to 1"),
    _flag("stale", "a later rerun failed: this is the older document"),
    _stamp("created_at", "when the first document of the job was accepted"),
    _stamp("updated_at", "when this one was"),
    CheckConstraint("quality_score BETWEEN 0 AND 1", name="quality_score_range"),
    CheckConstraint("ocr_confidence BETWEEN 0 AND 1", name="ocr_confidence_range"),
    comment="The finished document of a job: at most one, from one attempt",
)

camber_sightings = Table(
    "camber_sightings",
    metadata,
    _column("backend", Text, "camber or local", primary_key=True),
    _column("account", Text, "the Camber user name", primary_key=True),
    _column("camber_job_id", BigInteger, "Camber's id", primary_key=True, autoincrement=False),
    _column("run_id", Uuid, "whose marker it carries", ForeignKey("camber_runs.id")),
    _column("role", Text, "owner or duplicate"),
    _optional("camber_status", Text, "as last seen"),
    _optional("credits", Numeric(12, 6), "what it cost"),
    _stamp("first_seen_at", "when it was first seen"),
    _stamp("last_seen_at", "when it was last seen"),
    _one_of("role", ("owner", "duplicate")),
    Index("ix_camber_sightings_run_id", "run_id"),
    comment="Every Camber job ever seen to carry one of our markers",
)

job_events = Table(
    "job_events",
    metadata,
    _column("id", BigInteger, "primary key", Identity(always=True), primary_key=True),
    _column("job_id", Uuid, "the job; its events outlive it"),
    _stamp("at", "when"),
    _column("kind", Text, "what happened"),
    _optional("old_status", Text, "the status before"),
    _optional("new_status", Text, "the status after"),
    _optional("attempt_id", Uuid, "the attempt in question"),
    _column("detail", JSONB, "what else changed", server_default=_EMPTY),
    _optional("reason", Text, "why, as the actor said"),
    _optional("actor", Text, "who, as the actor said"),
    _column("session_user_name", Text, "who logged in", server_default=text("session_user")),
    _column("current_user_name", Text, "as whom", server_default=text("current_user")),
    _optional("jwt_subject", Text, "for whom, where a token says so"),
    _optional("application_name", Text, "with what"),
    Index("ix_job_events_job_id", "job_id", "id"),
    Index("ix_job_events_at", "at"),
    comment="Append-only history of every status and flag change by anyone",
)

daemons = Table(
    "daemons",
    metadata,
    _column("id", Uuid, "fresh for each process: the lease owner", primary_key=True),
    _column("host", Text, "host name"),
    _column("pid", Integer, "process id"),
    _column("version", Text, "version of the reconciler"),
    _column("duties", JSONB, "last completed pass of each duty", server_default=_EMPTY),
    _stamp("started_at", "when it started"),
    _stamp("heartbeat_at", "when it last gave a sign"),
    _at("stopped_at", "when it stopped in good order"),
    comment="One row per daemon process",
)

breakers = Table(
    "breakers",
    metadata,
    _column("dependency", Text, "what is failing", primary_key=True),
    _column("state", Text, "closed, open or half_open", server_default=text("'closed'")),
    _count("failures", "failures in a row"),
    _optional("reason", Text, "the last failure"),
    _at("opened_at", "when it opened"),
    _at("retry_at", "when the dependency is tried again"),
    _stamp("updated_at", "when the row last changed"),
    _one_of("state", ("closed", "open", "half_open")),
    comment="One row per remote dependency that has failed",
)

outbox = Table(
    "outbox",
    metadata,
    _column("id", BigInteger, "primary key", Identity(always=True), primary_key=True),
    _column("job_id", Uuid, "the job", ForeignKey("jobs.id", ondelete="CASCADE")),
    _column("event", Text, "what the product is told"),
    _column("payload", JSONB, "its body"),
    _count("attempts", "deliveries tried"),
    _optional("last_error", Text, "why the last one failed"),
    _stamp("created_at", "when it was written"),
    _stamp("available_at", "not before this time is it delivered"),
    _at("delivered_at", "when it was"),
    Index("ix_outbox_due", "available_at", postgresql_where=text("delivered_at IS NULL")),
    Index("ix_outbox_created_at", "created_at"),
    comment="What the product is still to be told",
)

cli_calls = Table(
    "cli_calls",
    metadata,
    _column("id", Uuid, "primary key", primary_key=True),
    _stamp("at", "when it ended"),
    _optional("daemon_id", Uuid, "which process called"),
    _optional("run_id", Uuid, "for which run"),
    _column("kind", Text, "the command's words, such as job get"),
    _column("argv", JSONB, "the redacted arguments"),
    _optional("exit_code", Integer, "null where it never ended by itself"),
    _column("duration_ms", Integer, "how long it took"),
    _optional("cli_version", Text, "which CLI answered"),
    _column("outcome", Text, "what it was read as"),
    _flag("decided", "whether something was decided by it: then both streams are whole"),
    _flag("cut", "whether a stream was longer than what is kept"),
    _optional("stdout", LargeBinary, "zlib-compressed, redacted"),
    _optional("stderr", LargeBinary, "zlib-compressed, redacted"),
    _column("stdout_sha256", Text, "of what the CLI wrote"),
    _column("stderr_sha256", Text, "of what the CLI wrote"),
    Index("ix_cli_calls_at", "at"),
    Index("ix_cli_calls_run_id", "run_id"),
    comment="Evidence of each call of the Camber CLI",
)
