"""Runs that stay after their batch: what they were given meanwhile, and until when they stay."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COLUMNS = {
    "linger_seconds": (sa.Double, "how long it stays without work; 0: it leaves after its batch"),
    "take_seconds": (sa.Double, "how long after its start it takes further documents"),
    "inbox_given": (sa.Integer, "how often it was given further documents"),
    "inbox_put": (sa.Integer, "how many of those stand in the store"),
}
"""Of camber_runs; 0 at first."""
GIVEN_AT = "when it was last given something"
NUMBER = "the inbox object it was given in; null: the run file"
CHECKS = (
    ("camber_runs", "linger_not_negative", "linger_seconds >= 0 AND take_seconds >= 0"),
    ("camber_runs", "put_is_given", "inbox_put BETWEEN 0 AND inbox_given"),
    ("camber_runs", "given_at_iff_given", "(inbox_given = 0) = (given_at IS NULL)"),
    ("job_attempts", "inbox_number_positive", "inbox_number > 0"),
)

# One with nothing but fenced attempts was told to leave: nothing more is given to it.
LINGERING_RUNS = """
SELECT r.id AS run_id, r.backend, r.account, r.bundle_hash, work.assigned, work.answered, r.started_at, r.given_at,
       r.inbox_given, r.inbox_put, r.started_at + make_interval(secs => r.take_seconds) AS takes_until,
       CASE WHEN work.assigned = 0
            THEN least(work.settled_at + make_interval(secs => r.linger_seconds),
                       r.started_at + make_interval(secs => r.take_seconds)) END AS lingers_until
FROM camber_runs r CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE a.state = 'assigned') AS assigned,
           count(*) FILTER (WHERE a.state IN ('succeeded', 'failed')) AS answered, max(a.finished_at) AS settled_at
    FROM job_attempts a WHERE a.run_id = r.id) AS work
WHERE r.state = 'running' AND r.linger_seconds > 0 AND work.assigned + work.answered > 0
"""
OVERVIEW = (
    (
        "twins.duplicates, r.created_at, r.finished_at\n",
        "twins.duplicates, r.created_at, r.finished_at, r.inbox_given, l.lingers_until\n",
    ),
    (
        "LEFT JOIN daemons h ON h.id = r.lease_owner\n",
        "LEFT JOIN daemons h ON h.id = r.lease_owner\nLEFT JOIN lingering_runs l ON l.run_id = r.id\n",
    ),
)
_AGE = "           AS heartbeat_age_seconds"
_WAITING = "(SELECT count(*) FROM lingering_runs WHERE lingers_until IS NOT NULL) AS runs_lingering"
HEALTH = ((f"{_AGE}\n", f"{_AGE},\n       {_WAITING}\n"),)
VIEW_COMMENTS: dict[str, tuple[str, dict[str, str]]] = {
    "lingering_runs": (
        "Runs that stay after their batch, and can be given more",
        {
            "run_id": "the run",
            "backend": "camber or local",
            "account": "the Camber user name that launched it",
            "bundle_hash": "SHA-256 of its worker bundle",
            "assigned": "documents that it has not answered yet",
            "answered": "documents that it has",
            "started_at": "when we first saw it running",
            "given_at": "when it was last given something",
            "inbox_given": "how often",
            "inbox_put": "how many of those stand in the store",
            "takes_until": "until when it takes more",
            "lingers_until": "when it leaves if nothing comes; null while it has work",
        },
    ),
    "run_overview": (
        "One row per run: what it is doing, for how long, at what cost",
        {
            "inbox_given": "how often it was given further documents",
            "lingers_until": "when it leaves if nothing comes; null for all that do not wait for more",
        },
    ),
    "queue_health": (
        "One row: how much is waiting, under way and failing, and who works on it",
        {"runs_lingering": "runs that wait for further documents"},
    ),
}
"""What views say; of those that were there before, their new columns."""
_SETTLED = "|| n.attempts_total || ' documents are settled'"
_GIVEN = "CASE WHEN n.inbox_number > 0 THEN '; it was given this one while it lingered' ELSE '' END"
_MOVED = "r.collect_deadline, r.updated_at AS run_moved_at,"
WHY = ((_MOVED, f"{_MOVED} a.inbox_number,"), (f"{_SETTLED},", f"{_SETTLED} || {_GIVEN},"))
ACCESS = "apply_access_before_0017"
_OPERATOR = "'SELECT (id, job_id, number, run_id, nonce, state, error,"
_READER = "'SELECT (id, job_id, number, run_id, state, error,"
ACCESS_CHANGES = (
    ("waiting_jobs,undecided_launches}'", "waiting_jobs,undecided_launches,lingering_runs}'"),
    (_OPERATOR, _OPERATOR.replace("run_id,", "run_id, inbox_number,")),
    (_READER, _READER.replace("run_id,", "run_id, inbox_number,")),
)


def upgrade() -> None:
    for name, (kind, meaning) in COLUMNS.items():
        op.add_column("camber_runs", sa.Column(name, kind(), nullable=False, server_default="0", comment=meaning))
    op.add_column("camber_runs", sa.Column("given_at", sa.DateTime(timezone=True), comment=GIVEN_AT))
    op.add_column("job_attempts", sa.Column("inbox_number", sa.Integer(), comment=NUMBER))
    for table, name, rule in CHECKS:
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({rule}) NOT VALID")
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{name}")
    op.execute(f"CREATE VIEW lingering_runs WITH (security_invoker = true) AS {LINGERING_RUNS}")
    _replace("run_overview", "0010", "RUN_OVERVIEW", OVERVIEW)
    _replace("queue_health", "0010", "QUEUE_HEALTH", HEALTH)
    _replace("why_waiting", "0015", "WHY_WAITING", WHY)
    for view, said in VIEW_COMMENTS.items():
        _comment(view, *said)
    _change_access(ACCESS_CHANGES)


def _replace(view: str, revision: str, name: str, changes: tuple[tuple[str, str], ...]) -> None:
    """Put the older query's successor into its place: the same columns, and new ones behind them."""
    query = _changed(_older(revision, name), changes)
    op.execute(f"CREATE OR REPLACE VIEW {view} WITH (security_invoker = true) AS {query}")


def _older(revision: str, name: str) -> Any:
    environment = op.get_context().environment_context
    return getattr(environment.script.get_revision(revision).module, name)


def _changed(text: str, changes: tuple[tuple[str, str], ...]) -> str:
    for before, after in changes:
        if text.count(before) != 1:
            raise RuntimeError(f"what is to be changed does not stand there once: {before[:60]!r}")
        text = text.replace(before, after)
    return text


def _comment(view: str, meaning: str, columns: dict[str, str]) -> None:
    op.execute(f"COMMENT ON VIEW {view} IS {_quoted(meaning)}")
    for column, told in columns.items():
        op.execute(f"COMMENT ON COLUMN {view}.{column} IS {_quoted(told)}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _change_access(changes: tuple[tuple[str, str], ...]) -> None:
    """Change what apply_access() is made of, and give everybody their rights again."""
    text = str(op.get_bind().scalar(sa.text(f"SELECT pg_get_functiondef('{ACCESS}()'::regprocedure)")))
    op.execute(_changed(text, changes))
    op.execute("SELECT apply_access()")


def downgrade() -> None:
    _replace("why_waiting", "0015", "WHY_WAITING", ())
    for view, name in (("run_overview", "RUN_OVERVIEW"), ("queue_health", "QUEUE_HEALTH")):
        op.execute(f"DROP VIEW {view}")
        _replace(view, "0010", name, ())
        _comment(view, *_older("0010", "VIEW_COMMENTS")[view])
    op.execute("DROP VIEW lingering_runs")
    for table, name, _ in CHECKS:
        op.drop_constraint(f"ck_{table}_{name}", table)
    op.drop_column("job_attempts", "inbox_number")
    for name in (*COLUMNS, "given_at"):
        op.drop_column("camber_runs", name)
    _change_access(tuple((after, before) for before, after in ACCESS_CHANGES))
