-- Older documents stay, marked stale.
WITH failed AS (
    UPDATE jobs j
    SET status = 'failed', error_details = one.error || jsonb_build_object('at', now()),
        attempt_count = attempt_count + 1, camber_job_id = :camber_job_id, waiting_reason = NULL, held_reason = NULL,
        completed_at = now(), updated_at = now()
    FROM jsonb_to_recordset(CAST(:these AS jsonb)) AS one (job_id uuid, attempt_id uuid, error jsonb)
    WHERE j.id = one.job_id AND j.status = 'processing' AND j.current_attempt_id = one.attempt_id
    RETURNING j.id
)
UPDATE documents SET stale = true WHERE job_id IN (SELECT id FROM failed)
