-- An older document of a rerun stays, marked stale.
WITH aged AS (UPDATE documents SET stale = true WHERE job_id = :id)
UPDATE jobs
SET status = 'failed', error_details = CAST(:error AS jsonb) || jsonb_build_object('at', now()), waiting_reason = NULL,
    completed_at = now(), updated_at = now()
WHERE id = :id AND status = 'pending'
RETURNING id
