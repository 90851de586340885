-- The user has had a turn. Clock time: the last one of a plan is who the next claim begins behind.
WITH turn AS (
    INSERT INTO user_turns AS t (priority, user_id, served_at)
    SELECT priority, user_id, clock_timestamp() FROM jobs WHERE id = :job_id AND status = 'pending'
    ON CONFLICT (priority, user_id) DO UPDATE SET served_at = excluded.served_at
)
UPDATE jobs
SET status = 'processing', current_attempt_id = :attempt_id, input_bytes = coalesce(:input_bytes, input_bytes),
    waiting_reason = NULL, started_at = coalesce(started_at, now()), updated_at = now()
WHERE id = :job_id AND status = 'pending'
