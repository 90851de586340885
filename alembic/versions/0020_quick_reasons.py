"""Say why jobs wait in a time that does not grow with what is over.

The planner took all attempts that there ever were to find those of a thousand open jobs, and weighed each reason with a
plan of its own for the choice among them. Now each open job finds its own attempt and run by their keys, and the choice
is made once.
"""

from typing import Any

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# LIMIT keeps them from being joined with whole tables, and OFFSET from being repeated for each reason.
CHANGES = (
    (
        "LEFT JOIN job_attempts a ON a.id = j.current_attempt_id AND j.status = 'processing'",
        (
            "LEFT JOIN LATERAL (SELECT f.run_id, f.inbox_number FROM job_attempts f"
            " WHERE f.id = j.current_attempt_id AND j.status = 'processing' LIMIT 1) AS a ON true"
        ),
    ),
    (
        "LEFT JOIN camber_runs r ON r.id = a.run_id",
        (
            "LEFT JOIN LATERAL (SELECT w.id, w.state, w.camber_job_id, w.absent_count, w.reason_text, w.attempts_settled,"
            " w.attempts_total, w.created_at, w.launch_started_at, w.submit_deadline, w.submitted_at, w.queue_deadline,"
            " w.started_at, w.run_deadline, w.collect_deadline, w.updated_at"
            " FROM camber_runs w WHERE w.id = a.run_id LIMIT 1) AS r ON true"
        ),
    ),
    ("SELECT o.*, CASE\n", "SELECT o.*, chosen.code FROM open_jobs o CROSS JOIN LATERAL (SELECT CASE\n"),
    ("ELSE 'turn' END AS code\n    FROM open_jobs o\n", "ELSE 'turn' END AS code OFFSET 0) AS chosen\n"),
)


def upgrade() -> None:
    _put(_changed(_before(), CHANGES))


def downgrade() -> None:
    _put(_before())


def _put(query: str) -> None:
    op.execute(f"CREATE OR REPLACE VIEW why_waiting WITH (security_invoker = true) AS {query}")


def _before() -> str:
    """As 0019 left it."""
    return _changed(_module("0015").WHY_WAITING, _module("0019").WHY)


def _module(number: str) -> Any:
    return op.get_context().environment_context.script.get_revision(number).module


def _changed(text: str, changes: tuple[tuple[str, str], ...]) -> str:
    for before, after in changes:
        if text.count(before) != 1:
            raise RuntimeError(f"what is to be changed does not stand there once: {before[:60]!r}")
        text = text.replace(before, after)
    return text
