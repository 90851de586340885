UPDATE jobs
SET status = 'failed', error_details = CAST(:error AS jsonb) || jsonb_build_object('at', now()), waiting_reason = NULL,
    completed_at = now(), updated_at = now()
WHERE id = :id AND status = 'pending'
RETURNING id
