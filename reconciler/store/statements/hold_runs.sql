-- The epoch fences whoever is acting on it. A create that may be under way is decided first.
UPDATE camber_runs
SET state = 'held', next_poll_at = NULL, lease_owner = NULL, lease_until = NULL, epoch = epoch + 1,
    reason_code = 'held', reason_text = :reason, updated_at = now()
WHERE id = ANY(:ids) AND state NOT IN ('finished', 'held', 'launching')
RETURNING id
