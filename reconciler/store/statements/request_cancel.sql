UPDATE jobs
SET cancel_requested = true, request_reason = :reason, updated_at = now()
WHERE id = ANY(:ids) AND NOT cancel_requested AND status IN ('pending', 'processing')
RETURNING id
