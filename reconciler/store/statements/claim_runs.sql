-- Taken in one statement; a row that another daemon is taking is passed over. The epoch fences all earlier holders.
WITH due AS (
    SELECT id
    FROM camber_runs
    WHERE state = ANY(:states)
      AND backend = :backend
      AND account = :account
      AND next_poll_at <= now() + make_interval(secs => :ahead_seconds)
      AND (lease_until IS NULL OR lease_until < now())
    ORDER BY next_poll_at
    LIMIT :limit
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE camber_runs r
SET lease_owner = :owner, lease_until = now() + make_interval(secs => :lease_seconds), epoch = r.epoch + 1
FROM due
WHERE r.id = due.id
RETURNING r.*, now() AS now
