"""The tables in which the daemon keeps its books: history, signs of life, breakers, turns, evidence."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from reconciler.store.columns import EMPTY, column, count, flag, metadata, moment, one_of, optional, stamp

job_events = Table(
    "job_events",
    metadata,
    column("id", BigInteger, "primary key", Identity(always=True), primary_key=True),
    column("job_id", Uuid, "the job; its events outlive it"),
    stamp("at", "when"),
    column("kind", Text, "what happened"),
    optional("old_status", Text, "the status before"),
    optional("new_status", Text, "the status after"),
    optional("attempt_id", Uuid, "the attempt in question"),
    column("detail", JSONB, "what else changed", server_default=EMPTY),
    optional("reason", Text, "why, as the actor said"),
    optional("actor", Text, "who, as the actor said"),
    column("session_user_name", Text, "who logged in", server_default=text("session_user")),
    column("current_user_name", Text, "as whom", server_default=text("current_user")),
    optional("jwt_subject", Text, "for whom, where a token says so"),
    optional("application_name", Text, "with what"),
    Index("ix_job_events_job_id", "job_id", "id"),
    Index("ix_job_events_at", "at"),
    comment="Append-only history of every status and flag change by anyone",
)

daemons = Table(
    "daemons",
    metadata,
    column("id", Uuid, "fresh for each process: the lease owner", primary_key=True),
    column("host", Text, "host name"),
    column("pid", Integer, "process id"),
    column("version", Text, "version of the reconciler"),
    column("duties", JSONB, "last completed pass of each duty", server_default=EMPTY),
    stamp("started_at", "when it started"),
    stamp("heartbeat_at", "when it last gave a sign"),
    moment("stopped_at", "when it stopped in good order"),
    comment="One row per daemon process",
)

breakers = Table(
    "breakers",
    metadata,
    column("dependency", Text, "what is failing", primary_key=True),
    column("state", Text, "closed, open or half_open", server_default=text("'closed'")),
    count("failures", "failures in a row"),
    optional("reason", Text, "the last failure"),
    moment("opened_at", "when it opened"),
    moment("retry_at", "when the dependency is tried again"),
    stamp("updated_at", "when the row last changed"),
    one_of("state", ("closed", "open", "half_open")),
    CheckConstraint("state <> 'open' OR (opened_at IS NOT NULL AND retry_at IS NOT NULL)", name="open_has_retry"),
    comment="One row per remote dependency that has failed",
)

legal_transitions = Table(
    "legal_transitions",
    metadata,
    column("subject", Text, "job, run or attempt", primary_key=True),
    column("old_state", Text, "where it leads from", primary_key=True),
    column("event", Text, "what happens", primary_key=True),
    column("new_state", Text, "where it leads to"),
    comment="THE table: which event leads from which state to which; written by migrations only",
)

user_turns = Table(
    "user_turns",
    metadata,
    column("priority", SmallInteger, "each priority has its own round", primary_key=True, autoincrement=False),
    column("user_id", Uuid, "the person", primary_key=True),
    stamp("served_at", "when a job of theirs was last planned"),
    Index("ix_user_turns_served", "priority", text("served_at DESC")),
    comment="Whose turn it was: the claim goes on behind the user who was served last",
)

owed_signals = Table(
    "owed_signals",
    metadata,
    column("run_id", Uuid, "the run", primary_key=True),
    column(
        "due_at",
        DateTime(timezone=True),
        "not before this time is the worker told; also what tells one debt of a run from a later one",
    ),
    Index("ix_owed_signals_due_at", "due_at"),
    comment="Runs whose worker is still to be told what to leave out. No foreign key: who fences an attempt must not"
    " wait for whoever holds the run's row",
)

erasures = Table(
    "erasures",
    metadata,
    column("id", BigInteger, "primary key", Identity(always=True), primary_key=True),
    column("user_id", Uuid, "the person"),
    column("reason", Text, "why, as the actor said"),
    optional("actor", Text, "who, as the actor said"),
    column("asked_by", Text, "who logged in", server_default=text("session_user")),
    stamp("asked_at", "when; jobs that were inserted later stay"),
    count("jobs_removed", "how many jobs went so far"),
    moment("finished_at", "when nothing of the person was left"),
    CheckConstraint("length(reason) BETWEEN 1 AND 500", name="reason_told"),
    Index("ux_erasures_open", "user_id", unique=True, postgresql_where=text("finished_at IS NULL")),
    comment="Whose data is to be removed, and whose was: the proof that stays",
)

outbox = Table(
    "outbox",
    metadata,
    column("id", BigInteger, "primary key", Identity(always=True), primary_key=True),
    column("job_id", Uuid, "the job", ForeignKey("jobs.id", ondelete="CASCADE")),
    column("event", Text, "what the product is told"),
    column("payload", JSONB, "its body"),
    count("attempts", "deliveries tried"),
    optional("last_error", Text, "why the last one failed"),
    stamp("created_at", "when it was written"),
    stamp("available_at", "not before this time is it delivered"),
    moment("delivered_at", "when it was"),
    Index("ix_outbox_due", "available_at", postgresql_where=text("delivered_at IS NULL")),
    Index("ix_outbox_created_at", "created_at"),
    comment="What the product is still to be told",
)

cli_calls = Table(
    "cli_calls",
    metadata,
    column("id", Uuid, "primary key", primary_key=True),
    stamp("at", "when it ended"),
    optional("daemon_id", Uuid, "which process called"),
    optional("run_id", Uuid, "for which run"),
    column("kind", Text, "the command's words, such as job get"),
    column("argv", JSONB, "the redacted arguments"),
    optional("exit_code", Integer, "null where it never ended by itself"),
    column("duration_ms", Integer, "how long it took"),
    optional("cli_version", Text, "which CLI answered"),
    column("outcome", Text, "what it was read as"),
    flag("decided", "whether something was decided by it: then both streams are whole"),
    flag("cut", "whether a stream was longer than what is kept"),
    optional("stdout", LargeBinary, "zlib-compressed, redacted"),
    optional("stderr", LargeBinary, "zlib-compressed, redacted"),
    column("stdout_sha256", Text, "of what the CLI wrote"),
    column("stderr_sha256", Text, "of what the CLI wrote"),
    Index("ix_cli_calls_at", "at"),
    Index("ix_cli_calls_run_id", "run_id"),
    comment="Evidence of each call of the Camber CLI",
)
