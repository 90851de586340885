-- A row that somebody else has locked is left as it is: one open transaction must not keep all other jobs waiting.
UPDATE jobs
SET waiting_reason = :reason, available_at = now() + make_interval(secs => :seconds), updated_at = now()
WHERE id = (SELECT id FROM jobs WHERE id = :id AND status = 'pending' FOR NO KEY UPDATE SKIP LOCKED)
