WITH was AS (SELECT state FROM breakers WHERE dependency = :dependency FOR NO KEY UPDATE)
UPDATE breakers
SET state = 'closed', failures = 0, opened_at = NULL, retry_at = NULL, updated_at = now()
WHERE dependency = :dependency AND (state <> 'closed' OR failures > 0)
RETURNING (SELECT state FROM was)
