UPDATE jobs
SET rerun_requested = true, request_reason = :reason, updated_at = now()
WHERE id = ANY(:ids) AND NOT rerun_requested
RETURNING id
