UPDATE jobs j
SET status = 'completed', output_metadata = one.output_metadata, error_details = NULL, platform_faults = 0,
    camber_job_id = :camber_job_id, waiting_reason = NULL, held_reason = NULL, completed_at = now(), updated_at = now()
FROM jsonb_to_recordset(CAST(:these AS jsonb)) AS one (job_id uuid, attempt_id uuid, output_metadata jsonb)
WHERE j.id = one.job_id AND j.status = 'processing' AND j.current_attempt_id = one.attempt_id
