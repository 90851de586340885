"""Views for people: what is the state of things, and why does this job not move.

All are security_invoker: a view shows nobody more than the tables would. None shows a file's name or a document's text.
Each is quick on a million jobs: what is under way is found on partial indexes, and the past by day.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

DAY = "CREATE INDEX ix_camber_runs_day ON camber_runs (((created_at AT TIME ZONE 'UTC')::date))"

JOB_OVERVIEW = """
SELECT j.id AS job_id, j.user_id, s.name AS portal_schema, s.version AS portal_schema_version, j.status, j.priority,
       j.attempt_count, j.max_attempts, j.platform_faults, j.error_details ->> 'code' AS error_code,
       j.held_reason, j.rerun_requested, j.cancel_requested,
       a.number AS attempt_number, a.state AS attempt_state, r.id AS run_id, r.state AS run_state,
       coalesce(r.camber_job_id, j.camber_job_id) AS camber_job_id, r.camber_status,
       d.job_id IS NOT NULL AS has_document, coalesce(d.stale, false) AS document_stale, d.quality_score,
       d.ocr_confidence, j.created_at, j.started_at, j.completed_at,
       round(extract(epoch FROM coalesce(j.completed_at, now()) - j.created_at)::numeric, 1) AS age_seconds
FROM jobs j
JOIN portal_schemas s ON s.id = j.portal_schema_id
LEFT JOIN job_attempts a ON a.id = j.current_attempt_id
LEFT JOIN camber_runs r ON r.id = a.run_id
LEFT JOIN documents d ON d.job_id = j.id
"""

# The first WHEN that fits is the reason: the most specific stands first. What is the same for all rows is asked once.
WHY_WAITING = """
WITH common AS (
    SELECT (SELECT max(heartbeat_at) FROM daemons WHERE stopped_at IS NULL) AS heartbeat_at,
           (SELECT string_agg(dependency || ' (' || coalesce(reason, 'no reason given') || ')', ', ' ORDER BY dependency)
            FROM breakers
            WHERE state = 'open' AND retry_at > now() AND dependency NOT IN ('recipients', 'budget')) AS open_breakers,
           (SELECT max(retry_at) FROM breakers
            WHERE state = 'open' AND retry_at > now() AND dependency NOT IN ('recipients', 'budget')) AS breakers_until,
           (SELECT reason FROM breakers WHERE dependency = 'budget' AND state = 'open' AND retry_at > now()) AS budget,
           EXISTS (SELECT FROM breakers WHERE dependency = 'recipients' AND state <> 'closed') AS no_recipients,
           (SELECT count(*) FROM camber_runs
            WHERE state IN ('planned', 'launching', 'unknown', 'submitted', 'queued', 'running', 'abandoned')
              AND (state <> 'abandoned' OR camber_job_id IS NOT NULL)) AS slots_taken,
           (SELECT count(*) FROM (SELECT FROM jobs
                                  WHERE status = 'pending' AND held_reason IS NULL AND NOT rerun_requested
                                    AND NOT cancel_requested LIMIT 10000) AS due) AS jobs_due
), open_jobs AS (
    SELECT j.id, j.user_id, j.status, j.held_reason, j.waiting_reason, j.available_at, j.error_details, j.updated_at,
           j.created_at, j.rerun_requested, j.cancel_requested, r.id AS run_id, r.state AS run_state,
           r.camber_job_id, r.absent_count, r.reason_text, r.attempts_settled, r.attempts_total, r.created_at AS planned_at,
           r.launch_started_at, r.submit_deadline, r.submitted_at, r.queue_deadline, r.started_at AS run_started_at,
           r.run_deadline, r.collect_deadline, r.updated_at AS run_moved_at,
           coalesce(c.heartbeat_at < now() - interval '5 minutes', true) AS no_daemon, c.heartbeat_at, c.open_breakers,
           c.breakers_until, c.budget, c.no_recipients, c.slots_taken, c.jobs_due
    FROM jobs j
    CROSS JOIN common c
    LEFT JOIN job_attempts a ON a.id = j.current_attempt_id AND j.status = 'processing'
    LEFT JOIN camber_runs r ON r.id = a.run_id
    WHERE j.status IN ('pending', 'processing')
), named AS (
    SELECT o.*, CASE
        WHEN status = 'pending' AND held_reason IS NOT NULL THEN 'held'
        WHEN run_state = 'held' THEN 'run_held'
        WHEN no_daemon AND (status = 'processing' OR available_at <= now()) THEN 'no_daemon'
        WHEN rerun_requested OR cancel_requested THEN 'requested'
        WHEN status = 'processing' THEN CASE run_state
            WHEN 'planned' THEN 'launching' WHEN 'launching' THEN 'launching' WHEN 'unknown' THEN 'launch_unknown'
            WHEN 'submitted' THEN 'queued' WHEN 'queued' THEN 'queued' WHEN 'running' THEN 'running'
            WHEN 'collecting' THEN 'collecting' ELSE 'run_over' END
        WHEN available_at > now() AND waiting_reason = 'waiting for upload' THEN 'upload'
        WHEN available_at > now() AND error_details IS NOT NULL THEN 'backing_off'
        WHEN available_at > now() THEN 'not_before'
        WHEN EXISTS (SELECT FROM job_attempts f JOIN camber_runs w ON w.id = f.run_id
                     WHERE f.job_id = o.id AND w.state IN ('planned', 'launching', 'unknown')) THEN 'older_launch'
        WHEN no_recipients THEN 'no_recipients'
        WHEN open_breakers IS NOT NULL THEN 'breaker_open'
        WHEN budget IS NOT NULL THEN 'budget'
        ELSE 'turn' END AS code
    FROM open_jobs o
)
SELECT n.id AS job_id, n.user_id, n.status, n.code, CASE n.code
           WHEN 'held' THEN 'held: ' || n.held_reason || coalesce((
               SELECT ' (by ' || coalesce(e.actor, e.session_user_name) || ', ' || to_char(e.at, 'YYYY-MM-DD HH24:MI') || ')'
               FROM job_events e WHERE e.job_id = n.id AND e.detail ? 'held_reason' ORDER BY e.id DESC LIMIT 1), '')
           WHEN 'run_held' THEN 'its run is held for an operator: ' || n.reason_text
           WHEN 'no_daemon' THEN CASE WHEN n.heartbeat_at IS NULL THEN 'no daemon is running'
               ELSE 'no daemon is alive: the last sign of one came at ' || to_char(n.heartbeat_at, 'YYYY-MM-DD HH24:MI:SS') END
           WHEN 'requested' THEN CASE WHEN n.rerun_requested THEN 'a rerun' ELSE 'a cancel' END
               || ' was requested; the daemon carries it out at its next pass'
           WHEN 'launching' THEN 'its run is being launched'
           WHEN 'launch_unknown' THEN 'the reply to its launch was lost: the job list is searched for it ('
               || n.absent_count || ' complete looks missed it)'
           WHEN 'queued' THEN 'Camber job ' || n.camber_job_id || ' waits in Camber''s queue'
           WHEN 'running' THEN 'Camber job ' || n.camber_job_id || ' is running: ' || n.attempts_settled || ' of '
               || n.attempts_total || ' documents are settled'
           WHEN 'collecting' THEN 'Camber job ' || n.camber_job_id || ' is over: its results or a late log are awaited'
           WHEN 'run_over' THEN 'its run is ' || coalesce(n.run_state, 'gone') || ' and carries it no more: ask for a rerun'
           WHEN 'upload' THEN 'waiting for upload'
           WHEN 'backing_off' THEN 'backing off after ' || coalesce(n.error_details ->> 'code', 'a fault')
           WHEN 'not_before' THEN coalesce(n.waiting_reason, 'not to be tried yet')
           WHEN 'older_launch' THEN 'an earlier launch of it is not decided yet: that comes first'
           WHEN 'no_recipients' THEN 'AGE_RECIPIENTS is not set: a master is never stored unencrypted'
           WHEN 'breaker_open' THEN 'left alone while it fails: ' || n.open_breakers
           WHEN 'budget' THEN n.budget
           ELSE 'waiting for its turn: ' || n.slots_taken || ' runs hold slots, '
               || CASE WHEN n.jobs_due >= 10000 THEN '10000 or more' ELSE n.jobs_due::text END || ' jobs are waiting'
       END AS reason,
       CASE n.code
           WHEN 'held' THEN n.updated_at WHEN 'run_held' THEN n.run_moved_at
           WHEN 'no_daemon' THEN coalesce(n.heartbeat_at, n.created_at) WHEN 'launching' THEN n.planned_at
           WHEN 'launch_unknown' THEN coalesce(n.launch_started_at, n.planned_at) WHEN 'queued' THEN n.submitted_at
           WHEN 'running' THEN n.run_started_at WHEN 'collecting' THEN n.run_moved_at WHEN 'run_over' THEN n.run_moved_at
           WHEN 'turn' THEN greatest(n.available_at, n.created_at) ELSE n.updated_at END AS since,
       CASE n.code
           WHEN 'upload' THEN n.available_at WHEN 'backing_off' THEN n.available_at WHEN 'not_before' THEN n.available_at
           WHEN 'launching' THEN n.submit_deadline WHEN 'queued' THEN n.queue_deadline WHEN 'running' THEN n.run_deadline
           WHEN 'collecting' THEN n.collect_deadline WHEN 'breaker_open' THEN n.breakers_until
           WHEN 'budget' THEN date_trunc('day', now(), 'UTC') + interval '1 day' END AS until,
       n.run_id
FROM named n
"""

STUCK_JOBS = """
SELECT w.job_id, w.user_id, w.status, w.code, w.reason, w.since, w.until, w.run_id,
       CASE w.code
           WHEN 'held' THEN 'mend the cause, then UPDATE jobs SET rerun_requested = true, request_reason = ''...'''
           WHEN 'run_held' THEN 'release the run or give it up: see the guide to held runs'
           WHEN 'no_daemon' THEN 'start reconciler run'
           WHEN 'no_recipients' THEN 'set AGE_RECIPIENTS and start the daemon again'
           WHEN 'run_over' THEN 'UPDATE jobs SET rerun_requested = true, request_reason = ''...'''
           ELSE 'read cli_calls of its run and the log of the daemon' END AS advice
FROM why_waiting w
WHERE w.code IN ('held', 'run_held', 'no_daemon', 'no_recipients', 'run_over')
   OR w.until < now() - interval '10 minutes'
   OR (w.code IN ('turn', 'requested', 'older_launch', 'launch_unknown', 'breaker_open')
       AND w.since < now() - interval '1 hour')
"""

RUN_OVERVIEW = """
SELECT r.id AS run_id, r.marker, r.backend, r.account, r.state, r.camber_job_id, r.camber_status, r.node_size,
       r.attempts_total, r.attempts_settled, r.reason_code, r.reason_text, r.absent_count,
       h.host AS lease_host, r.lease_until, r.epoch, r.next_poll_at,
       round(extract(epoch FROM r.submitted_at - r.launch_started_at)::numeric, 1) AS launch_seconds,
       round(extract(epoch FROM coalesce(r.started_at, r.finished_at, now()) - r.submitted_at)::numeric, 1)
           AS queue_seconds,
       round(extract(epoch FROM coalesce(r.finished_at, now()) - r.started_at)::numeric, 1) AS run_seconds,
       r.credits, r.credits / nullif(r.attempts_total, 0) AS credits_per_document,
       twins.duplicates, r.created_at, r.finished_at
FROM camber_runs r
LEFT JOIN daemons h ON h.id = r.lease_owner
LEFT JOIN LATERAL (SELECT count(*) AS duplicates FROM camber_sightings s
                   WHERE s.run_id = r.id AND s.role = 'duplicate') AS twins ON true
"""

QUEUE_HEALTH = """
SELECT j.pending_due, j.pending_later, j.held, j.processing, j.oldest_due_seconds, j.requests,
       r.launching AS runs_launching, r.unknown AS runs_unknown, r.queued AS runs_queued, r.running AS runs_running,
       r.collecting AS runs_collecting, r.abandoned AS runs_abandoned, r.held AS runs_held,
       (SELECT count(*) FROM jobs WHERE completed_at > now() - interval '1 hour' AND status = 'completed')
           AS completed_last_hour,
       (SELECT count(*) FROM jobs WHERE completed_at > now() - interval '1 hour' AND status = 'failed')
           AS failed_last_hour,
       (SELECT count(*) FROM breakers WHERE state = 'open') AS breakers_open,
       (SELECT count(*) FROM daemons WHERE stopped_at IS NULL AND heartbeat_at > now() - interval '5 minutes')
           AS daemons_alive,
       (SELECT round(extract(epoch FROM now() - max(heartbeat_at))::numeric, 1) FROM daemons WHERE stopped_at IS NULL)
           AS heartbeat_age_seconds
FROM (
    SELECT count(*) FILTER (WHERE status = 'pending' AND held_reason IS NULL AND available_at <= now()) AS pending_due,
           count(*) FILTER (WHERE status = 'pending' AND held_reason IS NULL AND available_at > now()) AS pending_later,
           count(*) FILTER (WHERE held_reason IS NOT NULL) AS held,
           count(*) FILTER (WHERE status = 'processing') AS processing,
           count(*) FILTER (WHERE rerun_requested OR cancel_requested) AS requests,
           round(extract(epoch FROM now() - min(available_at) FILTER (
               WHERE status = 'pending' AND held_reason IS NULL AND available_at <= now()))::numeric, 1)
               AS oldest_due_seconds
    FROM jobs WHERE status IN ('pending', 'processing')
) AS j CROSS JOIN (
    SELECT count(*) FILTER (WHERE state IN ('planned', 'launching')) AS launching,
           count(*) FILTER (WHERE state = 'unknown') AS unknown,
           count(*) FILTER (WHERE state IN ('submitted', 'queued')) AS queued,
           count(*) FILTER (WHERE state = 'running') AS running,
           count(*) FILTER (WHERE state = 'collecting') AS collecting,
           count(*) FILTER (WHERE state = 'abandoned') AS abandoned,
           count(*) FILTER (WHERE state = 'held') AS held
    FROM camber_runs WHERE state <> 'finished'
) AS r
"""

COST_DAILY = """
SELECT (r.created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS runs, sum(done.documents)::bigint AS documents,
       sum(r.attempts_total)::bigint AS attempts, sum(r.credits) AS credits,
       sum(twins.duplicates)::bigint AS duplicates, sum(twins.credits) AS duplicate_credits,
       coalesce(sum(r.credits), 0) + coalesce(sum(twins.credits), 0) AS total_credits,
       count(*) FILTER (WHERE r.credits IS NULL) AS runs_without_cost
FROM camber_runs r
CROSS JOIN LATERAL (SELECT count(*) AS documents FROM job_attempts a
                    WHERE a.run_id = r.id AND a.state = 'succeeded') AS done
CROSS JOIN LATERAL (SELECT count(*) AS duplicates, sum(s.credits) AS credits FROM camber_sightings s
                    WHERE s.run_id = r.id AND s.role = 'duplicate') AS twins
GROUP BY (r.created_at AT TIME ZONE 'UTC')::date
"""

COST_DAILY_BY_USER = """
SELECT (r.created_at AT TIME ZONE 'UTC')::date AS day, j.user_id, count(*) AS attempts,
       count(*) FILTER (WHERE a.state = 'succeeded') AS documents, sum(r.credits / share.attempts) AS credits,
       count(*) FILTER (WHERE r.credits IS NULL) AS attempts_without_cost
FROM camber_runs r
CROSS JOIN LATERAL (SELECT count(*) AS attempts FROM job_attempts b WHERE b.run_id = r.id) AS share
JOIN job_attempts a ON a.run_id = r.id
JOIN jobs j ON j.id = a.job_id
GROUP BY (r.created_at AT TIME ZONE 'UTC')::date, j.user_id
"""

VIEWS = {
    "job_overview": JOB_OVERVIEW,
    "why_waiting": WHY_WAITING,
    "stuck_jobs": STUCK_JOBS,
    "run_overview": RUN_OVERVIEW,
    "queue_health": QUEUE_HEALTH,
    "cost_daily": COST_DAILY,
    "cost_daily_by_user": COST_DAILY_BY_USER,
}

_JOB = {"job_id": "the job", "user_id": "the person whose document it is", "status": "the job's status"}
_WHY = _JOB | {
    "code": "the reason in one word",
    "reason": "the reason in plain words",
    "since": "since when it has been so",
    "until": "when it ends by itself, or is given up; null where nothing is planned",
    "run_id": "the run that carries the job, if one does",
}
_COST = {
    "day": "UTC day on which the run was planned",
    "documents": "attempts that gave a document",
    "attempts": "attempts carried",
}

VIEW_COMMENTS: dict[str, tuple[str, dict[str, str]]] = {
    "job_overview": (
        "One row per job with its run: no file name, no text",
        _JOB
        | {
            "portal_schema": "name of the schema",
            "portal_schema_version": "its version",
            "priority": "higher goes first",
            "attempt_count": "attempts spent on faults of the document",
            "max_attempts": "how many are allowed",
            "platform_faults": "platform faults in a row",
            "error_code": "the last error",
            "held_reason": "set: the job waits for an operator",
            "rerun_requested": "a rerun is asked for and not yet carried out",
            "cancel_requested": "a cancel is asked for and not yet carried out",
            "attempt_number": "number of the current attempt",
            "attempt_state": "its state",
            "run_id": "the run of the current attempt",
            "run_state": "its state",
            "camber_job_id": "Camber's id of it, or of the last one",
            "camber_status": "Camber's word as last seen",
            "has_document": "whether a finished document is there",
            "document_stale": "whether that is of before a rerun that failed",
            "quality_score": "of the document, 0 to 1",
            "ocr_confidence": "of the document, 0 to 1",
            "created_at": "when the row was inserted",
            "started_at": "when the first attempt was planned",
            "completed_at": "when it reached a final status",
            "age_seconds": "from the insert to the end, or to now",
        },
    ),
    "why_waiting": ("For each job that is not over, the one reason why", _WHY),
    "stuck_jobs": (
        "Jobs that will not move by themselves, or are overdue",
        _WHY | {"advice": "what a person can do"},
    ),
    "run_overview": (
        "One row per run: what it is doing, for how long, at what cost",
        {
            "run_id": "the run",
            "marker": "its unique text",
            "backend": "camber or local",
            "account": "the Camber user name that launched it",
            "state": "see the state diagram",
            "camber_job_id": "Camber's id, once known",
            "camber_status": "Camber's word as last seen",
            "node_size": "as asked for",
            "attempts_total": "how many documents it carries",
            "attempts_settled": "how many of them have a verdict",
            "reason_code": "the last event",
            "reason_text": "why it happened",
            "absent_count": "complete looks in a row that missed it",
            "lease_host": "host of the daemon that acts on it now",
            "lease_until": "until when",
            "epoch": "rises with every claim",
            "next_poll_at": "when it is looked at again",
            "launch_seconds": "from the permission to create to the answer",
            "queue_seconds": "how long it waited, or has waited, at Camber",
            "run_seconds": "how long it ran, or has run",
            "credits": "what it cost; null while unknown",
            "credits_per_document": "the same for each document it carries",
            "duplicates": "other Camber jobs with its marker",
            "created_at": "when it was planned",
            "finished_at": "when nothing was left to do",
        },
    ),
    "queue_health": (
        "One row: how much is waiting, under way and failing, and who works on it",
        {
            "pending_due": "jobs that could be planned now",
            "pending_later": "jobs that wait for an upload or back off",
            "held": "jobs that wait for an operator",
            "processing": "jobs in a run",
            "oldest_due_seconds": "how long the oldest of the due jobs has been due",
            "requests": "flags that are set and not yet carried out",
            "runs_launching": "runs planned or being launched",
            "runs_unknown": "runs whose launch is being decided",
            "runs_queued": "runs that wait at Camber",
            "runs_running": "runs that run",
            "runs_collecting": "runs whose results are gathered",
            "runs_abandoned": "runs that were given up and are watched to their end",
            "runs_held": "runs that wait for an operator",
            "completed_last_hour": "jobs completed within the hour",
            "failed_last_hour": "jobs failed within the hour",
            "breakers_open": "dependencies that are left alone",
            "daemons_alive": "daemons with a heartbeat within five minutes",
            "heartbeat_age_seconds": "age of the newest heartbeat",
        },
    ),
    "cost_daily": (
        "One row per UTC day: runs, documents, credits and what duplicates cost; ask for days to keep it quick",
        _COST
        | {
            "runs": "runs planned",
            "credits": "what they cost, as far as known",
            "duplicates": "other Camber jobs with their markers",
            "duplicate_credits": "what those cost",
            "total_credits": "both together",
            "runs_without_cost": "runs whose cost is not known, or not yet",
        },
    ),
    "cost_daily_by_user": (
        "The same per user: a run's credits are shared out evenly over its attempts",
        _COST
        | {
            "user_id": "the person",
            "credits": "their share, as far as known; without duplicates",
            "attempts_without_cost": "attempts whose run's cost is not known, or not yet",
        },
    ),
}


def upgrade() -> None:
    op.execute(DAY)
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} WITH (security_invoker = true) AS {query}")
        comment, columns = VIEW_COMMENTS[name]
        op.execute(f"COMMENT ON VIEW {name} IS {_quoted(comment)}")
        for column, meaning in columns.items():
            op.execute(f"COMMENT ON COLUMN {name}.{column} IS {_quoted(meaning)}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def downgrade() -> None:
    for name in reversed(VIEWS):
        op.execute(f"DROP VIEW {name}")
    op.execute("DROP INDEX ix_camber_runs_day")
