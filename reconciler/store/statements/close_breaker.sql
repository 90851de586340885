UPDATE breakers
SET state = 'closed', failures = 0, opened_at = NULL, retry_at = NULL, updated_at = now()
WHERE dependency = :dependency AND state <> 'closed'
RETURNING dependency
