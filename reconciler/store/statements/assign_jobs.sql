-- The users have had a turn. Clock time, a little later with each place in the plan: the last one of a plan is who the
-- next claim begins behind.
WITH given AS (
    SELECT * FROM jsonb_to_recordset(CAST(:these AS jsonb))
        AS one (job_id uuid, id uuid, input_bytes bigint, place integer)
), turn AS (
    INSERT INTO user_turns AS t (priority, user_id, served_at)
    SELECT j.priority, j.user_id, clock_timestamp() + make_interval(secs => max(g.place) * 1e-6)
    FROM given g JOIN jobs j ON j.id = g.job_id
    WHERE j.status = 'pending'
    GROUP BY j.priority, j.user_id
    ON CONFLICT (priority, user_id) DO UPDATE SET served_at = excluded.served_at
)
UPDATE jobs j
SET status = 'processing', current_attempt_id = g.id, input_bytes = coalesce(g.input_bytes, j.input_bytes),
    waiting_reason = NULL, started_at = coalesce(j.started_at, now()), updated_at = now()
FROM given g
WHERE j.id = g.job_id AND j.status = 'pending'
