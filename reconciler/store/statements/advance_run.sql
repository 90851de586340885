-- The one way a run changes state: fenced by id, state, owner, epoch and an unexpired lease.
-- Timestamps and deadlines that belong to a state are set on entering it.
-- What was fenced while it was being launched may have been overtaken by the staging: once it is launched, its worker is
-- told. Once it is over there is nobody left to be told, but for a duplicate, which must leave out what was settled.
WITH moved AS (
    UPDATE camber_runs
    SET state = :to_state,
        camber_job_id = coalesce(CAST(:camber_job_id AS bigint), camber_job_id),
        camber_status = coalesce(:camber_status, camber_status),
        camber_created_at = coalesce(CAST(:camber_created_at AS timestamptz), camber_created_at),
        camber_started_at = coalesce(CAST(:camber_started_at AS timestamptz), camber_started_at),
        camber_finished_at = coalesce(CAST(:camber_finished_at AS timestamptz), camber_finished_at),
        launch_started_at = CASE WHEN :to_state = 'launching' THEN now() ELSE launch_started_at END,
        submit_deadline = CASE WHEN :to_state = 'launching' THEN now() + make_interval(secs => :deadline_seconds)
                               ELSE submit_deadline END,
        submitted_at = CASE WHEN :to_state = 'submitted' THEN now() ELSE submitted_at END,
        queue_deadline = CASE WHEN :to_state = 'submitted' THEN now() + make_interval(secs => :deadline_seconds)
                              ELSE queue_deadline END,
        started_at = CASE WHEN :to_state = 'running' THEN now() ELSE started_at END,
        run_deadline = CASE WHEN :to_state = 'running' THEN now() + make_interval(secs => :deadline_seconds)
                            ELSE run_deadline END,
        collect_deadline = CASE WHEN :to_state = 'collecting' THEN now() + make_interval(secs => :deadline_seconds)
                                ELSE collect_deadline END,
        finished_at = CASE WHEN :to_state = 'finished' THEN now() END,
        first_seen_at = CASE WHEN :seen THEN coalesce(first_seen_at, now()) ELSE first_seen_at END,
        last_seen_at = CASE WHEN :seen THEN now() ELSE last_seen_at END,
        absent_count = 0,
        absent_since = NULL,
        next_poll_at = CASE WHEN :to_state IN ('finished', 'held') THEN NULL
                            ELSE now() + make_interval(secs => :poll_seconds) END,
        lease_owner = CASE WHEN :keep_lease THEN lease_owner END,
        lease_until = CASE WHEN :keep_lease THEN lease_until END,
        credits = coalesce(CAST(:credits AS numeric), credits),
        reason_code = :reason_code,
        reason_text = left(:reason_text, 500),
        updated_at = now()
    WHERE id = :id AND state = :from_state AND lease_owner = :owner AND epoch = :epoch AND lease_until > now()
    RETURNING id
), owed AS (
    INSERT INTO owed_signals AS o (run_id, due_at)
    SELECT id, clock_timestamp() FROM moved
    WHERE (:to_state = 'submitted'
           AND EXISTS (SELECT FROM job_attempts a WHERE a.run_id = moved.id AND a.state = 'superseded'))
       OR (:to_state = 'finished'
           AND EXISTS (SELECT FROM camber_sightings s WHERE s.run_id = moved.id AND s.role = 'duplicate'))
    ON CONFLICT (run_id) DO UPDATE SET due_at = excluded.due_at
), paid AS (
    DELETE FROM owed_signals
    WHERE :to_state = 'finished' AND run_id IN (SELECT id FROM moved)
      AND NOT EXISTS (SELECT FROM camber_sightings s WHERE s.run_id = owed_signals.run_id AND s.role = 'duplicate')
)
SELECT id FROM moved
