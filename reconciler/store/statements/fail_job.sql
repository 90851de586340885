-- An older document stays, marked stale.
WITH failed AS (
    UPDATE jobs
    SET status = 'failed', error_details = CAST(:error AS jsonb) || jsonb_build_object('at', now()),
        attempt_count = attempt_count + 1, camber_job_id = :camber_job_id, waiting_reason = NULL, held_reason = NULL,
        completed_at = now(), updated_at = now()
    WHERE id = :job_id AND status = 'processing' AND current_attempt_id = :attempt_id
    RETURNING id
), aged AS (
    UPDATE documents SET stale = true WHERE job_id IN (SELECT id FROM failed)
)
SELECT id FROM failed
