UPDATE jobs
SET status = 'processing', current_attempt_id = :attempt_id, input_bytes = coalesce(:input_bytes, input_bytes),
    waiting_reason = NULL, started_at = coalesce(started_at, now()), updated_at = now()
WHERE id = :job_id AND status = 'pending'
