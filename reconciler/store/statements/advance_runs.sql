-- The one way a run changes state: fenced by id, state, owner, epoch and an unexpired lease.
-- Timestamps and deadlines that belong to a state are set on entering it.
-- Several are locked in the order of their ids, as all who lock several do.
-- What was fenced while it was being launched may have been overtaken by the staging: once it is launched, its worker is
-- told. Once it is over there is nobody left to be told, but for a duplicate, which must leave out what was settled.
WITH given AS (
    SELECT * FROM jsonb_to_recordset(CAST(:these AS jsonb))
        AS one (id uuid, epoch bigint, from_state text, to_state text, camber_job_id bigint, poll_seconds float8,
                deadline_seconds float8, keep_lease boolean, credits numeric, reason_code text, reason_text text,
                seen boolean, camber_status text, camber_created_at timestamptz, camber_started_at timestamptz,
                camber_finished_at timestamptz)
), mine AS (
    SELECT g.*
    FROM given g JOIN camber_runs r ON r.id = g.id
    WHERE r.state = g.from_state AND r.lease_owner = :owner AND r.epoch = g.epoch AND r.lease_until > now()
    ORDER BY r.id
    FOR NO KEY UPDATE OF r
), moved AS (
    UPDATE camber_runs r
    SET state = m.to_state,
        camber_job_id = coalesce(m.camber_job_id, r.camber_job_id),
        camber_status = coalesce(m.camber_status, r.camber_status),
        camber_created_at = coalesce(m.camber_created_at, r.camber_created_at),
        camber_started_at = coalesce(m.camber_started_at, r.camber_started_at),
        camber_finished_at = coalesce(m.camber_finished_at, r.camber_finished_at),
        launch_started_at = CASE WHEN m.to_state = 'launching' THEN now() ELSE r.launch_started_at END,
        submit_deadline = CASE WHEN m.to_state = 'launching' THEN now() + make_interval(secs => m.deadline_seconds)
                               ELSE r.submit_deadline END,
        submitted_at = CASE WHEN m.to_state = 'submitted' THEN now() ELSE r.submitted_at END,
        queue_deadline = CASE WHEN m.to_state = 'submitted' THEN now() + make_interval(secs => m.deadline_seconds)
                              ELSE r.queue_deadline END,
        started_at = CASE WHEN m.to_state = 'running' THEN now() ELSE r.started_at END,
        run_deadline = CASE WHEN m.to_state = 'running' THEN now() + make_interval(secs => m.deadline_seconds)
                            ELSE r.run_deadline END,
        collect_deadline = CASE WHEN m.to_state = 'collecting' THEN now() + make_interval(secs => m.deadline_seconds)
                                ELSE r.collect_deadline END,
        finished_at = CASE WHEN m.to_state = 'finished' THEN now() END,
        first_seen_at = CASE WHEN m.seen THEN coalesce(r.first_seen_at, now()) ELSE r.first_seen_at END,
        last_seen_at = CASE WHEN m.seen THEN now() ELSE r.last_seen_at END,
        absent_count = 0,
        absent_since = NULL,
        next_poll_at = CASE WHEN m.to_state IN ('finished', 'held') THEN NULL
                            ELSE now() + make_interval(secs => m.poll_seconds) END,
        lease_owner = CASE WHEN m.keep_lease THEN r.lease_owner END,
        lease_until = CASE WHEN m.keep_lease THEN r.lease_until END,
        credits = coalesce(m.credits, r.credits),
        reason_code = m.reason_code,
        reason_text = left(m.reason_text, 500),
        updated_at = now()
    FROM mine m
    WHERE r.id = m.id
    RETURNING r.*, now() AS now
), owed AS (
    INSERT INTO owed_signals AS o (run_id, due_at)
    SELECT id, clock_timestamp() FROM moved
    WHERE (moved.state = 'submitted'
           AND EXISTS (SELECT FROM job_attempts a WHERE a.run_id = moved.id AND a.state = 'superseded'))
       OR (moved.state = 'finished'
           AND EXISTS (SELECT FROM camber_sightings s WHERE s.run_id = moved.id AND s.role = 'duplicate'))
    ON CONFLICT (run_id) DO UPDATE SET due_at = excluded.due_at
), paid AS (
    DELETE FROM owed_signals
    WHERE run_id IN (SELECT id FROM moved WHERE state = 'finished')
      AND NOT EXISTS (SELECT FROM camber_sightings s WHERE s.run_id = owed_signals.run_id AND s.role = 'duplicate')
)
SELECT * FROM moved
