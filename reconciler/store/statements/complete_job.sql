UPDATE jobs
SET status = 'completed', output_metadata = CAST(:output_metadata AS jsonb), error_details = NULL, platform_faults = 0,
    camber_job_id = :camber_job_id, waiting_reason = NULL, held_reason = NULL, completed_at = now(), updated_at = now()
WHERE id = :job_id AND status = 'processing' AND current_attempt_id = :attempt_id
RETURNING id
