-- An older document of a rerun stays, marked stale. A row that somebody else has locked is left for a later pass.
WITH failed AS (
    UPDATE jobs
    SET status = 'failed', error_details = CAST(:error AS jsonb) || jsonb_build_object('at', now()),
        waiting_reason = NULL, completed_at = now(), updated_at = now()
    WHERE id = (SELECT id FROM jobs WHERE id = :id AND status = 'pending' FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING id
), aged AS (
    UPDATE documents SET stale = true WHERE job_id IN (SELECT id FROM failed)
)
SELECT id FROM failed
